package flowtest

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"callflow/engine/lazy"
)

// patternOf finds a name and the pattern that it is compared with.
var patternOf = lazy.Regexp(`([A-Za-z_][\w.]*)\s+matches\s+("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')`)

// Bounds of what is made of one pattern.
const (
	mostSpellings   = 8
	longestSpelling = 64
)

// patterns learns texts that the patterns of an expression match. Those themselves
// are nobody's values.
func (v *values) patterns(scope, source string) (rest string) {
	for _, m := range patternOf().FindAllStringSubmatch(source, -1) {
		path := scopedPath(scope, m[1])
		pattern, ok := unquote(m[2])
		if !ok {
			continue
		}
		re, err := regexp.Compile(pattern)
		if err != nil {
			continue
		}
		v.matchers[path] = add(v.matchers[path], re)
		for _, text := range spellings(re) {
			v.texts[path] = add(v.texts[path], text)
		}
	}
	return patternOf().ReplaceAllString(source, `$1 matches ""`)
}

// unquote reads a text as expressions write it.
func unquote(quoted string) (string, bool) {
	body := quoted[1 : len(quoted)-1]
	if quoted[0] == '\'' {
		body = strings.ReplaceAll(strings.ReplaceAll(body, `\'`, `'`), `"`, `\"`)
	}
	text, err := strconv.Unquote(`"` + body + `"`)
	return text, err == nil
}

// spellings are short texts that a pattern matches, of each of its ways one where
// there are not too many. A pattern for the end or the beginning of a telephone number
// is matched by whole ones.
func spellings(re *regexp.Regexp) []string {
	tree, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return nil
	}
	var all []string
	for _, text := range spell(tree.Simplify()) {
		for _, whole := range [...]string{text, "+15550100"[:max(9-len(text), 0)] + text, text + "5550100"} {
			if re.MatchString(whole) {
				all = add(all, whole)
			}
		}
	}
	return all
}

// spell writes texts for a part of a pattern; nil: none.
func spell(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return []string{""}
	case syntax.OpLiteral:
		return []string{string(re.Rune)}
	case syntax.OpCharClass:
		if r, ok := memberOf(re.Rune); ok {
			return []string{string(r)}
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return []string{"1"}
	case syntax.OpCapture:
		return spell(re.Sub[0])
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			all = bounded(append(all, spell(sub)...))
		}
		return all
	case syntax.OpConcat:
		all := []string{""}
		for _, sub := range re.Sub {
			all = joined(all, spell(sub))
		}
		return all
	case syntax.OpQuest, syntax.OpStar:
		return bounded(append([]string{""}, spell(re.Sub[0])...))
	case syntax.OpPlus:
		once := spell(re.Sub[0])
		return bounded(append(once[:len(once):len(once)], joined(once, once)...))
	}
	return nil
}

// joined are texts with each of others behind them.
func joined(before, behind []string) []string {
	var all []string
	for _, a := range before {
		for _, b := range behind {
			if len(a)+len(b) <= longestSpelling {
				all = bounded(append(all, a+b))
			}
		}
	}
	return all
}

func bounded(texts []string) []string { return texts[:min(len(texts), mostSpellings)] }

// memberOf is a character of a class: a digit if it has one.
func memberOf(ranges []rune) (rune, bool) {
	in := func(r rune) bool {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= r && r <= ranges[i+1] {
				return true
			}
		}
		return false
	}
	wanted := []rune("1234567890+")
	if i := slices.IndexFunc(wanted, in); i >= 0 {
		return wanted[i], true
	}
	for i := 0; i+1 < len(ranges); i += 2 {
		for r := ranges[i]; r <= min(ranges[i+1], ranges[i]+100); r++ {
			if unicode.IsGraphic(r) {
				return r, true
			}
		}
	}
	return 0, false
}

package prove

import (
	"regexp/syntax"
	"strings"

	"callflow/engine"
)

// fromPattern makes an entry out of a question's pattern: the shortest way
// through it, then with repetitions filled up until the length is right.
func fromPattern(c engine.CollectState) (string, bool) {
	if c.Pattern == nil {
		return "", false
	}
	re, err := syntax.Parse(c.Pattern.String(), syntax.Perl)
	if err != nil {
		return "", false
	}
	re = re.Simplify()
	for more := range maxExample {
		var b strings.Builder
		left := more
		if !spell(&b, re, &left) {
			return "", false
		}
		if entry, ok := fits(c, []byte(b.String())); ok && strings.Trim(entry, "0123456789") == "" {
			return entry, true
		}
	}
	return "", false
}

// spell writes one text that a pattern matches, with up to left repetitions that
// it does not need. It gives up on what no telephone can enter.
func spell(b *strings.Builder, re *syntax.Regexp, left *int) bool {
	if b.Len() > maxExample {
		return false
	}
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText:
		return true
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
		return true
	case syntax.OpCharClass:
		return spellClass(b, re.Rune)
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('1')
		return true
	case syntax.OpCapture:
		return spell(b, re.Sub[0], left)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if !spell(b, sub, left) {
				return false
			}
		}
		return true
	case syntax.OpAlternate:
		return spell(b, re.Sub[0], left)
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest:
		return spellRepeat(b, re, left)
	default:
		return false
	}
}

func spellClass(b *strings.Builder, ranges []rune) bool {
	for d := '1'; d <= '9'+1; d++ {
		r := d
		if r > '9' {
			r = '0'
		}
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= r && r <= ranges[i+1] {
				b.WriteRune(r)
				return true
			}
		}
	}
	return false
}

func spellRepeat(b *strings.Builder, re *syntax.Regexp, left *int) bool {
	if re.Op == syntax.OpPlus && !spell(b, re.Sub[0], left) {
		return false
	}
	for *left > 0 {
		*left--
		if !spell(b, re.Sub[0], left) {
			return false
		}
		if re.Op == syntax.OpQuest {
			break
		}
	}
	return true
}

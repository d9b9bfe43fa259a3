package flows

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"callflow/engine/lazy"
)

// syntaxError reports a file that is not YAML. The library knows the line at
// best, and sometimes the line before; where the mistake is one of the known
// traps it is named and shown exactly.
func (p *parser) syntaxError(err error) {
	text, line := p.where(err)
	if p.trap(line, text) {
		return
	}
	if d, found := TabError(p.file, p.src, line, text); found {
		p.diags = append(p.diags, d)
		return
	}
	d := p.report(CodeSyntaxError, Pos{Line: line}, "this is not YAML: %s", text)
	switch {
	case strings.Contains(text, "mapping values are not allowed"):
		d.Hint = `put a text that holds ": " in quotes, and check the indentation`
	case strings.Contains(text, "cannot start any token"):
		d.Hint = "put a value that begins with @, ` or % in quotes"
	case strings.Contains(text, "',' or '}'"), strings.Contains(text, "',' or ']'"):
		d.Hint = "close the bracket, or put the text inside it in quotes"
	case strings.Contains(text, "end of stream"):
		d.Hint = "a quote is opened and never closed"
	case strings.Contains(text, "expected key"), strings.Contains(text, "expected ':'"):
		d.Hint = "check the indentation, and that the key has a colon and a space after it"
	}
}

func leadingSpace(s string) string { return s[:len(s)-len(strings.TrimLeft(s, " \t"))] }

var errorLine = lazy.Regexp(`^yaml: (?:line (\d+): )?(.*)$`)

// where takes a syntax error apart into what is wrong and in which line.
func (p *parser) where(err error) (text string, line int) {
	text, line = err.Error(), 1
	if m := errorLine().FindStringSubmatch(text); m != nil {
		text = m[2]
		if m[1] != "" {
			line, _ = strconv.Atoi(m[1])
			// Errors of the library's parser count lines from 0, those of its
			// scanner from 1.
			if strings.HasPrefix(text, "did not find expected") && !strings.Contains(text, "alphabetic") {
				line++
			}
		}
	}
	if strings.Contains(text, "expected key") || strings.Contains(text, "'-' indicator") {
		line = p.firstBadLine(text)
	}
	return text, min(line, bytes.Count(p.src, []byte("\n"))+1)
}

// firstBadLine finds the line with which a file stops being YAML. The library
// names the line at which the mapping around it begins.
func (p *parser) firstBadLine(text string) int {
	var ends []int
	for i, b := range p.src {
		if b == '\n' {
			ends = append(ends, i+1)
		}
	}
	ends = append(ends, len(p.src))
	low, high := 0, len(ends)-1
	for low < high {
		mid := (low + high) / 2
		var n yaml.Node
		if err := yaml.Unmarshal(p.src[:ends[mid]], &n); err != nil && strings.HasSuffix(err.Error(), text) {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low + 1
}

// A trap is a mistake of YAML that people make in flows, by what its line looks
// like. Group 1 of the pattern is where it stands.
type trap struct {
	code    Code
	pattern func() *regexp.Regexp
	message string
	hint    string
}

var traps = []trap{
	{CodeQuoteStar, lazy.Regexp(`(?:^|[{,:-])\s*(\*)\s*(?:[:,}#]|$)`), "YAML reads * without quotes as an alias", `write "*" in quotes`},
	{CodeQuoteStar, lazy.Regexp(`(?:^|[{,])\s*(\*[0-9*#]+)\s*:`), "YAML reads * without quotes as an alias", `write the key in quotes`},
	{CodeAliasNotAllowed, lazy.Regexp(`(?:^|[\[{,:-])\s+(\*[A-Za-z_][\w-]*)`), "an alias is not part of the language", "write the value out, or put it in quotes"},
	{CodeQuoteHash, lazy.Regexp(`[{,:]\s+(#)\s*(?:[:,}]|$)`), "YAML reads # without quotes as the beginning of a comment", `write "#" in quotes`},
	{CodeQuoteHash, lazy.Regexp(`\{(#)\s*:`), "YAML reads # without quotes as the beginning of a comment", `write "#" in quotes`},
	{CodeUnquotedExpressionInBraces, lazy.Regexp(`[{,]\s*[\w"'-]+\s*:\s+[^"'{}\[\],:]*(\$\{)`), "inside braces YAML reads the { of ${ as a mapping", "put the whole text in quotes"},
	{CodeCommaInFlowText, lazy.Regexp(`[{,]\s*[\w-]+:\s+([^"'{}\[\],:]+:\s[^{}]*)`), "inside braces a text with a colon needs quotes", "put the whole text in quotes"},
}

// trapReach is how many lines after the one named a trap may stand: braces run on.
const trapReach = 20

func (p *parser) trap(line int, text string) bool {
	alias := strings.Contains(text, "unknown anchor")
	from, to := max(line-1, 1), line+trapReach
	if alias {
		from, to = 1, bytes.Count(p.src, []byte("\n"))+1
	}
	braces := strings.Contains(text, "',' or '}'") || strings.Contains(text, "node content")
	for n := from; n <= to; n++ {
		runes := p.line(n)
		if runes == nil {
			break
		}
		source := string(runes)
		for _, t := range traps {
			switch t.code {
			case CodeQuoteStar, CodeAliasNotAllowed:
				if !alias && !strings.Contains(text, "alphabetic") {
					continue
				}
			default:
				if !braces {
					continue
				}
			}
			m := t.pattern().FindStringSubmatchIndex(source)
			if m == nil {
				continue
			}
			p.report(t.code, Pos{n, utf8.RuneCountInString(source[:m[2]]) + 1}, "%s", t.message).Hint = t.hint
			return true
		}
	}
	return false
}

package config

import (
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"callflow/flows"
)

// CodeUnsetEnvironment is ${env:NAME} of a variable that is not set.
const CodeUnsetEnvironment flows.Code = "unset-environment"

// environment finds variables by name.
type environment map[string]string

func newEnvironment(env []string) environment {
	e := make(environment, len(env))
	for _, pair := range env {
		if name, value, ok := strings.Cut(pair, "="); ok {
			e[name] = value
		}
	}
	return e
}

// expand fills ${env:NAME} into a scalar. $${ stands for ${. It returns false when
// something was wrong, which has been reported.
func (r *reader) expand(n *yaml.Node, secret bool) (string, bool) {
	if !strings.Contains(n.Value, "${") {
		return n.Value, true
	}
	var b strings.Builder
	good := true
	for rest := n.Value; ; {
		i := strings.Index(rest, "${")
		if i < 0 {
			b.WriteString(rest)
			return b.String(), good
		}
		offset := len(n.Value) - len(rest) + i
		if i > 0 && rest[i-1] == '$' {
			b.WriteString(rest[:i-1] + "${")
			rest = rest[i+2:]
			continue
		}
		b.WriteString(rest[:i])
		reference, after, closed := strings.Cut(rest[i+2:], "}")
		name, isEnv := strings.CutPrefix(reference, "env:")
		pos := inside(n, offset)
		switch {
		case !closed:
			r.report(flows.CodeBadExpression, pos, "this ${ has no closing }").Hint = "write $${ for the characters ${"
			return "", false
		case !isEnv || !isVariable(name):
			shown := "this"
			if !secret {
				shown = strconv.Quote("${" + clip(reference) + "}")
			}
			r.report(flows.CodeBadExpression, pos, "%s is not a reference; only ${env:NAME} is known here", shown).
				Hint = "write $${ for the characters ${"
			good = false
		default:
			r.used[name] = true
			value, ok := r.env[name]
			if !ok {
				r.report(CodeUnsetEnvironment, pos, "the environment variable %s is not set", name)
				good = false
			}
			b.WriteString(value)
		}
		rest = after
	}
}

func isVariable(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || '9' < c) {
			return false
		}
	}
	return s != ""
}

// inside is the place of the byte at offset of a scalar's value: exact in text
// without escapes on one line, else where the scalar begins.
func inside(n *yaml.Node, offset int) flows.Pos {
	pos := at(n)
	before := n.Value[:offset]
	switch {
	case strings.ContainsAny(before, "\n\"'\\\t"), n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return pos
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		pos.Col++
	}
	pos.Col += len([]rune(before))
	return pos
}

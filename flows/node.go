package flows

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// The bounds of lengths of time.
const (
	minClock = 100 * time.Millisecond
	maxClock = 10 * time.Minute
	minCall  = time.Second
	maxCall  = 24 * time.Hour
)

// usable tells whether a value is there and was not reported already.
func (p *parser) usable(key Scalar, n *yaml.Node) bool {
	if n.Kind == 0 || n.Kind == yaml.AliasNode {
		p.loseNext()
		return false
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" && n.Style&yaml.TaggedStyle == 0 {
		p.loseNext()
		p.empty(key, n)
		return false
	}
	return true
}

// is tells whether a value is of the kind of node wanted, and reports it when it
// is not.
func (p *parser) is(key Scalar, n *yaml.Node, kind yaml.Kind, want string) bool {
	if !p.usable(key, n) {
		return false
	}
	if n.Kind != kind {
		p.lose(n)
		p.report(CodeWrongType, at(n), "%q takes %s; found %s", key.Value, want, describe(n))
		return false
	}
	return true
}

// scalar reads a value that is one piece of text. It is not set when the value
// is missing or wrong, which has then been reported.
func (p *parser) scalar(key Scalar, n *yaml.Node) Scalar {
	if !p.is(key, n, yaml.ScalarNode, "one value") {
		return Scalar{}
	}
	s := scalarOf(n)
	if strings.TrimSpace(s.Value) == "" {
		p.report(CodeEmptyValue, s.Pos, "%q is empty", key.Value)
		return Scalar{}
	}
	return s
}

// literal reads a value that may be empty text.
func (p *parser) literal(key Scalar, n *yaml.Node) Scalar {
	if !p.is(key, n, yaml.ScalarNode, "one value") {
		return Scalar{}
	}
	return scalarOf(n)
}

// scalars reads a list of values; a single one may stand without brackets.
func (p *parser) scalars(key Scalar, n *yaml.Node) []Scalar {
	if !p.usable(key, n) {
		return nil
	}
	if n.Kind == yaml.ScalarNode {
		return []Scalar{scalarOf(n)}
	}
	if !p.is(key, n, yaml.SequenceNode, "a list") {
		return nil
	}
	if len(n.Content) == 0 {
		p.report(CodeEmptyValue, at(n), "%q is empty", key.Value)
	}
	all := make([]Scalar, 0, len(n.Content))
	for _, c := range n.Content {
		if s := p.scalar(key, c); s.IsSet() {
			all = append(all, s)
		}
	}
	return all
}

func (p *parser) integer(key Scalar, n *yaml.Node, low, high int) *Setting[int] {
	s := p.scalar(key, n)
	if !s.IsSet() {
		return nil
	}
	v, err := strconv.Atoi(s.Value)
	if err != nil || v < low || v > high {
		p.report(CodeBadValue, s.Pos, "%q takes a whole number from %d to %d; found %q", key.Value, low, high, s.Value)
		return nil
	}
	return &Setting[int]{s, v}
}

func (p *parser) boolean(key Scalar, n *yaml.Node) *Setting[bool] {
	s := p.scalar(key, n)
	switch s.Value {
	case "":
		return nil
	case "true":
		return &Setting[bool]{s, true}
	case "false":
		return &Setting[bool]{s, false}
	}
	p.report(CodeBadValue, s.Pos, "%q takes true or false; found %q", key.Value, s.Value)
	switch strings.ToLower(s.Value) {
	case "no", "off", "n", "false":
		return &Setting[bool]{s, false}
	case "yes", "on", "y", "true":
		return &Setting[bool]{s, true}
	}
	return nil
}

func (p *parser) duration(key Scalar, n *yaml.Node, low, high time.Duration) *Setting[time.Duration] {
	s := p.scalar(key, n)
	if !s.IsSet() {
		return nil
	}
	d, err := time.ParseDuration(s.Value)
	if err != nil {
		diag := p.report(CodeBadDuration, s.Pos, "%q takes a length of time such as 5s, 500ms or 1m30s; found %q", key.Value, s.Value)
		if _, err := strconv.Atoi(s.Value); err == nil {
			diag.Hint = "write " + quote(s.Value+"s") + " for seconds"
		}
		return nil
	}
	if d < low || d > high {
		p.report(CodeBadDuration, s.Pos, "%q is %s; expected %s to %s", key.Value, s.Value, short(low), short(high))
		return nil
	}
	return &Setting[time.Duration]{s, d}
}

// short writes a length of time as a flow does: "10m", not "10m0s".
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

// at is where a node stands.
func at(n *yaml.Node) Pos { return Pos{Line: max(n.Line, 1), Col: max(n.Column, 1)} }

func scalarOf(n *yaml.Node) Scalar {
	const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	return Scalar{Value: n.Value, Pos: at(n), Quoted: n.Style&quoted != 0}
}

// describe says what a node is, for messages.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping (keys with values)"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		if n.Tag == "!!null" && n.Value == "" {
			return "nothing"
		}
		return "the value " + quote(clip(n.Value))
	}
	return "nothing"
}

// clip shortens a value for a message.
func clip(s string) string {
	s, _, cut := strings.Cut(s, "\n")
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	if cut {
		return s + "…"
	}
	return s
}

func quote(s string) string { return strconv.Quote(s) }

func contains(list []string, s string) bool { return slices.Contains(list, s) }

// list writes words as "a, b or c".
func list(words []string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// didYouMean is the hint at the nearest name, or "".
func didYouMean(name string, candidates []string) string {
	if best, ok := nearest(name, candidates); ok {
		return "did you mean " + quote(best) + "?"
	}
	return ""
}

func closeTo(name string, candidates []string) bool {
	_, ok := nearest(name, candidates)
	return ok
}

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

// mapping says how the pairs of a mapping are to be read.
type mapping struct {
	what  string   // as messages call it: "a menu"
	name  string   // of a state, where it is one
	known []string // its keys; nil: any name
	later []string // keys that the language will have
	// duplicate is what two equal keys are; "": duplicate-key.
	duplicate Code
	// unknown may take an unknown key off the parser's hands.
	unknown func(Scalar, *yaml.Node) bool
	// empty tells that the mapping must have something in it.
	empty bool
}

// place is what messages call the mapping.
func (m mapping) place() string {
	if m.name != "" {
		return m.what + " " + quote(m.name)
	}
	return m.what
}

// each hands the pairs of a mapping over, in the order written, and gives the
// keys that were there, with readable values or not. take returns false for a
// key that it does not know.
func (p *parser) each(n *yaml.Node, m mapping, take func(key Scalar, value *yaml.Node) bool) keys {
	if m.duplicate == "" {
		m.duplicate = CodeDuplicateKey
	}
	if len(n.Content) == 0 && m.empty {
		p.report(CodeEmptyValue, at(n), "%s is empty", m.place())
	}
	seen := keysOf(n)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind != yaml.ScalarNode {
			if k.Kind != 0 {
				p.report(CodeWrongType, at(k), "expected a key, found %s", describe(k))
			}
			p.lose(v)
			continue
		}
		key := scalarOf(k)
		if first := seen.find(key.Value); first < i {
			p.duplicateKey(key, n.Content[first], m)
			p.lose(v)
			continue
		}
		if p.brokenPair(n, i, key, m) {
			continue
		}
		if take(key, v) {
			continue
		}
		if m.unknown != nil && m.unknown(key, v) {
			continue
		}
		p.unknownKey(key, m)
		// Go on as if the nearest key had been written, so that nothing is said to
		// be missing that is only misspelt.
		if meant, ok := nearest(key.Value, m.known); ok && !seen.has(meant) && !contains(m.later, key.Value) {
			seen.meant = append(seen.meant, meant)
			if take(Scalar{Value: meant, Pos: key.Pos, Quoted: key.Quoted}, v) {
				continue
			}
		}
		p.lose(v)
	}
	return seen
}

// keys are the keys of a mapping. Most mappings are small, and looked through;
// large ones have an index.
type keys struct {
	node  *yaml.Node
	index map[string]int // of the first pair with a key
	meant []string       // keys that were misspelt
}

const smallMapping = 16

func keysOf(n *yaml.Node) keys {
	k := keys{node: n}
	if len(n.Content) <= 2*smallMapping {
		return k
	}
	k.index = make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := n.Content[i]; key.Kind == yaml.ScalarNode {
			if _, twice := k.index[key.Value]; !twice {
				k.index[key.Value] = i
			}
		}
	}
	return k
}

// find is the first pair with a key, or -1.
func (k *keys) find(key string) int {
	if k.index != nil {
		if i, ok := k.index[key]; ok {
			return i
		}
		return -1
	}
	for i := 0; i+1 < len(k.node.Content); i += 2 {
		if n := k.node.Content[i]; n.Value == key && n.Kind == yaml.ScalarNode {
			return i
		}
	}
	return -1
}

func (k *keys) has(key string) bool {
	return k.node != nil && k.find(key) >= 0 || contains(k.meant, key)
}

func (p *parser) duplicateKey(key Scalar, first *yaml.Node, m mapping) {
	d := p.report(m.duplicate, key.Pos, "%q stands twice in %s", key.Value, m.place())
	if m.duplicate == CodeDuplicateOption {
		d.Message = "the key " + quote(key.Value) + " stands twice in " + m.place()
	}
	d.Related = append(d.Related, Related{Pos: at(first), Message: "the first one is here"})
}

// brokenPair finds the traps of braces: text cut up by a comma, keys without a
// space after their colon.
func (p *parser) brokenPair(n *yaml.Node, i int, key Scalar, m mapping) bool {
	v := n.Content[i+1]
	if n.Style&yaml.FlowStyle == 0 || v.Kind != yaml.ScalarNode || v.Tag != "!!null" || v.Value != "" || v.LineComment != "" {
		return false
	}
	if key.Quoted || contains(m.known, key.Value) || p.hasColon(key) {
		return false // "key:" with nothing after it
	}
	if name, value, ok := strings.Cut(key.Value, ":"); ok && !strings.ContainsAny(name, " \t") {
		p.loseName(strings.TrimSpace(value))
		p.report(CodeBraceKey, key.Pos, "%q is one word to YAML: inside braces a colon needs a space after it", key.Value).Hint = "write " + quote(name+": "+strings.TrimSpace(value))
		return true
	}
	if i < 2 || n.Content[i-1].Kind != yaml.ScalarNode || n.Content[i-1].Value == "" {
		return false
	}
	before := n.Content[i-1]
	if before.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		p.report(CodeCommaInFlowText, key.Pos, "%q stands alone after a comma; inside braces each part is a key with a value", key.Value)
		return true
	}
	d := p.report(CodeCommaInFlowText, key.Pos, "the comma ends the text %q; inside braces a text with a comma needs quotes", before.Value)
	d.Hint = "write " + quote(before.Value+", "+key.Value)
	d.Related = append(d.Related, Related{Pos: at(before), Message: "the text begins here"})
	return true
}

// hasColon tells whether a key without quotes has a colon after it in the file.
// A key that stands alone has none, and YAML takes its value to be missing.
func (p *parser) hasColon(key Scalar) bool {
	line := p.line(key.Pos.Line)
	rest, alone := strings.CutPrefix(string(line[min(key.Pos.Col-1, len(line)):]), key.Value)
	return !alone || strings.HasPrefix(strings.TrimLeft(rest, " \t"), ":")
}

// lose notes what a part of the file names that nobody reads.
func (p *parser) lose(n *yaml.Node) {
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Tag == "!!null" {
			p.loseNext()
		} else {
			p.loseName(n.Value)
		}
	case yaml.AliasNode, 0:
		p.loseNext()
	}
	for _, c := range n.Content {
		p.lose(c)
	}
}

func (p *parser) loseName(name string) {
	u := p.unread()
	u.names = append(u.names, name)
}

func (p *parser) loseNext() { p.unread().next = true }

// unread is where to note what could not be understood.
func (p *parser) unread() *unread {
	if p.state != nil {
		return &p.state.unread
	}
	return &p.doc.unread
}

func (p *parser) unknownKey(key Scalar, m mapping) {
	if contains(m.later, key.Value) {
		p.report(CodeNotYet, key.Pos, "%q is a word of the language that this version does not know yet", key.Value)
		return
	}
	d := p.report(CodeUnknownKey, key.Pos, "there is no key %q in %s; expected one of %s", key.Value, m.place(), list(m.known))
	d.Hint = didYouMean(key.Value, m.known)
	if p.state != nil && contains(outcomeNames, key.Value) {
		d.Hint = "where an outcome leads stands under the state's own \"next\""
		p.loseNext()
	}
}

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

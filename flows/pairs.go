package flows

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// mapping says how the pairs of a mapping are to be read.
type mapping struct {
	what  string // as messages call it: "a menu"
	name  string // of a state, where it is one
	known Fields // its keys; nil: any name
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
	var strange []pair
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
		if m.known.allRequired() && !closeTo(key.Value, m.known.words()) {
			strange = append(strange, pair{key, v})
			continue
		}
		p.unknownKey(key, m)
		// Go on as if the nearest key had been written, so that nothing is said to
		// be missing that is only misspelt.
		if meant, ok := nearest(key.Value, m.known.words()); ok && !seen.has(meant) {
			seen.meant = append(seen.meant, meant)
			if take(Scalar{Value: meant, Pos: key.Pos, Quoted: key.Quoted}, v) {
				continue
			}
		}
		p.lose(v)
	}
	p.strange(strange, m, &seen, take)
	return seen
}

// pair is a key with its value.
type pair struct {
	key   Scalar
	value *yaml.Node
}

// strange tells of keys like none of a mapping that needs all that it can have. They
// were meant to be what is missing, so that this is not said besides, unless more is
// missing than they are.
func (p *parser) strange(found []pair, m mapping, seen *keys, take func(key Scalar, value *yaml.Node) bool) {
	if len(found) == 0 {
		return
	}
	var missing []string
	for i := range m.known {
		if !seen.has(m.known[i].Key) {
			missing = append(missing, m.known[i].Key)
		}
	}
	enough := len(missing) > 0 && len(missing) <= len(found)
	for _, f := range found {
		d := p.unknownKey(f.key, m)
		if enough && d.Hint == "" {
			d.Hint = "write " + list(missing)
		}
		// Which of several is which nobody knows.
		alone := enough && len(found) == 1
		if !alone || !take(Scalar{Value: missing[0], Pos: f.key.Pos, Quoted: f.key.Quoted}, f.value) {
			p.lose(f.value)
		}
	}
	if enough {
		seen.meant = append(seen.meant, missing...)
	}
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
	if key.Quoted || m.known.has(key.Value) || p.hasColon(key) {
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

func (p *parser) unknownKey(key Scalar, m mapping) *Diagnostic {
	known := m.known.words()
	d := p.report(CodeUnknownKey, key.Pos, "there is no key %q in %s; expected one of %s", key.Value, m.place(), list(known))
	d.Hint = didYouMean(key.Value, known)
	if p.state != nil && contains(outcomeNames, key.Value) {
		d.Hint = "where an outcome leads stands under the state's own \"next\""
		p.loseNext()
	}
	return d
}

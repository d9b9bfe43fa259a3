package format

import (
	"unicode"

	"gopkg.in/yaml.v3"
)

// same tells whether a text that was laid out says what it said before: the same
// values, and the same characters in its comments.
func same(before *yaml.Node, src, out []byte) error {
	var after yaml.Node
	if err := yaml.Unmarshal(out, &after); err != nil {
		return err
	}
	if !equal(before, &after) || !sameCharacters(src, out) {
		return errLoss
	}
	return nil
}

// equal compares values. The keys of a mapping may stand in another order.
func equal(a, b *yaml.Node) bool {
	if a.Kind != b.Kind || len(a.Content) != len(b.Content) {
		return false
	}
	switch a.Kind {
	case yaml.ScalarNode:
		const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
		return a.Value == b.Value && a.Tag == b.Tag && a.Style&quoted == b.Style&quoted
	case yaml.MappingNode:
		return equalPairs(a, b)
	}
	for i := range a.Content {
		if !equal(a.Content[i], b.Content[i]) {
			return false
		}
	}
	return true
}

func equalPairs(a, b *yaml.Node) bool {
	values := make(map[string][]*yaml.Node, len(a.Content)/2) // in the order written, should a key stand twice
	for i := 0; i+1 < len(a.Content); i += 2 {
		if a.Content[i].Kind != yaml.ScalarNode {
			return false
		}
		key := a.Content[i].Value
		values[key] = append(values[key], a.Content[i+1])
	}
	for i := 0; i+1 < len(b.Content); i += 2 {
		key := b.Content[i].Value
		of := values[key]
		if b.Content[i].Kind != yaml.ScalarNode || len(of) == 0 || !equal(of[0], b.Content[i+1]) {
			return false
		}
		values[key] = of[1:]
	}
	return true
}

// sameCharacters compares how often each character stands in two texts, except
// for those that YAML itself puts between values.
func sameCharacters(a, b []byte) bool {
	count := map[rune]int{}
	for _, r := range string(a) {
		count[r]++
	}
	for _, r := range string(b) {
		count[r]--
	}
	for r, n := range count {
		switch {
		case n == 0, unicode.IsSpace(r), r == '\ufeff':
		case r == '{', r == '}', r == '[', r == ']', r == ',', r == ':', r == '-':
		default:
			return false
		}
	}
	return true
}

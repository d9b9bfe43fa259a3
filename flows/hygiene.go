package flows

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// hygiene refuses what YAML allows and the language does not: anchors, aliases,
// tags, bottomless nesting. What it refuses it takes out of the tree, so that
// nothing else is said about it.
type hygiene struct {
	p       *parser
	anchors []*yaml.Node
	aliased map[*yaml.Node]bool
	deep    bool
}

// check walks the whole tree and tells whether the rest is worth reading.
func (h *hygiene) check(top *yaml.Node) bool {
	h.walk(top, 1)
	for _, n := range h.anchors {
		if !h.aliased[n] {
			h.p.report(CodeAliasNotAllowed, at(n), "the anchor &%s is not part of the language; write the value where it is needed", n.Anchor)
		}
	}
	return !h.deep && top.Kind != 0
}

func (h *hygiene) walk(n *yaml.Node, depth int) {
	if depth > maxDepth {
		if !h.deep {
			h.p.report(CodeTooLarge, at(n), "the file is nested more than %d levels deep", maxDepth)
		}
		h.deep = true
		return
	}
	if n.Anchor != "" && n.Kind != yaml.AliasNode {
		h.anchors = append(h.anchors, n)
	}
	if n.Kind == yaml.AliasNode {
		d := h.p.report(CodeAliasNotAllowed, at(n), "the alias *%s is not part of the language; write the value out", n.Value)
		if n.Alias != nil {
			d.Related = append(d.Related, Related{Pos: at(n.Alias), Message: "the value stands here"})
			if h.aliased == nil {
				h.aliased = map[*yaml.Node]bool{}
			}
			h.aliased[n.Alias] = true
		}
		n.Kind = 0
		return
	}
	if n.Style&yaml.TaggedStyle != 0 {
		d := h.p.report(CodeTagNotAllowed, at(n), "the tag %s is not part of the language", n.Tag)
		d.Hint = "leave it out, or put the value in quotes"
		n.Kind = 0
		return
	}
	for _, c := range n.Content {
		h.walk(c, depth+1)
	}
}

// secondDocument reports what follows the first document of a file. The library
// stops reading there, and says nothing.
func (p *parser) secondDocument() {
	// A line that ends a document begins so; one within a text is indented.
	if !bytes.Contains(p.src, []byte("\n---")) && !bytes.Contains(p.src, []byte("\n...")) {
		return
	}
	dec := yaml.NewDecoder(bytes.NewReader(p.src))
	var n yaml.Node
	if err := dec.Decode(&n); err != nil {
		return // it was read before
	}
	err := dec.Decode(&n)
	if errors.Is(err, io.EOF) {
		return
	}
	pos := at(&n)
	if err != nil {
		// What follows cannot even be read; a line says where it begins.
		for i := range bytes.Count(p.src, []byte("\n")) + 1 {
			if line := string(p.line(i + 1)); i > 0 && (strings.HasPrefix(line, "---") || strings.HasPrefix(line, "...")) {
				pos = Pos{Line: i + 1, Col: 1}
				break
			}
		}
	}
	p.report(CodeSecondDocument, pos, "a second document begins here; a file holds one flow").Hint = "put it in a file of its own"
}

// empty reports a key without a value, and knows why it may have none.
func (p *parser) empty(key Scalar, n *yaml.Node) {
	if n.Value == "" {
		line := p.line(key.Pos.Line)
		rest := ""
		if from := key.Pos.Col - 1 + utf8.RuneCountInString(key.Value); from <= len(line) {
			rest = string(line[min(from, len(line)):])
		}
		rest = strings.TrimLeft(rest, `"': `)
		switch key.Value {
		case "terminator", "yes", "no", "key":
			if strings.HasPrefix(rest, "#") {
				p.report(CodeQuoteHash, key.Pos, `YAML reads the # after %q as a comment`, key.Value).Hint = `write "#" in quotes`
				return
			}
		case "options", "globals":
			if p.hashKeys(key) {
				return
			}
		}
	}
	p.report(CodeEmptyValue, key.Pos, "%q has no value", key.Value)
}

// hashKeys finds options that YAML takes for comments: lines "#: state" in the
// mapping of key.
func (p *parser) hashKeys(key Scalar) bool {
	if !p.hashLines() {
		return false
	}
	indent := leading(p.line(key.Pos.Line))
	found := false
	for i := key.Pos.Line + 1; ; i++ {
		line := p.line(i)
		if line == nil {
			return found
		}
		text := strings.TrimSpace(string(line))
		switch {
		case text == "":
		case strings.HasPrefix(text, "#"):
			if after := strings.TrimLeft(text[1:], " "); strings.HasPrefix(after, ": ") && leading(line) > indent {
				p.report(CodeQuoteHash, Pos{i, leading(line) + 1}, "YAML reads this line as a comment, because it begins with #").Hint = `write the key # in quotes: "#"`
				p.loseName(strings.TrimSpace(after[1:]))
				found = true
			}
		case leading(line) <= indent:
			return found
		}
	}
}

// hashLines tells whether any line of the file could be such a comment, so that
// the others need not be looked at.
func (p *parser) hashLines() bool {
	if p.hashes == 0 {
		p.hashes = -1
		for rest := p.src; p.hashes < 0; {
			i := bytes.IndexByte(rest, '#')
			if i < 0 {
				break
			}
			rest = rest[i+1:]
			if bytes.HasPrefix(bytes.TrimLeft(rest[:min(len(rest), 8)], " "), []byte(": ")) {
				p.hashes = 1
			}
		}
	}
	return p.hashes > 0
}

// leading is the number of spaces a line begins with.
func leading(line []rune) int {
	n := 0
	for n < len(line) && line[n] == ' ' {
		n++
	}
	return n
}

// line is a line of the source, from 1, or nil beyond the last.
func (p *parser) line(n int) []rune { return p.lines.of(p.src, n) }

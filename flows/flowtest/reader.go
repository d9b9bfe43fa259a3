package flowtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"callflow/engine/lazy"
	"callflow/flows"
)

// The bounds of a file of scenarios or stand-ins.
const (
	maxFile  = 4 << 20
	maxDepth = 32
)

// reader reads YAML that people write: strictly, all mistakes at once, each in
// its place.
type reader struct {
	file  string
	diags flows.Diagnostics
}

func at(n *yaml.Node) flows.Pos { return flows.Pos{Line: max(n.Line, 1), Col: max(n.Column, 1)} }

func (r *reader) report(code flows.Code, n *yaml.Node, format string, args ...any) *flows.Diagnostic {
	r.diags = append(r.diags, flows.Report(code, r.file, at(n), format, args...))
	return &r.diags[len(r.diags)-1]
}

var yamlLine = lazy.Regexp(`^yaml: (?:line (\d+): )?`)

// open parses a file into its top mapping; nil when there is none, which has
// been reported.
func (r *reader) open(src []byte) *yaml.Node {
	if len(src) > maxFile {
		r.diags = append(r.diags, flows.Report(flows.CodeTooLarge, r.file, flows.Pos{}, "the file has %d bytes; expected at most %d", len(src), maxFile))
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var doc yaml.Node
	err := dec.Decode(&doc)
	switch {
	case errors.Is(err, io.EOF):
		r.diags = append(r.diags, flows.Report(flows.CodeEmptyValue, r.file, flows.Pos{Line: 1, Col: 1}, "the file is empty"))
		return nil
	case err != nil:
		line := 1
		m := yamlLine().FindStringSubmatch(err.Error())
		if len(m) == 2 && m[1] != "" {
			line, _ = strconv.Atoi(m[1])
		}
		r.diags = append(r.diags, flows.Report(flows.CodeSyntaxError, r.file, flows.Pos{Line: line}, "this is not YAML: %s", yamlLine().ReplaceAllString(err.Error(), "")))
		return nil
	}
	var second yaml.Node
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		where := &second
		if err != nil {
			where = &doc
		}
		r.report(flows.CodeSecondDocument, where, "the file holds more than one document; expected one")
		return nil
	}
	if !r.plain(&doc, 0) {
		return nil
	}
	return doc.Content[0]
}

// plain refuses anchors, aliases, tags and bottomless nesting.
func (r *reader) plain(n *yaml.Node, depth int) bool {
	switch {
	case depth > maxDepth:
		r.report(flows.CodeTooLarge, n, "the file is nested more than %d levels deep", maxDepth)
		return false
	case n.Kind == yaml.AliasNode:
		r.report(flows.CodeAliasNotAllowed, n, "the alias *%s is not allowed; write the value out", n.Value)
		return false
	case n.Anchor != "":
		r.report(flows.CodeAliasNotAllowed, n, "the anchor &%s is not allowed; write the value where it is needed", n.Anchor)
		return false
	case n.Style&yaml.TaggedStyle != 0:
		r.report(flows.CodeTagNotAllowed, n, "the tag %s is not allowed; leave it out, or put the value in quotes", n.Tag)
		return false
	}
	for _, c := range n.Content {
		if !r.plain(c, depth+1) {
			return false
		}
	}
	return true
}

// mapping hands the values of a mapping to those who read them, and reports
// what is none of theirs. It tells whether n is a mapping.
func (r *reader) mapping(n *yaml.Node, what string, keys ...key) bool {
	if !r.is(n, yaml.MappingNode, what, "keys with values") {
		return false
	}
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.Key
	}
	return r.each(n, what, func(k, v *yaml.Node) {
		for _, known := range keys {
			if known.Key == k.Value {
				known.read(v)
				return
			}
		}
		d := r.report(flows.CodeUnknownKey, k, "%s has no key %q; expected one of %s", what, k.Value, strings.Join(names, ", "))
		d.Hint = flows.Suggest(k.Value, names)
	})
}

// each hands over the pairs of a mapping with keys of any name.
func (r *reader) each(n *yaml.Node, what string, take func(k, v *yaml.Node)) bool {
	if !r.is(n, yaml.MappingNode, what, "keys with values") {
		return false
	}
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch {
		case k.Kind != yaml.ScalarNode:
			r.report(flows.CodeWrongType, k, "expected a key, found %s", describe(k))
			continue
		case seen[k.Value]:
			r.report(flows.CodeDuplicateKey, k, "%q stands twice in %s", k.Value, what)
			continue
		}
		seen[k.Value] = true
		take(k, v)
	}
	return true
}

// is tells whether a node is of a kind, and reports one that is not.
func (r *reader) is(n *yaml.Node, kind yaml.Kind, what, want string) bool {
	switch {
	case n.Kind == kind && !isNull(n):
		return true
	case isNull(n):
		r.report(flows.CodeEmptyValue, n, "%s has no value; expected %s", what, want)
	default:
		r.report(flows.CodeWrongType, n, "%s: expected %s, found %s", what, want, describe(n))
	}
	return false
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// items are the members of a list; a single value may stand without brackets.
func (r *reader) items(n *yaml.Node, what string) []*yaml.Node {
	if n.Kind == yaml.SequenceNode {
		if len(n.Content) == 0 {
			r.report(flows.CodeEmptyValue, n, "%s is an empty list", what)
		}
		return n.Content
	}
	return []*yaml.Node{n}
}

// text reads one piece of text, as it was written.
func (r *reader) text(n *yaml.Node, what string, into *string) bool {
	if !r.is(n, yaml.ScalarNode, what, "a text") {
		return false
	}
	if strings.TrimSpace(n.Value) == "" {
		r.report(flows.CodeEmptyValue, n, "%s is empty", what)
		return false
	}
	*into = n.Value
	return true
}

// word reads a text that is one of a few.
func (r *reader) word(n *yaml.Node, what string, into *string, words ...string) bool {
	var s string
	if !r.text(n, what, &s) {
		return false
	}
	for _, w := range words {
		if s == w {
			*into = s
			return true
		}
	}
	r.report(flows.CodeBadValue, n, "%s: found %q, expected one of %s", what, s, strings.Join(words, ", ")).Hint = flows.Suggest(s, words)
	return false
}

func (r *reader) integer(n *yaml.Node, what string, low, high int, into *int) {
	var s string
	if !r.text(n, what, &s) {
		return
	}
	v, err := strconv.Atoi(s)
	if err != nil || v < low || v > high {
		r.report(flows.CodeBadValue, n, "%s: found %q, expected a whole number from %d to %d", what, s, low, high)
		return
	}
	*into = v
}

func (r *reader) boolean(n *yaml.Node, what string, into *bool) {
	var s string
	if r.word(n, what, &s, "true", "false") {
		*into = s == "true"
	}
}

// maxDelay bounds how slow a stand-in can be: more than any caller waits.
const maxDelay = 10 * time.Minute

func (r *reader) duration(n *yaml.Node, what string, into *time.Duration) {
	var s string
	if !r.text(n, what, &s) {
		return
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || d > maxDelay {
		diag := r.report(flows.CodeBadDuration, n, "%s: found %q, expected a length of time up to %s, such as 2s or 500ms", what, s, "10m")
		if _, err := strconv.Atoi(s); err == nil {
			diag.Hint = fmt.Sprintf("write %q for seconds", s+"s")
		}
		return
	}
	*into = d
}

// json reads a value of any shape and writes it as JSON, with its members in the
// order of the alphabet.
func (r *reader) json(n *yaml.Node, what string) []byte {
	v, ok := r.value(n, what)
	if !ok {
		return nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		r.report(flows.CodeBadValue, n, "%s cannot be written as JSON", what)
		return nil
	}
	return bytes.TrimSpace(b.Bytes())
}

func (r *reader) value(n *yaml.Node, what string) (any, bool) {
	switch n.Kind {
	case yaml.MappingNode:
		members := make(map[string]any, len(n.Content)/2)
		good := r.each(n, what, func(k, v *yaml.Node) {
			members[k.Value], _ = r.value(v, what)
		})
		return members, good
	case yaml.SequenceNode:
		items := make([]any, len(n.Content))
		for i, c := range n.Content {
			items[i], _ = r.value(c, what)
		}
		return items, true
	}
	switch n.Tag {
	case "!!null":
		return nil, true
	case "!!bool":
		return strings.EqualFold(n.Value, "true"), true
	case "!!int", "!!float":
		if number := json.Number(n.Value); json.Valid([]byte(number)) {
			return number, true
		}
		// 007 and 0x1F are no numbers to JSON, and most likely none to the author.
		return n.Value, true
	}
	return n.Value, true
}

// describe says what a node is, for messages.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys with values"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		if isNull(n) {
			return "nothing"
		}
		text := []rune(n.Value)
		if len(text) > 40 {
			return fmt.Sprintf("%q…", string(text[:40]))
		}
		return fmt.Sprintf("%q", n.Value)
	}
	return "nothing"
}

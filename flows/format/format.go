package format

import (
	"errors"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"callflow/flows"
)

// width is where a line in braces becomes several, in characters.
const width = 100

// unreadable are the codes of what is not YAML, or not the part of it that flows
// are written in.
var unreadable = []flows.Code{
	flows.CodeSyntaxError, flows.CodeSecondDocument, flows.CodeAliasNotAllowed, flows.CodeTagNotAllowed, flows.CodeTooLarge,
}

// Source lays a flow out. There is no text when the file cannot be read as YAML,
// which the diagnostics tell of; other mistakes in it do not matter. A file that
// could not be laid out without losing something of it comes back as it is.
func Source(file string, src []byte) ([]byte, flows.Diagnostics) {
	doc, diags := flows.Parse(file, src)
	diags = slices.DeleteFunc(diags, func(d flows.Diagnostic) bool {
		return doc != nil && !slices.Contains(unreadable, d.Code)
	})
	if len(diags) > 0 {
		return nil, diags
	}
	out, err := layOut(src)
	if err != nil {
		return src, nil
	}
	return out, nil
}

// errLoss tells that laying out would lose something.
var errLoss = errors.New("the layout would lose something")

// layOut lays out YAML that can be read.
func layOut(src []byte) ([]byte, error) {
	text := strings.ReplaceAll(strings.TrimPrefix(string(src), "\ufeff"), "\r\n", "\n")
	if strings.ContainsAny(text, "\r\u0085\u2028\u2029") {
		return nil, errLoss // lines as few programs break them
	}
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(text), &root); err != nil {
		return nil, err
	}
	if len(root.Content) == 0 {
		return nil, errLoss
	}
	p := &printer{}
	for line := range strings.SplitSeq(text, "\n") {
		p.lines = append(p.lines, []rune(line))
	}
	lines, err := p.document(root.Content[0], flows.Declared().Flow)
	if err != nil {
		return nil, err
	}
	out := []byte(strings.Join(lines, "\n") + "\n")
	if err := same(&root, []byte(text), out); err != nil {
		return nil, err
	}
	return out, nil
}

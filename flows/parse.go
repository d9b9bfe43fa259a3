package flows

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Version is the version of the language, as flows name it.
const Version = "1"

// The bounds of a file.
const (
	maxSource = 8 << 20
	maxDepth  = 64
	maxStates = 50_000
)

// Parse reads a flow. It reports everything that is wrong with the file's shape
// and gives what could be understood; the document is nil when the file is not
// YAML or not a mapping at all.
func Parse(file string, src []byte) (*Document, Diagnostics) {
	p := &parser{file: file, src: src}
	doc := p.document()
	inside(src, p.diags)
	p.diags.Sort()
	if doc != nil {
		doc.shape = slices.Clone(p.diags)
	}
	return doc, p.diags
}

// parser walks the nodes of a file and keeps what is wrong with them.
type parser struct {
	file  string
	src   []byte
	diags Diagnostics

	lines  index
	hashes int // 1: hashLines found some, -1: none
	doc    *Document
	state  *StateDecl // the one being read, so that it knows its references
	naming bool       // the prompts of the flow are being read
}

func (p *parser) report(code Code, pos Pos, format string, args ...any) *Diagnostic {
	p.diags = append(p.diags, Report(code, p.file, pos, format, args...))
	return &p.diags[len(p.diags)-1]
}

func (p *parser) document() *Document {
	if len(p.src) > maxSource {
		p.report(CodeTooLarge, Pos{}, "the file has %d bytes; at most %d are read", len(p.src), maxSource)
		return nil
	}
	if d, bad := NotText(p.file, p.src); bad {
		p.diags = append(p.diags, d)
		return nil
	}
	var root yaml.Node
	if err := yaml.Unmarshal(p.src, &root); err != nil {
		p.syntaxError(err)
		return nil
	}
	if len(root.Content) == 0 {
		p.report(CodeMissingKey, Pos{Line: 1, Col: 1}, "the file is empty; expected a flow").Hint = `a flow begins with "callflow: 1"`
		return nil
	}
	p.secondDocument()
	h := hygiene{p: p}
	top := root.Content[0]
	if !h.check(top) {
		return nil
	}
	if top.Kind != yaml.MappingNode {
		p.report(CodeWrongType, at(top), "expected a flow, found %s", describe(top)).Hint = `a flow begins with "callflow: 1"`
		return nil
	}
	return p.flow(top)
}

// name checks that a value can name a flow, a state or a variable, and gives it
// back.
func (p *parser) name(s Scalar, what string) Scalar {
	if !s.IsSet() {
		return s
	}
	if !isName(s.Value) {
		d := p.report(CodeBadName, s.Pos, "%q is no name for a %s; expected a small letter, then small letters, digits and _, at most 64", s.Value, what)
		if fixed := asName(s.Value); fixed != "" && isName(fixed) {
			d.Hint = `write "` + fixed + `"`
		}
		return s
	}
	if what != "flow" && what != "schedule" && what != "milestone" && isReserved(s.Value) {
		p.report(CodeBadName, s.Pos, "%q means something else in expressions and cannot name a %s", s.Value, what)
	}
	return s
}

// asName is what a name that is none could be written as.
func asName(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '_':
			return r
		case r == ' ' || r == '-' || r == '.':
			return '_'
		}
		return -1
	}, s)
	return strings.TrimLeft(s, "0123456789_")
}

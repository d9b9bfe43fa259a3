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

var topKeys = []string{
	"callflow", "flow", "title", "languages", "voice", "start", "defaults", "globals", "variables",
	"on_hangup", "on_error", "limits", "services", "states",
}

// laterTop are words of the language at the top of a flow that are not built yet.
var laterTop = []string{"prompts"}

func (p *parser) flow(n *yaml.Node) *Document {
	doc := &Document{File: p.file, Source: p.src}
	p.doc = doc
	seen := p.each(n, mapping{what: "a flow", known: topKeys, later: laterTop}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "callflow":
			doc.Version = p.scalar(key, v)
			if doc.Version.IsSet() && doc.Version.Value != Version {
				p.report(CodeUnsupportedVersion, doc.Version.Pos, "the language has no version %q; this program reads version %s", doc.Version.Value, Version)
			}
		case "flow":
			doc.Flow = p.name(p.scalar(key, v), "flow")
		case "title":
			doc.Title = p.scalar(key, v)
		case "languages":
			doc.Languages = p.scalars(key, v)
			doc.lostLanguages = len(doc.Languages) == 0
		case "voice":
			doc.Voice = p.scalar(key, v)
		case "start":
			doc.Start = p.ref(key, v)
		case "defaults":
			doc.Defaults = p.defaults(key, v)
		case "globals":
			doc.Globals = p.globals(key, v)
		case "variables":
			doc.Variables = p.variables(key, v)
		case "on_hangup":
			doc.OnHangup = p.ref(key, v)
		case "on_error":
			doc.OnError = p.ref(key, v)
		case "limits":
			doc.Limits = p.limits(key, v)
		case "services":
			doc.Services = p.scalars(key, v)
		case "states":
			doc.States = p.states(key, v)
		default:
			return false
		}
		return true
	})
	top := at(n)
	if !seen.has("callflow") {
		p.report(CodeMissingKey, top, `the flow does not say which version of the language it is written in`).Hint = `begin with "callflow: 1"`
	}
	if !seen.has("flow") {
		p.report(CodeMissingKey, top, `the flow has no name`).Hint = `name it with "flow: NAME"`
	}
	if !seen.has("states") {
		p.report(CodeNoStates, top, "the flow has no states").Hint = `list them under "states:"`
	}
	if !seen.has("start") {
		d := p.report(CodeMissingStart, top, "the flow does not say where a call begins")
		if len(doc.States) > 0 {
			d.Hint = `write "start: ` + doc.States[0].Name.Value + `"`
		}
	}
	return doc
}

func (p *parser) states(key Scalar, n *yaml.Node) []*StateDecl {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		p.report(CodeNoStates, key.Pos, "the flow has no states")
		return nil
	}
	if !p.is(key, n, yaml.MappingNode, "a mapping of names to states") {
		return nil
	}
	if len(n.Content) == 0 {
		p.report(CodeNoStates, key.Pos, "the flow has no states")
		return nil
	}
	if len(n.Content)/2 > maxStates {
		p.report(CodeTooLarge, key.Pos, "the flow has %d states; at most %d are read", len(n.Content)/2, maxStates)
		return nil
	}
	states := make([]*StateDecl, 0, len(n.Content)/2)
	p.each(n, mapping{what: "the states"}, func(key Scalar, v *yaml.Node) bool {
		st := &StateDecl{Name: p.name(key, "state")}
		st.Name.Pos, st.Name.Value = key.Pos, key.Value
		p.state = st
		p.stateBody(st, v)
		p.state = nil
		states = append(states, st)
		return true
	})
	return states
}

func (p *parser) stateBody(st *StateDecl, n *yaml.Node) {
	name := st.Name.Value
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" && n.Value == "" {
		p.loseNext()
		p.report(CodeMissingKind, st.Name.Pos, "state %q is empty; expected what it does: %s", name, list(kindNames))
		return
	}
	if !p.is(st.Name, n, yaml.MappingNode, "a state, which is a mapping") {
		return
	}
	m := mapping{what: "state", name: name, known: stateWords, later: laterKinds}
	var strange Scalar // an unknown key that may have been meant as the kind
	var strangeValue *yaml.Node
	m.unknown = func(key Scalar, v *yaml.Node) bool {
		if strange.IsSet() || closeTo(key.Value, stateKeys) || contains(laterKinds, key.Value) {
			return false
		}
		strange, strangeValue = key, v
		return true
	}
	before := len(p.diags)
	later := false
	p.each(n, m, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "next":
			st.Next = p.next(key, v)
		case "requires":
			st.Requires = p.scalar(key, v)
		case "max_visits":
			if st.MaxVisits = p.integer(key, v, 1, 10_000); st.MaxVisits == nil {
				st.MaxVisits = &Setting[int]{key, 1} // it was reported; visits are meant to be bounded
			}
		case "note":
			st.Note = p.scalar(key, v)
		default:
			if contains(laterKinds, key.Value) {
				later = later || key.Value != "milestone"
				return false
			}
			parse := kindParser(key.Value)
			if parse == nil {
				return false
			}
			if st.Word.IsSet() {
				d := p.report(CodeSeveralKinds, key.Pos, "state %q does both %s and %s; a state does one thing", name, st.Word.Value, key.Value)
				d.Related = append(d.Related, Related{Pos: st.Word.Pos, Message: "the first one is here"})
				p.lose(v)
				p.loseNext()
				return true
			}
			st.Word = key
			st.Kind = parse(p, key, v)
		}
		return true
	})
	p.headless(before)
	switch {
	case !strange.IsSet() && (st.Word.IsSet() || later):
	case st.Word.IsSet() || later:
		p.unknownKey(strange, m)
		p.lose(strangeValue)
	case strange.IsSet():
		d := p.report(CodeUnknownKind, strange.Pos, "state %q does %q, which is no kind of state; expected one of %s", name, strange.Value, list(kindNames))
		d.Hint = didYouMean(strange.Value, kindNames)
		if meant, ok := nearest(strange.Value, kindNames); ok {
			st.Word = Scalar{Value: meant, Pos: strange.Pos}
			st.Kind = kindParser(meant)(p, st.Word, strangeValue)
		} else {
			p.lose(strangeValue)
			p.loseNext()
		}
	default:
		p.report(CodeMissingKind, st.Name.Pos, "state %q does not say what it does; expected one of %s", name, list(kindNames))
		p.loseNext()
	}
	if st.Kind != nil && st.Next != nil && len(st.Next.Exits) > 0 {
		if exits := st.Kind.exits(); exits != nil {
			st.Next.guess(allowed(exits))
		}
	}
}

// headless keeps one of several signs that the name of a state is missing: the
// state before it then has everything twice. They were reported since before.
func (p *parser) headless(before int) {
	found := p.diags[before:]
	signs := 0
	for _, d := range found {
		if d.Code == CodeSeveralKinds || d.Code == CodeDuplicateKey {
			signs++
		}
	}
	if signs < 2 {
		return
	}
	kept := p.diags[:before]
	for _, d := range found {
		if d.Code == CodeSeveralKinds || d.Code == CodeDuplicateKey {
			if signs == 0 {
				continue
			}
			signs, d.Hint = 0, "is the name of a state missing before this line?"
		}
		kept = append(kept, d)
	}
	p.diags = kept
}

// next reads where a state leads.
func (p *parser) next(key Scalar, n *yaml.Node) *Next {
	next := &Next{Key: key}
	if n.Kind == yaml.ScalarNode {
		next.To = p.ref(key, n)
		return next
	}
	if !p.is(key, n, yaml.MappingNode, "a state, or a mapping of outcomes to states") {
		return next
	}
	p.each(n, mapping{what: "next", empty: true}, func(key Scalar, v *yaml.Node) bool {
		next.Exits = append(next.Exits, Exit{Outcome: key, To: p.ref(key, v)})
		return true
	})
	return next
}

// ref reads the name of a state.
func (p *parser) ref(key Scalar, n *yaml.Node) *Ref {
	s := p.scalar(key, n)
	if !s.IsSet() {
		return nil
	}
	ref := &Ref{s}
	if p.state != nil {
		p.state.refs = append(p.state.refs, ref)
	}
	return ref
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
	if what != "flow" && isReserved(s.Value) {
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

func (p *parser) defaults(key Scalar, n *yaml.Node) *Defaults {
	d := &Defaults{}
	if !p.is(key, n, yaml.MappingNode, "a mapping of settings") {
		return nil
	}
	known := append(append([]string{}, defaultKeys...), "terminator", "next")
	p.each(n, mapping{what: "the defaults", known: known}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "terminator":
			d.Terminator = p.terminator(key, v)
		case "next":
			d.Next = p.next(key, v)
			d.Next.guess(inherited)
			if d.Next.To != nil {
				p.report(CodeWrongType, d.Next.To.Pos, "the defaults' next takes outcomes: next: { exhausted: %s }", d.Next.To.Value)
				d.Next = nil
			}
		default:
			return contains(defaultKeys, key.Value) && p.asking(&d.AskingDecl, key, v)
		}
		return true
	})
	return d
}

func (p *parser) globals(key Scalar, n *yaml.Node) []GlobalKey {
	if !p.is(key, n, yaml.MappingNode, "a mapping of keys to states") {
		return nil
	}
	p.hashKeys(key)
	var globals []GlobalKey
	p.each(n, mapping{what: "the globals", duplicate: CodeDuplicateOption}, func(key Scalar, v *yaml.Node) bool {
		if p.optionKeys(key) {
			globals = append(globals, GlobalKey{Keys: key, To: p.ref(key, v)})
		} else {
			p.lose(v)
		}
		return true
	})
	return globals
}

func (p *parser) variables(key Scalar, n *yaml.Node) []*VariableDecl {
	if !p.is(key, n, yaml.MappingNode, "a mapping of names to types") {
		return nil
	}
	var vars []*VariableDecl
	p.each(n, mapping{what: "the variables"}, func(key Scalar, v *yaml.Node) bool {
		d := &VariableDecl{Name: p.name(key, "variable")}
		vars = append(vars, d)
		if v.Kind != yaml.MappingNode {
			d.Type = p.scalar(key, v)
			return true
		}
		seen := p.each(v, mapping{what: "a variable", known: []string{"type", "default"}}, func(key Scalar, v *yaml.Node) bool {
			switch key.Value {
			case "type":
				d.Type = p.scalar(key, v)
			case "default":
				d.Default = p.literal(key, v)
			default:
				return false
			}
			return true
		})
		if !seen.has("type") {
			p.report(CodeMissingKey, key.Pos, "variable %q has no type; expected one of %s", key.Value, list(variableTypes))
		}
		return true
	})
	return vars
}

func (p *parser) limits(key Scalar, n *yaml.Node) *LimitsDecl {
	if !p.is(key, n, yaml.MappingNode, "a mapping of limits") {
		return nil
	}
	l := &LimitsDecl{}
	p.each(n, mapping{what: "the limits", known: []string{"turns", "duration", "exit"}}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "turns":
			l.Turns = p.integer(key, v, 1, 10_000)
		case "duration":
			l.Duration = p.duration(key, v, minCall, maxCall)
		case "exit":
			l.Exit = p.ref(key, v)
		default:
			return false
		}
		return true
	})
	return l
}

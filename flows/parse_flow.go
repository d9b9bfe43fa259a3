package flows

import "gopkg.in/yaml.v3"

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

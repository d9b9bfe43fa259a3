package flows

import (
	"strconv"
	"time"

	"gopkg.in/yaml.v3"
)

var flowFields = Fields{
	{Key: "callflow", Shape: aWord(Version), Required: true, Doc: "The version of the language."},
	{Key: "flow", Shape: aName, Required: true, Doc: "The name of the flow."},
	{Key: "title", Shape: aText, Doc: "A title, for people."},
	{Key: "languages", Shape: either(aLanguage, aList(aLanguage)), Default: "[en]", Doc: "The languages of its callers, the first being the usual one."},
	{Key: "voice", Shape: aText, Default: "the platform's", Doc: "The installation's name of a voice."},
	zoneField,
	{Key: "schedules", Shape: aMap(Names{What: "schedule", Pattern: namePattern, Some: true}, aMapping(scheduleFields)), Doc: "When something is open, by name."},
	{Key: "start", Shape: aState, Required: true, Doc: "The state where a call begins."},
	{Key: "defaults", Shape: aMapping(defaultFields), Doc: "Settings for all states that do not say otherwise."},
	{Key: "globals", Shape: aMap(Names{What: "keys", Pattern: keysPattern}, either(aState, aMapping(globalFields))), Doc: "Keys that are valid in every question, and where each leads."},
	{Key: "variables", Shape: aMap(Names{What: "variable", Pattern: namePattern}, either(aWord(variableTypes...), anItems, aMapping(variableFields))), Doc: "Names with a type, and perhaps a first value."},
	{Key: "parameters", Shape: aMap(Names{What: "parameter", Pattern: namePattern}, either(aWord(variableTypes...), anItems, aMapping(parameterFields))), Doc: "What a sub-flow is given by the flow that enters it, with a type; one with a default need not be given."},
	{Key: "outputs", Shape: aMap(Names{What: "output", Pattern: namePattern}, aWord(fieldTypes...)), Doc: "What a sub-flow gives back, with a type."},
	{Key: "prompts", Shape: aMap(Names{What: "prompt", Pattern: namePattern}, aPrompt), Doc: "Texts with a name, to be used where a text stands: { prompt: NAME }."},
	{Key: "on_hangup", Shape: aState, Default: "the call ends", Doc: "The state that runs when the caller has gone."},
	{Key: "on_error", Shape: aState, Default: "an apology, and the call ends", Doc: "The state that runs when something failed."},
	{Key: "limits", Shape: aMapping(limitFields), Doc: "How long a call may go on."},
	{Key: "recording", Shape: aMapping(recordingFields), Default: "no call is recorded", Doc: "Whether whole calls are recorded. Secret questions never are."},
	{Key: "services", Shape: either(aService, aList(aService)), Default: "any", Doc: "The services it uses, by name; others are then a mistake."},
	{Key: "states", Shape: aMap(Names{What: "state", Pattern: namePattern, Some: true}, stateShape), Required: true, Doc: "The states, by name."},
}

var defaultFields = commonFields.and(
	terminatorField,
	Field{Key: "next", Shape: aMap(Names{What: "outcome", Words: inherited}, aState), Doc: "Where outcomes lead that a state does not wire."},
)

var variableFields = Fields{
	{Key: "type", Shape: either(aWord(variableTypes...), anItems), Required: true, Doc: "The type of the variable."},
	{Key: "default", Shape: aValue, Doc: "Its first value; a list begins empty."},
}

var parameterFields = Fields{
	{Key: "type", Shape: either(aWord(variableTypes...), anItems), Required: true, Doc: "The type of the parameter."},
	{Key: "default", Shape: aText, Doc: "What it is where nothing is given."},
}

var limitFields = Fields{
	{Key: "turns", Shape: anInteger(1, maxTurns), Default: strconv.Itoa(defaultTurns), Doc: "How many questions are asked in a call."},
	{Key: "duration", Shape: aDuration(minCall, maxCall), Default: short(defaultDuration), Doc: "How long nobody is connected to the caller."},
	{Key: "exit", Shape: aState, Default: "a goodbye", Doc: "The state that runs when a limit is reached."},
}

// The bounds of a call.
const (
	maxTurns        = 10_000
	defaultTurns    = 100
	defaultDuration = 15 * time.Minute
)

func (p *parser) flow(n *yaml.Node) *Document {
	doc := &Document{File: p.file, Source: p.src}
	p.doc = doc
	seen := p.each(n, mapping{what: "a flow", known: flowFields}, func(key Scalar, v *yaml.Node) bool {
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
		case "time_zone":
			doc.zone = true
			doc.TimeZone = p.zone(key, v)
		case "schedules":
			doc.Schedules = p.schedules(key, v)
			doc.lostSchedules = len(doc.Schedules) == 0
		case "start":
			doc.Start = p.ref(key, v)
		case "defaults":
			doc.Defaults = p.defaults(key, v)
		case "globals":
			doc.Globals = p.globals(key, v)
		case "variables":
			doc.Variables = p.variables(key, v, "variable", variableFields)
		case "parameters":
			doc.Parameters = p.variables(key, v, "parameter", parameterFields)
		case "outputs":
			doc.Outputs = p.outputs(key, v)
		case "prompts":
			doc.Prompts = p.prompts(key, v)
		case "on_hangup":
			doc.OnHangup = p.ref(key, v)
		case "on_error":
			doc.OnError = p.ref(key, v)
		case "limits":
			doc.Limits = p.limits(key, v)
		case "recording":
			doc.Recording = p.callRecording(key, v)
		case "services":
			doc.Services = p.scalars(key, v)
		case "states":
			doc.States = p.states(key, v)
		default:
			return false
		}
		return true
	})
	doc.standFor()
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
	p.each(n, mapping{what: "the defaults", known: defaultFields}, func(key Scalar, v *yaml.Node) bool {
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
			return commonFields.has(key.Value) && p.asking(&d.AskingDecl, key, v)
		}
		return true
	})
	return d
}

var globalFields = Fields{
	{Key: "say", Shape: somePhrases, Doc: "What stands for the key where a question listens."},
	{Key: "next", Shape: aState, Required: true, Doc: "Where the key leads."},
}

func (p *parser) globals(key Scalar, n *yaml.Node) []GlobalKey {
	if !p.is(key, n, yaml.MappingNode, "a mapping of keys to states") {
		return nil
	}
	p.hashKeys(key)
	var globals []GlobalKey
	p.each(n, mapping{what: "the globals", duplicate: CodeDuplicateOption}, func(key Scalar, v *yaml.Node) bool {
		if !p.optionKeys(key) {
			p.lose(v)
			return true
		}
		g := GlobalKey{Keys: key}
		if v.Kind == yaml.MappingNode {
			seen := p.each(v, mapping{what: "a global key", known: globalFields}, func(key Scalar, v *yaml.Node) bool {
				switch key.Value {
				case "say":
					g.Say = p.phrases(key, v)
				case "next":
					g.To = p.keyRef(key, v)
				default:
					return false
				}
				return true
			})
			p.need(seen, key, globalFields)
		} else {
			g.To = p.keyRef(key, v)
		}
		globals = append(globals, g)
		return true
	})
	return globals
}

// outputs reads what a sub-flow gives back. A secret is reported later.
func (p *parser) outputs(key Scalar, n *yaml.Node) []FieldDecl {
	if !p.is(key, n, yaml.MappingNode, "a mapping of names to types") {
		return nil
	}
	var fields []FieldDecl
	p.each(n, mapping{what: "the outputs", empty: true}, func(key Scalar, v *yaml.Node) bool {
		f := FieldDecl{Name: p.name(key, "output"), Type: p.scalar(key, v)}
		fields = append(fields, f)
		if t := f.Type; t.IsSet() && t.Value != "secret" && !contains(fieldTypes, t.Value) {
			p.report(CodeBadValue, t.Pos, "%q is no type of an output; expected %s", t.Value, list(fieldTypes)).Hint = didYouMean(t.Value, fieldTypes)
		}
		return true
	})
	return fields
}

// variables reads names with their types: variables, or parameters.
func (p *parser) variables(key Scalar, n *yaml.Node, what string, known Fields) []*VariableDecl {
	if !p.is(key, n, yaml.MappingNode, "a mapping of names to types") {
		return nil
	}
	var vars []*VariableDecl
	p.each(n, mapping{what: "the " + what + "s"}, func(key Scalar, v *yaml.Node) bool {
		d := &VariableDecl{Name: p.name(key, what)}
		vars = append(vars, d)
		if v.Kind != yaml.MappingNode {
			p.variableType(d, key, v)
			return true
		}
		seen := p.each(v, mapping{what: "a " + what, known: known}, func(key Scalar, v *yaml.Node) bool {
			switch key.Value {
			case "type":
				p.variableType(d, key, v)
			case "default":
				d.Default = p.literal(key, v)
			default:
				return false
			}
			return true
		})
		if !seen.has("type") {
			p.report(CodeMissingKey, key.Pos, "%s %q has no type; expected one of %s", what, key.Value, list(variableTypes))
		}
		return true
	})
	return vars
}

func (p *parser) variableType(d *VariableDecl, key Scalar, n *yaml.Node) {
	if n.Kind == yaml.SequenceNode {
		d.Items = p.items(key, n)
		d.broken = d.Items == nil
		return
	}
	d.Type = p.scalar(key, n)
}

func (p *parser) limits(key Scalar, n *yaml.Node) *LimitsDecl {
	if !p.is(key, n, yaml.MappingNode, "a mapping of limits") {
		return nil
	}
	l := &LimitsDecl{}
	p.each(n, mapping{what: "the limits", known: limitFields}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "turns":
			l.Turns = p.integer(key, v, 1, maxTurns)
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

package flowtest

import (
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"callflow/engine"
	"callflow/flows"
)

// Suite is a file of scenarios for one flow.
type Suite struct {
	File string
	// Flow is the flow's file, as the suite names it; "": the file that is called
	// as the suite, without "_test".
	Flow string
	// FlowPos is where it names it.
	FlowPos flows.Pos
	Tests   []*Scenario
}

// Scenario is one call: what the world is like, what the caller does, and what
// is expected of the flow.
type Scenario struct {
	Name string
	Pos  flows.Pos
	Call engine.Call
	// At is when the call begins; zero: a fixed instant.
	At    time.Time
	Given Given
	Steps []Step

	services []named // that are given or expected, for Check
	states   []named // that are expected
	// milestones are those that are expected, or must never be reached.
	milestones []named
}

// Step is one line of a scenario. Word says which of the others is used.
type Step struct {
	Word string
	Pos  flows.Pos

	Moves  Script   // press, say, silence, hangup
	Words  []Words  // hear, whispered
	Never  *Never   // never, never_hear
	State  string   // at
	Name   string   // milestone
	How    How      // ended
	Called *Called  // called
	Times  int      // again
	Texts  []string // played
}

// The words of steps.
const (
	stepHear      = "hear"
	stepNever     = "never"
	stepNeverHear = "never_hear"
	stepWhispered = "whispered"
	stepPlayed    = "played"
	stepPress     = "press"
	stepSay       = "say"
	stepSilence   = "silence"
	stepHangup    = "hangup"
	stepAgain     = "again"
	stepAt        = "at"
	stepMilestone = "milestone"
	stepEnded     = "ended"
	stepCalled    = "called"
)

// maxAgain is how often a hook can be delivered again in one step.
const maxAgain = 100

// Called is a request or an action that a service must have got.
type Called struct {
	Service, Method, Path string
	// Body holds members that the body must have had, as JSON; nil: any body.
	Body []byte
	// Times is how often, where that was said; an action that was sent again
	// under its key counts once.
	Times *int
}

// named is a name as it was written.
type named struct {
	name string
	pos  flows.Pos
}

// ParseSuite reads a file of scenarios:
//
//	flow: flow.yaml                     # by default the file's name without _test
//	tests:
//	  - name: a death is recorded once
//	    call: { from: "+15550100", to: "+61255500101", language: es }
//	    given:                          # what a file of stand-ins may hold
//	      services:
//	        herd:
//	          - { post: /events, status: 201, delay: 3s }
//	    steps:
//	      - hear: Press 1 to report a death     # a part of what is heard next
//	      - press: 1                            # anything a script may hold
//	      - hear: [five digit, number]          # several parts, in this order
//	      - say: my bill                        # to a question that listens
//	      - say: { text: my bill, unclear: true } # the platform is not sure of it
//	      - at: animal                          # the state the call waits in
//	      - milestone: reporting               # the call has reached it
//	      - press: "00042"
//	      - silence: 2                          # twice
//	      - press: 1
//	      - again: true                         # the platform delivers its last hook again
//	      - hear: { pattern: "Record(ed|ing)" } # or exact, or contains
//	      - never: { hear: not accepted, at: later } # in the whole call
//	      - called: { service: herd, post: /events, body: { animal: "00042" }, times: 1 }
//	      - hangup: true
//	      - ended: hangup                       # or goodbye, error, caller
//
// The scenarios are nil when the file has errors.
func ParseSuite(file string, src []byte) (*Suite, flows.Diagnostics) {
	r := &reader{file: file}
	s := &Suite{File: file}
	if top := r.open(src); top != nil {
		tests := false
		r.mapping(top, "the file",
			key{"flow", func(v *yaml.Node) {
				s.FlowPos = at(v)
				r.text(v, "flow", &s.Flow)
			}},
			key{"tests", func(v *yaml.Node) {
				tests = true
				s.Tests = r.scenarios(v)
			}},
		)
		if !tests && !r.diags.HasErrors() {
			r.report(flows.CodeMissingKey, top, "the file has no tests; expected a list under \"tests\"")
		}
	}
	r.diags.Sort()
	if r.diags.HasErrors() {
		return nil, r.diags
	}
	return s, r.diags
}

func (r *reader) scenarios(n *yaml.Node) []*Scenario {
	var all []*Scenario
	if !r.is(n, yaml.SequenceNode, "tests", "a list") {
		return nil
	}
	names := map[string]bool{}
	for _, item := range n.Content {
		s := &Scenario{Pos: at(item)}
		good := r.mapping(item, "a test",
			key{"name", func(v *yaml.Node) {
				if r.text(v, "name", &s.Name) && names[s.Name] {
					r.report(flows.CodeNameTaken, v, "another test is called %q too", s.Name)
				}
				names[s.Name] = true
			}},
			key{"call", func(v *yaml.Node) { r.call(v, s) }},
			key{"given", func(v *yaml.Node) {
				r.given(v, "given", &s.Given)
				s.services = append(s.services, serviceNames(v)...)
			}},
			key{"steps", func(v *yaml.Node) { r.steps(v, s) }},
		)
		switch {
		case !good:
		case s.Name == "":
			r.report(flows.CodeMissingKey, item, "a test needs a name")
		case s.Steps == nil && !r.diags.HasErrors():
			r.report(flows.CodeMissingKey, item, "the test %q has no steps", s.Name)
		default:
			all = append(all, s)
		}
	}
	return all
}

// serviceNames are the services that given names, with their places.
func serviceNames(given *yaml.Node) []named {
	var all []named
	for i := 0; i+1 < len(given.Content); i += 2 {
		if given.Content[i].Value != "services" || given.Content[i+1].Kind != yaml.MappingNode {
			continue
		}
		services := given.Content[i+1].Content
		for j := 0; j+1 < len(services); j += 2 {
			all = append(all, named{services[j].Value, at(services[j])})
		}
	}
	return all
}

func (r *reader) call(n *yaml.Node, s *Scenario) {
	r.mapping(n, "call",
		key{"from", func(v *yaml.Node) { r.text(v, "from", &s.Call.From) }},
		key{"to", func(v *yaml.Node) { r.text(v, "to", &s.Call.To) }},
		key{"name", func(v *yaml.Node) { r.text(v, "name", &s.Call.Name) }},
		key{"language", func(v *yaml.Node) { r.text(v, "language", &s.Call.Language) }},
		key{"at", func(v *yaml.Node) {
			var text string
			if !r.text(v, "at", &text) {
				return
			}
			when, err := time.Parse(time.RFC3339, text)
			if err != nil {
				r.report(flows.CodeBadValue, v, "at: found %q, expected an instant such as 2026-11-21T10:00:00Z", text)
			}
			s.At = when
		}},
	)
}

func (r *reader) steps(n *yaml.Node, s *Scenario) {
	if !r.is(n, yaml.SequenceNode, "steps", "a list") {
		return
	}
	s.Steps = []Step{}
	for _, item := range n.Content {
		step := Step{Pos: at(item)}
		only := func(word string, read func(v *yaml.Node)) key {
			return key{word, func(v *yaml.Node) {
				if step.Word != "" {
					r.report(flows.CodeBadValue, v, "a step is one thing; found %s beside %s; expected each in a line of its own, with a dash before it", word, step.Word)
					return
				}
				step.Word = word
				read(v)
			}}
		}
		good := r.mapping(item, "a step",
			only(stepHear, func(v *yaml.Node) { step.Words = r.words(v, stepHear) }),
			only(stepPress, func(v *yaml.Node) { step.Moves = r.script(v) }),
			only(stepSay, func(v *yaml.Node) { step.Moves = r.said(v) }),
			only(stepSilence, func(v *yaml.Node) {
				times := 1
				r.integer(v, "silence", 1, 100, &times)
				step.Moves = make(Script, times)
			}),
			only(stepHangup, func(v *yaml.Node) {
				var yes string
				r.word(v, "hangup", &yes, "true")
				step.Moves = Script{{Hangup: true}}
			}),
			only(stepAgain, func(v *yaml.Node) {
				step.Times = r.again(v)
			}),
			only(stepAt, func(v *yaml.Node) {
				if r.text(v, "at", &step.State) {
					s.states = append(s.states, named{step.State, step.Pos})
				}
			}),
			only(stepMilestone, func(v *yaml.Node) {
				if r.text(v, "milestone", &step.Name) {
					s.milestones = append(s.milestones, named{step.Name, step.Pos})
				}
			}),
			only(stepEnded, func(v *yaml.Node) {
				var how string
				r.word(v, "ended", &how, string(ByFlow), string(ByGoodbye), string(ByError), string(ByCaller))
				step.How = How(how)
			}),
			only(stepCalled, func(v *yaml.Node) {
				step.Called = r.called(v)
				s.services = append(s.services, named{step.Called.Service, at(v)})
			}),
			only(stepNever, func(v *yaml.Node) { step.Never = r.never(v, s) }),
			// The short form of never: { hear: … }.
			only(stepNeverHear, func(v *yaml.Node) { step.Never = &Never{Hear: r.words(v, stepNeverHear)} }),
			only(stepPlayed, func(v *yaml.Node) {
				for _, item := range r.items(v, stepPlayed) {
					var name string
					if r.text(item, stepPlayed, &name) {
						step.Texts = append(step.Texts, name)
					}
				}
			}),
			only(stepWhispered, func(v *yaml.Node) { step.Words = r.words(v, stepWhispered) }),
		)
		if good && step.Word != "" {
			s.Steps = append(s.Steps, step)
		}
	}
}

// again reads how often a hook is delivered again: true, or a number.
func (r *reader) again(n *yaml.Node) int {
	var text string
	if !r.text(n, stepAgain, &text) || text == "true" {
		return 1
	}
	times, err := strconv.Atoi(text)
	if err != nil || times < 1 || times > maxAgain {
		r.report(flows.CodeBadValue, n, "again: found %q, expected true, or how often: 1 to %d", text, maxAgain)
	}
	return times
}

// script reads what is pressed, and knows how YAML hides a "#".
func (r *reader) script(n *yaml.Node) Script {
	if isNull(n) || strings.Trim(n.LineComment, "#0123456789*") == "" && n.LineComment != "" {
		r.report(flows.CodeQuoteHash, n, "YAML reads # after a space as the beginning of a comment").Hint = "put the keys in quotes"
		return nil
	}
	var text string
	if !r.text(n, stepPress, &text) {
		return nil
	}
	script, err := ParseScript(text)
	if err != nil {
		r.report(flows.CodeBadKey, n, "press: %v", err)
	}
	return script
}

// said reads what is said: a text, or one with how clear it is.
func (r *reader) said(n *yaml.Node) Script {
	var m Move
	var text string
	if n.Kind == yaml.MappingNode {
		r.mapping(n, stepSay,
			key{"text", func(v *yaml.Node) { r.line(v, "text", &text) }},
			key{"unclear", func(v *yaml.Node) { r.boolean(v, "unclear", &m.Unclear) }},
		)
		if text == "" && !r.diags.HasErrors() {
			r.report(flows.CodeMissingKey, n, "say needs the text that is said")
		}
	} else {
		r.line(n, stepSay, &text)
	}
	if len([]rune(text)) > maxSaid || strings.ContainsRune(text, signSay) {
		r.report(flows.CodeBadValue, n, "say takes at most %d characters, without quotes among them", maxSaid)
	}
	m.Say = engine.NewSecret(text)
	return Script{m}
}

func (r *reader) called(n *yaml.Node) *Called {
	c := &Called{}
	keys := []key{
		{"service", func(v *yaml.Node) { r.text(v, "service", &c.Service) }},
		{"body", func(v *yaml.Node) { c.Body = r.json(v, "body") }},
		{"times", func(v *yaml.Node) {
			times := 0
			r.integer(v, "times", 0, 1000, &times)
			c.Times = &times
		}},
	}
	for _, m := range methods {
		keys = append(keys, key{m, func(v *yaml.Node) { r.path(v, m, &c.Method, &c.Path) }})
	}
	before := len(r.diags)
	if r.mapping(n, "called", keys...) && c.Service == "" && len(r.diags) == before {
		r.report(flows.CodeMissingKey, n, "called needs the service that must have been called")
	}
	return c
}

// Check reports what a suite expects of a flow that the flow has not got.
func (s *Suite) Check(program *engine.Program) flows.Diagnostics {
	spec := program.Spec()
	states := make([]string, len(spec.States))
	for i := range spec.States {
		states[i] = spec.States[i].Name
	}
	milestones := milestonesOf(spec)
	var diags flows.Diagnostics
	report := func(code flows.Code, pos flows.Pos, what, name string, known []string) {
		d := flows.Report(code, s.File, pos, "the flow %q has no %s %q", spec.Flow, what, name)
		d.Hint = flows.Suggest(name, known)
		diags = append(diags, d)
	}
	for _, test := range s.Tests {
		for _, state := range test.states {
			if _, ok := program.State(state.name); !ok {
				report(flows.CodeDanglingNext, state.pos, "state", state.name, states)
			}
		}
		for _, m := range test.milestones {
			if !contains(milestones, m.name) {
				report(flows.CodeUnknownName, m.pos, "milestone", m.name, milestones)
			}
		}
		for _, service := range test.services {
			if !contains(spec.Services, service.name) {
				report(flows.CodeUnknownService, service.pos, "service", service.name, spec.Services)
			}
		}
	}
	diags.Sort()
	return diags
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

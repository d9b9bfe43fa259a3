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

// How often a question can be left without an answer in one step, and a hook be
// delivered again.
const (
	maxSilence = 100
	maxAgain   = 100
)

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
		r.mapping(top, "the file", r.fileKeys(s, &tests)...)
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

func (r *reader) fileKeys(s *Suite, tests *bool) []key {
	test := keyed(r.scenarioKeys(&Scenario{}, map[string]bool{}))
	return []key{
		keyOf("flow", "The file of the flow that is tested, from the folder of these tests. Default: the name of this file without \"_test\".", aText(), func(v *yaml.Node) {
			s.FlowPos = at(v)
			r.text(v, "flow", &s.Flow)
		}),
		keyOf("tests", "The tests, each of them a call.", listOf(test), func(v *yaml.Node) {
			*tests = true
			s.Tests = r.scenarios(v)
		}).required(),
	}
}

func (r *reader) scenarioKeys(s *Scenario, names map[string]bool) []key {
	return []key{
		keyOf("name", "What the test is called: a sentence about what the flow promises.", aText(), func(v *yaml.Node) {
			if r.text(v, "name", &s.Name) && names[s.Name] {
				r.report(flows.CodeNameTaken, v, "another test is called %q too", s.Name)
			}
			names[s.Name] = true
		}).required(),
		keyOf("call", "Who calls, and when.", keyed(r.callKeys(s)), func(v *yaml.Node) { r.mapping(v, "call", r.callKeys(s)...) }),
		keyOf("given", "What the world is like in this call. It comes before what stands in standins.yaml.", keyed(r.givenKeys(&s.Given)), func(v *yaml.Node) {
			r.given(v, "given", &s.Given)
			s.services = append(s.services, serviceNames(v)...)
		}),
		keyOf("steps", "What the caller does, hears and finds done, one after the other.", listOf(keyedOne(r.stepKeys(&Step{}, s), nil)), func(v *yaml.Node) { r.steps(v, s) }).required(),
	}
}

func (r *reader) scenarios(n *yaml.Node) []*Scenario {
	var all []*Scenario
	if !r.is(n, yaml.SequenceNode, "tests", "a list") {
		return nil
	}
	names := map[string]bool{}
	for _, item := range n.Content {
		s := &Scenario{Pos: at(item)}
		good := r.mapping(item, "a test", r.scenarioKeys(s, names)...)
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

func (r *reader) callKeys(s *Scenario) []key {
	return []key{
		r.textKey("from", "The number that calls, in international form. Default: +15550100.", &s.Call.From),
		r.textKey("to", "The number that is called.", &s.Call.To),
		r.textKey("name", "The caller's name, as the platform tells it.", &s.Call.Name),
		r.textKey("language", "The language that the called number stands for, such as es or en-AU.", &s.Call.Language),
		keyOf("at", "The instant at which the call begins, such as 2026-11-21T10:00:00Z.", aText(), func(v *yaml.Node) {
			var text string
			if !r.text(v, "at", &text) {
				return
			}
			when, err := time.Parse(time.RFC3339, text)
			if err != nil {
				r.report(flows.CodeBadValue, v, "at: found %q, expected an instant such as 2026-11-21T10:00:00Z", text)
			}
			s.At = when
		}),
	}
}

func (r *reader) steps(n *yaml.Node, s *Scenario) {
	if !r.is(n, yaml.SequenceNode, "steps", "a list") {
		return
	}
	s.Steps = []Step{}
	var step Step // each of them, in turn
	keys := r.stepKeys(&step, s)
	for i, k := range keys {
		keys[i].read = func(v *yaml.Node) {
			if step.Word != "" {
				r.report(flows.CodeBadValue, v, "a step is one thing; found %s beside %s; expected each in a line of its own, with a dash before it", k.Key, step.Word)
				return
			}
			step.Word = k.Key
			k.read(v)
		}
	}
	for _, item := range n.Content {
		step = Step{Pos: at(item)}
		switch ok := r.mapping(item, "a step", keys...); {
		case ok && step.Word != "":
			s.Steps = append(s.Steps, step)
		case ok && len(item.Content) == 0:
			r.report(flows.CodeMissingKey, item, "the step says nothing; expected one thing, such as press: 1")
		}
	}
}

// stepKeys are the words of steps.
func (r *reader) stepKeys(step *Step, s *Scenario) []key {
	script := aText()
	heard := wordsShape(r)
	return []key{
		keyOf(stepHear, "Words that are heard after the caller's last move: a part of them, or several in this order.", heard, func(v *yaml.Node) { step.Words = r.words(v, stepHear) }),
		keyOf(stepPress, "The keys that the caller presses: anything a script may hold, such as 12345# 1234. Keys that end in # stand in quotes.", script, func(v *yaml.Node) { step.Moves = r.script(v) }),
		keyOf(stepSay, "What the caller says, to a question that listens.", either(aText(), keyed(r.sayKeys(new(string), &Move{}))), func(v *yaml.Node) { step.Moves = r.said(v) }),
		keyOf(stepSilence, "How many times the caller lets a question wait in vain.", aNumber(1, maxSilence), func(v *yaml.Node) {
			times := 1
			r.integer(v, stepSilence, 1, maxSilence, &times)
			step.Moves = make(Script, times)
		}),
		keyOf(stepHangup, "The caller hangs up.", oneOf("true"), func(v *yaml.Node) {
			var yes string
			r.word(v, stepHangup, &yes, "true")
			step.Moves = Script{{Hangup: true}}
		}),
		keyOf(stepAgain, "The platform delivers its last hook again, once or so many times: the answer is the same, and nothing happens twice.", either(oneOf("true"), aNumber(1, maxAgain)), func(v *yaml.Node) { step.Times = r.again(v) }),
		keyOf(stepAt, "The state in which the call waits, or has ended.", aText(), func(v *yaml.Node) {
			if r.text(v, stepAt, &step.State) {
				s.states = append(s.states, named{step.State, step.Pos})
			}
		}),
		keyOf(stepMilestone, "A milestone that the call has reached.", aText(), func(v *yaml.Node) {
			if r.text(v, stepMilestone, &step.Name) {
				s.milestones = append(s.milestones, named{step.Name, step.Pos})
			}
		}),
		wordKey(r, stepEnded, "How the call has ended: hangup (the flow hung up), goodbye (attempts or limits were used up), error (the flow failed and apologised), caller (the caller hung up).", &step.How,
			string(ByFlow), string(ByGoodbye), string(ByError), string(ByCaller)),
		keyOf(stepCalled, "A request or an action that a service got.", keyed(r.calledKeys(&Called{})), func(v *yaml.Node) {
			step.Called = r.called(v)
			s.services = append(s.services, named{step.Called.Service, at(v)})
		}),
		keyOf(stepNever, "What does not happen in the whole call, before this step or after it.", keyed(r.neverKeys(&Never{}, s)), func(v *yaml.Node) { step.Never = r.never(v, s) }),
		keyOf(stepNeverHear, "Words that are not heard in the whole call.", heard, func(v *yaml.Node) { step.Never = &Never{Hear: r.words(v, stepNeverHear)} }),
		r.textsKey(stepPlayed, "Recordings that are played after the caller's last move, in this order, by their names in the flow.", &step.Texts),
		keyOf(stepWhispered, "Words that whoever took a transfer heard before the caller.", heard, func(v *yaml.Node) { step.Words = r.words(v, stepWhispered) }),
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
		r.mapping(n, stepSay, r.sayKeys(&text, &m)...)
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

func (r *reader) sayKeys(text *string, m *Move) []key {
	return []key{
		r.lineKey("text", "The words that are said.", text).required(),
		r.booleanKey("unclear", "The platform is not sure of them.", &m.Unclear),
	}
}

func (r *reader) requestKeys(c *Called) []key {
	return append([]key{
		r.textKey("service", "The service's name in the flow.", &c.Service).required(),
		keyOf("body", "What the body holds. It may have more members.", anything(), func(v *yaml.Node) { c.Body = r.json(v, "body") }),
	}, r.methodKeys(&c.Method, &c.Path)...)
}

func (r *reader) calledKeys(c *Called) []key {
	return append(r.requestKeys(c),
		keyOf("times", "How often the service is called so. Default: once or more. An action that is sent again counts once.", aNumber(0, 1000), func(v *yaml.Node) {
			times := 0
			r.integer(v, "times", 0, 1000, &times)
			c.Times = &times
		}))
}

func (r *reader) called(n *yaml.Node) *Called {
	c := &Called{}
	before := len(r.diags)
	if r.mapping(n, "called", r.calledKeys(c)...) && c.Service == "" && len(r.diags) == before {
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

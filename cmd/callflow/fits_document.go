package main

import (
	"cmp"
	"errors"
	"html"
	"slices"
	"strings"
	"time"

	"callflow/engine"
	"callflow/flows"
	"callflow/providers/telephony"
)

// longestList is how many items a list has at most.
const longestList = 100

// documents finds answers that are longer than a platform reads. It writes each, as the
// platform's codec would, with the longest words that a state has; the values in them are
// known to nobody, and count for nothing.
type documents struct {
	p       capable
	program *engine.Program
	spec    *engine.Spec
	into    map[string][]*engine.State // those that lead to a state without waiting for the caller
	before  []map[string]*words        // what was found by ahead, for each language
}

// words are what is said in one answer. Alone: nothing that was said before stands in it.
type words struct {
	says  []engine.Say
	alone bool
}

func newDocuments(p capable, program *engine.Program) *documents {
	spec := program.Spec()
	d := &documents{p: p, program: program, spec: spec, into: map[string][]*engine.State{}, before: make([]map[string]*words, len(spec.Languages))}
	if !d.bounded() {
		return d
	}
	states := map[string]*engine.State{}
	for i := range spec.States {
		states[spec.States[i].Name] = &spec.States[i]
	}
	for _, t := range spec.Transitions {
		if from := states[t.From]; goesOn(from.Kind) && !slices.Contains(d.into[t.To], from) {
			d.into[t.To] = append(d.into[t.To], from)
		}
	}
	for i := range d.before {
		d.before[i] = map[string]*words{}
	}
	return d
}

// bounded tells whether there is anything to find.
func (d *documents) bounded() bool { return d.p.codec != nil && d.p.can.MaxDocument > 0 }

// goesOn tells whether a state can be left without the caller's doing, so that what it
// says stands in one answer with what is said next.
func goesOn(k engine.Kind) bool {
	switch k.(type) {
	case engine.TransferState, engine.QueueState, engine.RecordState, engine.HangupState:
		return false
	}
	return engine.AskingOf(k) == nil
}

// check reports a state whose words are too long by themselves, or with a list that is
// as long as lists can be and what is said right before.
func (d *documents) check(s *engine.State, report reporter) {
	if !d.bounded() {
		return
	}
	for i, lang := range d.spec.Languages {
		for _, w := range d.answers(s.Kind, i, 1) {
			if n, most := d.measure(w.says, s, i); n > most {
				report(flows.Error, "reads answers of at most %d bytes, and what is said here in %s makes one of %d: callers would hear an apology, and the call would end", most, lang, n)
				return
			}
		}
		ahead := d.ahead(s.Name, i).says
		if n, most := d.measure(ahead, s, i); n > most {
			ahead = nil // which is told of there
		}
		for _, w := range d.answers(s.Kind, i, longestList) {
			if !w.alone {
				w.says = slices.Concat(ahead, w.says)
			}
			if n, most := d.measure(w.says, s, i); n > most {
				report(flows.Warning, "reads answers of at most %d bytes, and what is said here and right before in %s can make one of %d: callers would hear an apology, and the call would end", most, lang, n)
				return
			}
		}
	}
}

// ahead is the longest that is said on the ways to a state since the caller was last
// waited for. A way that turns is followed once.
func (d *documents) ahead(name string, lang int) *words {
	found := d.before[lang]
	if w := found[name]; w != nil {
		return w
	}
	longest := &words{}
	found[name] = longest // for a way that leads back here
	if r := d.spec.Recording; r != nil && len(r.Announce) > 0 && name == d.spec.Start {
		longest.says = []engine.Say{d.say(r.Announce[lang], d.spec.Languages[lang])}
	}
	for _, from := range d.into[name] {
		before := d.ahead(from.Name, lang).says
		says := before
		for _, w := range d.answers(from.Kind, lang, longestList) {
			if with := slices.Concat(before, w.says); spokenBytes(with) > spokenBytes(says) {
				says = with
			}
		}
		if spokenBytes(says) > spokenBytes(longest.says) {
			longest.says = says
		}
	}
	return longest
}

// answers are the longest things that a state says in one language, each in an answer of
// its own, and so many items of a list.
func (d *documents) answers(k engine.Kind, lang, items int) []words {
	say := func(t engine.Text) []engine.Say {
		if len(t) == 0 {
			return nil
		}
		return []engine.Say{d.say(t[lang], d.spec.Languages[lang])}
	}
	longest := func(p engine.Prompt) (says []engine.Say) {
		for _, t := range p {
			if s := say(t); spokenBytes(s) > spokenBytes(says) {
				says = s
			}
		}
		return says
	}
	switch k := k.(type) {
	case engine.SayState:
		if k.Each != nil {
			return []words{{says: repeated(say(k.Text), items)}}
		}
	case engine.MenuState:
		if k.Each != nil {
			mistake := longest(slices.Concat(k.NoInputText, k.NoMatchText))
			return []words{{says: slices.Concat(mistake, longest(k.Prompt), repeated(say(k.Each.Say), min(items, k.Each.Page)), say(k.Each.SayMore))}}
		}
	case engine.TransferState:
		return []words{{says: say(k.Say)}, {says: say(k.Whisper), alone: true}}
	}
	if a := engine.AskingOf(k); a != nil {
		return []words{{says: slices.Concat(longest(slices.Concat(a.NoInputText, a.NoMatchText)), longest(a.Prompt))}}
	}
	_, waiting := k.(engine.QueueState)
	all := []words{{}} // a state may say nothing after what was said before
	for _, t := range engine.TextsOf(k) {
		all = append(all, words{says: say(t), alone: waiting})
	}
	return all
}

// repeated says something so many times, in one breath where it is plain.
func repeated(says []engine.Say, times int) []engine.Say {
	if len(says) != 1 || says[0].Audio != "" || says[0].SSML != "" {
		return slices.Repeat(says, times)
	}
	says[0].Text = strings.TrimSpace(strings.Repeat(says[0].Text+" ", times))
	return says
}

// say is a text without its values.
func (d *documents) say(t engine.Template, lang string) engine.Say {
	s := engine.Say{Audio: t.Audio(), Lang: lang, Voice: d.spec.Voice, BargeIn: true}
	for _, part := range t {
		s.Text += part.Literal
		s.SSML += cmp.Or(part.Markup, html.EscapeString(part.Literal))
	}
	if !t.IsMarked() {
		s.SSML = ""
	}
	return s
}

// measure is how long an answer becomes, and how long it may be; zero and zero where it
// is far from too long.
func (d *documents) measure(says []engine.Say, s *engine.State, lang int) (n, most int) {
	var listen *engine.Listen
	asked := engine.AskingOf(s.Kind)
	if asked != nil && asked.Speech != nil {
		all := d.program.Hints(s.Name, lang)
		listen = &engine.Listen{Lang: d.spec.Languages[lang], Hints: all[:min(len(all), engine.MaxHints)]}
	}
	// A character of text becomes six of XML at most.
	if 6*(spokenBytes(says)+hintBytes(listen))+512*(len(says)+8) < d.p.can.MaxDocument {
		return 0, 0
	}
	const url = "https://ivr.example.com/v1/platform/turns/0123456789abcdef0123456789abcdef/1000/0123456789abcdef0123456789abcdef"
	out := telephony.Outbound{
		Call:    engine.Call{ID: "call", Account: "account"},
		TurnURL: url, LostURL: url + "?lost=1", NoticeURL: url, Token: "token",
		Apology: engine.Say{Text: d.spec.Words[0].Apology, Lang: d.spec.Languages[0]},
	}
	if asked != nil {
		out.Verbs = []engine.Verb{engine.Gather{Prompts: says, Min: 1, Max: 1, Timeout: time.Second, BargeIn: true, Speech: listen}}
	} else {
		for _, s := range says {
			out.Verbs = append(out.Verbs, s)
		}
		out.Verbs = append(out.Verbs, engine.Continue{})
	}
	_, err := d.p.codec.Encode(out)
	var long *telephony.DocumentError
	if errors.As(err, &long) {
		return long.Bytes, long.Most
	}
	return 0, 0
}

// hintBytes is how much there is to expect.
func hintBytes(l *engine.Listen) (n int) {
	if l != nil {
		for _, h := range l.Hints {
			n += len(h) + 1
		}
	}
	return n
}

// spokenBytes is how much there is to say.
func spokenBytes(says []engine.Say) (n int) {
	for _, s := range says {
		n += len(s.Text) + len(s.SSML) + len(s.Audio)
	}
	return n
}

package prove

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"callflow/engine"
)

// MisleadingWords shows that what a caller hears first after an action that was
// rejected, or that nobody has answered yet, is not what they hear after one
// that was done.
func MisleadingWords(m *Map) []Finding {
	var found []Finding
	for n := range m.spec.States {
		action, ok := m.nodes[n].state.Kind.(engine.ActionState)
		if !ok || !m.reach.reached(int32(n)) {
			continue
		}
		found = append(found, m.misleading(int32(n), action)...)
	}
	return found
}

func (m *Map) misleading(n int32, action engine.ActionState) []Finding {
	done := m.edgeOf(n, engine.OutDone)
	if done == nil {
		return nil
	}
	good := m.listen(done)
	if len(good) == 0 {
		return nil
	}
	var found []Finding
	for _, o := range []engine.Outcome{engine.OutRejected, engine.OutPending, engine.OutUnknown} {
		e := m.edgeOf(n, o)
		if e == nil {
			continue
		}
		// A service has one of the two, and nobody writes both.
		if pending := m.edgeOf(n, engine.OutPending); o == engine.OutUnknown && pending != nil && pending.to == e.to {
			continue
		}
		for _, bad := range m.listen(e) {
			i := slices.IndexFunc(good, func(g heard) bool { return g.sameWords(bad) })
			if i < 0 {
				continue
			}
			state := m.nodes[n].state.Name
			path := m.path(m.reach, n)
			found = append(found, Finding{
				Code:    CodeMisleadingWords,
				State:   state,
				Outcome: o,
				Other:   bad.state,
				Name:    bad.text,
				Message: fmt.Sprintf("after %q answers %s a caller hears the same as after done: %q", action.Fetch.Service, o, bad.text),
				Hint:    "say what happened: that it was not accepted, or that it will be done later",
				Path:    append(slices.Clip(path), bad.way...),
				Second:  append(slices.Clip(path), good[i].way...),
			})
			break
		}
	}
	return found
}

func (m *Map) edgeOf(n int32, o engine.Outcome) *edge {
	for i := m.nodes[n].first; i < m.nodes[n].last; i++ {
		if m.edges[i].outcome == o {
			return &m.edges[i]
		}
	}
	return nil
}

// heard are the first words after a transition, and the way to them.
type heard struct {
	state string
	text  string   // as written, in the first language
	plain []string // in every language, without case and punctuation
	way   Path
}

// sameWords tells whether a caller of some language cannot tell two wordings
// apart.
func (h heard) sameWords(o heard) bool {
	for i := range h.plain {
		if i < len(o.plain) && h.plain[i] != "" && h.plain[i] == o.plain[i] {
			return true
		}
	}
	return false
}

// listenFor bounds how far words are looked for, in states.
const listenFor = 100

// listen finds what can be heard first after a transition: further on past
// states that say nothing, every way of a branch, and the good answer of what is
// asked for next.
func (m *Map) listen(e *edge) []heard {
	type at struct {
		node int32
		way  Path
	}
	var words []heard
	met := map[int32]bool{e.to: true}
	queue := []at{{e.to, Path{m.step(e)}}}
	for len(queue) > 0 && len(met) <= listenFor {
		here := queue[0]
		queue = queue[1:]
		if text := firstWords(m.nodes[here.node].state.Kind); text != nil {
			words = append(words, m.hear(here.node, text, here.way))
			continue
		}
		for i := m.nodes[here.node].first; i < m.nodes[here.node].last; i++ {
			e := &m.edges[i]
			if e.class != byItself || met[e.to] {
				continue
			}
			met[e.to] = true
			queue = append(queue, at{e.to, append(slices.Clip(here.way), m.step(e))})
		}
	}
	return words
}

// firstWords are what a state says as soon as it is entered, or nil.
func firstWords(k engine.Kind) engine.Text {
	var t engine.Text
	switch k := k.(type) {
	case engine.SayState:
		t = k.Text
	case engine.PlayState:
		t = k.Text
	case engine.HangupState:
		t = k.Text
	case engine.RecordState:
		t = k.Prompt
	case engine.TransferState:
		t = k.Say
	default:
		if a := engine.AskingOf(k); a != nil {
			t = wording(a.Prompt, 1)
		}
	}
	for _, template := range t {
		if strings.TrimSpace(said(template)) != "" {
			return t
		}
	}
	return nil
}

func (m *Map) hear(n int32, t engine.Text, way Path) heard {
	h := heard{state: m.name(n), way: way}
	for i, template := range t {
		text := said(template)
		if i == 0 {
			h.text = text
		}
		h.plain = append(h.plain, plainWords(text))
	}
	return h
}

// said is a text as it was written, or the recording that has no text.
func said(t engine.Template) string {
	if text := t.String(); text != "" {
		return text
	}
	return t.Audio()
}

// plainWords is a text as it sounds.
func plainWords(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsPunct(r) && r != '{' && r != '}' && r != '$'
	}), " ")
}

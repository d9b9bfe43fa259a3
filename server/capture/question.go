package capture

import (
	"slices"
	"strings"

	"callflow/engine"
)

// question is what a turn asked for: of what was pressed then, a choice stays, and all
// else is the caller's own.
type question struct {
	options []string
	fits    func(digits string) bool
}

// questionOf is the question among verbs, or nil.
func questionOf(verbs []engine.Verb) *question {
	for _, v := range verbs {
		if g, ok := v.(engine.Gather); ok {
			q := &question{fits: g.Fits}
			if !g.Secret {
				q.options = g.Options
			}
			return q
		}
	}
	return nil
}

// entered is what a caller pressed or said in answer to a question, and what is kept of it:
// a choice, and what stands for all else. ok is false for other events.
func (c *Call) entered(ev engine.Event, q *question) (typed, kept string, ok bool) {
	if q == nil {
		q = &question{}
	}
	switch ev := ev.(type) {
	case engine.Digits:
		typed = ev.Keys.Reveal()
		return typed, q.keys(c.masks, typed), true
	case engine.Speech:
		typed = ev.Text.Reveal()
		if len(q.options) > 0 && (slices.Contains(q.options, typed) || c.recorder.words.has(typed) || c.recorder.spoken.has(typed)) {
			return typed, typed, true
		}
		return typed, c.masks.keys(typed, nil), true
	}
	return "", "", false
}

// keys are what is kept of the keys that were pressed. A wrong choice becomes another wrong
// one, if there is any; an entry that is judged well, or not, one that is too.
func (q *question) keys(m *masks, keys string) string {
	if len(q.options) == 0 {
		return q.entry(m, keys)
	}
	choice, part := q.choice(keys)
	switch {
	case choice != "": // what stands behind it was pressed for later questions
		return choice + (&question{}).entry(m, keys[len(choice):])
	case part:
		return keys
	}
	other, ok := m.fit(keys, func(other string) bool {
		choice, part := q.choice(other)
		return choice == "" && !part
	})
	if !ok {
		return keys
	}
	return other
}

// choice is the longest option that keys begin with, or "". part tells that an option
// begins with all of them.
func (q *question) choice(keys string) (choice string, part bool) {
	for _, option := range q.options {
		if len(option) > len(choice) && strings.HasPrefix(keys, option) {
			choice = option
		}
		part = part || strings.HasPrefix(option, keys)
	}
	return choice, part
}

// entry replaces the digits of an entry, and of those that stand behind it.
func (q *question) entry(m *masks, keys string) string {
	fits := q.fits
	var b strings.Builder
	for _, w := range split(keys) {
		if !w.digits {
			b.WriteString(m.all(w.text, '1')) // stars and pounds
			continue
		}
		var like func(string) bool
		if fits != nil {
			judge, well := fits, fits(w.text)
			like = func(other string) bool { return judge(other) == well }
			fits = nil
		}
		b.WriteString(m.keys(w.text, like))
	}
	return b.String()
}

package engine

import (
	"slices"
	"strings"
	"time"
)

// entry is one answer cut from the keys pressed.
type entry struct {
	keys  string
	rest  string // keys of later questions
	open  bool   // not finished: more keys may come
	short bool   // ended before its full length: by a terminator, a gap or the platform
	long  bool   // the platform took more keys than it was asked for
	said  bool   // words for a key that is valid everywhere, not the key itself
}

// reader cuts one entry from keys. closed says that the platform ended it.
type reader func(keys string, closed Ended) entry

// hear handles the events of every question: it puts keys together, cuts one
// entry off and keeps the rest for the next. answer judges the entry.
// most is how many keys the platform was asked for.
func (st *step) hear(a *Asking, ev Event, most int, read reader, answer func(entry) Outcome) Outcome {
	e := &st.s.Entry
	switch ev := ev.(type) {
	case Digits:
		keys, ended := ev.Keys.Reveal(), ev.Ended
		if st.swallows() {
			if rest, ok := strings.CutPrefix(keys, "#"); ok {
				if rest == "" {
					return st.swallowed()
				}
				// The platform counted it: an entry that it ended by its length lacks a
				// key now.
				if len(keys) >= most && (ended == EndLength || ended == EndUnknown) {
					ended = EndOpen
				}
				keys = rest
			} else if keys == "" && ended != EndOpen && ended != EndGap {
				return st.swallowed()
			}
		}
		if keys == "" && ended == EndOpen {
			return st.swallowed()
		}
		return st.take(e.Partial.Reveal()+keys, ended, read, answer)
	case Speech:
		if a.Speech == nil {
			return "" // it was not asked for
		}
		return st.said(a, ev, answer)
	case NoInput:
		e.Swallow = time.Time{}
		if e.Partial.Len() > 0 {
			return st.take(e.Partial.Reveal(), EndGap, read, answer)
		}
		return st.mistake(a, OutNoInput, "")
	}
	return ""
}

// late is how soon after a complete entry a terminator still belongs to it where
// the question itself has a use for the key.
const late = 2 * time.Second

// swallows tells whether a terminator that comes now belongs to the entry before.
func (st *step) swallows() bool {
	e := &st.s.Entry
	since := e.Swallow
	e.Swallow = time.Time{}
	if since.IsZero() {
		return false
	}
	used := st.global("#") || slices.ContainsFunc(st.choices(), func(k string) bool { return k[0] == '#' })
	return !used || st.at.Sub(since) < late
}

// swallowed asks again without counting: the key belonged to the entry before.
func (st *step) swallowed() Outcome {
	st.reason = "end of the entry before"
	return OutRetryLost
}

// take cuts one entry from keys and has it judged.
func (st *step) take(keys string, ended Ended, read reader, answer func(entry) Outcome) Outcome {
	e := &st.s.Entry
	got := read(keys, ended)
	e.Queue = NewSecret(got.rest)
	if got.open {
		e.Partial, e.Queue = NewSecret(keys), Secret{}
		return OutRetryLost
	}
	e.Partial = Secret{}
	return answer(got)
}

// complete remembers that a terminator may still follow an entry that ended by
// its length, and drops one that already did.
func (st *step) complete(got entry) {
	if got.short {
		return
	}
	e := &st.s.Entry
	if rest, ok := strings.CutPrefix(e.Queue.Reveal(), "#"); ok {
		e.Queue = NewSecret(rest)
		return
	}
	if e.Queue.Len() == 0 {
		e.Swallow = st.at
	}
}

// mistake counts silence or nonsense and concludes: ask again, or leave.
func (st *step) mistake(a *Asking, kind Outcome, reason string) Outcome {
	e := &st.s.Entry
	e.Partial, e.Queue = Secret{}, Secret{}
	st.reason = reason
	retry, n, most := OutRetryNoInput, &e.NoInput, a.MaxNoInput
	if kind == OutNoMatch {
		retry, n, most = OutRetryNoMatch, &e.NoMatch, a.MaxNoMatch
	}
	*n++
	switch {
	case most > 0 && *n >= most:
		return kind
	case e.NoInput+e.NoMatch >= a.Attempts:
		return OutExhausted
	}
	return retry
}

// ask enters a question. From elsewhere its counters start anew, and keys
// pressed ahead may answer it at once.
func (st *step) ask(a *Asking, g Gather, read reader, answer func(entry) Outcome) Outcome {
	if st.ending() {
		return OutGone
	}
	if st.via != OutRetryLost {
		if o := st.limit(); o != "" {
			return o
		}
	}
	e := &st.s.Entry
	again := isRetry(st.via)
	if !again {
		st.leaveTrail()
		swallow, queue := e.Swallow, e.Queue
		*e = Entry{Swallow: swallow, Queue: queue}
		if a.Flush || mistaken(st.via) {
			e.Queue = Secret{}
		}
	}
	if !again || st.via == OutRetryMore {
		if e.Queue.Len() > 0 {
			queued := e.Queue.Reveal()
			e.Queue = Secret{}
			got := read(queued, EndOpen)
			if !got.open {
				e.Queue = NewSecret(got.rest)
				st.event = "keys pressed ahead"
				return answer(got)
			}
			e.Partial = NewSecret(queued)
		}
	}
	g.Timeout, g.InterDigit, g.MaxDuration = a.Timeout, a.InterDigit, a.MaxDuration
	g.BargeIn, g.Flush = a.BargeIn, (g.Flush || a.Flush) && !again || mistaken(st.via)
	if n := e.Partial.Len(); n > 0 {
		// In the middle of an entry: listen on, say nothing.
		g.Min, g.Max = max(1, g.Min-n), max(1, g.Max-n)
		g.Timeout, g.Flush, g.Prompts = a.InterDigit, false, nil
		g.Options, g.Pattern, g.Luhn = following(g.Options, e.Partial.Reveal()), nil, false
		st.verbs = append(st.verbs, g)
		return ""
	}
	g.Speech = st.listen(a)
	if err := st.prompts(a, &g); err != nil {
		return st.fail(err)
	}
	st.verbs = append(st.verbs, g)
	return ""
}

// following is what may follow on a part of options. Options are sorted.
func following(options []string, part string) []string {
	var all []string
	for _, option := range options {
		if rest, ok := strings.CutPrefix(option, part); ok && rest != "" {
			all = append(all, rest)
		}
	}
	return all
}

// mistaken tells that a mistake led here. Keys pressed ahead are dropped then:
// they were pressed for what did not come.
func mistaken(via Outcome) bool {
	switch via {
	case OutRetryNoMatch, OutRetryDenied, OutNoMatch, OutDenied, OutExhausted:
		return true
	}
	return false
}

// prompts puts together what is said: words about the mistake, then the question
// in the wording of this attempt, then what the gather holds already.
func (st *step) prompts(a *Asking, g *Gather) error {
	if st.via == OutRetryMore && len(g.Prompts) > 0 {
		return nil // the question goes on; it is not asked again
	}
	e := &st.s.Entry
	last := g.Prompts
	g.Prompts = nil
	defer func() { g.Prompts = append(g.Prompts, last...) }()
	add := func(say Say, err error) error {
		if err == nil && !say.IsSilent() {
			g.Prompts = append(g.Prompts, say)
		}
		return err
	}
	plain := func(text string) Say { return st.spoken(text, a.BargeIn) }
	var err error
	switch st.via {
	case OutRetryNoInput:
		if t := a.NoInputText.at(e.NoInput); t != nil {
			err = add(st.speak(t, a.BargeIn))
		} else {
			err = add(plain(at(st.words.NoInput, e.NoInput)), nil)
		}
	case OutRetryNoMatch:
		if t := a.NoMatchText.at(e.NoMatch); t != nil {
			err = add(st.speak(t, a.BargeIn))
		} else {
			words := st.words.NoMatch
			if g.Options == nil && st.words.NoMatchEntry != nil {
				words = st.words.NoMatchEntry
			}
			err = add(plain(at(words, e.NoMatch)), nil)
		}
	}
	if err != nil {
		return err
	}
	if t := a.Prompt.at(e.NoInput + e.NoMatch + 1); t != nil {
		return add(st.speak(t, a.BargeIn))
	}
	return nil
}

// at picks the wording of an attempt, from 1; the last repeats.
func (p Prompt) at(attempt int) Text {
	if len(p) == 0 {
		return nil
	}
	return p[min(max(attempt, 1), len(p))-1]
}

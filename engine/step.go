package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bounds of one step and of one call.
const (
	maxHops   = 100 // moves in one step
	reserve   = 20  // more of them for a handler, after the first are used up
	maxErrors = 3   // error outcomes a call may have before it ends
	maxLost   = 3   // hooks in a row that bring no answer
	moreAsked = 10  // questions that the exit of a limit may ask
)

// step is one run of the machine over a session that is its own copy. Steps are
// used again (see Program.steps): what they hand out must not point into them.
type step struct {
	p     *Program
	s     *Session // the copy
	own   Session
	state *State
	at    time.Time
	lang  int
	words *Words

	verbs  []Verb
	await  Effect
	trace  []Hop
	passed []string // milestones
	event  string
	reason string  // why the outcome at hand was concluded
	from   string  // where the state being entered was come from
	via    Outcome // what led to the state being entered
	hops   int
	failed bool
	lost   bool // the platform has lost the answer before
}

// begin returns a step over a copy of s, which must be left with done.
func (p *Program) begin(s *Session, at time.Time) *step {
	st, ok := p.steps.Get().(*step)
	if !ok {
		st = new(step)
	}
	lang, state := p.langIndex(s.Lang), p.states[s.State]
	st.p, st.own, st.state, st.at, st.lang, st.words = p, *s, state, at, lang, p.spec.Words[lang]
	st.s = &st.own
	st.s.Scope = state.Scope
	return st
}

// done leaves the step's room to another, and nothing else of it.
func (st *step) done() {
	p := st.p
	*st = step{}
	p.steps.Put(st)
}

func (st *step) turn() Turn {
	st.s.Scope = ""
	verbs := st.guardRecording(Coalesce(st.verbs))
	return Turn{Session: *st.s, Verbs: verbs, Await: st.await, Trace: st.trace, Milestones: st.passed}
}

// receive reads an event in the current state. "" leaves everything as it is.
func (st *step) receive(ev Event) Outcome {
	s := st.s
	if end, ok := ev.(CallEnded); ok {
		if s.Phase == PhaseEnding {
			return ""
		}
		s.Phase, s.Awaiting = PhaseEnding, false
		s.Entry.Partial, s.Entry.Queue = Secret{}, Secret{}
		st.reason = end.By
		if k, ok := st.state.Kind.(interruptible); ok {
			return k.interrupted(st)
		}
		return OutHangup
	}
	switch ev.(type) {
	case Resumed:
		return ""
	case SignedIn, Answered, RecordingReady, CodeSent, CodeChecked, Identified:
		if !s.Awaiting {
			return ""
		}
		s.Awaiting = false
		return st.state.Kind.route(st, ev)
	}
	if s.Awaiting || s.Phase == PhaseEnding {
		return ""
	}
	if _, st.lost = ev.(Lost); !st.lost {
		if o := st.state.Kind.route(st, ev); o != "" || s.Awaiting {
			s.Lost = 0
			return o // "": it has an effect to wait for, such as where a recording is
		}
		// An answer to another question than the one that was asked: ask again.
	}
	if s.Lost++; s.Lost > maxLost {
		st.reason = "lost"
		return OutError
	}
	st.reason = "lost"
	if st.p.machine.has(s.State, OutRetryLost) {
		return OutRetryLost
	}
	if o := st.state.Kind.route(st, Lost{}); o != "" {
		return o
	}
	return OutError
}

// limit counts a question and ends a call that has asked too many, or has lasted
// too long. Time in which the caller talked to somebody is not counted. The exit
// may ask a few questions more.
func (st *step) limit() Outcome {
	s, l := st.s, st.p.spec.Limits
	s.Asked++
	switch {
	case s.Limited > 0:
		if s.Asked <= s.Limited+moreAsked {
			return ""
		}
		st.reason = "limit"
		return OutAbort
	case s.Asked > l.Turns:
		st.reason = "turns"
	case !st.at.IsZero() && st.at.Sub(s.StartedAt)-s.Bridged >= l.Duration:
		st.reason = "duration"
	default:
		return ""
	}
	s.Limited = s.Asked
	return OutLimit
}

// advance moves until a state waits, an effect is wanted or the call has ended.
func (st *step) advance(o Outcome) error {
	for o != "" {
		o = st.bound(o)
		from := st.state
		to, err := st.p.machine.next(from.Name, o)
		if err != nil {
			return err
		}
		st.trace = append(st.trace, Hop{From: from.Name, Kind: from.Kind.Name(), Event: st.event, Outcome: o, Reason: st.reason, To: to})
		st.event, st.reason = "", ""
		st.s.State = to
		if mistaken(st.via) && passes(from.Kind) {
			o = st.via
		}
		o = st.enter(st.p.states[to], o)
	}
	return nil
}

// bound turns an outcome into an error or the end when the step or the call has
// had too many.
func (st *step) bound(o Outcome) Outcome {
	st.hops++
	switch {
	case st.hops == maxHops:
		st.reason = fmt.Sprintf("more than %d moves without waiting for the caller", maxHops)
		o = OutError
	case st.hops >= maxHops+reserve:
		st.reason = "the error handler does not come to an end"
		return OutAbort
	}
	if o == OutError {
		// A handler that fails itself is not run again in the same breath.
		again := st.failed
		st.failed = true
		if st.s.Errors++; again || st.s.Errors > maxErrors {
			return OutAbort
		}
	}
	return o
}

// enter arrives at a state.
func (st *step) enter(state *State, via Outcome) Outcome {
	s := st.s
	again := st.again(state, via)
	st.from = st.state.Name
	st.state, st.via, s.Scope = state, via, state.Scope
	if state.Requires != "" && !s.holds(state.Requires) {
		st.reason = "requires " + state.Requires
		return OutError
	}
	if st.p.visited[state.Name] && !again {
		if n := s.visit(state.Name); state.MaxVisits > 0 && n > state.MaxVisits {
			st.reason = "max_visits"
			return OutLimit
		}
	}
	if m := state.Milestone; m != "" && !slices.Contains(s.Milestones, m) {
		s.Milestones = append(slices.Clip(s.Milestones), m)
		st.passed = append(st.passed, m)
	}
	return state.Kind.arrive(st)
}

// again tells that a question is asked again, rather than come to: after silence
// or a mistake, because the caller went back, or by a key that leads to it from
// itself.
func (st *step) again(state *State, via Outcome) bool {
	return isRetry(via) || strings.HasPrefix(via, backPrefix) || st.state == state && byKey(via)
}

// byKey tells the outcomes of keys that a caller chooses among.
func byKey(o Outcome) bool {
	return o == OutYes || o == OutNo || o == OutChosen || strings.HasPrefix(o, optionPrefix) || strings.HasPrefix(o, globalPrefix)
}

// ending tells that nobody listens any more.
func (st *step) ending() bool { return st.s.Phase == PhaseEnding }

// fail concludes with an error. The reason names what failed, never a value.
func (st *step) fail(err error) Outcome {
	st.reason = err.Error()
	return OutError
}

// say adds text, unless nobody listens or there is nothing to say.
func (st *step) say(t Text, bargeIn bool) error {
	if st.ending() || len(t) == 0 {
		return nil
	}
	v, err := st.speak(t, bargeIn)
	if err != nil || v.IsSilent() {
		return err
	}
	st.verbs = append(st.verbs, v)
	return nil
}

// speak renders text in the call's language.
func (st *step) speak(t Text, bargeIn bool) (Say, error) {
	say := Say{Lang: st.words.Lang, Voice: st.p.spec.Voice, BargeIn: bargeIn}
	template := t[st.lang]
	if len(template) > 0 && template[0].Audio != "" {
		say.Audio, template = template[0].Audio, template[1:]
	}
	var err error
	if template.IsMarked() {
		say.Text, say.SSML, err = template.markUp(st.s, st.words)
	} else {
		say.Text, err = template.render(st.s, st.words, spoken)
	}
	return say, err
}

// spoken speaks what is ready to be spoken.
func (st *step) spoken(text string, bargeIn bool) Say {
	return Say{Text: text, Lang: st.words.Lang, Voice: st.p.spec.Voice, BargeIn: bargeIn}
}

// interruptible kinds have a use for the end of the call, instead of the outcome
// hangup.
type interruptible interface {
	interrupted(*step) Outcome
}

// effectful kinds want something of the outside world.
type effectful interface {
	effect(*step) (Effect, error)
}

// want asks for the state's effect.
func (st *step) want(k effectful) Outcome {
	e, err := k.effect(st)
	if err != nil {
		return st.fail(err)
	}
	st.await = e
	st.s.Awaiting = true
	st.s.Effects++
	return ""
}

func isRetry(o Outcome) bool {
	return o == OutRetryNoInput || o == OutRetryNoMatch || o == OutRetryLost || o == OutRetryMore
}

// describe names an event for the trace: how many keys, never which.
func describe(ev Event) string {
	switch ev := ev.(type) {
	case Digits:
		if ev.Keys.Len() == 1 {
			return "1 key"
		}
		return strconv.Itoa(ev.Keys.Len()) + " keys"
	case Speech:
		return "speech"
	case NoInput:
		return "silence"
	case Lost:
		return "lost"
	case Resumed:
		return "resumed"
	case DialEnded:
		return "dial " + string(ev.Result)
	case RecordEnded:
		return "recording " + string(ev.Result)
	case RecordingReady:
		return "recording ready"
	case QueueWaiting:
		return "waiting"
	case QueueEnded:
		return "queue " + string(ev.Result)
	case WhisperWanted:
		return "whisper"
	case CallEnded:
		return "call ended"
	case SignedIn:
		return "sign-in " + string(ev.Result)
	case CodeSent:
		return "code " + string(ev.Result)
	case CodeChecked:
		return "code " + string(ev.Result)
	case Identified:
		return "candidates: " + string(ev.Result)
	case Answered:
		if ev.Detail != "" {
			return string(ev.Result) + " (" + ev.Detail + ")"
		}
		return string(ev.Result)
	}
	return ""
}

func itoa(n int) string { return strconv.Itoa(n) }

package runner

import (
	"fmt"

	"go.uber.org/zap"

	"callflow/engine"
)

// maxHolds is how often in a row a caller is held because the store is down.
const maxHolds = 5

// What is said when there is no program to ask for words, not even in the call's
// language.
const (
	lastHold    = "One moment, please."
	lastApology = "Sorry, something went wrong. Please call again later. Goodbye."
	lastLang    = "en"
)

// out is an answer with verbs to the hook at hand, whose token stays.
func (t *turn) out(verbs []engine.Verb) Out {
	p, lang := t.voice()
	o := Out{Token: t.token, Verbs: verbs, Lang: lang, Apology: engine.Say{Text: lastApology, Lang: lastLang}}
	if p != nil {
		o.Apology = p.Apology(lang)
	}
	return o
}

// voice is the program whose words are used and the call's language, as far as
// they are known.
func (t *turn) voice() (*engine.Program, string) {
	_, lang := hint(t.token.Nonce)
	if lang == "" {
		lang = t.call.Language
	}
	switch {
	case t.program != nil && t.s.Lang != "":
		return t.program, t.s.Lang
	case t.program != nil:
		return t.program, lang
	case t.flow != "":
		if p, _, ok := t.r.catalog.Program(t.flow); ok {
			return p, lang
		}
	}
	return nil, lastLang
}

// speak encodes an answer that is not saved.
func (t *turn) speak(o Out, how Outcome) (reply Reply, outcome Outcome, err error) {
	defer func() {
		if p := recovered(recover()); p != nil {
			err = p
		}
		outcome = how
		if err != nil {
			err = fmt.Errorf("encode %s answer: %w", outcome, err)
		}
	}()
	t.verbs = o.Verbs
	reply, err = t.encode(o)
	return reply, how, err
}

// empty answers a hook that is not of the current turn: it changes nothing.
func (t *turn) empty() (Reply, Outcome, error) { return t.speak(t.out(nil), Stale) }

// finished answers a hook of a call that has ended.
func (t *turn) finished() (Reply, Outcome, error) {
	o := t.out([]engine.Verb{engine.Hangup{}})
	o.Ended = true
	return t.speak(o, Finished)
}

// hold lets the caller wait and come back to the same turn, a few times; then it
// apologises.
func (t *turn) hold(why error) (Reply, Outcome, error) {
	t.r.log.Error("turn is put off", zap.String("session", t.id), zap.String("call", t.call.ID), zap.Int("holds", t.holds), zap.Error(why))
	if t.holds >= maxHolds {
		return t.sorry(StoreDown)
	}
	if answers(t.event) {
		t.r.unanswered.keep(t.token, t.event, t.r.now())
	}
	n := t.holds + 1
	verbs := []engine.Verb{engine.Say{Text: lastHold, Lang: lastLang, BargeIn: true}}
	if p, lang := t.voice(); p != nil {
		verbs = p.Hold(&engine.Session{Lang: lang}, n)
	}
	o := t.out(append(verbs[:len(verbs):len(verbs)], engine.Continue{}))
	o.Held = n
	reply, outcome, err := t.speak(o, StoreDown)
	if err != nil { // a platform that cannot be held
		return t.sorry(StoreDown)
	}
	return reply, outcome, nil
}

// apologise ends a call that failed.
func (t *turn) apologise(why error) (Reply, Outcome, error) {
	t.r.report("turn failed", t.id, why, zap.String("call", t.call.ID), zap.Int("turn", t.token.Turn))
	return t.sorry(Failed)
}

// sorry says that the call has failed, and hangs up.
func (t *turn) sorry(outcome Outcome) (Reply, Outcome, error) {
	o := t.out(nil)
	o.Verbs, o.Ended = []engine.Verb{o.Apology, engine.Hangup{}}, true
	return t.speak(o, outcome)
}

// report logs a failure of ours, under an id of its own.
func (r *Runner) report(what, session string, why error, fields ...zap.Field) {
	fields = append(fields, zap.String("id", r.nonce()), zap.String("session", session), zap.Error(why))
	r.log.Error(what, append(fields, stackOf(why)...)...)
}

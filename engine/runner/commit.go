package runner

import (
	"errors"
	"fmt"
	"time"

	"callflow/engine"
)

// soon is when a session is looked at again whose caller has gone and whose effect
// still runs.
const soon = time.Second

// over says that nothing will step this session any more.
func (t *turn) over() bool {
	return t.s.Phase == engine.PhaseEnded || t.s.Phase == engine.PhaseEnding && !t.s.Awaiting
}

// commit encodes the answer and saves it with the session.
func (t *turn) commit(held bool) (Reply, Outcome, error) {
	answers := savedAnswer{turn: t.s.Turn, nonce: t.env.nonce}
	t.s.Turn++
	if t.s.Phase != engine.PhaseLive && len(t.verbs) == 0 {
		t.gone = true
	}
	outcome := Stepped
	if held {
		outcome = Held
	}
	out := t.out(t.verbs)
	out.Performed = t.performed
	switch {
	case t.gone:
		out.Verbs, out.Ended = []engine.Verb{engine.Hangup{}}, true
	case held:
		t.holding(&out)
	case len(t.verbs) == 0:
		return Reply{}, "", fmt.Errorf("state %q: nothing to say and nothing to wait for", t.s.State)
	default:
		out.Verbs = engine.Coalesce(t.verbs)
		t.env.held = 0
	}
	out.Ended = out.Ended || t.over()
	nonce := t.r.nonce()
	out.Token = Token{Session: t.id, Turn: t.s.Turn, Nonce: hinted(nonce, t.s.Flow, t.s.Lang)}
	reply, err := t.encode(out)
	if err != nil {
		return Reply{}, "", fmt.Errorf("encode answer: %w", err)
	}
	var promises []Promise
	if c := reply.Commands; len(c.Parts) > 0 {
		p, err := t.r.commandPromise(command{session: t.id, turn: t.s.Turn, part: c.Parts[0], last: c.Last}, "0")
		if err != nil {
			return Reply{}, "", err
		}
		promises, answers.next = []Promise{p}, []byte(nonce)
	}
	answers.reply = reply
	t.scratch.answer = answers.append(t.scratch.answer[:0])
	sealed, err := t.seal(t.scratch.sealed[:0], t.scratch.answer)
	if err != nil {
		return Reply{}, "", fmt.Errorf("seal answer: %w", err)
	}
	t.scratch.sealed = sealed
	t.verbs = out.Verbs
	t.env.turn, t.env.prev, t.env.nonce = t.s.Turn, t.env.nonce, []byte(nonce)
	if err := t.save(sealed, t.wake(out.Verbs), promises); err != nil {
		return reply, outcome, err
	}
	for _, p := range promises {
		t.r.sendSoon(p)
	}
	reply.Commands = Commands{}
	return reply, outcome, nil
}

// holding lets the caller wait: with what there is to say, else with the words for
// it.
func (t *turn) holding(out *Out) {
	if len(t.verbs) == 0 {
		t.env.held++
		out.Verbs = t.program.Hold(&t.s, t.env.held)
	}
	out.Verbs = append(out.Verbs[:len(out.Verbs):len(out.Verbs)], engine.Continue{})
}

// wake is when the sweeper should look, if nothing comes until then.
func (t *turn) wake(verbs []engine.Verb) time.Time {
	now := t.r.now()
	if t.gone && !t.over() {
		return now.Add(soon)
	}
	for _, v := range verbs {
		switch v := v.(type) {
		case engine.Dial, engine.Enqueue:
			return now.Add(max(t.r.timing.Idle, t.r.timing.Bridge))
		case engine.RecordVoice:
			return now.Add(t.r.timing.Idle + v.Max)
		}
	}
	return now.Add(t.r.timing.Idle)
}

// save writes the session, or its tombstone, and promises with it: ErrConflict when
// somebody else wrote first. A new session comes before its promises: whatever comes
// in between, the platform has no answer and sends the hook again.
func (t *turn) save(answer []byte, wake time.Time, promises []Promise) error {
	t.env.wake = wake.UnixMicro()
	t.env.asked = t.asked
	plain, err := t.s.Append(t.scratch.plain[:0], t.r.sealer)
	if err != nil {
		return fmt.Errorf("save session %s: %w", t.id, err)
	}
	t.scratch.plain = plain
	t.env.clear = false
	data, err := t.seal(t.env.append(t.scratch.data[:0]), plain)
	if err != nil {
		return fmt.Errorf("save session %s: %w", t.id, err)
	}
	t.scratch.data = data
	store, version := t.r.store, t.rec.Version
	rec := Record{ID: t.id, Version: version, Data: data, Reply: answer, Wake: wake, ExpiresAt: wake.Add(t.r.timing.Tombstone)}
	if version == 0 {
		if err := t.write("insert session", func() error { return store.Insert(t.ctx, rec) }); err != nil {
			return err
		}
		rec.Version = 1
	}
	switch {
	case t.over():
		tomb := Record{ID: t.id, Version: rec.Version, Reply: answer, ExpiresAt: t.r.now().Add(t.r.timing.Tombstone)}
		return t.write("end session", func() error { return store.Entomb(t.ctx, tomb, promises) })
	case version == 0:
		for _, p := range promises {
			if _, err := store.Promise(t.ctx, p); err != nil {
				return stored("promise commands", err)
			}
		}
		return nil
	}
	return t.write("commit session", func() error { return store.Commit(t.ctx, rec, promises, t.read) })
}

// write tries a write once more when the store fails. If the first had come
// through after all, the second conflicts, and the answer is found saved.
func (t *turn) write(op string, do func() error) error {
	err := do()
	if err != nil && !answered(err) {
		// A store that gave up may not have let go of what it was given.
		t.scratch.data, t.scratch.sealed = nil, nil
		timer := time.NewTimer(retryWrite)
		defer timer.Stop()
		select {
		case <-timer.C:
			err = do()
		case <-t.ctx.Done():
		}
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrExists), errors.Is(err, ErrEntombed), errors.Is(err, ErrNotFound):
		return fmt.Errorf("%w: %w", ErrConflict, err)
	}
	return stored(op, err)
}

// seal appends plain to dst, sealed; without room of its own where the sealer can.
func (t *turn) seal(dst, plain []byte) ([]byte, error) {
	if s, ok := t.r.sealer.(*Sealer); ok {
		return s.Append(dst, plain)
	}
	sealed, err := t.r.sealer.Seal(plain)
	return append(dst, sealed...), err
}

// openSession reads the bytes behind the turn's envelope.
func (t *turn) openSession(data []byte) (engine.Session, error) {
	if t.env.clear {
		return engine.ParseSession(data, t.r.sealer)
	}
	var plain []byte
	var err error
	if s, ok := t.r.sealer.(*Sealer); ok {
		plain, err = s.appendOpen(t.scratch.plain[:0], data)
		t.scratch.plain = plain // a session has copies of what it holds
	} else {
		plain, err = t.r.sealer.Open(data)
	}
	if err != nil {
		return engine.Session{}, err
	}
	return engine.ParseSession(plain, t.r.sealer)
}

// openAnswer reads a saved answer.
func (r *Runner) openAnswer(sealed []byte) (savedAnswer, error) {
	plain, err := r.sealer.Open(sealed)
	if err != nil {
		return savedAnswer{}, fmt.Errorf("open saved answer: %w", err)
	}
	return parseAnswer(plain)
}

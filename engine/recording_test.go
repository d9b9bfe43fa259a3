package engine_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"callflow/engine"
)

// recorder is a platform that records a call, as far as its verbs tell.
type recorder struct {
	t       testing.TB
	running bool
	begun   bool
	log     []string
}

// play carries out an answer.
func (r *recorder) play(verbs []engine.Verb) {
	r.t.Helper()
	for _, v := range verbs {
		switch v := v.(type) {
		case engine.CallRecording:
			r.log = append(r.log, string(v.Do))
			switch v.Do {
			case engine.RecordingStart:
				r.begun, r.running = true, true
			case engine.RecordingPause:
				r.running = false
			case engine.RecordingResume:
				r.running = r.begun
			}
		case engine.Say:
			r.log = append(r.log, v.Text)
		case engine.Gather:
			if v.Secret && r.running {
				r.t.Fatalf("a secret question is asked while the call is recorded: %q", r.log)
			}
			for _, s := range v.Prompts {
				r.log = append(r.log, s.Text)
			}
		}
	}
}

func recordedBank(t testing.TB) *engine.Program {
	spec := *bank(t).Spec()
	spec.Recording = &engine.Recording{Announce: text(t, "This call is recorded.")}
	p, err := engine.NewProgram(spec)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestRecordingOfCalls: it begins with the call, rests at the PIN, and goes on with
// what follows, also after a wrong PIN and after a lost answer.
func TestRecordingOfCalls(t *testing.T) {
	t.Parallel()
	c := start(t, recordedBank(t))
	r := &recorder{t: t}
	r.play(c.turn.Verbs)
	heard := func(want string) {
		t.Helper()
		if got := strings.Join(r.log, " | "); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		r.log = nil
	}
	heard("This call is recorded. | start | " + strings.Join(c.heard[1:], " | "))
	c.press("12345#")
	r.play(c.turn.Verbs)
	heard("pause | " + strings.Join(c.heard, " | "))
	c.turn.Session = saveAndLoad(t, c.turn.Session)
	c.step(engine.Lost{})
	r.play(c.turn.Verbs)
	heard("pause | " + strings.Join(c.heard, " | "))
	c.press("4321")
	c.signIn(engine.SignInDenied)
	r.play(c.turn.Verbs)
	heard("pause | " + strings.Join(c.heard, " | "))
	c.press("4321")
	c.signIn(engine.SignInAuthenticated)
	r.play(c.turn.Verbs)
	if !r.running || !strings.HasPrefix(strings.Join(r.log, " | "), "resume | ") {
		t.Errorf("after the PIN: %q", r.log)
	}
}

// TestNoSecretIsRecorded: whatever happens on a call, and whichever answers never
// arrive, no secret question is asked while it is recorded.
func TestNoSecretIsRecorded(t *testing.T) {
	t.Parallel()
	spec := *everyKind(t).Spec()
	spec.Recording = &engine.Recording{}
	p, err := engine.NewProgram(spec)
	if err != nil {
		t.Fatal(err)
	}
	secrets, resumed := 0, 0
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		data := make([]byte, 300)
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		// The way to the secret question first, for every other call.
		events := script(data)
		if seed%2 == 0 {
			events = append([]engine.Event{
				engine.Digits{Keys: engine.NewSecret("1"), Ended: engine.EndLength},
				engine.Digits{Keys: engine.NewSecret("2"), Ended: engine.EndLength},
				engine.Digits{Keys: engine.NewSecret("12345#"), Ended: engine.EndTerminator},
			}, events...)
		}
		turn, err := p.Start(engine.Call{}, "s1", t0)
		if err != nil {
			t.Fatal(err)
		}
		r := &recorder{t: t}
		r.play(turn.Verbs)
		for _, ev := range events {
			turn.Session.Turn++
			if turn, err = p.Step(turn.Session, engine.Input{At: t0, Event: ev}); err != nil {
				break
			}
			if len(turn.Verbs) > 0 && random.IntN(4) == 0 { // the answer is lost
				turn.Session.Turn++
				if turn, err = p.Step(turn.Session, engine.Input{At: t0, Event: engine.Lost{}}); err != nil {
					break
				}
			}
			turn.Session = saveAndLoad(t, turn.Session)
			r.play(turn.Verbs)
			if n := len(turn.Verbs); n > 0 {
				if g, ok := turn.Verbs[n-1].(engine.Gather); ok && g.Secret {
					secrets++
				}
			}
		}
		resumed += strings.Count(strings.Join(r.log, " "), "resume")
	}
	if secrets < 100 || resumed < 20 {
		t.Errorf("%d secret questions were asked, and the recording went on %d times", secrets, resumed)
	}
}

package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"callflow/engine"
)

// line is a queue with an offer after 50 seconds and two minutes of patience.
func line(t testing.TB) *engine.Program {
	offer := engine.MenuState{Asking: asking(t, "Shall we call you?"), Var: "offer", Options: []engine.Option{{Keys: "1", Value: "1"}}}
	offer.Attempts = 1
	return program(t, engine.Spec{
		Start:     "line",
		Variables: []engine.Variable{{Name: "line", Type: engine.QueueType()}},
		States: []engine.State{
			{Name: "line", Kind: engine.QueueState{
				Var: "line", Queue: "support", Say: prompt(t, "Please wait.", "Still busy."), Every: 20 * time.Second,
				Music: "flow/hold.mp3", MaxWait: 2 * time.Minute, OfferAfter: 50 * time.Second, Offer: "offer",
			}},
			{Name: "offer", Kind: offer},
			{Name: "late", Kind: engine.HangupState{Text: text(t, "Nobody is free.")}},
			{Name: "bye", Kind: engine.HangupState{Text: text(t, "Bye.")}},
			{Name: "promised", Kind: engine.HangupState{Text: text(t, "Promised.")}},
		},
		Transitions: []engine.Transition{
			{"line", "connected", "bye"},
			{"line", "timeout", "late"},
			{"line", "offer", "offer"},
			{"offer", "option.1", "promised"},
			{"offer", "exhausted", "line"},
		},
	})
}

// waits asks what a caller hears after some time.
func (c *call) waits(since time.Duration) string {
	c.t.Helper()
	verbs, err := c.p.Aside(c.turn.Session, engine.Input{At: c.at.Add(since), Event: engine.QueueWaiting{Position: 3}})
	if err != nil {
		c.t.Fatal(err)
	}
	var heard []string
	for _, v := range verbs {
		switch v := v.(type) {
		case engine.Say:
			heard = append(heard, v.Text)
		case engine.Music:
			heard = append(heard, fmt.Sprintf("%s for %s", v.Audio, v.Length))
		case engine.Leave:
			heard = append(heard, "leave")
		default:
			c.t.Errorf("a waiting caller is played %T", v)
		}
	}
	return strings.Join(heard, " ")
}

// TestQueue: what a caller hears goes by the clock alone, and asking changes
// nothing.
func TestQueue(t *testing.T) {
	t.Parallel()
	c := start(t, line(t))
	if enqueue, ok := c.turn.Verbs[0].(engine.Enqueue); !ok || enqueue.Queue != "support" || enqueue.Again {
		t.Fatalf("%+v", c.turn.Verbs)
	}
	for range 2 {
		for _, w := range []struct {
			since time.Duration
			heard string
		}{
			{0, "Please wait. flow/hold.mp3 for 20s"},
			{5 * time.Second, "Please wait. flow/hold.mp3 for 15s"},
			{19 * time.Second, "Still busy. flow/hold.mp3 for 21s"}, // a little early
			{25 * time.Second, "Still busy. flow/hold.mp3 for 15s"},
			{40 * time.Second, "Please wait. flow/hold.mp3 for 10s"}, // until the offer
			{49900 * time.Millisecond, "Please wait. flow/hold.mp3 for 1s"},
			{50 * time.Second, "leave"},
			{time.Hour, "leave"},
		} {
			if heard := c.waits(w.since); heard != w.heard {
				t.Errorf("after %s: %q, expected %q", w.since, heard, w.heard)
			}
		}
	}
}

// TestQueueOffer: the offer is made once, the time that was waited counts on, and a
// session that was saved goes on as one that was not.
func TestQueueOffer(t *testing.T) {
	t.Parallel()
	c := start(t, line(t))
	began := c.at
	c.at = began.Add(48 * time.Second) // told to leave by a clock that is ahead
	c.step(engine.QueueEnded{Result: engine.QueueLeft}).at_("offer")
	c.turn.Session = saveAndLoad(t, c.turn.Session)
	c.at = began.Add(time.Minute)
	c.step(engine.NoInput{}).at_("line")
	if enqueue, ok := c.turn.Verbs[0].(engine.Enqueue); !ok || !enqueue.Again {
		t.Fatalf("%+v", c.turn.Verbs)
	}
	c.turn.Session = saveAndLoad(t, c.turn.Session)
	now := c.at.Sub(began)
	for since, want := range map[time.Duration]string{
		0:                           "Still busy. flow/hold.mp3 for 19s",
		2*time.Minute - now - 1:     "Please wait. flow/hold.mp3 for 1s",
		2*time.Minute - now:         "leave",
		2*time.Minute - now + 1e9*9: "leave",
	} {
		if heard := c.waits(since); heard != want {
			t.Errorf("%s after the offer: %q, expected %q", since, heard, want)
		}
	}
	c.at = began.Add(2 * time.Minute)
	c.step(engine.QueueEnded{Result: engine.QueueLeft}).at_("late")
}

// TestQueueEnds: each end of waiting leads where it should.
func TestQueueEnds(t *testing.T) {
	t.Parallel()
	for _, w := range []struct {
		after   time.Duration
		event   engine.Event
		state   string
		outcome string
	}{
		{time.Minute, engine.QueueEnded{Result: engine.QueueConnected}, "bye", "connected"},
		{time.Minute, engine.QueueEnded{Result: engine.QueueFailed}, engine.StateApology, "failed"},
		{time.Second, engine.QueueEnded{Result: engine.QueueLeft}, engine.StateApology, "failed"}, // somebody else's doing
		{3 * time.Minute, engine.QueueEnded{Result: engine.QueueLeft}, "late", "timeout"},
		{time.Second, engine.QueueEnded{Result: engine.QueueLeft, CallerGone: true}, engine.StateGone, "hangup"},
		{time.Minute, engine.QueueEnded{Result: engine.QueueConnected, CallerGone: true}, engine.StateGone, "hangup"},
		{time.Second, engine.Lost{}, engine.StateApology, "failed"},
		{time.Second, engine.CallEnded{By: "caller"}, engine.StateGone, "hangup"},
	} {
		c := start(t, line(t))
		c.at = c.at.Add(w.after)
		c.step(w.event).at_(w.state)
		if got := c.turn.Trace[0].Outcome; got != w.outcome {
			t.Errorf("%T %+v: outcome %s, expected %s", w.event, w.event, got, w.outcome)
		}
	}
}

// TestQueueIsNoPartOfTheLimits: a caller who waits for long may still be asked.
func TestQueueIsNoPartOfTheLimits(t *testing.T) {
	t.Parallel()
	c := start(t, line(t))
	c.at = c.at.Add(24 * time.Hour)
	c.step(engine.QueueEnded{Result: engine.QueueConnected})
	if s := c.turn.Session; s.Bridged < 24*time.Hour || !s.Dialled.IsZero() {
		t.Errorf("%s bridged, dialled %s", s.Bridged, s.Dialled)
	}
}

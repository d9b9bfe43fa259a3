package codectest

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"callflow/engine"
	"callflow/providers/telephony"
)

// FuzzDecode is the body of a codec's fuzz target: whatever comes in, verified
// requests are read or refused as malformed, and changed ones are not verified.
func FuzzDecode(f *testing.F, fx Fixture) {
	routes := []telephony.Route{telephony.RouteStart, telephony.RouteTurn, telephony.RouteNotice}
	exchanges := fx.exchanges(f)
	for _, s := range situations() {
		if e, ok := exchanges[s.name]; ok && e.body != nil {
			f.Add(byte(slices.Index(routes, s.route)), s.lost, e.query, e.body, uint16(len(e.body)/2))
		}
	}
	f.Fuzz(func(t *testing.T, route byte, lost bool, query string, body []byte, flip uint16) {
		r := fx.request(routes[int(route)%len(routes)], exchange{body: body, query: query}, lost)
		if err := fx.Codec.Verify(r, At()); err != nil {
			t.Fatalf("Verify: %v", err)
		}
		in, err := fx.Codec.Decode(r)
		switch {
		case err != nil && !errors.Is(err, telephony.ErrMalformed):
			t.Errorf("Decode: got %v, want ErrMalformed", err)
		case err == nil:
			about := r.Route
			if in.Route != "" {
				about = in.Route
			}
			checkInbound(t, fx, about, in)
		}
		if len(body) > 0 && !fx.Bare {
			before := bytes.Clone(body)
			body[int(flip)%len(body)] ^= 1 << (flip % 8)
			if fx.Same != nil && fx.Same(before, body) {
				return
			}
			if err := fx.Codec.Verify(r, At()); !errors.Is(err, telephony.ErrSignature) {
				t.Errorf("Verify of a changed body: got %v, want ErrSignature", err)
			}
		}
	})
}

// checkInbound checks what holds for every request that was read.
func checkInbound(t *testing.T, f Fixture, route telephony.Route, in telephony.Inbound) {
	t.Helper()
	if in.Call.Platform != f.Codec.Name() {
		t.Errorf("platform: got %q", in.Call.Platform)
	}
	nobodys := route == telephony.RouteNotice && in.Event == nil && in.Ready == nil
	if in.Call.ID == "" && in.Alarm == "" && !nobodys {
		t.Error("a call without an ID")
	}
	if len(in.Call.ID)+len(in.Call.Account)+len(in.Call.From)+len(in.Call.To)+len(in.Call.Name) > 2048 {
		t.Error("what is kept of the call is not bounded")
	}
	if strings.ContainsFunc(in.Alarm, unicode.IsDigit) {
		t.Errorf("an alarm could show a caller's keys: %q", in.Alarm)
	}
	switch e := in.Event.(type) {
	case nil:
		if route == telephony.RouteTurn && !in.Progress {
			t.Error("a turn hook without an event")
		}
		return
	case engine.Digits:
		if !telephony.AreKeys(e.Keys.Reveal()) {
			t.Errorf("keys that are none: %q", e.Keys.Reveal())
		}
		if e.Keys.Len() == 0 && e.Ended == engine.EndOpen {
			t.Error("no keys and no end")
		}
	case engine.Speech:
		if e.Text.Len() > telephony.MaxSaid || !(e.Confidence >= 0 && e.Confidence <= 1) {
			t.Errorf("%d bytes were said with a confidence of %v", e.Text.Len(), e.Confidence)
		}
	case engine.DialEnded:
		if !slices.Contains([]engine.DialResult{
			engine.DialCompleted, engine.DialBusy, engine.DialNoAnswer, engine.DialFailed,
		}, e.Result) {
			t.Errorf("a dial ended as %q", e.Result)
		}
	case engine.QueueWaiting:
		if e.Position < 0 {
			t.Errorf("a place in the line of %d", e.Position)
		}
	case engine.QueueEnded:
		if !slices.Contains([]engine.QueueResult{engine.QueueConnected, engine.QueueLeft, engine.QueueFailed}, e.Result) {
			t.Errorf("waiting ended as %q", e.Result)
		}
	case engine.CallEnded:
		if route != telephony.RouteNotice {
			t.Errorf("the end of a call on route %s", route)
		}
		if !slices.Contains([]string{"", "caller", "us"}, e.By) {
			t.Errorf("a call was ended by %q", e.By)
		}
	}
	if len(in.Token) > 4<<10 || route == telephony.RouteTurn && in.Route != "" && in.Token == "" {
		t.Errorf("a turn hook of the token %.20q", in.Token)
	}
	if _, lost := in.Event.(engine.Lost); route == telephony.RouteStart && !lost {
		t.Errorf("a first hook with the event %s", Describe(in.Event))
	}
}

// wholeText is how long a text is, in bytes, that every platform says in one part.
const wholeText = 1000

// FuzzEncode is the body of a codec's fuzz target: whatever is to be said, dialled
// or waited for, the answer is refused as a whole or differs from a harmless one in
// nothing but what is said.
func FuzzEncode(f *testing.F, fx Fixture) {
	for _, text := range Hostile() {
		f.Add(text, "#", "+15550100", int64(5*time.Second), int16(1), int16(10))
	}
	f.Fuzz(func(t *testing.T, text, terminator, to string, clock int64, least, most int16) {
		g := Account()
		g.Prompts = []engine.Say{{Text: text}}
		g.Terminator = terminator
		g.Timeout, g.InterDigit, g.MaxDuration = time.Duration(clock), time.Duration(clock/2), time.Duration(clock/3)
		g.Min, g.Max = int(least), int(most)
		for _, o := range []telephony.Outbound{
			With(g),
			With(engine.Dial{To: to, From: text, Timeout: time.Duration(clock)}),
			With(engine.Enqueue{Queue: text}),
			With(engine.Pause{Length: time.Duration(clock)}, engine.Hangup{}),
		} {
			reply, err := fx.Codec.Encode(o)
			if err != nil {
				if !errors.Is(err, telephony.ErrOutbound) && !errors.Is(err, telephony.ErrUnsupported) {
					t.Errorf("Encode: %v", err)
				}
				continue
			}
			if _, _, err := fx.Speech(reply); err != nil {
				t.Errorf("%v in %q", err, reply.Body)
			}
		}
		// A longer one may be said in parts, which the codec's own tests look at.
		if letters(text) != "" && len(text) <= wholeText {
			fx.checkText(t, text)
		}
	})
}

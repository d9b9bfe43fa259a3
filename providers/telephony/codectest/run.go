package codectest

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Run runs the suite.
func Run(t *testing.T, f Fixture) {
	t.Run("situations", f.testSituations)
	t.Run("signatures", f.testSignatures)
	t.Run("nonsense", f.testNonsense)
	t.Run("replies", f.testReplies)
	t.Run("impossible replies", f.testImpossible)
	t.Run("hostile text", f.testHostile)
	t.Run("capabilities", f.testCapabilities)
	t.Run("recordings", f.testRecordings)
}

func (f Fixture) testSituations(t *testing.T) {
	for _, missing := range f.LeftOut(t) {
		t.Error(missing)
	}
	exchanges := f.exchanges(t)
	for _, s := range situations() {
		t.Run(s.name, func(t *testing.T) {
			switch e := exchanges[s.name].orOf(s, exchanges); {
			case e.cannot != "":
				t.Skipf("cannot occur: %s", e.cannot)
			case e.body != nil:
				f.testSituation(t, s, f.requestOf(s, e))
			}
		})
	}
}

// LeftOut says what is wrong with the requests in Dir. Nothing is, where each situation
// has a request or a reason why it cannot occur.
func (f Fixture) LeftOut(tb testing.TB) []string {
	tb.Helper()
	return leftOut(f.exchanges(tb))
}

// leftOut says what is wrong with a platform's requests: situations that it leaves out,
// those that it both has and cannot have, and those that are none of the suite.
func leftOut(exchanges map[string]exchange) (all []string) {
	known := make(map[string]bool)
	for _, s := range situations() {
		known[s.name] = true
		switch e := exchanges[s.name].orOf(s, exchanges); {
		case e.cannot == "" && e.body == nil:
			all = append(all, fmt.Sprintf("situations.txtar has neither a request %q nor a reason why it cannot occur (%q)", s.name+".json", s.name+".cannot"))
		case e.cannot != "" && e.body != nil:
			all = append(all, fmt.Sprintf("situations.txtar has both a request %q and a reason why there is none", s.name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(exchanges)) {
		if !known[name] {
			all = append(all, fmt.Sprintf("situations.txtar has %q, which is no situation of the suite", name))
		}
	}
	return all
}

// orOf is the request that a situation borrows, where the platform has none of its own
// and no reason why there is none.
func (e exchange) orOf(s situation, exchanges map[string]exchange) exchange {
	if s.of == "" || e.body != nil || e.cannot != "" {
		return e
	}
	of := exchanges[s.of]
	return exchange{body: of.body, query: of.query}
}

func (f Fixture) testSituation(t *testing.T, s situation, r telephony.Request) {
	body := bytes.Clone(r.Body)
	switch err := f.Codec.Verify(r, At()); {
	case s.refused != nil:
		if !errors.Is(err, s.refused) {
			t.Errorf("Verify: got %v, want %v", err, s.refused)
		}
		return
	case err != nil:
		t.Fatalf("Verify: %v", err)
	}
	in, err := f.Codec.Decode(r)
	if s.malformed {
		if !errors.Is(err, telephony.ErrMalformed) {
			t.Fatalf("Decode: got %v, want ErrMalformed", err)
		}
		return
	}
	if err != nil {
		t.Fatalf("Decode: %v", err)
	}
	if got, want := Describe(in.Event), s.want(f.Codec.Capabilities()); !slices.Contains(want, got) {
		t.Errorf("event: got %q, want %q", got, strings.Join(want, `" or "`))
	}
	if in.Route != "" && in.Route != r.Route {
		t.Errorf("route: got %q, want %q", in.Route, r.Route)
	}
	if in.Call.Platform != f.Codec.Name() {
		t.Errorf("platform: got %q, want %q", in.Call.Platform, f.Codec.Name())
	}
	if in.Call.ID != "call-1" && s.name != "end of the other leg" {
		t.Errorf("call: got %q, want call-1", in.Call.ID)
	}
	if s.call != nil && !s.call(in.Call) {
		t.Errorf("call: got %+v", in.Call)
	}
	if (in.Alarm != "") != s.alarm {
		t.Errorf("alarm: got %q, wanted one: %v", in.Alarm, s.alarm)
	}
	if s.stage != "" && in.Stage != s.stage {
		t.Errorf("stage: got %q, want %q", in.Stage, s.stage)
	}
	if s.more != nil {
		s.more(t, f, r, in)
	}

	// A second delivery is the first one again.
	if err := f.Codec.Verify(r, At().Add(time.Second)); err != nil {
		t.Errorf("Verify of a second delivery: %v", err)
	}
	again, err := f.Codec.Decode(r)
	if err != nil || Describe(again.Event) != Describe(in.Event) || again.Call != in.Call {
		t.Errorf("Decode of a second delivery: got %s %+v, %v", Describe(again.Event), again.Call, err)
	}
	if !bytes.Equal(body, r.Body) {
		t.Error("the codec changed the request's body")
	}
	// What was decoded does not lean on the request's memory.
	clear(r.Body)
	if Describe(in.Event) != Describe(again.Event) || !reflect.DeepEqual(in.Call, again.Call) {
		t.Error("what was decoded changed with the request's body")
	}
}

func (f Fixture) testSignatures(t *testing.T) {
	exchanges := f.exchanges(t)
	fresh := func() telephony.Request {
		e := exchanges["first hook"]
		e.body = bytes.Clone(e.body)
		return f.request(telephony.RouteStart, e, false)
	}
	signed := func(secret engine.Secret, age time.Duration) telephony.Request {
		r := fresh()
		f.Sign(&r, secret, At().Add(-age))
		return r
	}
	strip := func() telephony.Request {
		bare := fresh()
		unsigned(f, &bare)
		return bare
	}
	stale := telephony.ErrStale
	if f.Timeless || f.Bare {
		stale = nil
	}
	tests := []struct {
		name string
		r    telephony.Request
		want error
	}{
		{"current secret", signed(Current(), 0), nil},
		{"previous secret", signed(Previous(), 0), nil},
		{"foreign secret", signed(Foreign(), 0), telephony.ErrSignature},
		{"300 seconds old", signed(Current(), 300*time.Second), nil},
		{"301 seconds old", signed(Current(), 301*time.Second), stale},
		{"300 seconds ahead", signed(Current(), -300*time.Second), nil},
		{"301 seconds ahead", signed(Current(), -301*time.Second), stale},
		{"foreign and old", signed(Foreign(), time.Hour), telephony.ErrSignature},
		{"unsigned", strip(), telephony.ErrUnsigned},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := f.Codec.Verify(tt.r, At()); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			} else if err != nil && strings.Contains(err.Error(), Current().Reveal()) {
				t.Errorf("the message shows the secret: %v", err)
			}
			if err := f.Unsigned.Verify(tt.r, At()); err != nil {
				t.Errorf("a codec that checks nothing: %v", err)
			}
		})
	}
	t.Run("any byte changed", func(t *testing.T) {
		if f.Bare {
			t.Skip("the platform signs nothing")
		}
		r := fresh()
		for i := range r.Body {
			r.Body[i] ^= 1
			if err := f.Codec.Verify(r, At()); !errors.Is(err, telephony.ErrSignature) {
				t.Fatalf("byte %d: got %v, want ErrSignature", i, err)
			}
			r.Body[i] ^= 1
		}
		r.Body = append(r.Body, ' ')
		if err := f.Codec.Verify(r, At()); !errors.Is(err, telephony.ErrSignature) {
			t.Errorf("a byte more: got %v, want ErrSignature", err)
		}
	})
	t.Run("any letter of the signature changed", func(t *testing.T) {
		r := fresh()
		foreign := strip()
		for name, values := range r.Header {
			if _, kept := foreign.Header[name]; kept {
				continue
			}
			good := values[0]
			for i := range good {
				bad := []byte(good)
				bad[i] ^= 1
				r.Header[name] = []string{string(bad)}
				if err := f.Codec.Verify(r, At()); err == nil {
					t.Errorf("%s: %s is accepted", name, bad)
				}
			}
			for _, bad := range []string{"", " ", ",", "=", "t=", "v1=", strings.Repeat("v1=00,", 1000), good[:len(good)-1]} {
				r.Header[name] = []string{bad}
				if err := f.Codec.Verify(r, At()); !errors.Is(err, telephony.ErrSignature) && !errors.Is(err, telephony.ErrUnsigned) {
					t.Errorf("%s: %.20q: got %v", name, bad, err)
				}
			}
		}
	})
}

// testNonsense posts what no platform would.
func (f Fixture) testNonsense(t *testing.T) {
	first := f.exchanges(t)["first hook"].body
	bodies := map[string]string{
		"nothing":        "",
		"spaces":         "   ",
		"a word":         "hello",
		"null":           "null",
		"a list":         "[]",
		"a number":       "1",
		"text":           `"x"`,
		"open":           string(first[:len(first)-1]),
		"half":           string(first[:len(first)/2]),
		"two":            string(first) + string(first),
		"binary":         "\x00\xff\xfe\x80",
		"form":           "Digits=1&CallSid=2",
		"xml":            "<Response/>",
		"empty object":   "{}",
		"deep":           `{"a":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "}",
		"oversized":      strings.Repeat(" ", telephony.MaxBody) + string(first),
		"control in key": "{\"a\nb\":1}",
	}
	for _, name := range slices.Sorted(maps.Keys(bodies)) {
		t.Run(name, func(t *testing.T) {
			for _, route := range []telephony.Route{telephony.RouteStart, telephony.RouteTurn, telephony.RouteNotice} {
				r := f.request(route, exchange{body: []byte(bodies[name])}, false)
				if in, err := f.Codec.Decode(r); !errors.Is(err, telephony.ErrMalformed) {
					t.Errorf("%s: got %+v, %v, want ErrMalformed", route, in, err)
				}
			}
		})
	}
	t.Run("unknown route", func(t *testing.T) {
		if _, err := f.Codec.Decode(f.request("elsewhere", exchange{body: first}, false)); err == nil {
			t.Error("a request of no route was decoded")
		}
	})
}

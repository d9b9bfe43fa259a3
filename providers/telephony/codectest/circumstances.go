package codectest

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// signedBy signs a request with a secret, so long ago.
func signedBy(secret engine.Secret, age time.Duration) func(Fixture, *telephony.Request) {
	return func(f Fixture, r *telephony.Request) { f.Sign(r, secret, At().Add(-age)) }
}

// unsigned takes a request's signature away: the header fields that are others when
// somebody else signs.
func unsigned(f Fixture, r *telephony.Request) {
	signed := r.Header.Clone()
	f.Sign(r, Foreign(), At())
	for name, value := range signed {
		if !slices.Equal(value, r.Header[name]) {
			delete(r.Header, name)
		}
	}
}

// oversized puts more before a body than a codec reads.
func oversized(f Fixture, r *telephony.Request) {
	r.Body = append(bytes.Repeat([]byte(" "), telephony.MaxBody), r.Body...)
	f.Sign(r, Current(), At())
}

// garbage is what no platform posts, well signed.
func garbage(f Fixture, r *telephony.Request) {
	r.Body = []byte("\x00\xff\xfe{&%\x80=")
	f.Sign(r, Current(), At())
}

// sameMark: a repeat is known by the platform's own word, which is the same.
func sameMark(t *testing.T, f Fixture, r telephony.Request, in telephony.Inbound) {
	again, err := f.Codec.Decode(r)
	if err != nil || in.Delivery == "" || again.Delivery != in.Delivery {
		t.Errorf("the delivery is marked %q, and when it comes again %q (%v)", in.Delivery, again.Delivery, err)
	}
}

// sameTurn: a repeat is known by the turn that it is of, and by nothing else.
func sameTurn(t *testing.T, f Fixture, r telephony.Request, in telephony.Inbound) {
	again, err := f.Codec.Decode(r)
	if err != nil || in.Delivery != "" || turnOf(again, r) != turnOf(in, r) || turnOf(in, r) != Token {
		t.Errorf("the delivery is of turn %q and marked %q, and when it comes again of %q (%v)", turnOf(in, r), in.Delivery, turnOf(again, r), err)
	}
}

// ofEarlierTurn: what comes late says so, whatever else has come meanwhile.
func ofEarlierTurn(t *testing.T, f Fixture, r telephony.Request, in telephony.Inbound) {
	if got := turnOf(in, r); got != earlierToken {
		t.Errorf("the request is of turn %q, expected %q", got, earlierToken)
	}
	for _, between := range []string{"digits by terminator", "hang-up while collecting"} {
		later, _ := f.decoded(t, between)
		if later.Call.ID != in.Call.ID {
			t.Errorf("%s is of call %q", between, later.Call.ID)
		}
		again, err := f.Codec.Decode(r)
		if err != nil || Describe(again.Event) != Describe(in.Event) || turnOf(again, r) != earlierToken {
			t.Errorf("after %s it is %s of turn %q (%v)", between, Describe(again.Event), turnOf(again, r), err)
		}
	}
}

// whilePending: the notice of the end is of the same call as the hooks that are still
// being answered, however much or little it tells of it, and those can be answered yet.
func whilePending(t *testing.T, f Fixture, _ telephony.Request, in telephony.Inbound) {
	type identity struct{ platform, account, id string }
	of := func(c engine.Call) identity { return identity{c.Platform, c.Account, c.ID} }
	for _, pending := range []string{"first hook", "digits by terminator"} {
		hook, ok := f.decoded(t, pending)
		if !ok {
			continue
		}
		if of(hook.Call) != of(in.Call) {
			t.Errorf("the notice is of the call %+v, and %s of %+v", of(in.Call), pending, of(hook.Call))
		}
		if _, err := f.Codec.Encode(telephony.Outbound{Call: hook.Call, Verbs: []engine.Verb{engine.Hangup{}}, NoticeURL: NoticeURL, Token: Token}); err != nil {
			t.Errorf("%s cannot be answered any more: %v", pending, err)
		}
	}
}

// decoded is what becomes of another situation's request; false where it cannot occur.
func (f Fixture) decoded(t *testing.T, name string) (telephony.Inbound, bool) {
	t.Helper()
	s := situations()[slices.IndexFunc(situations(), func(s situation) bool { return s.name == name })]
	e := f.exchanges(t)[name]
	if e.body == nil {
		return telephony.Inbound{}, false
	}
	in, err := f.Codec.Decode(f.requestOf(s, e))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return in, true
}

// turnOf is the turn that a request is of: the platform's word where it has one, else
// that of the URL.
func turnOf(in telephony.Inbound, r telephony.Request) string {
	if in.Token != "" {
		token, _, _ := strings.Cut(in.Token, "?")
		return token
	}
	_, token, _ := strings.Cut(r.URL.Path, "/turns/")
	return token
}

// earlierToken is the Token of the turn before.
const earlierToken = "s1/2/n0nce"

package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"callflow/providers/telephony"
	"callflow/providers/telephony/generic"
	"callflow/server"
)

// oneURL is a platform that has one URL for everything, and hands back what it was
// given: here in a header that nobody signs.
type oneURL struct{ telephony.Codec }

const givenHeader = "X-Given"

func (c oneURL) Decode(r telephony.Request) (telephony.Inbound, error) {
	given := r.Header.Get(givenHeader)
	route := r.Route
	if words, _, _ := strings.Cut(given, "?"); words != "" {
		route = telephony.RouteTurn
	}
	r.Route = route
	in, err := c.Codec.Decode(r)
	in.Route, in.Token = route, given
	return in, err
}

func (c oneURL) Encode(o telephony.Outbound) (telephony.Reply, error) {
	address, _, _ := strings.Cut(o.TurnURL, "/turns/")
	o.TurnURL = address + "/calls?given=" + url.QueryEscape(o.Token)
	o.LostURL = telephony.WithParam(o.TurnURL, telephony.LostParam, telephony.LostValue)
	return c.Codec.Encode(o)
}

// given is what an answer gave the platform to hand back.
func given(t *testing.T, body string) string {
	t.Helper()
	_, text, ok := strings.Cut(body, "?given=")
	if !ok {
		t.Fatalf("nothing was given in %s", body)
	}
	text, err := url.QueryUnescape(text[:strings.IndexAny(text, `"&\`)])
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestTokens plays a call of a platform that comes to one URL, through an outage of
// the store.
func TestTokens(t *testing.T) {
	t.Parallel()
	b := newBenchIn(t, unhurried, func(d *server.Deps) {
		for i, c := range d.Codecs {
			if c.Name() == generic.Name {
				d.Codecs[i] = oneURL{c}
			}
		}
	})
	const path = "/v1/generic/calls"
	b.store.set(true)
	w := b.post(path, firstHook("generic", "one-url", "+61255500100"))
	if w.Code != http.StatusOK || given(t, w.Body.String()) != "?hold=1" {
		t.Fatalf("while the store is down: HTTP %d %s", w.Code, w.Body)
	}
	w = b.post(path, firstHook("generic", "one-url", "+61255500100"), givenHeader, "?hold=1")
	if g := given(t, w.Body.String()); g != "?hold=2" {
		t.Fatalf("held again: %q", g)
	}
	b.store.set(false)
	w = b.post(path, firstHook("generic", "one-url", "+61255500100"), givenHeader, "?hold=2")
	wantHeard := func(text string) {
		t.Helper()
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), text) {
			t.Fatalf("HTTP %d %s, expected %q", w.Code, w.Body, text)
		}
	}
	wantHeard("Please enter your account number")
	first := given(t, w.Body.String())
	w = b.post(path, keysHook("generic", "one-url", "12345"), givenHeader, first+"?on=gather")
	wantHeard("Please enter your four digit PIN")
	pin := given(t, w.Body.String())
	if again := b.post(path, keysHook("generic", "one-url", "12345"), givenHeader, first); again.Body.String() != w.Body.String() {
		t.Errorf("a second delivery: %s", again.Body)
	}
	b.store.set(true)
	w = b.post(path, keysHook("generic", "one-url", "1234"), givenHeader, pin)
	if g := given(t, w.Body.String()); g != pin+"?hold=1" {
		t.Fatalf("held at the PIN: %q", g)
	}
	b.store.set(false)
	w = b.post(path, keysHook("generic", "one-url", "1234"), givenHeader, pin+"?hold=1")
	wantHeard("Welcome")
	for _, bad := range []string{"s", "s/", "s/x/n", "s/-1/n"} {
		wantBare(t, b.post(path, keysHook("generic", "one-url", "1"), givenHeader, bad), http.StatusNotFound)
	}
}

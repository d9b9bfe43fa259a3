package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"callflow/engine"
	"callflow/providers/telephony/player"
)

// phones is an API of several platforms that answers each call it is asked for by playing
// it.
type phones struct {
	script []player.Move
	secret engine.Secret
	telnyx *player.TelnyxAPI
	server *atomic.Value // its address
}

// The secret of webhooks, which Sinch has in Base64, and the key of the APIs.
const (
	phonesSecret = "wh_secret_testtesttesttest"
	phonesKey    = "api-key"
)

// phonesCmd starts it.
func phonesCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: phones MOVES")
	}
	p := &phones{
		secret: engine.NewSecret(phonesSecret), server: processOf(ts).addr,
		telnyx: player.NewTelnyxAPI(engine.NewSecret(phonesKey), time.Now),
	}
	for _, key := range args[0] {
		p.script = append(p.script, player.Move{Keys: engine.NewSecret(string(key))})
	}
	api := httptest.NewServer(p)
	ts.Defer(api.Close)
	ts.Setenv("PHONES", api.URL)
	ts.Setenv("PHONES_PUBLIC_KEY", player.TelnyxPublicKey(p.secret))
}

func (p *phones) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.Contains(r.URL.Path, "/actions/"):
		p.telnyx.ServeHTTP(w, r)
	case r.URL.Path == "/v2/calls":
		p.byTelnyx(w, r)
	case r.URL.Path == "/calling/v1/callouts":
		p.bySinch(w, r)
	default:
		p.byJambonz(w, r)
	}
}

func (p *phones) byJambonz(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		From string
		To   struct{ Number string }
		Hook struct{ URL string } `json:"call_hook"`
		Tell struct{ URL string } `json:"call_status_hook"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || r.Header.Get("Authorization") != "Bearer "+phonesKey {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write([]byte(`{"sid":"call-1"}`))
	o := p.options(asked.From, asked.To.Number)
	o.URL, o.StatusURL = asked.Hook.URL, asked.Tell.URL
	go player.Jambonz(context.Background(), o)
}

func (p *phones) byTelnyx(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		From, To string
		State    string `json:"client_state"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || r.Header.Get("Authorization") != "Bearer "+phonesKey {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	_, _ = w.Write([]byte(`{"data":{"call_control_id":"call-1"}}`))
	o := p.options(asked.From, asked.To)
	o.URL, o.Order, o.API = p.address("telnyx"), asked.State, p.telnyx
	go player.Telnyx(context.Background(), o)
}

func (p *phones) bySinch(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Callout struct{ Custom, ICE string } `json:"customCallout"`
	}
	var ice struct{ Action struct{ Number, CLI string } }
	err := json.NewDecoder(r.Body).Decode(&asked)
	if err != nil || json.Unmarshal([]byte(asked.Callout.ICE), &ice) != nil || !strings.HasPrefix(r.Header.Get("Authorization"), "application 11111111-2222-3333-4444-555555555555:") {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	_, _ = w.Write([]byte(`{"callId":"call-1"}`))
	o := p.options(ice.Action.CLI, ice.Action.Number)
	o.URL, o.Order = p.address("sinch"), asked.Callout.Custom
	go player.Sinch(context.Background(), o)
}

// address is where a platform posts that has one URL for everything.
func (p *phones) address(platform string) string {
	addr, _ := p.server.Load().(string)
	return "http://" + addr + "/v1/" + platform + "/calls"
}

func (p *phones) options(from, to string) player.Options {
	return player.Options{
		Secret: p.secret, Placed: true, Script: append([]player.Move{}, p.script...),
		Call: player.Call{ID: "call-1", Account: "acme", From: from, To: to},
	}
}

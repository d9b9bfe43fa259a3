package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/player"
)

// phones is an API of several platforms that answers each call it is asked for by playing
// it; by jambonz, numbers that end so are busy (486), do not come about (500), or have a
// machine that answers (111).
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
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	ts.Check(err)
	ts.Setenv("PHONES_PRIVATE_KEY", string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})))
}

func (p *phones) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.Contains(r.URL.Path, "/actions/"):
		p.telnyx.ServeHTTP(w, r)
	case r.URL.Path == "/v2/calls":
		p.byTelnyx(w, r)
	case r.URL.Path == "/calling/v1/callouts":
		p.bySinch(w, r)
	case r.URL.Path == "/v1/calls":
		p.byVonage(w, r)
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
	switch to := asked.To.Number; {
	case strings.HasSuffix(to, "486"):
		go p.tellJambonz(o, "busy", 486)
		return
	case strings.HasSuffix(to, "500"):
		go p.tellJambonz(o, "failed", 500)
		return
	case strings.HasSuffix(to, "111"):
		o.AnsweredBy = "machine_detected"
	}
	go player.Jambonz(context.Background(), o)
}

// tellJambonz tells how a call ended that nobody answered.
func (p *phones) tellJambonz(o player.Options, status string, code int) {
	body, err := json.Marshal(map[string]any{
		"call_sid": o.Call.ID, "account_sid": o.Call.Account, "direction": "outbound", "from": o.Call.From, "to": o.Call.To,
		"call_status": status, "sip_status": code,
	})
	if err != nil {
		return
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, o.StatusURL, bytes.NewReader(body))
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Jambonz-Signature", telephony.Sign(p.secret, time.Now(), body))
	if resp, err := (&http.Client{Transport: apart}).Do(req); err == nil {
		_ = resp.Body.Close()
	}
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

func (p *phones) byVonage(w http.ResponseWriter, r *http.Request) {
	type endpoint struct{ Number string }
	var asked struct {
		From endpoint
		To   []endpoint
		Hook []string `json:"answer_url"`
		Tell []string `json:"event_url"`
	}
	err := json.NewDecoder(r.Body).Decode(&asked)
	if err != nil || len(asked.To) != 1 || len(asked.Hook) != 1 || len(asked.Tell) != 1 || !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer eyJ") {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write([]byte(`{"uuid":"leg-1","conversation_uuid":"call-1"}`))
	o := p.options(asked.From.Number, asked.To[0].Number)
	o.URL, o.StatusURL = asked.Hook[0], asked.Tell[0]
	go player.Vonage(context.Background(), o)
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

package flowtest_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/flows/flowtest"
)

// seal seals as the session codec does, so that what is saved can be searched.
type seal struct{ cipher.AEAD }

func newSeal(t testing.TB) seal {
	block, err := aes.NewCipher([]byte("a key that is used in tests only"))
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return seal{aead}
}

func (s seal) Seal(plain []byte) ([]byte, error) {
	nonce := make([]byte, s.NonceSize())
	return s.AEAD.Seal(nonce, nonce, plain, nil), nil
}

func (s seal) Open(sealed []byte) ([]byte, error) {
	n := s.NonceSize()
	return s.AEAD.Open(nil, sealed[:n], sealed[n:], nil)
}

// recorder saves and loads the session between every two steps, and keeps what
// was saved.
func recorder(t testing.TB) (func(engine.Session) (engine.Session, error), *bytes.Buffer) {
	sealer, saved := newSeal(t), &bytes.Buffer{}
	return func(s engine.Session) (engine.Session, error) {
		data, err := s.Append(nil, sealer)
		if err != nil {
			return s, err
		}
		saved.Write(data)
		return engine.ParseSession(data, sealer)
	}, saved
}

// keypads are the ways in which platforms hand keys on: an entry at a time, or
// each key by itself.
var keypads = map[string]bool{"entries": false, "keys": true}

// seed is a script and what must come of it.
type seed struct {
	name, script, world string
	how                 flowtest.How
	state               string
	heard, never        []string // in this order; nowhere
	hop                 []string // "state outcome", in this order
	tries               int      // sign-ins
	secret              string   // that must be nowhere
}

func (s seed) run(t *testing.T, flow string, keyByKey bool) (*flowtest.Transcript, string) {
	t.Helper()
	between, saved := recorder(t)
	stage := flowtest.NewStage(nil, given(t, s.world))
	transcript := play(t, example(t, flow), flowtest.Options{
		World: stage, Between: between, KeyByKey: keyByKey,
		Call: engine.Call{Platform: "test", ID: "c1", From: "+15550100", To: "+61255500100"},
	}, s.script)
	for _, missing := range stage.Missing() {
		t.Error(missing)
	}
	out, err := json.Marshal(transcript)
	if err != nil {
		t.Fatal(err)
	}
	if transcript.End.How != s.how || transcript.End.State != s.state {
		t.Errorf("ended by %s in %s, expected %s in %s", transcript.End.How, transcript.End.State, s.how, s.state)
	}
	if len(transcript.SignIns) != s.tries {
		t.Errorf("%d sign-ins, expected %d", len(transcript.SignIns), s.tries)
	}
	var heard, hops strings.Builder
	for _, e := range transcript.Entries {
		if e.Kind == flowtest.Heard || e.Kind == flowtest.Held {
			heard.WriteString(e.Text + "\n")
		}
		for _, h := range e.Hops {
			fmt.Fprintf(&hops, "%s %s\n", h.From, h.Outcome)
		}
	}
	inOrder(t, "heard", heard.String(), s.heard)
	inOrder(t, "hops", hops.String(), s.hop)
	for _, text := range s.never {
		if strings.Contains(heard.String(), text) {
			t.Errorf("%q was heard", text)
		}
	}
	everything := string(out) + saved.String() + fmt.Sprintf("%+v", transcript)
	if s.secret != "" && strings.Contains(everything, s.secret) {
		i := strings.Index(everything, s.secret)
		t.Errorf("the secret is in clear: …%q…", everything[max(0, i-60):min(len(everything), i+60)])
	}
	if t.Failed() {
		t.Logf("heard:\n%s\nhops:\n%s", heard.String(), hops.String())
	}
	return transcript, everything
}

func inOrder(t *testing.T, what, text string, want []string) {
	t.Helper()
	rest := text
	for _, w := range want {
		i := strings.Index(rest, w)
		if i < 0 {
			t.Errorf("%s: %q is missing, or not in order", what, w)
			return
		}
		rest = rest[i+len(w):]
	}
}

const goodbyeWords = "Goodbye."

// TestBankLine plays every script of the bank line (S1).
func TestBankLine(t *testing.T) {
	t.Parallel()
	const welcome = "Welcome to the Authzero demo. Please enter your account number, followed by the pound sign."
	outOfOrder := func(signIn string) string { return bankWorld + "sign_in: " + signIn + "\n" }
	for _, s := range []seed{
		{
			name: "balance, payments, goodbye", script: "12345# 1234 1 2 9", world: bankWorld,
			how: flowtest.ByFlow, state: "goodbye", tries: 1,
			heard: []string{welcome, "four digit PIN", "Welcome Maria. Press 1", "Your balance is 250 dollars and 75 cents.", "You have no payments waiting.", goodbyeWords},
		},
		{
			name: "a wrong PIN is refused once", script: "12345# 9999", world: bankWorld,
			how: flowtest.ByFlow, state: "refused", tries: 1,
			heard: []string{"Sorry, that account number and PIN do not match. Goodbye."}, hop: []string{"sign_in denied"},
		},
		{
			name: "an unknown account is refused in the same words", script: "777# 1234", world: bankWorld,
			how: flowtest.ByFlow, state: "refused", tries: 1,
			heard: []string{"Sorry, that account number and PIN do not match. Goodbye."}, hop: []string{"sign_in denied"},
		},
		{
			name: "an extra # is not the first menu key", script: "12345# 1234# 9", world: bankWorld,
			how: flowtest.ByFlow, state: "goodbye", tries: 1, hop: []string{"main_menu option.9"},
			never: []string{"is not", "not valid"},
		},
		{
			name: "a mistake drops what was pressed ahead", script: "12345# 1234 5559 9", world: bankWorld,
			how: flowtest.ByFlow, state: "goodbye", tries: 1, hop: []string{"main_menu retry.nomatch", "main_menu option.9"},
		},
		{
			name: "silence", script: "- - -", world: bankWorld,
			how: flowtest.ByGoodbye, state: "$goodbye",
			heard: []string{welcome, "Please enter your account number", "Please enter your account number", "oodbye"},
			hop:   []string{"account_number retry.noinput", "account_number retry.noinput", "account_number exhausted"},
		},
		{
			name: "sign-in is down", script: "12345# 1234", world: outOfOrder("{ result: unavailable }"),
			how: flowtest.ByFlow, state: "trouble", tries: 1,
			heard: []string{"We cannot reach your account right now."}, hop: []string{"sign_in unavailable"}, never: []string{"do not match"},
		},
		{
			name: "sign-in is slower than any caller waits", script: "12345# 1234", world: outOfOrder("{ delay: 25s }"),
			how: flowtest.ByFlow, state: "trouble", tries: 1,
			heard: []string{"moment", "We cannot reach your account right now."}, hop: []string{"sign_in unavailable"}, never: []string{"do not match"},
		},
		{
			name: "a slow refusal is no refusal", script: "12345# 9999", world: outOfOrder("{ result: denied, delay: 21s }"),
			how: flowtest.ByFlow, state: "trouble", tries: 1, hop: []string{"sign_in unavailable"}, never: []string{"do not match"},
		},
		{
			name: "a slow sign-in holds the caller", script: "12345# 1234 9", world: outOfOrder("{ delay: 5s }"),
			how: flowtest.ByFlow, state: "goodbye", tries: 1, heard: []string{"moment", "Welcome Maria."},
		},
		{
			name: "hang-up inside the PIN", script: "12345# 73x", world: bankWorld,
			how: flowtest.ByCaller, state: "$gone", hop: []string{"pin hangup"}, secret: `"73`,
		},
		{
			name: "hang-up behind the PIN", script: "12345# 1234x", world: bankWorld,
			how: flowtest.ByCaller, state: "$gone", tries: 1, hop: []string{"main_menu hangup"}, never: []string{"Maria"},
		},
		{
			name: "account and PIN in one burst during the greeting", script: "+12345#1234", world: bankWorld,
			how: flowtest.Waiting, state: "main_menu", tries: 1, hop: []string{"account_number match", "pin match", "sign_in authenticated"},
			heard: []string{"Welcome Maria."}, secret: `"1234"`,
		},
		{
			name: "nine digits, then silence", script: "123451234 -", world: bankWorld,
			how: flowtest.Waiting, state: "pin", heard: []string{"four digit PIN", "four digit PIN"},
			hop: []string{"account_number match", "pin retry.noinput"},
		},
		{
			name: "ten digits, then a late #", script: "1234567890 # 1234 9", world: bankWorld,
			how: flowtest.ByFlow, state: "goodbye", tries: 1,
			heard: []string{"four digit PIN", "Welcome Ben."}, hop: []string{"account_number match", "pin retry.lost", "pin match"},
		},
		{
			name: "ten digits and # in one burst", script: "1234567890# 1234 9", world: bankWorld,
			how: flowtest.ByFlow, state: "goodbye", tries: 1, heard: []string{"Welcome Ben."},
		},
	} {
		for pad, keyByKey := range keypads {
			t.Run(s.name+"/"+pad, func(t *testing.T) {
				t.Parallel()
				s.run(t, "authzero", keyByKey)
			})
		}
	}
}

// TestBankOutage plays the bank service down, slow and answering nonsense.
func TestBankOutage(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"down":    "fail: true",
		"broken":  "status: 503",
		"slow":    "body: { amount: 1, currency: AUD }, delay: 30s",
		"garbage": "garbage: <html>",
		"typed":   "body: { amount: much, currency: AUD }",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			world := strings.Replace(bankWorld, "body: { amount: 250.75, currency: AUD }", answer, 1)
			seed{
				script: "12345# 1234 1", world: world, how: flowtest.ByFlow, state: "trouble", tries: 1,
				heard: []string{"We cannot reach your account right now."}, never: []string{"Your balance"}, hop: []string{"balance error"},
			}.run(t, "authzero", false)
		})
	}
}

// TestNobodyWaitsInSilence holds the dead air of a slow sign-in to its bound.
func TestNobodyWaitsInSilence(t *testing.T) {
	t.Parallel()
	transcript, _ := seed{
		script: "12345# 1234", world: bankWorld + "sign_in: { delay: 25s }\n",
		how: flowtest.ByFlow, state: "trouble", tries: 1,
	}.run(t, "authzero", false)
	var asked, held, answered time.Duration
	for _, e := range transcript.Entries {
		switch {
		case e.Kind == flowtest.Pressed:
			asked = e.At
		case e.Kind == flowtest.Held && held == 0:
			held = e.At
		case e.Kind == flowtest.Service:
			answered = e.At
		}
	}
	if wait := held - asked; wait != 1500*time.Millisecond {
		t.Errorf("held after %s, expected 1.5s", wait)
	}
	if wait := answered - asked; wait < 20*time.Second || wait > 22*time.Second {
		t.Errorf("given up after %s, expected 20s", wait)
	}
}

const herdWorld = `
services:
  herd:
    - { post: /events, status: 201, body: { id: e1 } }
`

// events are the bodies of different reports that the service got.
func events(transcript *flowtest.Transcript) []string {
	var all []string
	seen := map[string]bool{}
	for _, c := range transcript.Calls {
		if !seen[c.Key] {
			all = append(all, string(c.Body))
		}
		seen[c.Key] = true
	}
	return all
}

// TestHerd plays every script of the herd line (S2).
func TestHerd(t *testing.T) {
	t.Parallel()
	const death42 = `{"event":"death","animal":"00042","reporter":"+15550100"}`
	const death43 = `{"event":"death","animal":"00043","reporter":"+15550100"}`
	services := func(answers string) string { return "services: { herd: [" + answers + "] }\n" }
	for _, s := range []struct {
		seed
		events   []string
		sent     int
		promised int
	}{
		{
			seed: seed{
				name: "recorded, zeros kept", script: "1 00042 1", world: herdWorld, how: flowtest.ByFlow, state: "thanks",
				heard: []string{"You entered 0 0 0 4 2.", "Recorded. Thank you."},
			},
			events: []string{death42}, sent: 1,
		},
		{
			seed:   seed{name: "corrected", script: "1 00042 2 00043 1", world: herdWorld, how: flowtest.ByFlow, state: "thanks"},
			events: []string{death43}, sent: 1,
		},
		{
			seed: seed{
				name: "keys pressed ahead confirm nothing", script: "1000421 1", world: herdWorld, how: flowtest.ByFlow, state: "thanks",
				heard: []string{"You entered 0 0 0 4 2."},
			},
			events: []string{death42}, sent: 1,
		},
		{
			seed: seed{
				name: "slow service, and the caller hangs up", script: "1 00042 1x", world: services("{ post: /events, status: 201, delay: 3s }"),
				how: flowtest.ByCaller, state: "$gone", never: []string{"Recorded"},
			},
			events: []string{death42}, sent: 1,
		},
		{
			seed: seed{
				name: "down, and the caller hangs up", script: "1 00042 1x",
				world: services("{ post: /events, fail: true, times: 2 }, { post: /events, status: 201 }"),
				how:   flowtest.ByCaller, state: "later", never: []string{"Recorded"},
			},
			events: []string{death42}, sent: 3,
		},
		{
			seed: seed{
				name: "slower than the caller waits", script: "1 00042 1", world: services("{ post: /events, status: 201, delay: 25s }"),
				how: flowtest.ByFlow, state: "later", heard: []string{"moment", "We have your report"}, never: []string{"Recorded"},
			},
			events: []string{death42}, sent: 1,
		},
		{
			seed: seed{
				name: "failing every time", script: "1 00042 1", world: services("{ post: /events, status: 503 }"),
				how: flowtest.ByFlow, state: "later", heard: []string{"We have your report"}, never: []string{"Recorded"},
			},
			events: []string{death42}, sent: 6, promised: 1,
		},
		{
			seed: seed{
				name: "refused", script: "1 00042 1", world: services("{ post: /events, status: 422 }"),
				how: flowtest.ByFlow, state: "not_recorded", heard: []string{"That was not accepted."}, never: []string{"Recorded"},
			},
			events: []string{death42}, sent: 1,
		},
		{
			seed: seed{
				name: "a birth, in two tries at the number", script: "2 42 - 00042 1", world: herdWorld, how: flowtest.ByFlow, state: "thanks",
				hop: []string{"animal retry.nomatch", "animal retry.noinput", "animal match"},
			},
			events: []string{strings.Replace(death42, "death", "birth", 1)}, sent: 1,
		},
	} {
		for pad, keyByKey := range keypads {
			t.Run(s.name+"/"+pad, func(t *testing.T) {
				t.Parallel()
				transcript, _ := s.run(t, "herd", keyByKey)
				if got := events(transcript); fmt.Sprint(got) != fmt.Sprint(s.events) {
					t.Errorf("reported %s\nexpected %s", got, s.events)
				}
				if len(transcript.Calls) != s.sent || len(transcript.Promised) != s.promised {
					t.Errorf("sent %d times, %d still promised; expected %d and %d", len(transcript.Calls), len(transcript.Promised), s.sent, s.promised)
				}
			})
		}
	}
}

// TestSpanish plays the herd line in its other language.
func TestSpanish(t *testing.T) {
	t.Parallel()
	transcript := play(t, example(t, "herd"), flowtest.Options{
		World: flowtest.NewStage(nil, given(t, herdWorld)), Call: engine.Call{Language: "es-MX"},
	}, "1 00042 1")
	inOrder(t, "heard", fmt.Sprintf("%+v", transcript.Entries), []string{"Oprima 1 para reportar", "Marcó 0 0 0 4 2.", "Registrado. Gracias."})
}

// longPIN asks for a PIN that is found wherever it leaks.
const longPIN = `
callflow: 1
flow: vault
start: pin
states:
  pin:
    collect: { prompt: Your code., digits: 8-24, secret: true, attempts: 3 }
    next: sign_in
  sign_in:
    authenticate: { account: "1", pin: "${pin}", attempts: 3, retry: pin, sorry: Wrong. }
    next: { authenticated: welcome, denied: refused }
  welcome:
    requires: authenticated
    menu: { prompt: Press 1., options: { 1: done } }
  done: { hangup: { say: Done. } }
  refused: { hangup: { say: Refused. } }
`

// TestSecretsStaySecret searches all that is left of calls in which an unusual PIN
// was pressed in every way that there is.
func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	const pin = "8675309424242"
	program := compile(t, "vault.yaml", []byte(longPIN))
	world := given(t, "users: [{ account: 1, pin: "+pin+", greeting: Ana }]")
	for _, script := range []string{
		pin + "# 1", pin + ". 1", pin + "#1", pin + "x", "+" + pin + "#1", pin + pin + "# " + pin + "# 1",
		"12345678# " + pin + "# 1", pin + "#" + pin + "#", "123# " + pin + "#1x", pin + "0# " + pin + "#1",
	} {
		for pad, keyByKey := range keypads {
			t.Run(script+"/"+pad, func(t *testing.T) {
				t.Parallel()
				between, saved := recorder(t)
				transcript := play(t, program, flowtest.Options{
					World: flowtest.NewStage(nil, world), Between: between, KeyByKey: keyByKey,
				}, script)
				out, err := json.Marshal(transcript)
				if err != nil {
					t.Fatal(err)
				}
				for what, text := range map[string]string{
					"--json": string(out), "transcript": fmt.Sprintf("%+v %#v", transcript, transcript), "saved session": saved.String(),
				} {
					for _, part := range []string{pin, pin[:6], pin[6:]} {
						if strings.Contains(text, part) {
							t.Errorf("%s shows %s", what, part)
						}
					}
				}
			})
		}
	}
}

// TestRefusedPIN drops keys pressed ahead of a sign-in that failed.
func TestRefusedPIN(t *testing.T) {
	t.Parallel()
	program := compile(t, "vault.yaml", []byte(longPIN))
	for pad, keyByKey := range keypads {
		t.Run(pad, func(t *testing.T) {
			t.Parallel()
			transcript := play(t, program, flowtest.Options{
				World:    flowtest.NewStage(nil, given(t, "users: [{ account: 1, pin: 12345678 }]")),
				KeyByKey: keyByKey,
			}, "99999999#1 12345678# 1")
			if transcript.End.How != flowtest.ByFlow || transcript.End.State != "done" || len(transcript.SignIns) != 2 {
				t.Errorf("%+v after %d sign-ins", transcript.End, len(transcript.SignIns))
			}
		})
	}
}

package player

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callflow/engine"
)

// commandDesk takes events, and answers each of them with commands: lines of an action
// and its members. "down", "slow" and "500" are as at other desks.
type commandDesk struct {
	t        *testing.T
	api      *TelnyxAPI
	commands []string
	posted   []string
	bodies   []string
	refused  []string // commands, with the code of the refusal
	records  bool     // the last command has begun a recording
	keys     string   // that were told one by one in questions
}

func (d *commandDesk) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	public, err := base64.StdEncoding.DecodeString(TelnyxPublicKey(engine.NewSecret("s")))
	if err != nil {
		return nil, err
	}
	sig, _ := base64.StdEncoding.DecodeString(r.Header.Get("telnyx-signature-ed25519"))
	if !ed25519.Verify(public, []byte(r.Header.Get("telnyx-timestamp")+"|"+string(raw)), sig) {
		d.t.Errorf("%s is not signed", raw)
	}
	var e struct {
		Data struct {
			Type    string `json:"event_type"`
			Payload map[string]any
		}
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, err
	}
	if digit, ok := e.Data.Payload["digit"].(string); ok && !d.records {
		d.keys += digit
		return httptest.NewRecorder().Result(), nil
	}
	text := strings.TrimPrefix(e.Data.Type, "call.")
	if e.Data.Payload["call_control_id"] != "call-1" {
		text = "other " + text
	}
	for _, name := range []string{"status", "digits", "hangup_source", "hangup_cause", "client_state"} {
		if v, ok := e.Data.Payload[name].(string); ok && v != "" {
			text += " " + v
		}
	}
	d.posted, d.bodies = append(d.posted, text), append(d.bodies, string(raw))
	w := httptest.NewRecorder()
	if len(d.commands) == 0 {
		return w.Result(), nil
	}
	next := d.commands[0]
	d.commands = d.commands[1:]
	switch next {
	case "down":
		return nil, errors.New("connection refused")
	case "slow":
		<-r.Context().Done()
		return nil, r.Context().Err()
	case "500":
		w.WriteHeader(http.StatusInternalServerError)
		return w.Result(), nil
	}
	for line := range strings.Lines(next) {
		action, members, _ := strings.Cut(strings.TrimSpace(line), " ")
		if action != "" {
			d.send(action, members)
		}
	}
	return w.Result(), nil
}

// send sends a command, and says with which status and code it was met.
func (d *commandDesk) send(action, members string) (status int, code string) {
	if members == "" {
		members = "{}"
	}
	d.records = action == "record_start"
	r := httptest.NewRequest(http.MethodPost, "/v2/calls/call-1/actions/"+action, bytes.NewReader([]byte(members)))
	r.Header.Set("Authorization", "Bearer KEY")
	r.Header.Set("Content-Type", "application/json")
	return d.serve(action, r)
}

func (d *commandDesk) serve(action string, r *http.Request) (status int, code string) {
	w := httptest.NewRecorder()
	d.api.ServeHTTP(w, r)
	var refusal struct{ Errors []struct{ Code string } }
	if err := json.Unmarshal(w.Body.Bytes(), &refusal); err != nil {
		d.t.Error(err)
	}
	if len(refusal.Errors) > 0 {
		code = refusal.Errors[0].Code
		d.refused = append(d.refused, action+" "+code)
	}
	return w.Code, code
}

func newCommandDesk(t *testing.T, commands ...string) *commandDesk {
	return &commandDesk{t: t, api: NewTelnyxAPI(engine.NewSecret("KEY"), nil), commands: commands}
}

func (d *commandDesk) options(moves ...Move) Options {
	return Options{
		URL: "http://host/v1/telnyx/calls", Secret: engine.NewSecret("s"), API: d.api, Script: moves, Client: &http.Client{Transport: d},
		Call: Call{ID: "call-1", Account: "acme", From: "+6591110000", To: "+6531589999"},
	}
}

func TestTelnyx(t *testing.T) {
	t.Parallel()
	const (
		gather = `gather_using_speak {"payload":"PIN?","voice":"female","minimum_digits":2,"maximum_digits":4,"maximum_tries":1,"timeout_millis":5000,"inter_digit_timeout_millis":5000,"terminating_digit":"#","valid_digits":"0123456789","client_state":"czox","command_id":"c-1"}`
		bye    = `speak {"payload":"Bye.","voice":"female"}`
		dial   = `transfer {"to":"+15550100","timeout_secs":20,"park_after_unbridge":"self","target_leg_client_state":"czoy"}`
		record = `record_start {"format":"mp3","channels":"single","max_length":60}`
		over   = "hangup callee normal_clearing"
		asked  = "initiated|answered|gather.ended "
	)
	ask := func(old, other string) string { return strings.Replace(gather, old, other, 1) }
	entry := func(gather string) []string { return []string{"answer", gather, bye, "hangup"} }
	for _, c := range []struct {
		name     string
		commands []string // for each event
		moves    []Move
		dials    []string
		end      End
		heard    []string
		posted   string // with bars between
	}{
		// Entries.
		{"an entry, and keys too many", entry(gather), []Move{press("12345")}, nil, HungUp, []string{"PIN?", "Bye."}, asked + "valid 1234 czox|speak.ended completed czox|" + over + " czox"},
		{"the terminator is left out", entry(gather), []Move{press("12#")}, nil, HungUp, []string{"PIN?", "Bye."}, asked + "valid 12 czox|speak.ended completed czox|" + over + " czox"},
		{"left out, the terminator is the number sign", entry(ask(`"terminating_digit":"#",`, "")), []Move{press("12#")}, nil, HungUp, []string{"PIN?", "Bye."}, asked + "valid 12 czox|speak.ended completed czox|" + over + " czox"},
		{"no terminator", entry(ask(`"terminating_digit":"#","valid_digits":"0123456789"`, `"terminating_digit":""`)), []Move{press("12#")}, nil, HungUp, []string{"PIN?", "Bye."}, asked + "valid 12# czox|speak.ended completed czox|" + over + " czox"},
		{"partial", entry(gather), []Move{press("123")}, nil, HungUp, []string{"PIN?", "Bye."}, asked + "valid 123 czox|speak.ended completed czox|" + over + " czox"},
		{"too short", entry(gather), []Move{press("1#")}, nil, HungUp, []string{"PIN?", "Bye."}, asked + "invalid 1 czox|speak.ended completed czox|" + over + " czox"},
		{"a key that is not valid", entry(gather), []Move{press("1*34")}, nil, HungUp, []string{"PIN?", "Bye."}, asked + "invalid 1*34 czox|speak.ended completed czox|" + over + " czox"},
		{"the terminator alone", entry(gather), []Move{press("#")}, nil, HungUp, []string{"PIN?", "Bye."}, asked + "invalid czox|speak.ended completed czox|" + over + " czox"},
		{"silence", entry(gather), []Move{{}}, nil, HungUp, []string{"PIN?", "Bye."}, asked + "timeout czox|speak.ended completed czox|" + over + " czox"},
		{"words are silence", entry(gather), []Move{{Say: engine.NewSecret("my bill")}}, nil, HungUp, []string{"PIN?", "Bye."}, asked + "timeout czox|speak.ended completed czox|" + over + " czox"},
		{"a recording", []string{"answer", `playback_start {"audio_url":"http://host/a.mp3"}`, "hangup"}, nil, nil, HungUp, []string{"recording http://host/a.mp3"}, "initiated|answered|playback.ended completed|" + over},
		{"markup", []string{"answer", `speak {"payload":"<speak>Tom &amp; <sub alias=\"Jerry\">J.</sub></speak>","payload_type":"ssml","voice":"female"}`, "hangup"}, nil, nil, HungUp, []string{"Tom & Jerry"}, "initiated|answered|speak.ended completed|" + over},

		// Ends.
		{"hang-up", []string{"answer", gather}, nil, nil, Left, []string{"PIN?"}, asked + "call_hangup czox|hangup caller normal_clearing czox"},
		{"hang-up inside an entry", []string{"answer", gather}, []Move{{Keys: engine.NewSecret("12"), Hangup: true}}, nil, Left, []string{"PIN?"}, asked + "call_hangup czox|hangup caller normal_clearing czox"},
		{"hang-up behind an entry", []string{"answer", gather, bye}, []Move{{Keys: engine.NewSecret("1234"), Hangup: true}}, nil, Left, []string{"PIN?"}, asked + "valid 1234 czox|hangup caller normal_clearing czox"},
		{"rejected", []string{`reject {"cause":"USER_BUSY"}`}, nil, nil, Refused, nil, "initiated|" + over},
		{"hung up on before an answer", []string{"hangup"}, nil, nil, HungUp, nil, "initiated|" + over},
		{"no command comes", []string{"answer"}, nil, nil, Broken, nil, "initiated|answered|" + over},
		{"markup that is none", []string{"answer", `speak {"payload":"<b>","payload_type":"ssml","voice":"female"}`}, nil, nil, Broken, nil, "initiated|answered|" + over},

		// Events that are not taken.
		{"twice more", []string{"answer", gather, "500", "down", bye, "hangup"}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Bye."}, asked + "valid 1234 czox|gather.ended valid 1234 czox|gather.ended valid 1234 czox|speak.ended completed czox|" + over + " czox"},
		{"once more where the answer is late", []string{"answer", gather, "slow", bye, "hangup"}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Bye."}, asked + "valid 1234 czox|gather.ended valid 1234 czox|speak.ended completed czox|" + over + " czox"},
		{"and no more", []string{"answer", gather, "500", "500", "500"}, []Move{press("1234")}, nil, Broken, []string{"PIN?"}, asked + "valid 1234 czox|gather.ended valid 1234 czox|gather.ended valid 1234 czox|" + over + " czox"},
		{"nobody takes the first", []string{"down", "500", "slow"}, nil, nil, Refused, nil, "initiated|initiated|initiated"},

		// Transfers.
		{"busy", []string{"answer", dial, "", "hangup"}, nil, []string{"busy"}, HungUp, nil, "initiated|answered|other initiated czoy|other hangup callee user_busy czoy|" + over},
		{"nobody answers", []string{"answer", dial, "", "hangup"}, nil, []string{"no_answer"}, HungUp, nil, "initiated|answered|other initiated czoy|other hangup callee timeout czoy|" + over},
		{"no such number", []string{"answer", dial, "", "hangup"}, nil, []string{"failed"}, HungUp, nil, "initiated|answered|other initiated czoy|other hangup callee not_found czoy|" + over},
		{"taken, and then the call goes on", []string{"answer", dial, "", "", "", "", bye, "hangup"}, nil, nil, HungUp, []string{"Bye."}, "initiated|answered|other initiated czoy|other answered czoy|other bridged czoy|bridged|other hangup callee normal_clearing czoy|speak.ended completed|" + over},
		{"taken, and then it is over", []string{"answer", strings.Replace(dial, `"park_after_unbridge":"self",`, "", 1)}, nil, nil, HungUp, nil, "initiated|answered|other initiated czoy|other answered czoy|other bridged czoy|bridged|other hangup callee normal_clearing czoy|" + over},
		{"who hangs up while it rings", []string{"answer", dial}, []Move{{Hangup: true}}, []string{"no_answer"}, Left, nil, "initiated|answered|other initiated czoy|hangup caller normal_clearing|other hangup callee originator_cancel czoy"},
		{"handed over", []string{"answer", `refer {"sip_address":"sip:a@example.com"}`, "", "hangup"}, nil, nil, HungUp, nil, "initiated|answered|refer.started|refer.completed|" + over},
		{"not handed over", []string{"answer", `refer {"sip_address":"sip:a@example.com"}`, "", "hangup"}, nil, []string{"busy"}, HungUp, nil, "initiated|answered|refer.started|refer.failed|" + over},

		// Recordings, whose end does not name the call.
		{"a recording", []string{"answer", record, `record_stop {"client_state":"czoz"}`, bye, "hangup"}, nil, nil, HungUp, []string{"Bye."}, "initiated|answered|dtmf.received|other recording.saved czoz|speak.ended completed czoz|" + over + " czoz"},
		{"one that a hang-up ends", []string{"answer", record}, []Move{{Hangup: true}}, nil, Left, nil, "initiated|answered|hangup caller normal_clearing|other recording.saved"},
		{"another command before it has ended", []string{"answer", record, bye}, nil, nil, Broken, nil, "initiated|answered|dtmf.received|" + over},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newCommandDesk(t, c.commands...)
				o := d.options(c.moves...)
				o.Dials = c.dials
				r := Telnyx(t.Context(), o)
				if r.End != c.end || !slices.Equal(r.Heard, c.heard) || (c.end == Broken || c.end == Refused) && r.Err == nil {
					t.Errorf("%s (%v), heard %q; expected %s, %q", r.End, r.Err, r.Heard, c.end, c.heard)
				}
				if got := strings.Join(d.posted, "|"); got != c.posted {
					t.Errorf("posted\n  %s\nexpected\n  %s", got, c.posted)
				}
				if len(d.commands) > 0 || len(d.refused) > 0 {
					t.Errorf("%q came to no event, %q was refused", d.commands, d.refused)
				}
				if status, code := d.send("hangup", ""); status != http.StatusUnprocessableEntity || code != "90018" {
					t.Errorf("when the call is over, a command gets %d %s", status, code)
				}
			})
		})
	}
}

// An event that is sent again is the same to the last byte, by which a server knows it.
func TestTelnyxSendsAgain(t *testing.T) {
	t.Parallel()
	d := newCommandDesk(t, "500", "down", "answer", "500", "hangup")
	if r := Telnyx(t.Context(), d.options()); r.End != HungUp || r.Faults != 3 || len(d.bodies) != 6 {
		t.Fatalf("%s (%v), %d faults, posted %q", r.End, r.Err, r.Faults, d.posted)
	}
	for i, same := range []bool{true, true, false, true, false} {
		if (d.bodies[i] == d.bodies[i+1]) != same {
			t.Errorf("events %d and %d:\n%s\n%s", i, i+1, d.bodies[i], d.bodies[i+1])
		}
	}
}

// TestTelnyxCommandTwice: within a minute a command_id does nothing again.
func TestTelnyxCommandTwice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		between time.Duration
		heard   int
	}{{0, 1}, {59 * time.Second, 1}, {60 * time.Second, 2}} {
		synctest.Test(t, func(t *testing.T) {
			const say = `speak {"payload":"Hello.","voice":"female","command_id":"c-1"}`
			d := newCommandDesk(t, "answer", say)
			o := d.options()
			o.Client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				resp, err := d.RoundTrip(r)
				if last := d.posted[len(d.posted)-1]; last == "speak.ended completed" && len(d.posted) == 3 {
					time.Sleep(c.between)
					if status, _ := d.send("speak", strings.TrimPrefix(say, "speak ")); status != http.StatusOK {
						t.Errorf("again: %d", status)
					}
					d.send("hangup", "")
				}
				return resp, err
			})}
			if r := Telnyx(t.Context(), o); len(r.Heard) != c.heard {
				t.Errorf("after %s: heard %q (%v)", c.between, r.Heard, r.Err)
			}
		})
	}
}

// What Telnyx would refuse is refused here too.
func TestTelnyxRefuses(t *testing.T) {
	t.Parallel()
	d := newCommandDesk(t, "speak {\"payload\":\"x\",\"voice\":\"female\"}\nhangup")
	if r := Telnyx(t.Context(), d.options()); r.End != HungUp || !slices.Equal(d.refused, []string{"speak 90034"}) {
		t.Errorf("before the call is answered: %s, refused %q", r.End, d.refused)
	}
	const asks = `{"payload":"x","voice":"female",%s}`
	for _, c := range []struct{ action, members, code string }{
		{"sing", "{}", "10005"},
		{"speak", `{"voice":"female"}`, "10032"},
		{"speak", `{"payload":"x"}`, "10032"},
		{"speak", `{"payload":"x","voice":"female","loud":true}`, "10032"},
		{"speak", `{"payload":"x","voice":"female","payload_type":"html"}`, "10032"},
		{"speak", `{"payload":"` + strings.Repeat("a", 3001) + `","voice":"female"}`, "10032"},
		{"speak", `{"payload":"x","voice":"female","client_state":"not Base64"}`, "10032"},
		{"speak", "{", "10015"},
		{"gather_using_speak", fmt.Sprintf(asks, `"minimum_digits":0`), "10032"},
		{"gather_using_speak", fmt.Sprintf(asks, `"maximum_digits":129`), "10032"},
		{"gather_using_speak", fmt.Sprintf(asks, `"minimum_digits":5,"maximum_digits":4`), "10032"},
		{"gather_using_speak", fmt.Sprintf(asks, `"timeout_millis":"5000"`), "10032"},
		{"transfer", `{"to":"+15550100","timeout_secs":4}`, "10032"},
		{"transfer", `{"to":"+15550100","time_limit_secs":14401}`, "10032"},
		{"transfer", `{"timeout_secs":20}`, "10032"},
	} {
		if _, code := d.send(c.action, c.members); code != c.code {
			t.Errorf("%s %.80s: %q, expected %s", c.action, c.members, code, c.code)
		}
	}
	for _, c := range []struct {
		name, method, path, key, kind string
		status                        int
	}{
		{"another key", "POST", "/v2/calls/call-1/actions/hangup", "Bearer other", "application/json", 401},
		{"no key", "POST", "/v2/calls/call-1/actions/hangup", "", "application/json", 401},
		{"another call", "POST", "/v2/calls/call-2/actions/hangup", "Bearer KEY", "application/json", 404},
		{"no JSON", "POST", "/v2/calls/call-1/actions/hangup", "Bearer KEY", "text/plain", 400},
		{"a GET", "GET", "/v2/calls/call-1/actions/hangup", "Bearer KEY", "application/json", 405},
	} {
		r := httptest.NewRequest(c.method, c.path, strings.NewReader("{}"))
		r.Header.Set("Authorization", c.key)
		r.Header.Set("Content-Type", c.kind)
		if status, _ := d.serve(c.name, r); status != c.status {
			t.Errorf("%s: %d, expected %d", c.name, status, c.status)
		}
	}
}

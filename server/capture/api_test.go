package capture

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony/telnyx"
)

const hookLine = `{"experiment":"bank","platform":"telnyx","call":"c1","t":1,"request":{"method":"POST","url":"/v1/telnyx/calls","headers":{},"raw":"{}"},"response":{"status":200}}` + "\n"

func commandLineOf(of string, t string) string {
	return `{"experiment":"bank","platform":"telnyx","call":"c1","t":` + t + `,"command":{"of":` + of + `,"method":"POST","path":"/calls/c1/actions/speak","body":{"payload":"Hello."},"status":200}}` + "\n"
}

func TestReadCommands(t *testing.T) {
	t.Parallel()
	all, err := Read(strings.NewReader(hookLine + commandLineOf("1", "1.1") + hookLine + commandLineOf("1", "1.5") + commandLineOf("2", "2")))
	if err != nil || len(all) != 2 || len(all[0].Commands) != 2 || len(all[1].Commands) != 1 || all[0].Commands[1].T != 1.5 {
		t.Errorf("%+v, %v", all, err)
	}
	for _, wrong := range []string{commandLineOf("1", "1"), hookLine + commandLineOf("2", "1"), hookLine + commandLineOf("0", "1"), hookLine + `{"command":{"of":1}}` + "\n", hookLine + `{"command":7}` + "\n"} {
		if all, err := Read(strings.NewReader(wrong)); err == nil {
			t.Errorf("%q: %v", wrong, all)
		}
	}
}

// telling is a server that answers every hook, and sends commands for it before.
type telling struct {
	api      http.Handler
	commands []string // path and body
	statuses []int
}

func (s *telling) RoundTrip(*http.Request) (*http.Response, error) {
	for _, c := range s.commands {
		path, body, _ := strings.Cut(c, " ")
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer key")
		w := httptest.NewRecorder()
		s.api.ServeHTTP(w, r)
		s.statuses = append(s.statuses, w.Code)
	}
	w := httptest.NewRecorder()
	return w.Result(), nil
}

func TestReplayCommands(t *testing.T) {
	t.Parallel()
	hello := `/v2/calls/c1/actions/speak {"payload": "Hello."}`
	kept := hookLine + commandLineOf("1", "1.1")
	for _, tt := range []struct {
		name, capture string
		commands      []string
		want          string // in the difference
		statuses      []int
	}{
		{"the same", kept, []string{hello}, "", []int{200}},
		{"of another call too", kept, []string{`/v2/calls/c2/actions/speak {}`, hello}, "", []int{404, 200}},
		{"another word", kept, []string{`/v2/calls/c1/actions/speak {"payload":"Bye."}`}, `{"payload":"Bye."}`, []int{200}},
		{"another action", kept, []string{`/v2/calls/c1/actions/hangup {"payload":"Hello."}`}, "/actions/hangup", []int{200}},
		{"one more", kept, []string{hello, hello}, "received, and not recorded", []int{200, 200}},
		{"one where there was none", hookLine, []string{hello}, "received, and not recorded", []int{200}},
		{"refused as it was", strings.Replace(kept, `},"status":200}}`, `},"status":422,"answer":{"errors":[{"code":"90018"}]}}}`, 1), []string{hello}, "", []int{422}},
		{"without an answer", strings.Replace(kept, `},"status":200}}`, `},"status":0}}`, 1), []string{hello}, "", []int{503}},
		{"one that came long after", hookLine + commandLineOf("1", "3600"), nil, "", nil},
	} {
		recorded, err := Read(strings.NewReader(tt.capture))
		if err != nil {
			t.Fatal(err)
		}
		api := NewAPI(engine.NewSecret("key"))
		s := &telling{api: api, commands: tt.commands}
		played, err := Replay{URL: "http://ivr", API: api, Client: &http.Client{Transport: s}}.Play(t.Context(), recorded)
		if err != nil || len(played) != 1 {
			t.Fatalf("%s: %v, %v", tt.name, played, err)
		}
		if d := played[0].Difference; (tt.want == "") != (d == "") || !strings.Contains(d, tt.want) {
			t.Errorf("%s: %q, expected %q", tt.name, d, tt.want)
		}
		if got, _ := json.Marshal(s.statuses); string(got) != jsonOf(t, tt.statuses) {
			t.Errorf("%s: answered with %s, expected %v", tt.name, got, tt.statuses)
		}
	}
	recorded, err := Read(strings.NewReader(kept))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (Replay{URL: "http://ivr", Client: &http.Client{Transport: &telling{}}}).Play(t.Context(), recorded); err == nil {
		t.Error("commands are compared that come nowhere")
	}
}

// What a turn does when a later hook has come is waited for behind that hook, not before
// it: such as the end of a call that was hung up on.
func TestReplayLateCommands(t *testing.T) {
	t.Parallel()
	gone := strings.Replace(hookLine, `"t":1,`, `"t":2,`, 1)
	recorded, err := Read(strings.NewReader(hookLine + commandLineOf("1", "1.1") + gone + commandLineOf("1", "12")))
	if err != nil {
		t.Fatal(err)
	}
	api := NewAPI(engine.NewSecret("key"))
	s := &telling{api: api, commands: []string{`/v2/calls/c1/actions/speak {"payload": "Hello."}`}}
	played, err := Replay{URL: "http://ivr", API: api, Client: &http.Client{Transport: s}}.Play(t.Context(), recorded)
	if err != nil || len(played) != 2 {
		t.Fatalf("%+v, %v", played, err)
	}
	for i, p := range played {
		if p.Difference != "" || len(p.Commands) != 1 {
			t.Errorf("hook %d: %d commands, %s", i+1, len(p.Commands), p.Difference)
		}
	}
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAPIKey(t *testing.T) {
	t.Parallel()
	api := NewAPI(engine.NewSecret("key"))
	api.begin("c1")
	for given, want := range map[string]int{"": 401, "Bearer other": 401, "key": 401, "Bearer key": 200} {
		r := httptest.NewRequest(http.MethodPost, "/calls/c1/actions/speak", strings.NewReader("{}"))
		r.Header.Set("Authorization", given)
		w := httptest.NewRecorder()
		if api.ServeHTTP(w, r); w.Code != want {
			t.Errorf("%q: %d, expected %d", given, w.Code, want)
		}
	}
}

// Of the API's answer stays what makes it the one that it was.
func TestRefusal(t *testing.T) {
	t.Parallel()
	codec, err := telnyx.New(telnyx.Config{Unsigned: true, APIKey: engine.NewSecret("key")})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		status     int
		body, want string
	}{
		{200, `{"data":{"result":"ok"}}`, ""},
		{422, `{"errors":[{"code":"10032","detail":"payload: Hello Maria, 4471"}]}`, ""},
		{422, `{"errors":[{"code":"90018","title":"Call has already ended","detail":"Maria 4471"}]}`, `{"errors":[{"code":"90018","title":"Xxxx xxx xxxxxxx xxxxx","detail":"Xxxxx 1111"}]}`},
		{404, "", ""},
		{503, "<html>", ""},
	} {
		c := newCall(nil, "", "bank", codec, time.Time{})
		if got, err := c.refusal(tt.status, []byte(tt.body)); err != nil || string(got) != tt.want {
			t.Errorf("%d %s: %s, %v", tt.status, tt.body, got, err)
		}
	}
	c := newCall(nil, "", "bank", codec, time.Time{})
	c.masks.keys("90018", nil) // a caller's entry, by chance
	if got, err := c.refusal(422, []byte(`{"errors":[{"code":"90018"}]}`)); err == nil {
		t.Errorf("kept %s", got)
	}
}

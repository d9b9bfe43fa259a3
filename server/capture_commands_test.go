package server_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/flows"
	"callflow/providers/store/memory"
	"callflow/providers/telephony"
	"callflow/providers/telephony/player"
	"callflow/providers/telephony/telnyx"
	"callflow/server"
	"callflow/server/capture"
)

const commanded = `
callflow: 1
flow: commanded
recording: { calls: true, announce: This call is recorded. }
start: account
states:
  account: { collect: { prompt: Your account., digits: 8 }, next: pin }
  pin: { collect: { prompt: Your PIN., digits: 4, secret: true, attempts: 2 }, next: { match: read, exhausted: bye } }
  read: { say: "You entered ${digits(account)}.", next: way }
  way: { menu: { prompt: Press 1 for an agent or 2 for a message or 3 for the desk., options: { 1: agent, 2: message, 3: desk } } }
  agent:
    transfer: { to: "+61290001234" }
    next: { completed: bye, failed: nobody }
  desk:
    transfer: { to: sip:desk@pbx.example.com, mode: refer, context: { account_no: "${account}" } }
    next: { completed: over, failed: nobody }
  message:
    voicemail:
      prompt: Leave a message.
      deliver: { service: desk, post: /messages, body: { url: "${message.url}" } }
    next: { recorded: thanks, rejected: nobody, pending: later, empty: nobody, failed: nobody }
  thanks: { hangup: { say: Thank you. } }
  nobody: { hangup: { say: Nobody is there. } }
  later: { hangup: { say: It will be delivered. } }
  over: { hangup: }
  bye: { hangup: { say: Goodbye. } }
`

// commandServer is a server for Telnyx' Call Control alone, with a flow of its own. Its
// commands go to api.
func commandServer(t testing.TB, source string, unsigned bool, rec *capture.Recorder, s *sent, api http.Handler) *server.Server {
	t.Helper()
	program, diags := flows.CompileSource("flow.yaml", []byte(source), flows.Options{})
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	c := telnyx.Config{APIKey: apiKey, ReferHost: "pbx.example.com", Unsigned: unsigned}
	if !unsigned {
		c.PublicKeys = []engine.Secret{engine.NewSecret(player.TelnyxPublicKey(secret))}
	}
	codec, err := telnyx.New(c)
	if err != nil {
		t.Fatal(err)
	}
	commander := commanderTo([]telephony.Codec{codec}, api)
	commander.Sent = func(c telephony.Command, status int, answer []byte) {
		s.add(c)
		rec.Sent(c, status, answer)
	}
	store := memory.New()
	run, err := runner.New(runner.Deps{
		Commander: commander, Catalog: single{program, []byte(source)}, Store: store, Authenticator: trusting{Account: "83619274", ID: "u", Greeting: "Maria"}, Services: &clerk{}, Sealer: runner.Unsealed(),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var background sync.WaitGroup
	background.Go(func() { run.Run(ctx) })
	t.Cleanup(func() {
		stop()
		background.Wait()
		if err := run.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	srv, err := server.New(server.Deps{
		Runner: run, Codecs: []telephony.Codec{codec}, Commander: commander, Flow: program.Flow(), Flows: func() []string { return []string{program.Flow()} },
		Ping: store.Ping, PublicURL: publicURL, Log: zap.NewNop(), Capture: rec,
	})
	if err != nil {
		t.Fatal(err)
	}
	return srv
}

// TestCaptureCommands: what goes out to Telnyx' API is kept with the hook that it follows
// from, as long as it was and with nothing of the caller's, and is what comes out again
// when the hooks are played.
func TestCaptureCommands(t *testing.T) {
	t.Parallel()
	const signedIn = "answer speak record_start gather_using_speak record_pause gather_using_speak record_resume gather_using_speak"
	for _, tt := range []struct {
		name, script    string
		dials, records  []string
		fail            map[string][]int // by action: the API's next answers
		end             player.End
		actions, status string // of the commands that are kept
	}{
		{
			"transferred", "83619274 7391 1", nil, nil, nil, player.HungUp,
			signedIn + " transfer speak hangup", "",
		},
		{
			"busy", "83619274 7391 1",
			[]string{"busy"},
			nil, nil, player.HungUp,
			signedIn + " transfer speak hangup", "",
		},
		{
			"handed over", "83619274 7391 3", nil, nil, nil, player.HungUp,
			signedIn + " refer hangup", "",
		},
		{
			"not handed over", "83619274 7391 3",
			[]string{"busy"},
			nil, nil, player.HungUp,
			signedIn + " refer speak hangup", "",
		},
		{
			"recorded", "83619274 7391 2 1", nil,
			[]string{"recorded"},
			nil, player.HungUp,
			signedIn + " speak record_start record_stop gather_using_speak speak hangup", "",
		},
		{
			"recorded until the caller hung up", "83619274 7391 2 x", nil,
			[]string{"recorded"},
			nil, player.Left,
			signedIn + " speak record_start hangup", "200 200 200 200 200 200 200 200 200 200 422",
		},
		{
			"sent again", "83619274 x", nil, nil,
			map[string][]int{"answer": {503}, "gather_using_speak": {502}},
			player.Left,
			"answer answer speak record_start gather_using_speak record_start gather_using_speak record_pause gather_using_speak", "503 200 200 200 502 200 200 200 200",
		},
		{
			"refused", "", nil, nil,
			map[string][]int{"gather_using_speak": {422}},
			player.HungUp,
			"answer speak record_start gather_using_speak hangup", "200 200 200 422 200",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "kept")
			log := &lines{}
			rec, err := capture.New(capture.Config{Dir: dir, Vocabulary: capture.Words([]byte(commanded)), PublicURL: publicURL, Now: time.Now, Log: zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), log, zap.DebugLevel))})
			if err != nil {
				t.Fatal(err)
			}
			api, s := player.NewTelnyxAPI(apiKey, nil), &sent{}
			var mu sync.Mutex
			api.Fail = func(action string) (status int) {
				mu.Lock()
				defer mu.Unlock()
				if due := tt.fail[action]; len(due) > 0 {
					status, tt.fail[action] = due[0], due[1:]
				}
				return status
			}
			srv := commandServer(t, commanded, false, rec, s, api)
			end := player.Telnyx(t.Context(), player.Options{
				URL: srv.StartURL("telnyx", ""), Secret: secret, API: api, Script: moves(tt.script), Dials: tt.dials, Records: tt.records, Wait: pass,
				Call:   player.Call{ID: "v3:call-8f3e0d5f77aa", Account: "acme-7261", From: "+15557730142", To: "+61255500188", Name: "Zoë Quillfeather"},
				Client: &http.Client{Transport: straightTo{srv}},
			})
			if end.End != tt.end {
				t.Fatalf("%s: %v; heard %q", end.End, end.Err, end.Heard)
			}
			// The answer to the last command may be on its way.
			eventually(t, "all is sent", func() bool { return len(s.commands()) >= len(strings.Fields(tt.actions)) })
			if err := rec.Close(); err != nil {
				t.Fatal(err)
			}
			captures, text := kept(t, dir)
			if len(captures) != 1 {
				t.Fatalf("%d captures:\n%s", len(captures), text)
			}
			if log.String() != "" {
				t.Errorf("%s", log)
			}
			if told := strings.Count(text, "call.recording.saved"); (told > 0) != (len(tt.records) > 0) {
				t.Errorf("%d recordings are told of:\n%s", told, text)
			}
			var commands []capture.Command
			var actions, statuses []string
			for _, e := range captures[0] {
				commands = append(commands, e.Commands...)
				for _, c := range e.Commands {
					actions = append(actions, c.Path[strings.LastIndexByte(c.Path, '/')+1:])
					statuses = append(statuses, strconv.Itoa(c.Status))
				}
			}
			if got := strings.Join(actions, " "); got != tt.actions || tt.status != "" && strings.Join(statuses, " ") != tt.status {
				t.Errorf("kept %s (%s), expected %s (%s)", got, statuses, tt.actions, tt.status)
			}
			sameShape(t, commands, s.commands())
			hidden(t, text, s.commands())
			replays(t, captures[0], commanded, true)
			replays(t, captures[0], strings.Replace(commanded, "Your account.", "The account.", 1), false)
		})
	}
}

// straightTo hands requests to a server.
type straightTo struct{ srv *server.Server }

func (s straightTo) RoundTrip(r *http.Request) (*http.Response, error) {
	return handled{s.srv}.RoundTrip(httptestRequest(r))
}

// sameShape tells whether commands are kept as they were sent, but for their letters and
// digits.
func sameShape(t *testing.T, kept []capture.Command, sent []telephony.Command) {
	t.Helper()
	if len(kept) != len(sent) {
		t.Errorf("%d commands are kept of %d", len(kept), len(sent))
		return
	}
	sent = slices.Clone(sent)
	for _, c := range kept {
		i := slices.IndexFunc(sent, func(s telephony.Command) bool {
			return s.Method == c.Method && shape(s.Path) == shape(c.Path) && len(s.Body) == len(c.Body) && bodyShape(t, s.Body) == bodyShape(t, c.Body)
		})
		if i < 0 {
			t.Errorf("%s %s %s was not sent, or was longer or shorter", c.Method, c.Path, c.Body)
			continue
		}
		sent = slices.Delete(sent, i, i+1)
	}
}

// shape is a text with one letter for all and one digit.
func shape(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case '0' <= r && r <= '9', 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z':
			return 'x'
		case r > 127:
			return 'é'
		}
		return r
	}, s)
}

// bodyShape is the shape of a command's body, and of what stands in it in Base64.
func bodyShape(t *testing.T, body []byte) string {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"client_state", "target_leg_client_state"} {
		if s, ok := members[name].(string); ok {
			plain, err := base64.StdEncoding.DecodeString(s)
			if err != nil {
				t.Fatal(err)
			}
			members[name] = string(plain)
		}
	}
	again, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return shape(string(again))
}

// hidden tells whether nothing of the caller's, and nothing that opens anything, is in a
// capture.
func hidden(t *testing.T, text string, sent []telephony.Command) {
	t.Helper()
	originals := []string{
		"83619274", "v3:call-8f3e0d5f77aa", "8f3e0d5f77aa", "acme-7261", "15557730142", "61255500188", "61290001234", "Quillfeather", apiKey.Reveal(),
	}
	for _, c := range sent {
		originals = append(originals, commandWords(c)...)
		session, _, named := strings.Cut(c.Key, ".")
		if originals = append(originals, c.Key); named {
			originals = append(originals, session)
		}
	}
	for _, original := range originals {
		for _, form := range encodings(original) {
			if strings.Contains(text, form) {
				t.Errorf("%q is kept, of %q:\n%s", form, original, text)
			}
		}
	}
	for _, word := range []string{`"7391"`, `\"7391\"`, "Authorization", "Bearer", "signature"} {
		if strings.Contains(text, word) {
			t.Errorf("%s is kept:\n%s", word, text)
		}
	}
}

// replays plays a capture at another server.
func replays(t *testing.T, recorded []capture.Exchange, source string, same bool) {
	t.Helper()
	api := capture.NewAPI(apiKey)
	srv := commandServer(t, source, true, nil, &sent{}, http.StripPrefix("/v2", api))
	r := capture.Replay{URL: publicURL, API: api, Client: &http.Client{Transport: straightTo{srv}}, ID: strings.Repeat("9", len(recorded[0].Call))}
	played, err := r.Play(t.Context(), recorded)
	if err != nil {
		t.Fatal(err)
	}
	last := played[len(played)-1]
	if same && (len(played) != len(recorded) || last.Difference != "") {
		t.Errorf("%d of %d hooks, then %s\n%s", len(played), len(recorded), last.Difference, last.Exchange.Request.Raw)
	}
	if !same && !strings.Contains(last.Difference, "the platform's API: ") {
		t.Errorf("after %d of %d hooks: %q, expected another command", len(played), len(recorded), last.Difference)
	}
}

package server_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers"
	"callflow/providers/telephony"
	"callflow/providers/telephony/player"
	"callflow/server"
	"callflow/server/capture"
)

// trusting signs everybody in, as somebody who has an account at the bank.
type trusting engine.Principal

func (p trusting) Authenticate(context.Context, engine.Authenticate) (engine.SignedIn, error) {
	return engine.SignedIn{Result: engine.SignInAuthenticated, Principal: engine.Principal(p)}, nil
}

// unhurried are callers who are not told to wait, however busy this machine is.
var unhurried = runner.Timing{Patience: time.Minute, Deadline: 2 * time.Minute}

// openCodecs are all platforms, told to check no signature.
func openCodecs(t testing.TB) []telephony.Codec {
	t.Helper()
	var all []telephony.Codec
	for _, e := range providers.Telephony() {
		codec, err := e.Open(providers.NewSection(map[string][]string{"unsigned": {"yes"}, "api_key": {"key"}}, nil))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, codec)
	}
	return all
}

// recorder keeps calls of the examples in a folder.
func recorder(t testing.TB, dir string, choice capture.Choice) *capture.Recorder {
	t.Helper()
	var sources [][]byte
	files, err := filepath.Glob("../examples/*/flow.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, text)
	}
	rec, err := capture.New(capture.Config{Dir: dir, Chosen: choice, Vocabulary: capture.Words(sources...), PublicURL: publicURL, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// kept are the captures in a folder, and all their text.
func kept(t testing.TB, dir string) (captures [][]capture.Exchange, text string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text += string(data)
		c, err := capture.Read(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		captures = append(captures, c)
	}
	return captures, text
}

// encodings are the ways in which a value might stand somewhere.
func encodings(value string) []string {
	apart := strings.Split(value, "")
	all := []string{
		value, strings.Join(apart, " "), strings.Join(apart, ","), strings.Join(apart, ", "), strings.Join(apart, "-"),
		url.QueryEscape(value), url.PathEscape(value), hex.EncodeToString([]byte(value)), fmt.Sprintf("%+q", value),
	}
	for _, before := range []string{"", "a", "ab"} { // wherever it begins in a group of three
		coded := base64.StdEncoding.EncodeToString([]byte(before + value))
		from, to := (len(before)*4+2)/3, len(coded)-4
		if to-from >= 6 {
			all = append(all, coded[from:to])
		}
	}
	return all
}

// TestCapture: a call is kept without anything of the caller's, and plays again.
func TestCapture(t *testing.T) {
	t.Parallel()
	for platform := range benchPlayers() {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "kept")
			rec := recorder(t, dir, capture.Choice{})
			b := newBenchIn(t, unhurried, func(d *server.Deps) { d.Capture = rec })
			b.auth.Authenticator = trusting{Account: longAccount, ID: "u", Greeting: "Maria"}
			var tokens []string
			end := benchPlayers()[platform](t.Context(), player.Options{
				URL: b.srv.StartURL(platform, "authzero"), StatusURL: b.srv.StatusURL(platform), Secret: secret,
				Call:    player.Call{ID: "call-8f3e0d5f77aa", Account: "acme-7261", From: "+15557730142", To: "+61255500188", Name: "Zoë Quillfeather"},
				Script:  moves(longAccount + "# 1234 1 2 9"),
				Client:  &http.Client{Transport: b},
				Wait:    pass,
				API:     b.telnyx,
				Observe: func(e player.Exchange) { tokens = append(tokens, tokenWords(e.URL)...) },
			})
			if end.End != player.HungUp {
				t.Fatalf("%s: %v; heard %q", end.End, end.Err, end.Heard)
			}
			if err := rec.Close(); err != nil {
				t.Fatal(err)
			}
			captures, text := kept(t, dir)
			for _, c := range b.sent.commands() {
				tokens = append(tokens, commandWords(c)...)
			}
			if len(captures) != 1 || len(captures[0]) < 6 {
				t.Fatalf("%d captures:\n%s\n%s", len(captures), text, b.log)
			}
			plain := strings.NewReplacer(`"0123456789*#"`, "", `"0123456789*"`, "").Replace(text) // any of the keys
			originals := append([]string{
				longAccount, "call-8f3e0d5f77aa", "acme-7261", "15557730142", "61255500188", "Quillfeather", "Maria", "250.75", "250 dollars", apiKey.Reveal(),
			}, tokens...)
			for _, original := range originals {
				for _, form := range encodings(original) {
					if strings.Contains(plain, form) {
						t.Errorf("%q is kept, of %q:\n%s", form, original, text)
					}
				}
			}
			if !strings.Contains(text, "Your balance is ") || strings.Contains(text, `"1234"`) || strings.Contains(text, "Digits=1234") {
				t.Errorf("kept:\n%s", text)
			}

			// It plays at another server, whose callers are called something else.
			api := capture.NewAPI(apiKey)
			again := newBenchIn(t, unhurried, func(d *server.Deps) { d.Codecs = openCodecs(t) })
			again.api = api
			again.auth.Authenticator = trusting{Account: longAccount, ID: "v", Greeting: "Dr. Ann Other"}
			replay := capture.Replay{URL: publicURL, API: api, Client: &http.Client{Transport: again}, ID: strings.Repeat("9", len(captures[0][0].Call))}
			played, err := replay.Play(t.Context(), captures[0])
			if err != nil {
				t.Fatal(err)
			}
			last := played[len(played)-1]
			if len(played) != len(captures[0]) || last.Difference != "" {
				t.Fatalf("%d of %d hooks, then %s\n%s", len(played), len(captures[0]), last.Difference, last.Exchange.Request.Raw)
			}
			if !strings.Contains(again.log.String(), `"to":"goodbye"`) {
				t.Errorf("it did not come to its end:\n%s", again.log)
			}
		})
	}
}

// TestCaptureToTheEnd: of a call each hook is kept, however it ends.
func TestCaptureToTheEnd(t *testing.T) {
	t.Parallel()
	for platform := range benchPlayers() {
		for script, want := range map[string]player.End{"12345# 1234 9": player.HungUp, "12345# x": player.Left, "x": player.Left, "- - -": player.HungUp} {
			t.Run(platform+" "+script, func(t *testing.T) {
				t.Parallel()
				dir := filepath.Join(t.TempDir(), "kept")
				rec := recorder(t, dir, capture.Choice{})
				b := newBenchIn(t, unhurried, func(d *server.Deps) { d.Capture = rec })
				hooks := 0
				end := benchPlayers()[platform](t.Context(), player.Options{
					URL: b.srv.StartURL(platform, "authzero"), StatusURL: b.srv.StatusURL(platform), Secret: secret,
					Call:   player.Call{ID: "call-8f3e0d5f77aa", Account: "acme-7261", From: "+15557730142", To: "+61255500188", Name: "Zoë Quillfeather"},
					Script: moves(script), Client: &http.Client{Transport: b}, Wait: pass, API: b.telnyx,
					Observe: func(player.Exchange) { hooks++ },
				})
				if end.End != want {
					t.Fatalf("%s: %v; heard %q", end.End, end.Err, end.Heard)
				}
				if err := rec.Close(); err != nil {
					t.Fatal(err)
				}
				if platform == "telnyx" && want == player.Left {
					hooks-- // that a question ends with the call is of no turn
				}
				if captures, text := kept(t, dir); len(captures) != 1 || len(captures[0]) != hooks {
					t.Errorf("of %d hooks are kept:\n%s", hooks, text)
				}
			})
		}
	}
}

// tokenWords are the session and the nonce in the address of a turn.
func tokenWords(address string) []string {
	_, after, ok := strings.Cut(address, "/turns/")
	if !ok {
		return nil
	}
	after, _, _ = strings.Cut(after, "?")
	words := strings.Split(after, "/")
	return []string{words[0], words[2]}
}

// commandWords are the session and the nonce in what a command has the platform hand back.
func commandWords(c telephony.Command) []string {
	var body struct {
		State []byte `json:"client_state"` // Base64
	}
	if json.Unmarshal(c.Body, &body) != nil {
		return nil
	}
	token, _, _ := strings.Cut(string(body.State), "?")
	words := strings.Split(token, "/")
	if len(words) != 3 {
		return nil
	}
	nonce, _, _ := strings.Cut(words[2], ".")
	return []string{words[0], nonce}
}

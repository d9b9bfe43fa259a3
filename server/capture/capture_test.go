package capture

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/generic"
	"callflow/providers/telephony/plivo"
	"callflow/providers/telephony/tropo"
	"callflow/providers/telephony/twilio"
)

func codec(t testing.TB) telephony.Codec {
	t.Helper()
	c, err := generic.New(generic.Config{Unsigned: true})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func open(t testing.TB, c Config) *Recorder {
	t.Helper()
	if c.Now == nil {
		c.Now = time.Now
	}
	c.PublicURL = "https://bank.example.com"
	c.Vocabulary = Words([]byte("say: Enter your account. Press 1 for 42 things."))
	r, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// begin is the first hook of a call, and its answer.
func begin(t testing.TB, r *Recorder, id string) {
	t.Helper()
	call := engine.Call{Platform: "generic", Account: "acme", ID: id, From: "+15557730142", To: "+61255500188", Name: "Ann"}
	c := r.Begin(codec(t), call, "bank")
	a := c.Answer(telephony.Outbound{
		Call: call, Token: "sessionsession/1/noncenonce.en.bank", TurnURL: "https://bank.example.com/v1/generic/turns/sessionsession/1/noncenonce.en.bank",
		Verbs: []engine.Verb{engine.Say{Text: "Enter your account, Ann."}, engine.Hangup{}},
	}, Cause{Turn: TurnStart})
	body := fmt.Sprintf(`{"call":{"account":"acme","id":%q,"from":"+15557730142","to":"+61255500188","name":"Ann"}}`, id)
	request := telephony.Request{Route: telephony.RouteStart, Method: "POST", URL: &url.URL{Path: "/v1/generic/calls"}, Header: http.Header{}, Body: []byte(body)}
	in, err := codec(t).Decode(request)
	if err != nil {
		t.Fatal(err)
	}
	c.Add(Hook{Request: request, Inbound: in, Status: 200}, TurnStart, a)
}

func files(t testing.TB, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// notice is news of a call.
func notice(t testing.TB, c *Call, event string) {
	t.Helper()
	request := telephony.Request{
		Route: telephony.RouteNotice, Method: "POST", URL: &url.URL{Path: "/v1/generic/notices"}, Header: http.Header{},
		Body: []byte(`{"call":{"account":"acme","id":"call-1"},"event":` + event + `}`),
	}
	in, err := codec(t).Decode(request)
	if err != nil {
		t.Fatal(err)
	}
	c.Add(Hook{Request: request, Inbound: in, Status: 204}, TurnNotice, nil)
}

// What a platform tells of a call behind its end, such as that there is a recording, is
// kept, until many others have ended.
func TestToldBehindTheEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := open(t, Config{Dir: dir})
	begin(t, r, "call-1")
	first := engine.Call{Platform: "generic", Account: "acme", ID: "call-1"}
	// What ends a call is written by another goroutine.
	ended := func(n int) {
		for {
			r.mu.Lock()
			done := len(r.ended) == n
			r.mu.Unlock()
			if done {
				return
			}
			runtime.Gosched()
		}
	}
	for range 2 { // delivered twice
		notice(t, r.Find(first), `{"type":"call_ended","by":"caller"}`)
		ended(1)
	}
	notice(t, r.Find(first), `{"type":"recording_ready","recording":"s1-1","url":"https://recordings.example.com/1.wav"}`)
	for i := range maxEnded {
		if r.Find(first) == nil {
			t.Fatalf("it is forgotten behind %d others", i)
		}
		other := r.Begin(codec(t), engine.Call{Platform: "generic", Account: "acme", ID: fmt.Sprint("other-", i)}, "bank")
		other.mu.Lock()
		other.over = true
		other.mu.Unlock()
		r.end(other)
	}
	if r.Find(first) != nil {
		t.Errorf("it is still there behind %d others", maxEnded)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(files(t, dir)[0])
	if err != nil || strings.Count(string(text), "call_ended") != 2 || strings.Count(string(text), "recording_ready") != 1 {
		t.Errorf("%v\n%s", err, text)
	}
}

// Files are the owner's alone.
func TestModes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "b")
	r := open(t, Config{Dir: dir})
	begin(t, r, "call-1")
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	found := files(t, dir)
	if len(found) != 1 {
		t.Fatal(found)
	}
	for path, want := range map[string]os.FileMode{dir: 0o700 | os.ModeDir, found[0]: 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	begin(t, r, "call-2") // after the end nothing is written, and nothing breaks
	if len(files(t, dir)) != 1 {
		t.Error("a call was kept after the end")
	}
}

// The oldest captures make room, and nothing else in the folder does.
func TestSpace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	other := filepath.Join(dir, "notes.jsonl")
	old := filepath.Join(dir, "20200101T000000.000Z-generic-bank-aaaaaaaa.jsonl")
	for path, size := range map[string]int{other: 9000, old: 3000} {
		if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	r := open(t, Config{Dir: dir, Space: 4000, Now: func() time.Time { now = now.Add(time.Second); return now }})
	for i := range 20 {
		begin(t, r, fmt.Sprintf("call-%03d", i))
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	found := files(t, dir)
	used := int64(0)
	for _, f := range found {
		if f == other {
			continue
		}
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		used += info.Size()
	}
	if used > 4000 || used < 1000 || !slices.Contains(found, other) || slices.Contains(found, old) {
		t.Errorf("%d bytes in %q", used, found)
	}
}

// Where nothing can be written the call is not kept, and nobody waits.
func TestFull(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var log bytes.Buffer
	r := open(t, Config{Dir: dir, Space: 10, Log: zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.Lock(zapcore.AddSync(&log)), zap.InfoLevel))})
	for i := range 3 * maxWaiting {
		begin(t, r, fmt.Sprintf("call-%03d", i))
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if found := files(t, dir); len(found) > 0 || !strings.Contains(log.String(), "there is no room for it in 10 bytes") {
		t.Errorf("%q\n%s", found, log.String())
	}
}

func TestNil(t *testing.T) {
	t.Parallel()
	var r *Recorder
	c := r.Begin(nil, engine.Call{}, "bank")
	if c != nil || r.Find(engine.Call{}) != nil || c.Answer(telephony.Outbound{}, Cause{}) != nil || r.Close() != nil {
		t.Error("a recorder that is none keeps a call")
	}
	c.Add(Hook{}, 1, nil)
}

func TestChoice(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		words    string
		flow, to string
		want     bool
	}{
		{"", "bank", "1", true},
		{"flow:bank", "bank", "1", true},
		{"flow:bank", "farm", "1", false},
		{"flow:bank number:+61255500188", "farm", "61255500188", true},
		{"number:61255500188", "farm", "+61255500188", true},
		{"number:61255500188", "farm", "+61255500189", false},
		{"1/1", "bank", "1", true},
	} {
		c, err := ParseChoice(strings.Fields(tt.words))
		if err != nil || c.has(engine.Call{To: tt.to}, tt.flow) != tt.want {
			t.Errorf("%q: %+v, %v", tt.words, c, err)
		}
	}
	for _, wrong := range []string{"bank", "flow:", "1/0", "2/3", "1/x", "flow", "1/2 1/3"} {
		if c, err := ParseChoice(strings.Fields(wrong)); err == nil {
			t.Errorf("%q: %+v", wrong, c)
		}
	}
	c, _ := ParseChoice([]string{"1/10"})
	n := 0
	for i := range 10_000 {
		call := engine.Call{ID: fmt.Sprint(i)}
		chosen := c.has(call, "")
		if again := c.has(call, ""); again != chosen {
			t.Fatal("chosen by chance")
		}
		if chosen {
			n++
		}
	}
	if n < 700 || n > 1300 {
		t.Errorf("%d of 10000 calls, expected about 1000", n)
	}
}

// A server that ended while it wrote leaves a line without its end.
func TestRead(t *testing.T) {
	t.Parallel()
	line := `{"experiment":"bank","request":{"method":"POST","url":"/v1/generic/calls","headers":{},"raw":"{}"},"response":{"status":200}}` + "\n"
	all, err := Read(strings.NewReader(line + line + line[:40]))
	if err != nil || len(all) != 2 {
		t.Errorf("%d, %v", len(all), err)
	}
	for _, wrong := range []string{"\n", "{}\n", "nonsense\n" + line, `{"request":{"url":1}}` + "\n"} {
		if all, err := Read(strings.NewReader(wrong)); err == nil {
			t.Errorf("%q: %v", wrong, all)
		}
	}
}

// Every verb of the engine is one that is known here.
func TestVerbs(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("../../engine/verb.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, v := range handled() {
		names = append(names, v.Name())
		if !v.Implements(reflect.TypeFor[engine.Verb]()) {
			t.Errorf("%s is no verb", v)
		}
	}
	for line := range strings.Lines(string(src)) {
		name, ok := strings.CutPrefix(strings.TrimSpace(line), "func (")
		if !ok || !strings.Contains(name, "verb()") {
			continue
		}
		name, _, _ = strings.Cut(name, ")")
		if !slices.Contains(names, name) {
			t.Errorf("nobody has thought of what %s holds of a caller", name)
		}
	}
}

// What a caller hears keeps the flow's words, and the shape of all others.
func TestSaid(t *testing.T) {
	t.Parallel()
	words := Words([]byte("Welcome. You entered, your balance is dollars. Press 1 for help or 2 or 42."))
	m := newMasks([]byte("key"))
	account := m.keys("98765", nil)
	apart := strings.Join(strings.Split(account, ""), " ")
	for text, want := range map[string]string{
		"Welcome Maria O'Neil.":           "Welcome Xxxxx X'Xxxx.",
		"Your balance is 250.75 dollars.": "Your balance is 000.00 dollars.",
		"Press 1 for help, or 2, or 42.":  "Press 1 for help, or 2, or 42.",
		"You entered 98765.":              "You entered " + account + ".",
		"You entered 9 8 7 6 5.":          "You entered " + apart + ".",
		"You entered 4 2 1 2.":            "You entered 0 0 0 0.",
		"You entered 1, 2.":               "You entered 0, 0.",
		"Welcome Zoë 李.":                  "Welcome Xxé 字.",
		"":                                "",
		"Welcome \xff.":                   "Welcome \xff.",
	} {
		if got := words.said(m, text); got != want {
			t.Errorf("%q: %q, expected %q", text, got, want)
		}
	}
}

func TestMasks(t *testing.T) {
	t.Parallel()
	m, other := newMasks([]byte("key")), newMasks([]byte("another"))
	for _, v := range []string{"1", "98765", "+61255500188", "call-8f3e", "Zoë Quill", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"} {
		got := m.of(v)
		if got == v || len(got) != len(v) || m.of(v) != got {
			t.Errorf("%q became %q, then %q", v, got, m.of(v))
		}
		if len(v) > 4 && other.of(v) == got {
			t.Errorf("%q becomes %q in every call", v, got)
		}
	}
}

// An entry is the same with the key that ended it and without.
func TestMaskedEntry(t *testing.T) {
	t.Parallel()
	m := newMasks([]byte("key"))
	with := (&question{}).entry(m, "98765#")
	if got := Words([]byte("You entered.")).said(m, "You entered 9 8 7 6 5."); got != "You entered "+strings.Join(strings.Split(strings.TrimSuffix(with, "#"), ""), " ")+"." || len(with) != 6 || with[5] != '#' {
		t.Errorf("98765# became %q, and what is said of it %q", with, got)
	}
}

// A number stays one with its country, or one without: codecs tell them by the zero.
func TestMaskedNumbers(t *testing.T) {
	t.Parallel()
	for i := range 200 {
		m := newMasks([]byte{byte(i)})
		m.learn("+61255500188", "0255500188", "Ann Other")
		for _, v := range []string{"61255500188", "0255500188"} {
			if got := m.of(v); got == v || len(got) != len(v) || (got[0] == '0') != (v[0] == '0') {
				t.Errorf("%q became %q", v, got)
			}
		}
		if got := m.of("Ann Other"); got == "Ann Other" || len(got) != 9 {
			t.Errorf("the name became %q", got)
		}
	}
}

// What a platform writes for a caller who has no name does not become one.
func TestNoNameStaysNone(t *testing.T) {
	t.Parallel()
	tropo, err := tropo.New(tropo.Config{Unsigned: true})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"unknown": false, "Ann": true} {
		request := telephony.Request{
			Route: telephony.RouteStart, Method: "POST", URL: &url.URL{Path: "/v1/tropo/calls"}, Header: http.Header{},
			Body: fmt.Appendf(nil, `{"session":{"id":"call-1","accountId":"46256","to":{"id":"6531589999"},"from":{"id":"6591110000","name":%q}}}`, name),
		}
		in, err := tropo.Decode(request)
		if err != nil {
			t.Fatal(err)
		}
		c := newCall(nil, "id", "bank", tropo, time.Time{})
		kept, err := c.redact(Hook{Request: request, Inbound: in}, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Body = kept.body
		got, err := tropo.Decode(request)
		if err != nil || got.Call.Name != "" != want || got.Call.Name == "Ann" {
			t.Errorf("%s: the kept hook has the name %q, %v: %s", name, got.Call.Name, err, kept.body)
		}
	}
}

// Plivo has the caller's number where there is no name: that is none in the kept hook too.
func TestNumberIsNoName(t *testing.T) {
	t.Parallel()
	codec, err := plivo.New(plivo.Config{Unsigned: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"+61412345678", "61412345678"} {
		request := telephony.Request{
			Route: telephony.RouteStart, Method: "POST", URL: &url.URL{Path: "/v1/plivo/calls"}, Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
			Body: []byte(url.Values{"CallUUID": {"call-1"}, "CallerName": {name}, "CallStatus": {"ringing"}, "Direction": {"inbound"}, "Event": {"StartApp"}, "From": {"61412345678"}, "To": {"61255500188"}}.Encode()),
		}
		in, err := codec.Decode(request)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := newCall(nil, "id", "bank", codec, time.Time{}).redact(Hook{Request: request, Inbound: in}, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		request.Body = kept.body
		got, err := codec.Decode(request)
		if err != nil || got.Call.Name != "" || got.Call.From == in.Call.From || strings.Contains(string(kept.body), "412345678") {
			t.Errorf("%s: the kept hook has the name %q, %v: %s", name, got.Call.Name, err, kept.body)
		}
	}
}

// Callers who withhold their number still do when the call plays again.
func TestWithheldNumbers(t *testing.T) {
	t.Parallel()
	codec, err := twilio.New(twilio.Config{Unsigned: true})
	if err != nil {
		t.Fatal(err)
	}
	for from, want := range map[string]string{"+266696687": "anonymous", "anonymous": "anonymous", "+7378742833": "restricted"} {
		request := telephony.Request{
			Route: telephony.RouteStart, Method: "POST", URL: &url.URL{Path: "/v1/twilio/calls"}, Header: http.Header{},
			Body: []byte(url.Values{"CallSid": {"call-1"}, "AccountSid": {"acme"}, "From": {from}, "To": {"+61255500188"}}.Encode()),
		}
		in, err := codec.Decode(request)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := newCall(nil, "id", "bank", codec, time.Time{}).redact(Hook{Request: request, Inbound: in}, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Body = kept.body
		if got, err := codec.Decode(request); err != nil || got.Call.From != want || got.Call.To == "+61255500188" {
			t.Errorf("%s: the kept hook is %s, %v", from, kept.body, err)
		}
	}
}

func TestHarmless(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"no-answer": true, "dtmfDetected": true, "CALL_RECEIVED": true, "1": true, "16": true, "": true, "Answer XML": true,
		"123": false, "10.1.2.3": false, "Ann Other": false, "a@b": false, "+61": false, strings.Repeat("a", 33): false, "Zoë": false,
	} {
		if isHarmless(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

// FuzzLeaves: whatever a body is, its values can be replaced by themselves, and a
// document of JSON stays one.
func FuzzLeaves(f *testing.F) {
	f.Add([]byte(`{"a":["b",1,{"c":null}],"d":"\u00e9"}`))
	f.Add([]byte("From=%2B61&To=&Digits=1"))
	f.Fuzz(func(t *testing.T, body []byte) {
		all, err := leaves(body)
		if err != nil {
			return
		}
		values, before := make([]string, len(all)), make([]string, len(all))
		for i, l := range all {
			if l.from < 0 || l.from > l.to || l.to > len(body) {
				t.Fatalf("value %d stands at %d to %d of %d", i, l.from, l.to, len(body))
			}
			values[i], before[i] = l.value, l.value
		}
		again, err := leaves(with(body, all, values))
		if err != nil || len(again) != len(all) {
			t.Fatalf("%q became %q: %v", body, with(body, all, values), err)
		}
		for i := range again {
			if again[i].value != before[i] {
				t.Fatalf("%q became %q", before[i], again[i].value)
			}
		}
	})
}

// FuzzRead: no text is read as more than it has.
func FuzzRead(f *testing.F) {
	f.Add("{\"request\":{\"url\":\"/\"}}\n{")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := Read(strings.NewReader(text))
		if err == nil && len(all) > strings.Count(text, "\n") {
			t.Fatalf("%d lines of %q", len(all), text)
		}
		for _, e := range all {
			_ = compare(e.body(), text, e.Call, "", map[string]string{})
		}
	})
}

// Nothing of a caller's is in an answer that is kept, wherever it stands, and what is
// kept is an answer still that leads to the same turn.
func TestOutbound(t *testing.T) {
	t.Parallel()
	r := open(t, Config{Dir: t.TempDir()})
	call := engine.Call{
		Platform: "generic", Account: "acme-7261", ID: "call-8f3e0d5f77aa", From: "+15557730142", To: "+61255500188", Name: "Zoë Quillfeather",
	}
	const turn = "https://bank.example.com/v1/generic/turns/"
	said := engine.Say{
		Text: "Enter your account, Maria. It was 98765, or 9 8 7 6 5.", SSML: "<speak>Press 1, Maria.</speak>",
		Audio: "https://media.example.com/98765.wav",
	}
	for name, verb := range map[string]engine.Verb{
		"say":    said,
		"gather": engine.Gather{Prompts: []engine.Say{said}, Min: 1, Max: 10, Speech: &engine.Listen{Lang: "en-AU", Hints: []string{"press", "Maria 98765"}}},
		"dial": engine.Dial{
			To: "sip:maria.59871@desk.example.com", From: "+15557730142",
			Context: []engine.Header{{Name: "X-Account", Value: "98765"}, {Name: "X-Name", Value: "Maria"}},
		},
		"record": engine.RecordVoice{ID: "rec-59871", Max: time.Minute},
		"replay": engine.Replay{URL: "https://recorder.example.com/rec-59871.wav"},
		"music":  engine.Music{Audio: "https://media.example.com/98765.mp3", Length: time.Second},
		"none":   nil,
	} {
		c := r.Begin(codec(t), call, "bank")
		c.masks.keys("98765", nil)
		o := telephony.Outbound{
			Call: call, Token: "sessionsession/3/noncenonce.en.bank?on=98765", NoticeURL: "https://bank.example.com/v1/generic/status",
			TurnURL: turn + "sessionsession/3/noncenonce.en.bank", LostURL: turn + "sessionsession/3/noncenonce.en.bank?lost=1",
			Problem: "call: from is 98765", Apology: said,
		}
		if verb != nil {
			o.Verbs = []engine.Verb{verb}
		}
		before := fmt.Sprintf("%+v", o)
		kept := c.outbound(o)
		if fmt.Sprintf("%+v", o) != before {
			t.Errorf("%s: the answer itself is changed", name)
		}
		if err := telephony.Check(kept); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		text, err := json.Marshal(kept)
		if err != nil {
			t.Fatal(err)
		}
		for _, original := range []string{
			"acme", "7261", "8f3e0d5f77aa", "5557730142", "255500188", "Quillfeather", "Maria", "maria", "98765", "9 8 7 6 5", "59871",
			"sessionsession", "noncenonce",
		} {
			if strings.Contains(string(text), original) {
				t.Errorf("%s: %q is kept: %s", name, original, text)
			}
		}
		token, _, _ := strings.Cut(kept.Token, "?")
		parts := strings.Split(token, "/")
		if len(parts) != 3 || len(parts[0]) != len("sessionsession") || parts[1] != "3" || !strings.HasSuffix(parts[2], ".en.bank") || len(parts[2]) != len("noncenonce.en.bank") {
			t.Errorf("%s: the token became %q", name, kept.Token)
		}
		if kept.TurnURL != turn+token || kept.LostURL != turn+token+"?lost=1" || kept.NoticeURL != o.NoticeURL {
			t.Errorf("%s: the token is %q, and the ways back are %q, %q and %q", name, kept.Token, kept.TurnURL, kept.LostURL, kept.NoticeURL)
		}
		if !strings.HasPrefix(kept.Apology.Text, "Enter your account, Xxxxx. ") || kept.Problem != "" {
			t.Errorf("%s: %+v", name, kept)
		}
	}
}

package vonage

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

// TestInput: what every input must carry, within what Vonage can count.
func TestInput(t *testing.T) {
	for _, tt := range []struct {
		timeout, gap time.Duration
		most         int
		terminator   string
		clock, keys  float64
		hash         bool
	}{
		{5 * time.Second, 3 * time.Second, 10, "#", 5, 10, true},
		{2 * time.Second, 4500 * time.Millisecond, 4, "", 5, 4, false},
		{0, 0, 1, "*", 5, 1, false},
		{time.Nanosecond, 0, 20, "#", 1, 20, true},
		{30 * time.Second, 8 * time.Second, 21, "#", 10, 20, true},
		{time.Second, 1000 * time.Hour, 300, "5", 10, 20, false},
	} {
		g := codectest.Account()
		g.Timeout, g.InterDigit, g.Max, g.Terminator = tt.timeout, tt.gap, tt.most, tt.terminator
		input := actions(t, Config{}, codectest.With(g))[1]
		dtmf, _ := input["dtmf"].(map[string]any)
		if dtmf["timeOut"] != tt.clock || dtmf["maxDigits"] != tt.keys || dtmf["submitOnHash"] != tt.hash {
			t.Errorf("%+v: got %v", tt, dtmf)
		}
		if addresses, _ := input["eventUrl"].([]any); len(addresses) != 1 || addresses[0] != codectest.TurnURL || input["eventMethod"] != "POST" {
			t.Errorf("got %v, %v", input["eventUrl"], input["eventMethod"])
		}
	}
}

// TestBargeIn: keys may cut off only what leads into an input that they may begin.
func TestBargeIn(t *testing.T) {
	say := func(bargeIn bool) engine.Say { return engine.Say{Text: "x", BargeIn: bargeIn} }
	closed := codectest.Account()
	closed.BargeIn = false
	replay := engine.Replay{URL: "https://recorder.example.com/a.wav"}
	for _, tt := range []struct {
		want  string
		verbs []engine.Verb
	}{
		{"talk talk", []engine.Verb{say(true), say(true), engine.Hangup{}}},
		{"talk notify notify talk", []engine.Verb{say(true), engine.Continue{}}},
		{"talk! talk! talk! input notify talk", []engine.Verb{say(true), say(true), codectest.Account()}},
		{"talk talk! talk! input notify talk", []engine.Verb{say(false), say(true), codectest.Account()}},
		{"talk talk talk! input notify talk", []engine.Verb{say(true), say(false), codectest.Account()}},
		{"talk stream talk! input notify talk", []engine.Verb{say(true), replay, codectest.Account()}},
		{"talk wait talk! talk! input notify talk", []engine.Verb{say(true), engine.Pause{}, say(true), codectest.Account()}},
		{"talk talk input notify talk", []engine.Verb{say(true), closed}},
		{"talk connect notify notify talk", []engine.Verb{say(true), engine.Dial{To: "+15550100"}}},
		{"talk record notify notify talk", []engine.Verb{say(true), engine.RecordVoice{ID: "a", Max: time.Minute}}},
		{"wait", []engine.Verb{engine.Hangup{}}},
		{"wait", []engine.Verb{engine.Say{Text: " <> "}, engine.Hangup{}}},
	} {
		if got := names(actions(t, Config{}, codectest.With(tt.verbs...))); got != tt.want {
			t.Errorf("%+v: got %s, want %s", tt.verbs, got, tt.want)
		}
	}
}

// TestTail: whatever fails, the caller comes back to us as lost or hears an apology.
func TestTail(t *testing.T) {
	for _, waiting := range []engine.Verb{
		codectest.Account(), engine.Dial{To: "+15550100"}, engine.RecordVoice{ID: "a", Max: time.Minute}, engine.Continue{},
	} {
		doc := actions(t, Config{}, codectest.With(waiting))
		notify, talk := doc[len(doc)-2], doc[len(doc)-1]
		if notify["action"] != "notify" || notify["eventUrl"].([]any)[0] != codectest.LostURL || talk["text"] != "Sorry, something went wrong." {
			t.Errorf("after %T: %v, %v", waiting, notify, talk)
		}
	}
}

// TestWayBackToTheStart: a notify says who calls whom where Vonage would not.
func TestWayBackToTheStart(t *testing.T) {
	o := codectest.With(engine.Continue{})
	o.Call = engine.Call{ID: "CON-1", From: "+6591110000", To: `"},{`}
	payload, err := json.Marshal(actions(t, Config{}, o)[0]["payload"])
	if want := `{"from":"+6591110000","on":"continue","to":"\"},{"}`; err != nil || string(payload) != want {
		t.Errorf("got %s, %v, want %s", payload, err, want)
	}
}

func TestConnect(t *testing.T) {
	context := []engine.Header{{Name: "X-Account", Value: "1\t2"}, {Name: "X-Topic", Value: strings.Repeat("é", 200)}}
	for _, tt := range []struct {
		dial engine.Dial
		want string
	}{
		{
			engine.Dial{To: "+1 555-01000", From: "+6591110000", Timeout: 20 * time.Second},
			`"timeout":20,"from":"6591110000","endpoint":[{"type":"phone","number":"155501000"}],"eventUrl":["` + codectest.TurnURL + `?on=dial&call=CON-1"]`,
		},
		{engine.Dial{To: "15550100", From: "anonymous"}, `"eventType":"synchronous","endpoint":[{"type":"phone","number":"15550100"}]`},
		{engine.Dial{To: "15550100", Timeout: 1, Limit: 1}, `"timeout":1,"limit":1,`},
		{engine.Dial{To: "15550100", Timeout: time.Hour, Limit: 24 * time.Hour}, `"timeout":120,"limit":7200,`},
		{engine.Dial{To: "15550100", Whispers: true, Context: context}, `{"type":"phone","number":"15550100","onAnswer":{"url":"` + codectest.TurnURL + `?on=whisper&call=CON-1"}}`},
		{engine.Dial{To: "sip:a@b.example.com", Whispers: true}, `"endpoint":[{"type":"sip","uri":"sip:a@b.example.com"}]`},
		{
			engine.Dial{To: "sip:a@b.example.com", Context: context},
			`{"type":"sip","uri":"sip:a@b.example.com","headers":{"Account":"1 2","Topic":"` + strings.Repeat("é", 128) + `"}}`,
		},
	} {
		o := codectest.With(tt.dial)
		o.Call.ID = "CON-1"
		reply, err := newCodec(t, Config{Unsigned: true}).Encode(o)
		if err != nil || !strings.Contains(string(reply.Body), tt.want) {
			t.Errorf("%+v: got %s, %v, want %s", tt.dial, reply.Body, err, tt.want)
		}
	}
	for _, to := range []string{"+61*123#", "000", "0123456789", "1234567890123456"} {
		if reply, err := newCodec(t, Config{Unsigned: true}).Encode(codectest.With(engine.Dial{To: to})); !errors.Is(err, telephony.ErrUnsupported) {
			t.Errorf("%s: got %s, %v", to, reply.Body, err)
		}
	}
	// A name of a call that does not belong in a URL is left out of it.
	o := codectest.With(engine.Dial{To: "+15550100", Whispers: true})
	o.Call.ID = `a&b"`
	if reply, err := newCodec(t, Config{Unsigned: true}).Encode(o); err != nil || strings.Contains(string(reply.Body), "call=") {
		t.Errorf("got %s, %v", reply.Body, err)
	}
}

// TestNumbers: no number goes out with a plus.
func TestNumbers(t *testing.T) {
	for _, o := range codectest.Families() {
		reply, err := newCodec(t, Config{Unsigned: true}).Encode(o.Out)
		if err == nil && strings.Contains(string(reply.Body), "+") {
			t.Errorf("%s: %s", o.Name, reply.Body)
		}
	}
}

func TestRecord(t *testing.T) {
	for _, tt := range []struct {
		record engine.RecordVoice
		want   string
	}{
		{engine.RecordVoice{ID: "s-1", Max: time.Second, Silence: time.Second, Terminator: "*"}, `"timeOut":3,"endOnSilence":3,"endOnKey":"*","beepStart":false,`},
		{engine.RecordVoice{ID: "s-1", Max: 24 * time.Hour, Silence: time.Minute, Terminator: "D", Beep: true}, `"timeOut":7200,"endOnSilence":10,"beepStart":true,`},
		{engine.RecordVoice{ID: "s-1", Max: time.Minute}, `"timeOut":60,"beepStart":false,"eventUrl":["` + codectest.NoticeURL + `?recording=s-1"]`},
	} {
		reply, err := newCodec(t, Config{Unsigned: true}).Encode(codectest.With(tt.record))
		if err != nil || !strings.Contains(string(reply.Body), tt.want) {
			t.Errorf("%+v: got %s, %v, want %s", tt.record, reply.Body, err, tt.want)
		}
	}
}

func TestSpeech(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"Welcome & press 1: balance.", "Welcome & press 1: balance."},
		{"<speak>hi</speak>", "speak hi /speak"},
		{"a <break/> b", "a  break/  b"},
		{" \r\n<> ", ""},
		{"&lt;speak&gt;", "&lt;speak&gt;"},
	} {
		if got := telephony.Untagged(tt.text); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

// TestPieces: a long text becomes several talks, and nothing of it is lost.
func TestPieces(t *testing.T) {
	sentences := strings.TrimSpace(strings.Repeat("It is so. ", 400))
	for _, tt := range []struct {
		name, text string
		n          int
		end        string // of the first piece
	}{
		{"short", "Hello.", 1, "Hello."},
		{"none", " ", 0, ""},
		{"just enough", strings.Repeat("a", 1500), 1, "a"},
		{"one more", strings.Repeat("a", 1501), 2, "a"},
		{"sentences", sentences, 3, "It is so."},
		{"words", strings.TrimSpace(strings.Repeat("long ", 2000)), 7, "long"},
		{"characters of two units", strings.Repeat("🐮", 751), 2, "🐮"},
		{"characters of three bytes", strings.Repeat("日", 1500), 1, "日"},
		{"a sentence far in front", "So. " + strings.Repeat("b", 1600), 2, "b"},
	} {
		got := pieces(engine.Say{Text: tt.text})
		if len(got) != tt.n || tt.n > 0 && !strings.HasSuffix(got[0], tt.end) {
			t.Errorf("%s: %d pieces of %q", tt.name, len(got), got)
		}
		for _, p := range got {
			if units(p) > maxText || strings.TrimSpace(p) != p || p == "" {
				t.Errorf("%s: a piece of %d: %q", tt.name, units(p), p)
			}
		}
		squeeze := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if squeeze(strings.Join(got, "")) != squeeze(tt.text) {
			t.Errorf("%s: something is lost", tt.name)
		}
	}
	// Markup is never cut: what is too long is said plainly. Tags do not count.
	long := engine.Say{Text: sentences, SSML: "<speak>" + sentences + "</speak>"}
	if got := pieces(long); len(got) != 3 || strings.Contains(got[0], "<") {
		t.Errorf("got %q", got)
	}
	tags := engine.Say{Text: "x", SSML: "<speak>" + strings.Repeat(`<break time="1s"/>`, 200) + "x</speak>"}
	if got := pieces(tags); len(got) != 1 || got[0] != tags.SSML {
		t.Errorf("got %q", got)
	}
}

func TestVoices(t *testing.T) {
	voices := map[string]Voice{
		"Karen": {Language: "en-AU", Style: 2, Premium: true},
		"Multi": {Style: 3},
		"es":    {Language: "es-US"},
		"fr-CA": {Style: 1},
		"xx":    {Language: "xx-NEW"},
	}
	for _, tt := range []struct {
		say  engine.Say
		want Voice
	}{
		{engine.Say{Voice: "Karen", Lang: "en-AU"}, Voice{"en-AU", 2, true}},
		{engine.Say{Voice: "Karen", Lang: "en"}, Voice{"en-AU", 2, true}},
		{engine.Say{Voice: "Karen"}, Voice{"en-AU", 2, true}},
		{engine.Say{Voice: "Karen", Lang: "es-MX"}, Voice{"es-US", 0, false}},
		{engine.Say{Voice: "Karen", Lang: "de"}, Voice{"en-AU", 2, true}},
		{engine.Say{Voice: "Multi", Lang: "de"}, Voice{"de-DE", 3, false}},
		{engine.Say{Lang: "fr-CA"}, Voice{"fr-CA", 1, false}},
		{engine.Say{Lang: "fr"}, Voice{"fr-FR", 0, false}},
		{engine.Say{Lang: "en"}, Voice{"en-US", 0, false}},
		{engine.Say{Lang: "EN-gb"}, Voice{"en-GB", 0, false}},
		{engine.Say{Lang: "en-SG"}, Voice{"en-US", 0, false}},
		{engine.Say{Lang: "zh-CN"}, Voice{"cmn-CN", 0, false}},
		{engine.Say{Lang: "ar-EG"}, Voice{"ar", 0, false}},
		{engine.Say{Lang: "xx"}, Voice{"xx-NEW", 0, false}},
		{engine.Say{Lang: "tlh"}, Voice{}},
		{engine.Say{}, Voice{}},
	} {
		if got := newCodec(t, Config{Unsigned: true, Voices: voices}).voices.of(tt.say); got != tt.want {
			t.Errorf("%+v: got %+v, want %+v", tt.say, got, tt.want)
		}
	}
}

// TestListen: a question that listens says so, in which language, and what may be
// said.
func TestListen(t *testing.T) {
	mexican := Config{Voices: map[string]Voice{"es": {Language: "es-MX"}, "Karen": {Language: "en-AU"}}}
	for _, c := range []struct {
		config Config
		listen engine.Listen
		want   string
	}{
		{Config{}, engine.Listen{Lang: "en-AU", Hints: []string{"balance", "\"},{\n"}}, `{"context":["balance","\"},{"],"language":"en-AU","startTimeout":5}`},
		{Config{}, engine.Listen{Lang: "en"}, `{"language":"en-US","startTimeout":5}`},
		{mexican, engine.Listen{Lang: "es"}, `{"language":"es-MX","startTimeout":5}`},
		{mexican, engine.Listen{Lang: "en"}, `{"language":"en-US","startTimeout":5}`},
		{Config{}, engine.Listen{Lang: "zh"}, `{"language":"cmn-Hans-CN","startTimeout":5}`},
		{Config{}, engine.Listen{Lang: "ar"}, `{"language":"ar-SA","startTimeout":5}`},
		{Config{}, engine.Listen{Lang: "xx"}, `{"language":"xx","startTimeout":5}`},
		{Config{}, engine.Listen{}, `{"startTimeout":5}`},
	} {
		g := codectest.Account()
		g.Speech = &c.listen
		input := actions(t, c.config, codectest.With(g))[1]
		got, err := json.Marshal([]any{input["type"], input["speech"]})
		if want := `[["dtmf","speech"],` + c.want + `]`; err != nil || string(got) != want {
			t.Errorf("%+v: got %s, %v, want %s", c.listen, got, err, want)
		}
	}
}

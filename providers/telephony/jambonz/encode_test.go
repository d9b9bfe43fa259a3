package jambonz

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

// verbs encodes o and reads the document back.
func verbs(t *testing.T, c Config, o telephony.Outbound) []map[string]any {
	t.Helper()
	c.Unsigned = true
	reply, err := newCodec(t, c).Encode(o)
	if err != nil {
		t.Fatal(err)
	}
	var doc []map[string]any
	if err := json.Unmarshal(reply.Body, &doc); err != nil {
		t.Fatalf("%v in %s", err, reply.Body)
	}
	return doc
}

// TestGatherRules: what every gather must carry, or jambonz loses keys or waits for
// ever.
func TestGatherRules(t *testing.T) {
	for _, tt := range []struct {
		timeout, gap             time.Duration
		wantTimeout, wantBetween float64
	}{
		{5 * time.Second, 3 * time.Second, 5, 3},
		{1500 * time.Millisecond, 1234567 * time.Microsecond, 1.5, 1.235},
		{0, 0, 5, 3},
		{time.Nanosecond, time.Nanosecond, 0.1, 0.1},
		{time.Hour, 1000 * time.Hour, 600, 600},
	} {
		g := codectest.Account()
		g.Min, g.Timeout, g.InterDigit = 7, tt.timeout, tt.gap
		gather := verbs(t, Config{}, codectest.With(g))[0]
		if gather["timeout"] != tt.wantTimeout || gather["interDigitTimeout"] != tt.wantBetween {
			t.Errorf("clocks %s and %s are %v and %v, want %v and %v", tt.timeout, tt.gap,
				gather["timeout"], gather["interDigitTimeout"], tt.wantTimeout, tt.wantBetween)
		}
		if gather["minDigits"] != 1.0 || gather["maxDigits"] != 10.0 {
			t.Errorf("minDigits %v and maxDigits %v, want 1, so that short entries arrive, and 10", gather["minDigits"], gather["maxDigits"])
		}
		if _, ok := gather["numDigits"]; ok {
			t.Error("numDigits: with it, a short entry is lost")
		}
	}
}

// TestTail: whatever fails, the caller comes back to us or hears an apology.
func TestTail(t *testing.T) {
	for _, waiting := range []engine.Verb{codectest.Account(), engine.Dial{To: "+15550100"}, engine.Continue{}} {
		doc := verbs(t, Config{}, codectest.With(waiting))
		var tail []string
		for _, v := range doc[1:] {
			tail = append(tail, v["verb"].(string))
		}
		if got := strings.Join(tail, " "); got != "redirect say hangup" {
			t.Errorf("after %T: %s", waiting, got)
		}
		if got, want := doc[1]["actionHook"], codectest.LostURL+"#rc=2&rp=ct,5xx"; got != want {
			t.Errorf("after %T: the redirect leads to %s, want %s", waiting, got, want)
		}
	}
}

func TestHooks(t *testing.T) {
	for _, tt := range []struct{ turn, gather, dial string }{
		{"https://x/t/1", "https://x/t/1#rc=2&rp=ct,5xx", "https://x/t/1?on=dial#rc=2&rp=ct,5xx"},
		{"http://x/t/1?a=b", "http://x/t/1?a=b#rc=2&rp=ct,5xx", "http://x/t/1?a=b&on=dial#rc=2&rp=ct,5xx"},
		// jambonz makes the fragment of these a part of the path.
		{"/t/1", "/t/1", "/t/1?on=dial"},
		{"https://x/t/1#rc=5", "https://x/t/1#rc=5", "https://x/t/1?on=dial#rc=5"},
	} {
		o := codectest.With(codectest.Account())
		o.TurnURL = tt.turn
		if got := verbs(t, Config{}, o)[0]["actionHook"]; got != tt.gather {
			t.Errorf("gather: got %s, want %s", got, tt.gather)
		}
		o.Verbs = []engine.Verb{engine.Dial{To: "+15550100"}}
		if got := verbs(t, Config{}, o)[0]["actionHook"]; got != tt.dial {
			t.Errorf("dial: got %s, want %s", got, tt.dial)
		}
	}
}

func TestDial(t *testing.T) {
	for _, tt := range []struct {
		dial engine.Dial
		want string
	}{
		{
			engine.Dial{To: "+1 555-0100", From: "+6591110000", Timeout: 20 * time.Second},
			`"callerId":"+6591110000","timeout":20,"target":[{"type":"phone","number":"+15550100"}]`,
		},
		{engine.Dial{To: "15550100", From: "anonymous"}, `#rc=2&rp=ct,5xx","target":[{"type":"phone","number":"15550100"}]`},
		{engine.Dial{To: "sip:a@b.example.com"}, `"target":[{"type":"sip","sipUri":"sip:a@b.example.com"}]`},
	} {
		reply, err := newCodec(t, Config{Unsigned: true}).Encode(codectest.With(tt.dial))
		if err != nil || !strings.Contains(string(reply.Body), tt.want) {
			t.Errorf("%+v: got %s, %v, want %s", tt.dial, reply.Body, err, tt.want)
		}
	}
}

func TestSpeech(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"Welcome to the bank. Press 1: balance.", "Welcome to the bank. Press 1: balance."},
		{"Attention: we are closed.", "Attention, we are closed."},
		{" Note:\tlisten", "Note, listen"},
		{"https://evil.example.com/x.wav", "https,//evil.example.com/x.wav"},
		{"silence_stream://1000", "silence_stream,//1000"},
		{"It is 12: 30", "It is 12: 30"},
		{"9:30 a.m. is when we open", "9:30 a.m. is when we open"},
		{"h2: x", "h2, x"},
		{"Opening hours: nine to five", "Opening hours: nine to five"},
		{"Über: uns", "Über: uns"},
		{"<speak>hi</speak>", "speak hi /speak"},
		{"\ufeff<speak>hi</speak>", "speak hi /speak"},
		{"${x} {y} a\\nb", "$ x   y  a nb"},
		{"{say:x", "say,x"},
		{" \r\n ", ""},
		{"<>", ""},
		{":", ":"},
	} {
		if got := speech(tt.text); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
		}
		if again := speech(speech(tt.text)); again != speech(tt.text) {
			t.Errorf("%q: said twice it is %q", tt.text, again)
		}
	}
}

func TestVoices(t *testing.T) {
	voices := map[string]Voice{
		"Karen": {Vendor: "google", Language: "en-AU", Voice: "en-AU-Standard-A"},
		"Multi": {Vendor: "elevenlabs", Voice: "Rachel"},
		"es":    {Vendor: "aws", Language: "es-US", Voice: "Lupe"},
		"fr-CA": {Vendor: "aws", Voice: "Chantal"},
	}
	for _, tt := range []struct {
		say  engine.Say
		want string
	}{
		{engine.Say{Voice: "Karen", Lang: "en-AU"}, "google en-AU en-AU-Standard-A"},
		{engine.Say{Voice: "Karen", Lang: "en"}, "google en-AU en-AU-Standard-A"},
		{engine.Say{Voice: "Karen"}, "google en-AU en-AU-Standard-A"},
		{engine.Say{Voice: "Karen", Lang: "es-MX"}, "aws es-US Lupe"},
		{engine.Say{Voice: "Karen", Lang: "de"}, "google en-AU en-AU-Standard-A"},
		{engine.Say{Voice: "Multi", Lang: "de"}, "elevenlabs de Rachel"},
		{engine.Say{Lang: "es"}, "aws es-US Lupe"},
		{engine.Say{Lang: "fr-CA"}, "aws fr-CA Chantal"},
		{engine.Say{Lang: "fr"}, "none"},
		{engine.Say{Voice: "Nobody", Lang: "de"}, "none"},
		{engine.Say{}, "none"},
	} {
		tt.say.Text = "Hello."
		got := "none"
		if s, ok := verbs(t, Config{Voices: voices}, codectest.With(tt.say, engine.Hangup{}))[0]["synthesizer"].(map[string]any); ok {
			got = strings.TrimSpace(s["vendor"].(string) + " " + s["language"].(string) + " " + s["voice"].(string))
		}
		if got != tt.want {
			t.Errorf("%+v: got %s, want %s", tt.say, got, tt.want)
		}
	}
}

// TestGatherSpeaksWithOneVoice: prompts in another voice are said before.
func TestGatherSpeaksWithOneVoice(t *testing.T) {
	voices := map[string]Voice{"en": {Vendor: "google"}, "es": {Vendor: "aws"}}
	g := codectest.Account()
	g.Prompts = []engine.Say{
		{Text: "One.", Lang: "en"}, {Text: "Dos.", Lang: "es"}, {Text: "<>", Lang: "es"}, {Text: "Tres.", Lang: "es"}, {Text: " ", Lang: "en"},
	}
	doc := verbs(t, Config{Voices: voices}, codectest.With(g))
	if doc[0]["verb"] != "say" || doc[0]["text"] != "One." || doc[1]["verb"] != "gather" {
		t.Fatalf("got %v", doc[:2])
	}
	say := doc[1]["say"].(map[string]any)
	text, err := json.Marshal(say["text"])
	if err != nil || string(text) != `["Dos.","Tres."]` || say["synthesizer"].(map[string]any)["vendor"] != "aws" {
		t.Errorf("got %s, %v", text, say)
	}
}

func TestNew(t *testing.T) {
	secret := []engine.Secret{engine.NewSecret("s")}
	for _, tt := range []struct {
		name string
		c    Config
		said string
	}{
		{"nothing", Config{}, "no secret is set"},
		{"both", Config{Secrets: secret, Unsigned: true}, "both set"},
		{"empty secret", Config{Secrets: append(secret, engine.Secret{})}, "secret 2 is empty"},
		{"voice without a vendor", Config{Secrets: secret, Voices: map[string]Voice{"a": {Vendor: "x"}, "Karen": {Voice: "y"}}}, "voices: Karen: the vendor is missing"},
	} {
		if _, err := New(tt.c); err == nil || !strings.Contains(err.Error(), tt.said) {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.said)
		}
	}
}

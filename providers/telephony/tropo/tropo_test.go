package tropo

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"html"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

var update = flag.Bool("update", false, "rewrite testdata/replies.txtar")

// fixture is this codec, for the suite.
func fixture(tb testing.TB) codectest.Fixture {
	tb.Helper()
	c := Config{
		Voices:   map[string]Voice{"Karen": {Voice: "karen", Language: "en-AU"}},
		Recorder: "https://recorder.example.com/{id}.wav",
	}
	signed, open := c, c
	signed.Secrets = []engine.Secret{codectest.Current(), codectest.Previous()}
	open.Unsigned = true
	return codectest.Fixture{
		Codec:    newCodec(tb, signed),
		Unsigned: newCodec(tb, open),
		Sign:     func(r *telephony.Request, secret engine.Secret, _ time.Time) { sign(r, secret) },
		Dir:      "testdata",
		Speech:   speechOf,
		Bare:     true,
		Update:   *update,
	}
}

// sign shows the secret, as an application does whose URL has a user in it.
func sign(r *telephony.Request, secret engine.Secret) {
	r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(Name+":"+secret.Reveal())))
}

func newCodec(tb testing.TB, c Config) *Codec {
	tb.Helper()
	codec, err := New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return codec
}

func TestConformance(t *testing.T) { codectest.Run(t, fixture(t)) }

func FuzzDecode(f *testing.F) { codectest.FuzzDecode(f, fixture(f)) }

func FuzzEncode(f *testing.F) { codectest.FuzzEncode(f, fixture(f)) }

// speechOf takes a document apart into what is said and the rest. A text that is said
// by markup is that text.
func speechOf(r telephony.Reply) (said []string, rest string, err error) {
	if !utf8.Valid(r.Body) {
		return nil, "", errors.New("the reply is not UTF-8")
	}
	var doc any
	if err := json.Unmarshal(r.Body, &doc); err != nil {
		return nil, "", err
	}
	var walk func(v any, said *[]string, speaks bool)
	walk = func(v any, said *[]string, speaks bool) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e, said, speaks)
			}
		case map[string]any:
			if text, ok := v["value"].(string); ok && speaks {
				if inner, marked := strings.CutPrefix(text, "<speak>"); marked {
					inner, _ = strings.CutSuffix(inner, "</speak>")
					if strings.ContainsAny(inner, "<>") {
						return
					}
					text = html.UnescapeString(inner)
				}
				*said = append(*said, text)
				v["value"] = ""
			}
			for _, name := range []string{"tropo", "ask", "say", "on"} {
				walk(v[name], said, name == "say")
			}
		}
	}
	walk(doc, &said, false)
	b, err := json.Marshal(doc)
	return said, string(b), err
}

// actions encodes o and reads the document back.
func actions(t *testing.T, c Config, o telephony.Outbound) []map[string]any {
	t.Helper()
	if c.Secrets == nil {
		c.Unsigned = true
	}
	reply, err := newCodec(t, c).Encode(o)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Tropo []map[string]any }
	if err := json.Unmarshal(reply.Body, &doc); err != nil {
		t.Fatalf("%v in %s", err, reply.Body)
	}
	return doc.Tropo
}

// next is where a document goes after an event; "" : nowhere.
func next(doc []map[string]any, event string) string {
	for _, a := range doc {
		if on, ok := a["on"].(map[string]any); ok && on["event"] == event {
			s, _ := on["next"].(string)
			return s
		}
	}
	return ""
}

func TestGrammar(t *testing.T) {
	for _, tt := range []struct {
		g    engine.Gather
		want string
	}{
		{engine.Gather{Min: 4, Max: 4}, "[1-4 DIGITS]"},
		{engine.Gather{Min: 1, Max: 1}, "[1 DIGITS]"},
		{engine.Gather{Min: 1, Max: 2, Options: []string{"1", "12"}}, "[1-2 DIGITS]"},
		{engine.Gather{Min: 1, Max: 1, Options: []string{"*", "1"}}, "*, 1"},
	} {
		if got := grammar(tt.g); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.g, got, tt.want)
		}
	}
}

// TestSecretQuestion: what is pressed is kept out of Tropo's logs.
func TestSecretQuestion(t *testing.T) {
	g := codectest.Account()
	g.Secret = true
	doc := actions(t, Config{}, codectest.With(g))
	if doc[0]["generalLogSecurity"] != "suppress" {
		t.Errorf("the log is not held: %v", doc[0])
	}
	if ask, _ := doc[1]["ask"].(map[string]any); ask["asrLogSecurity"] != "suppress" || ask["attempts"] != 1.0 {
		t.Errorf("asked by %v", ask)
	}
}

// TestWords before a question that keys may begin early are said by the question.
func TestWords(t *testing.T) {
	open, closed := engine.Say{Text: "Welcome.", BargeIn: true}, engine.Say{Text: "Listen."}
	doc := actions(t, Config{}, codectest.With(closed, open, codectest.Account()))
	if say, _ := doc[0]["say"].(map[string]any); say["value"] != "Listen." {
		t.Errorf("first comes %v", doc[0])
	}
	ask, _ := doc[1]["ask"].(map[string]any)
	if says, _ := ask["say"].([]any); len(says) != 2 {
		t.Errorf("the question says %v", ask["say"])
	}
}

func TestAmbiguousText(t *testing.T) {
	for text, want := range map[string]string{
		"Goodbye.":                       "Goodbye.",
		"Attention: we are closed":       "Attention: we are closed",
		"Tom & Jerry":                    "<speak>Tom &amp; Jerry</speak>",
		"<speak>hi</speak>":              "<speak>&lt;speak&gt;hi&lt;/speak&gt;</speak>",
		"https://evil.example.com/x.wav": "<speak>https://evil.example.com/x.wav</speak>",
		"welcome.wav":                    "<speak>welcome.wav</speak>",
	} {
		if got := speech(engine.Say{Text: text}); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestVoices: the flow's voice speaks its own language, and Tropo's the others.
func TestVoices(t *testing.T) {
	v := voices{"Karen": {Voice: "karen", Language: "en-AU"}, "es": {Voice: "monica", Language: "es-ES"}, "Any": {Voice: "sam"}}
	for _, tt := range []struct {
		voice, lang, want string
	}{
		{"Karen", "en-AU", "karen"},
		{"Karen", "en", "karen"},
		{"Karen", "", "karen"},
		{"Karen", "es-MX", "monica"},
		{"Karen", "de", "anna"},
		{"Karen", "xx", "karen"},
		{"Any", "de", "sam"},
		{"", "en", ""},
		{"", "en-GB", "kate"},
		{"", "fr-CH", "audrey"},
		{"", "", ""},
	} {
		if got := v.of(engine.Say{Voice: tt.voice, Lang: tt.lang}); got != tt.want {
			t.Errorf("%q speaking %q: %q, want %q", tt.voice, tt.lang, got, tt.want)
		}
	}
}

// TestTransfers that Tropo cannot make are refused, and what the other side is told
// goes to SIP alone.
func TestTransfers(t *testing.T) {
	codec := newCodec(t, Config{Unsigned: true})
	for _, d := range []engine.Dial{{To: "*21#"}, {To: "100"}, {To: "+15550100", Refer: true}, {To: "+15550100", Whispers: true}} {
		if _, err := codec.Encode(codectest.With(d)); !errors.Is(err, telephony.ErrUnsupported) {
			t.Errorf("%+v: %v", d, err)
		}
	}
	context := []engine.Header{{Name: "X-Account", Value: "12345"}}
	for to, want := range map[string]string{"15550100": "tel:+15550100", "sip:desk@example.com": "sip:desk@example.com"} {
		doc := actions(t, Config{}, codectest.With(engine.Dial{To: to, Context: context}))
		transfer, _ := doc[0]["transfer"].(map[string]any)
		if transfer["to"] != want || (transfer["headers"] != nil) != strings.HasPrefix(want, "sip:") {
			t.Errorf("%s: %v", to, transfer)
		}
	}
}

// TestBackToTheStart: the way back to where a call began says who calls whom, because
// results do not.
func TestBackToTheStart(t *testing.T) {
	secret := engine.NewSecret("s")
	o := codectest.With(engine.Continue{})
	o.Call = engine.Call{ID: "call-1", From: "+6591110000", To: "sip:a&b=c@example.com"}
	o.TurnURL = "https://ivr.example.com/v1/tropo/calls?hold=1"
	o.LostURL = o.TurnURL + "&lost=1"
	c := Config{Secrets: []engine.Secret{secret}}
	u, err := url.Parse(next(actions(t, c, o), "error"))
	if err != nil {
		t.Fatal(err)
	}
	codec := newCodec(t, c)
	r := telephony.Request{Route: telephony.RouteStart, Method: "POST", URL: u, Body: []byte(`{"result":{"sessionId":"call-1","state":"ANSWERED"}}`)}
	if err := codec.Verify(r, time.Time{}); err != nil {
		t.Error(err)
	}
	in, err := codec.Decode(r)
	if err != nil || in.Call.From != o.Call.From || in.Call.To != o.Call.To || in.Event != (engine.Lost{}) {
		t.Errorf("%+v, %v", in, err)
	}
}

// TestActions: what came of a question is read in every form that results were seen in,
// and what is told beside it is no answer.
func TestActions(t *testing.T) {
	t.Parallel()
	const (
		entry  = `{"name":"entry","disposition":"SUCCESS","value":"4471"}`
		nobody = `{"name":"entry","disposition":"TIMEOUT","value":null}`
		said   = `{"name":"say","disposition":"SUCCESS","duration":3}`
	)
	codec := newCodec(t, Config{Unsigned: true})
	for _, tt := range []struct{ query, actions, want string }{
		{"on=ask", entry, "digits 4471 unknown"},
		{"on=ask", `[` + entry + `]`, "digits 4471 unknown"},
		{"on=ask", `[` + entry + `,` + said + `]`, "digits 4471 unknown"},
		{"on=ask", `[` + said + `,` + entry + `]`, "digits 4471 unknown"},
		{"on=ask", `[null,` + said + `,7, ` + entry + ` ]`, "digits 4471 unknown"},
		{"on=ask", `[{"value":"12","name":"account"}]`, "digits 12 unknown"},
		{"on=ask", `[]`, "noinput"},
		{"on=ask", `{}`, "noinput"},
		{"on=ask", `null`, "noinput"},
		{"on=silence", `[` + said + `,` + nobody + `]`, "noinput"},
		{"on=silence", `[` + said + `,{"disposition":"NoMatch","name":"entry"}]`, "digits none unknown"},
		{"on=dial", `[` + said + `,{"name":"transfer","disposition":"BUSY"}]`, "dial busy"},
		{"on=nodial", `[` + said + `,{"name":"transfer","disposition":"TIMEOUT"}]`, "dial no_answer"},
		{"on=record&recording=s1-1", `[` + said + `,{"name":"recording","disposition":"FAILED"}]`, "recording failed"},
	} {
		in, err := codec.Decode(telephony.Request{
			Route: telephony.RouteTurn, Method: "POST", URL: &url.URL{RawQuery: tt.query},
			Body: []byte(`{"result":{"sessionId":"call-1","state":"ANSWERED","actions":` + tt.actions + `}}`),
		})
		if got := codectest.Describe(in.Event); err != nil || got != tt.want {
			t.Errorf("%s %s: got %s, %v, want %s", tt.query, tt.actions, got, err, tt.want)
		}
	}
	// Callers who hang up while they are asked are not silent.
	gone, err := codec.Decode(telephony.Request{
		Route: telephony.RouteTurn, Method: "POST", URL: &url.URL{RawQuery: "on=silence"},
		Body: []byte(`{"result":{"sessionId":"call-1","state":"DISCONNECTED","actions":` + nobody + `}}`),
	})
	if err != nil || gone.Event != (engine.Lost{}) {
		t.Errorf("a hang-up while collecting: got %s, %v", codectest.Describe(gone.Event), err)
	}
	// Older results have other names and no actions at all.
	in, err := codec.Decode(telephony.Request{
		Route: telephony.RouteNotice, Method: "POST", Body: []byte(`{"result":{"sessionId":"call-1","callState":"disconnected"}}`),
	})
	if _, is := in.Event.(engine.CallEnded); err != nil || !is {
		t.Errorf("the end of a call, by older names: %+v, %v", in, err)
	}
}

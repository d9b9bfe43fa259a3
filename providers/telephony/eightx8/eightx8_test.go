package eightx8

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
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
	voices := map[string]Voice{"Karen": {Voice: "en-AU-HayleyRUS"}}
	return codectest.Fixture{
		Codec:    newCodec(tb, Config{Secrets: []engine.Secret{codectest.Current(), codectest.Previous()}, Voices: voices}),
		Unsigned: newCodec(tb, Config{Unsigned: true, Voices: voices}),
		Sign: func(r *telephony.Request, secret engine.Secret, _ time.Time) {
			r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(Name+":"+secret.Reveal())))
		},
		Dir: "testdata", Speech: speechOf, Bare: true, Carried: true, Update: *update,
	}
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

// speechOf takes a call flow apart into what is said and the rest. Prompts that are said
// in one go are the suite's, or what stands between them.
func speechOf(r telephony.Reply) (said []string, rest string, err error) {
	if !utf8.Valid(r.Body) {
		return nil, "", errors.New("the reply is not UTF-8")
	}
	var doc struct {
		Action string `json:"clientActionId"`
		Flow   []struct {
			Action string
			Params map[string]any
		} `json:"callflow"`
	}
	if err := json.Unmarshal(r.Body, &doc); err != nil {
		return nil, "", err
	}
	for _, a := range doc.Flow {
		delete(a.Params, "overallTimeout") // which the length of the words is part of
		for _, name := range []string{"text", "promptMessage"} {
			text, ok := a.Params[name].(string)
			if !ok {
				continue
			}
			a.Params[name] = ""
			inner, before := strings.CutPrefix(text, "Before. ")
			inner, after := strings.CutSuffix(inner, " After.")
			if before && after {
				said = append(said, "Before.", inner, "After.")
			} else {
				said = append(said, text)
			}
		}
	}
	b, err := json.Marshal(doc)
	return said, string(b), err
}

// TestOneAction: a question is the only action of its answer, whatever stands before it.
func TestOneAction(t *testing.T) {
	g := codectest.Account()
	g.Prompts = []engine.Say{{Text: "Press 1.", Lang: "en-AU"}, {Text: "Oprima 2.", Lang: "es-MX"}}
	reply, err := newCodec(t, Config{Unsigned: true}).Encode(codectest.With(engine.Say{Text: "Welcome.", Lang: "en-AU"}, g))
	const want = `{"clientActionId":"s1/3/n0nce","callflow":[{"action":"sayAndCapture","params":{"promptMessage":"Welcome. Press 1. Oprima 2.",` +
		`"voiceProfile":"es-MX-HildaRUS","minDigits":1,"maxDigits":10,"digitTimeout":5000,"overallTimeout":25600,"completeOnHash":true,"noOfTries":1}}]}`
	if err != nil || string(reply.Body) != want {
		t.Errorf("got %s, %v, want %s", reply.Body, err, want)
	}
}

// TestClocks are within what 8x8 takes: the gap is shorter than the whole. The whole is
// how long silence lasts, so that it is no longer than an entry needs, whether it begins
// with the words or behind them.
func TestClocks(t *testing.T) {
	for _, tt := range []struct {
		name                string
		most                int
		timeout, gap, whole time.Duration
		want                string
	}{
		{"nothing said of them", 10, 0, 0, 0, `"digitTimeout":5000,"overallTimeout":25640`},
		{"a menu", 1, 5 * time.Second, 5 * time.Second, 0, `"digitTimeout":5000,"overallTimeout":7640`},
		{"four digits", 4, 5 * time.Second, 3 * time.Second, 0, `"digitTimeout":5000,"overallTimeout":13640`},
		{"as many as there can be", 25, 5 * time.Second, 5 * time.Second, 0, `"digitTimeout":5000,"overallTimeout":27640`},
		{"longer than can be waited", 10, time.Hour, 0, 0, `"digitTimeout":30000,"overallTimeout":50640`},
		{"a bound", 10, 5 * time.Second, 8 * time.Second, 20 * time.Second, `"digitTimeout":8000,"overallTimeout":22640`},
		{"a short bound", 10, 5 * time.Second, 0, time.Second, `"digitTimeout":5000,"overallTimeout":5500`},
		{"a long bound", 10, 5 * time.Second, 0, time.Hour, `"digitTimeout":5000,"overallTimeout":300000`},
	} {
		g := codectest.Account() // whose words take 2.64 s
		g.Max, g.Timeout, g.InterDigit, g.MaxDuration = tt.most, tt.timeout, tt.gap, tt.whole
		reply, err := newCodec(t, Config{Unsigned: true}).Encode(codectest.With(g))
		if err != nil || !strings.Contains(string(reply.Body), tt.want) {
			t.Errorf("%s: %s, %v, want %s", tt.name, reply.Body, err, tt.want)
		}
	}
}

// TestHold says what there is to say before its time is up, and has no other use for the
// time.
func TestHold(t *testing.T) {
	for want, verbs := range map[string][]engine.Verb{
		`"promptMessage":" ","voiceProfile":"en-US-ZiraRUS","minDigits":1,"maxDigits":1,"digitTimeout":500,"overallTimeout":1000`:           {engine.Continue{}},
		`"promptMessage":"One moment.","voiceProfile":"en-US-ZiraRUS","minDigits":1,"maxDigits":1,"digitTimeout":500,"overallTimeout":1880`: {engine.Say{Text: "One moment."}, engine.Continue{}},
	} {
		reply, err := newCodec(t, Config{Unsigned: true}).Encode(codectest.With(verbs...))
		if err != nil || !strings.Contains(string(reply.Body), want) {
			t.Errorf("%s, %v, want %s", reply.Body, err, want)
		}
	}
}

func TestVoices(t *testing.T) {
	v := voices{"Karen": {Voice: "en-AU-HayleyRUS"}, "es": {Voice: "es-ES-HelenaRUS"}}
	for _, tt := range []struct{ voice, lang, want string }{
		{"Karen", "en", "en-AU-HayleyRUS"},
		{"Karen", "", "en-AU-HayleyRUS"},
		{"Karen", "es-MX", "es-ES-HelenaRUS"},
		{"Karen", "de", "de-DE-HeddaRUS"},
		{"Karen", "xx", "en-AU-HayleyRUS"},
		{"", "es", "es-ES-HelenaRUS"},
		{"", "xx", english},
		{"", "", english},
	} {
		if got := v.of(engine.Say{Voice: tt.voice, Lang: tt.lang}); got != tt.want {
			t.Errorf("%q speaking %q: %q, want %q", tt.voice, tt.lang, got, tt.want)
		}
	}
}

func TestVerify(t *testing.T) {
	codec := newCodec(t, Config{Secrets: []engine.Secret{engine.NewSecret("now"), engine.NewSecret("old")}})
	for query, want := range map[string]error{
		"key=now": nil, "a=b&key=old": nil, "key=other": telephony.ErrSignature, "": telephony.ErrUnsigned, "key=": telephony.ErrUnsigned,
	} {
		r := telephony.Request{Method: http.MethodPost, URL: &url.URL{RawQuery: query}, Header: http.Header{}}
		if err := codec.Verify(r, time.Time{}); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", query, err, want)
		}
	}
	for said, c := range map[string]Config{
		"no secret is set":  {},
		"both set":          {Secrets: []engine.Secret{engine.NewSecret("s")}, Unsigned: true},
		"secret 1 is empty": {Secrets: []engine.Secret{{}}},
		"voices: Karen":     {Unsigned: true, Voices: map[string]Voice{"Karen": {}}},
	} {
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), said) {
			t.Errorf("%s: %v", said, err)
		}
	}
}

// FuzzVerify: whoever does not show the secret is refused, and nothing panics.
func FuzzVerify(f *testing.F) {
	codec := newCodec(f, Config{Secrets: []engine.Secret{engine.NewSecret("s3cret")}})
	f.Add("key=s3cre", "")
	f.Add("", "Basic ZWlnaHR4ODpzM2NyZQ==")
	f.Add("key=%zz&key=s3cret", "Basic")
	f.Fuzz(func(t *testing.T, query, header string) {
		r := telephony.Request{Method: http.MethodPost, URL: &url.URL{RawQuery: query}, Header: http.Header{}}
		if header != "" {
			r.Header["Authorization"] = []string{header}
		}
		err := codec.Verify(r, time.Time{})
		value, _ := telephony.Param(r.URL, telephony.PasswordParam)
		shown, _ := url.QueryUnescape(value)
		if err == nil && shown != "s3cret" && !strings.Contains(header, "ZWlnaHR4ODpzM2NyZXQ=") {
			t.Errorf("%q %q is accepted", query, header)
		}
		if err != nil && !errors.Is(err, telephony.ErrSignature) && !errors.Is(err, telephony.ErrUnsigned) {
			t.Error(err)
		}
	})
}

// BenchmarkTurn is what one webhook costs in the codec.
func BenchmarkTurn(b *testing.B) {
	codec := newCodec(b, Config{Unsigned: true, Voices: map[string]Voice{"Karen": {Voice: "en-AU-HayleyRUS"}}})
	turn := telephony.Request{Route: telephony.RouteStart, Body: []byte(`{"namespace":"VOICE","eventType":"CALL_ACTION","payload":{"sessionId":"call-1","subAccountId":"account-1","callStatus":"ACTION_COMPLETED","clientActionId":"s1/3/n0nce","eventData":{"dtmf":"4471","asrCaptured":null}}}`)}
	out := codectest.With(codectest.Account())
	for _, bench := range []struct {
		name string
		run  func() error
	}{
		{"decode", func() error { _, err := codec.Decode(turn); return err }},
		{"encode", func() error { _, err := codec.Encode(out); return err }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := bench.run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

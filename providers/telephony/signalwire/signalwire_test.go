package signalwire

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash"
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
	return codectest.Fixture{
		Codec: newCodec(tb, Config{
			Keys:          []engine.Secret{codectest.Current(), codectest.Previous()},
			Voices:        map[string]Voice{"Karen": {Voice: "Polly.Olivia", Language: "en-AU"}},
			RecordingHost: "recorder.example.com",
			ReferHost:     "pbx.example.com",
		}),
		Unsigned: newCodec(tb, Config{Unsigned: true}),
		Sign: func(r *telephony.Request, secret engine.Secret, _ time.Time) {
			r.Header.Set(Header, sign(sha1.New, secret.Reveal(), r.URL.String(), r.Body))
		},
		Dir:      "testdata",
		Speech:   speechOf,
		Timeless: true,
		Update:   *update,
	}
}

func sign(h func() hash.Hash, key, address string, body []byte) string {
	mac := hmac.New(h, []byte(key))
	mac.Write([]byte(address))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

func newCodec(tb testing.TB, c Config) *Codec {
	tb.Helper()
	codec, err := New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return codec
}

// speechOf takes a document apart into what is said and the rest. The pieces of a long
// text are one text.
func speechOf(r telephony.Reply) (said []string, rest string, err error) {
	if !utf8.Valid(r.Body) {
		return nil, "", errors.New("the reply is not UTF-8")
	}
	if strings.Contains(string(r.Body), "${") || strings.Contains(string(r.Body), "%{") {
		return nil, "", errors.New("the reply has an expression in it")
	}
	var doc struct {
		Version  string
		Sections struct{ Main []map[string]map[string]any }
	}
	decoder := json.NewDecoder(strings.NewReader(string(r.Body)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&doc); err != nil || decoder.More() {
		return nil, "", fmt.Errorf("not a document: %w", err)
	}
	for _, step := range doc.Sections.Main {
		for _, params := range step {
			for _, name := range []string{"urls", "play"} {
				list, ok := params[name].([]any)
				if !ok {
					continue
				}
				var kept []any
				continued := false
				for _, sound := range list {
					text, is := strings.CutPrefix(sound.(string), "say:")
					switch {
					case is && continued:
						said[len(said)-1] += " " + text
					case is:
						said = append(said, text)
						kept = append(kept, "say")
					default:
						kept = append(kept, sound)
					}
					continued = is && utf8.RuneCountInString(text) >= leastSay
				}
				params[name] = kept
			}
		}
	}
	b, err := json.Marshal(doc)
	return said, string(b), err
}

func TestConformance(t *testing.T) { codectest.Run(t, fixture(t)) }

func FuzzDecode(f *testing.F) { codectest.FuzzDecode(f, fixture(f)) }

func FuzzEncode(f *testing.F) { codectest.FuzzEncode(f, fixture(f)) }

// TestTransfers: a call is asked for its documents by transfer as long as it has them,
// and by execute afterwards.
func TestTransfers(t *testing.T) {
	t.Parallel()
	codec := newCodec(t, Config{Unsigned: true})
	for token, want := range map[string]string{
		"": "transfer", "s1/1/n": "transfer", "s1/20/n": "transfer", "s1/21/n": "execute", "s1/400/n": "execute",
		"s1/19/n?hold=1": "transfer", "s1/19/n?hold=2": "execute", "nonsense": "transfer",
	} {
		out := codectest.With(codectest.Account())
		out.Token = token
		reply, err := codec.Encode(out)
		if err != nil {
			t.Fatal(err)
		}
		other := map[string]string{"transfer": "execute", "execute": "transfer"}[want]
		if !strings.Contains(string(reply.Body), `{"`+want+`":`) || strings.Contains(string(reply.Body), `{"`+other+`":`) {
			t.Errorf("%q: got %s, want %s", token, reply.Body, want)
		}
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	const body = `{"call":{"call_id":"c-1","headers":[ {"name":"X-A","value":"a,b [c]"} , {"value":"2","name":"x-b"},3,{"name":"From","value":"x"}, {"name":"X-C"}]},"vars":{}}`
	in, err := newCodec(t, Config{Unsigned: true}).Decode(telephony.Request{Route: telephony.RouteStart, Method: "POST", Body: []byte(body)})
	if got := fmt.Sprint(in.Headers); err != nil || got != "map[x-a:a,b [c] x-b:2 x-c:]" {
		t.Errorf("got %s, %v", got, err)
	}
}

// TestManyHeaders: a long list of header fields is read once, however long it is.
func TestManyHeaders(t *testing.T) {
	t.Parallel()
	body := `{"call":{"call_id":"c-1","headers":[` + strings.Repeat("1,", 60_000) + `{"name":"X-Last","value":"1"}]},"vars":{}}`
	in, err := newCodec(t, Config{Unsigned: true}).Decode(telephony.Request{Route: telephony.RouteStart, Method: "POST", Body: []byte(body)})
	if got := fmt.Sprint(in.Headers); err != nil || got != "map[x-last:1]" {
		t.Errorf("got %s, %v", got, err)
	}
	for _, list := range []string{`null`, `[]`, `{}`, `"x"`, `7`} {
		in, err := newCodec(t, Config{Unsigned: true}).Decode(telephony.Request{
			Route: telephony.RouteStart, Method: "POST", Body: []byte(`{"call":{"call_id":"c-1","headers":` + list + `}}`),
		})
		if err != nil || in.Headers != nil {
			t.Errorf("%s: got %v, %v", list, in.Headers, err)
		}
	}
}

// TestEntries: what a prompt came to, in the forms that no page settles.
func TestEntries(t *testing.T) {
	t.Parallel()
	codec := newCodec(t, Config{Unsigned: true})
	for _, tt := range []struct{ state, vars, want string }{
		{"answered", `"prompt_result":"match_digits","prompt_value":"4471","prompt_digit_terminator":"#"`, "digits 4471 terminator"},
		{"answered", `"prompt_result":"match_digits","prompt_value":"4471#"`, "digits 4471# unknown"}, // which the engine takes apart
		{"answered", `"prompt_result":"match_digits","prompt_value":4471`, "digits 4471 unknown"},
		{"answered", `"prompt_result":"match_digits","prompt_value":"","prompt_digit_terminator":"#"`, "digits none terminator"},
		{"answered", `"prompt_result":"match_digits","prompt_value":""`, "noinput"},
		{"answered", `"prompt_result":"no_input","prompt_digit_terminator":"#"`, "noinput"},
		{"answered", `"prompt_result":"no_input","prompt_value":null`, "noinput"},
		{"answered", `"prompt_result":"no_match"`, "something said"},
		{"answered", `"prompt_result":"failed"`, "lost"},
		{"answered", ``, "lost"},
		// Callers who hang up while they are asked are not silent.
		{"ended", `"prompt_result":"no_input"`, "lost"},
		{"ending", `"prompt_result":"no_input"`, "lost"},
		{"ended", `"prompt_result":"failed"`, "lost"},
		{"ended", `"prompt_result":"match_digits","prompt_value":"4"`, "digits 4 unknown"},
		// How sure it is: of one, or of a hundred.
		{"answered", `"prompt_result":"match_speech","prompt_value":"yes","prompt_speech_confidence":0.87`, `said "yes" 0.87`},
		{"answered", `"prompt_result":"match_speech","prompt_value":"yes","prompt_speech_confidence":"87.0"`, `said "yes" 0.87`},
		{"answered", `"prompt_result":"match_speech","prompt_value":"yes","prompt_speech_confidence":1`, `said "yes" 1.00`},
		{"answered", `"prompt_result":"match_speech","prompt_value":"yes"`, `said "yes" 0.00`},
	} {
		r := request(t, codectest.TurnURL+"?on=gather", `{"call":{"call_id":"c-1","call_state":"`+tt.state+`"},"vars":{`+tt.vars+`}}`)
		in, err := codec.Decode(r)
		if got := codectest.Describe(in.Event); err != nil || got != tt.want {
			t.Errorf("%s, %s: got %s, %v, want %s", tt.state, tt.vars, got, err, tt.want)
		}
	}
}

// BenchmarkTurn measures what one request of a prompt costs in the codec.
func BenchmarkTurn(b *testing.B) {
	fx := fixture(b)
	const body = `{"call":{"call_id":"call-1","call_state":"answered","direction":"inbound","from":"+6591110000","to":"+6531589999"},` +
		`"vars":{"prompt_result":"match_digits","prompt_value":"4471","prompt_digit_terminator":"#"},"envs":{},"params":{}}`
	r := request(b, codectest.TurnURL+"?on=gather", body)
	fx.Sign(&r, codectest.Current(), codectest.At())
	out := codectest.With(codectest.Account())
	for _, part := range []struct {
		name string
		do   func() error
	}{
		{"verify", func() error { return fx.Codec.Verify(r, codectest.At()) }},
		{"decode", func() error { _, err := fx.Codec.Decode(r); return err }},
		{"encode", func() error { _, err := fx.Codec.Encode(out); return err }},
	} {
		b.Run(part.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := part.do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

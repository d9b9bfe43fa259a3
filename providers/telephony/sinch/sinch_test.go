package sinch

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"html"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

var update = flag.Bool("update", false, "rewrite testdata/replies.txtar")

const appKey = "11111111-2222-3333-4444-555555555555"

// shown is a secret as Sinch shows it.
func shown(s engine.Secret) engine.Secret {
	return engine.NewSecret(base64.StdEncoding.EncodeToString([]byte(s.Reveal())))
}

// fixture is this codec, for the suite.
func fixture(tb testing.TB) codectest.Fixture {
	tb.Helper()
	voices := map[string]Voice{"Karen": {Voice: "Nicole", Language: "en-AU"}}
	return codectest.Fixture{
		Codec: newCodec(tb, Config{
			Key: appKey, Voices: voices,
			Secrets: []engine.Secret{shown(codectest.Current()), shown(codectest.Previous())},
		}),
		Unsigned: newCodec(tb, Config{Unsigned: true, Voices: voices}),
		Sign:     func(r *telephony.Request, secret engine.Secret, at time.Time) { sign(r, shown(secret), at) },
		Dir:      "testdata",
		Speech:   speechOf,
		Carried:  true,
		Update:   *update,
	}
}

// sign signs as the application does.
func sign(r *telephony.Request, secret engine.Secret, at time.Time) {
	s, err := newSignature(Config{Secrets: []engine.Secret{secret}})
	if err != nil {
		panic(err)
	}
	when := at.UTC().Format("2006-01-02T15:04:05.0000000Z")
	r.Header.Set(timeHeader, when)
	sum := s.macs[0].Sum(nil, text(*r, when))
	r.Header.Set(Header, "application "+appKey+":"+base64.StdEncoding.EncodeToString(sum))
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

// speechOf takes an answer apart into what is said and the rest. The parts of a text
// that is too long to be said at once are put together again.
func speechOf(r telephony.Reply) (said []string, rest string, err error) {
	if !utf8.Valid(r.Body) {
		return nil, "", errors.New("the reply is not UTF-8")
	}
	var doc struct {
		Instructions []map[string]any `json:"instructions"`
		Action       map[string]any   `json:"action"`
	}
	if err := json.Unmarshal(r.Body, &doc); err != nil {
		return nil, "", err
	}
	whole := []string{"Before.", "After.", "Sorry, something went wrong.", "Please enter your account number."}
	open := false // the last text may go on in the next
	add := func(text string) (more bool) {
		if utf8.RuneCountInString(text) > maxText {
			err = errors.New("more is said at once than Sinch says")
		}
		more = open && !slices.Contains(whole, text)
		if more {
			said[len(said)-1] += " " + text
		} else {
			said = append(said, text)
		}
		open = !slices.Contains(whole, text)
		return more
	}
	var rests []any
	for _, in := range doc.Instructions {
		if ids, ok := in["ids"].([]any); ok && len(ids) == 1 {
			id, _ := ids[0].(string)
			inner, ssml := strings.CutPrefix(id, "#ssml[")
			if text, closed := strings.CutSuffix(inner, "]"); ssml && closed && !strings.ContainsAny(text, "[]") {
				said = append(said, text)
				rests = append(rests, map[string]any{"name": "say", "text": "", "locale": in["locale"]})
				continue
			}
		}
		text, says := in["text"].(string)
		if !says {
			open = false
			rests = append(rests, in)
			continue
		}
		in["text"] = ""
		if !add(text) {
			rests = append(rests, in)
		}
	}
	if menus, ok := doc.Action["menus"].([]any); ok {
		open = false
		menu := menus[0].(map[string]any)
		prompt, _ := menu["mainPrompt"].(string)
		var parts []string
		for part := range strings.SplitSeq(prompt, ";") {
			inner, tts := strings.CutPrefix(part, "#tts[")
			text, closed := strings.CutSuffix(inner, "]")
			switch {
			case tts && closed && !strings.ContainsAny(text, "[]"):
				if !add(text) {
					parts = append(parts, "#tts[]")
				}
			default:
				open = false
				parts = append(parts, part)
			}
		}
		menu["mainPrompt"] = parts
	}
	b, jsonErr := json.Marshal([]any{rests, doc.Action})
	return said, html.UnescapeString(string(b)), errors.Join(err, jsonErr)
}

// TestAnswersWithoutVerbs: an event that only tells something is answered so that the
// call goes on, and a lost one comes back.
func TestAnswersWithoutVerbs(t *testing.T) {
	codec := newCodec(t, Config{Unsigned: true})
	for want, o := range map[string]telephony.Outbound{
		`{"instructions":[],"action":{"name":"continue"}}`: {},
		`{"instructions":[{"name":"setCookie","key":"turn","value":"s1/3/n0nce?lost=1"}],"action":{"name":"runMenu","barge":true,"menus":[{"id":"main","repeats":0,"maxDigits":1,"timeoutMills":1000}]}}`: codectest.With(),
	} {
		reply, err := codec.Encode(o)
		if err != nil || string(reply.Body) != want {
			t.Errorf("got %s, %v, want %s", reply.Body, err, want)
		}
	}
}

// TestBackToTheStart: the way back to where a call began says who calls whom.
func TestBackToTheStart(t *testing.T) {
	codec := newCodec(t, Config{Unsigned: true})
	o := codectest.With(engine.Continue{})
	o.Token, o.Call = "?hold=1", engine.Call{ID: "call-1", From: "+6591110000", To: "+6531589999"}
	reply, err := codec.Encode(o)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Instructions json.RawMessage }
	if err := json.Unmarshal(reply.Body, &doc); err != nil {
		t.Fatal(err)
	}
	body := `{"event":"pie","callid":"call-1","menuResult":{"type":"timeout"},"cookies":` + string(doc.Instructions) + `}`
	in, err := codec.Decode(telephony.Request{Route: telephony.RouteStart, Body: []byte(body)})
	if err != nil || in.Route != telephony.RouteStart || in.Token != "?hold=1&on=continue" || in.Call.From != "+6591110000" || in.Call.To != "+6531589999" || in.Event != nil {
		t.Errorf("%+v, %v", in, err)
	}
}

// TestEnds: what the end of a call tells of a transfer, and of an answer that was
// refused.
func TestEnds(t *testing.T) {
	codec := newCodec(t, Config{Unsigned: true})
	for _, tt := range []struct{ reason, result, cookie, want string }{
		{"CALLEEHANGUP", "ANSWERED", "s1/3/n0nce?on=dial", "dial completed caller gone"},
		{"CANCEL", "BUSY", "s1/3/n0nce?on=dial", "dial busy caller gone"},
		{"TIMEOUT", "NOANSWER", "s1/3/n0nce?on=dial", "dial no_answer caller gone"},
		{"GENERALERROR", "FAILED", "s1/3/n0nce?on=dial", "dial failed caller gone"},
		{"CALLERHANGUP", "ANSWERED", "s1/3/n0nce?on=ask", "ended by caller"},
		{"CALLERHANGUP", "ANSWERED", "s1/3/n0nce?on=ask\"", "ended by caller"},
		{"CALLBACKERROR", "FAILED", "", "ended by unknown"},
		{"INVALIDSVAMLACTION", "FAILED", "s1/3/n0nce?on=ask", "ended by unknown"},
		{"NOCREDITPARTNER", "FAILED", "s1/3/n0nce?on=dial", "dial failed caller gone"},
	} {
		cookie, err := json.Marshal(map[string]string{turnCookie: tt.cookie})
		if err != nil {
			t.Fatal(err)
		}
		in, err := codec.Decode(telephony.Request{Route: telephony.RouteStart, Body: []byte(
			`{"event":"dice","callid":"call-1","reason":"` + tt.reason + `","result":"` + tt.result + `","cookies":` + string(cookie) + `}`)})
		if got := codectest.Describe(in.Event); err != nil || got != tt.want || (in.Alarm != "") != slices.Contains([]string{"CALLBACKERROR", "INVALIDSVAMLACTION", "NOCREDITPARTNER"}, tt.reason) {
			t.Errorf("%+v: %s, %q, %v", tt, got, in.Alarm, err)
		}
	}
}

// TestEntries: what a menu came to, in the forms that no page settles. Nothing and a
// time-out is silence; nothing and anything else was a key.
func TestEntries(t *testing.T) {
	codec := newCodec(t, Config{Unsigned: true})
	for result, want := range map[string]string{
		`{"type":"timeout"}`:                       "noinput",
		`{"type":"timeout","value":null}`:          "noinput",
		`{"type":"timeout","value":""}`:            "noinput",
		`{"type":"timeout","value":"44"}`:          "digits 44 gap",
		`{"type":"timeout","value":"44#"}`:         "digits 44# terminator",
		`{"type":"sequence","value":"44"}`:         "digits 44 unknown",
		`{"type":"Sequence","value":4471}`:         "digits 4471 unknown",
		`{"type":"sequence","value":""}`:           "digits none unknown",
		`{"type":"sequence"}`:                      "digits none unknown",
		`{"type":"sequence","value":"#"}`:          "digits # terminator",
		`{"type":"invalidinput"}`:                  "digits none unknown",
		`{"type":"invalidinput","value":"7"}`:      "digits 7 unknown",
		`{"type":"return","value":"1"}`:            "digits 1 unknown",
		`{"type":"error"}`:                         "lost",
		`{"type":"hangup"}`:                        "ended by caller",
		`{"value":"1"}`:                            "digits 1 unknown",
		`{"type":"somethingNew","value":null}`:     "noinput",
		`{"menuId":"other","type":"timeout"}`:      "noinput",
		`{"type":"timeout","inputMethod":"voice"}`: "noinput",
	} {
		in, err := codec.Decode(telephony.Request{Route: telephony.RouteStart, Body: []byte(
			`{"event":"pie","callid":"call-1","menuResult":` + result + `,"cookies":{"turn":"s1/3/n0nce?on=ask"}}`)})
		if got := codectest.Describe(in.Event); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", result, got, err, want)
		}
	}
}

// TestAnswered: that somebody answers steps nothing.
func TestAnswered(t *testing.T) {
	codec := newCodec(t, Config{Unsigned: true})
	for body, route := range map[string]telephony.Route{
		`{"event":"ace","callid":"call-1","cookies":{"turn":"s1/3/n0nce?on=dial"}}`: telephony.RouteTurn,
		`{"event":"ace","callid":"call-1"}`:                                         telephony.RouteNotice,
	} {
		in, err := codec.Decode(telephony.Request{Route: telephony.RouteStart, Body: []byte(body)})
		if err != nil || in.Route != route || in.Progress != (route == telephony.RouteTurn) || in.Event != nil {
			t.Errorf("%s: %+v, %v", body, in, err)
		}
	}
}

func TestTransfers(t *testing.T) {
	codec := newCodec(t, Config{Unsigned: true})
	for _, d := range []engine.Dial{{To: "*21#"}, {To: "100"}, {To: "+15550100", Refer: true}, {To: "+15550100", Whispers: true}} {
		if _, err := codec.Encode(codectest.With(d)); !errors.Is(err, telephony.ErrUnsupported) {
			t.Errorf("%+v: %v", d, err)
		}
	}
	for to, want := range map[string]string{
		"15550100":             `{"name":"connectPstn","number":"+15550100","maxDuration":60}`,
		"sip:desk@example.com": `{"name":"connectSip","destination":{"type":"sip","endpoint":"desk@example.com"},"callHeaders":[{"key":"X-Account","value":"12345"}],"maxDuration":60}`,
	} {
		reply, err := codec.Encode(codectest.With(engine.Dial{To: to, Limit: time.Minute, Context: []engine.Header{{Name: "X-Account", Value: "12345"}}}))
		if err != nil || !strings.Contains(string(reply.Body), want) {
			t.Errorf("%s: %s, %v", to, reply.Body, err)
		}
	}
}

// TestTwoVoices: a menu speaks in one; what comes first in another is said before it.
func TestTwoVoices(t *testing.T) {
	g := codectest.Account()
	g.Prompts = []engine.Say{{Text: "Press 1.", Lang: "en-AU"}, {Audio: "https://media.example.com/a;b.wav"}, {Text: "Oprima 2.", Lang: "es-MX"}}
	reply, err := newCodec(t, Config{Unsigned: true}).Encode(codectest.With(g))
	const want = `{"name":"say","text":"Press 1.","locale":"en-AU"},{"name":"playFiles","ids":["https://media.example.com/a;b.wav"]}],"action":{"name":"runMenu","barge":true,"locale":"es-MX","menus":[{"id":"main","mainPrompt":"#tts[Oprima 2.]"`
	if err != nil || !strings.Contains(string(reply.Body), want) {
		t.Errorf("%s, %v", reply.Body, err)
	}
}

func TestVoices(t *testing.T) {
	v := voices{"Karen": {Voice: "Nicole", Language: "en-AU"}, "es": {Voice: "Lupe", Language: "es-US"}}
	for _, tt := range []struct{ voice, lang, want string }{
		{"Karen", "en-AU", "Nicole"},
		{"Karen", "", "Nicole"},
		{"Karen", "es-MX", "Lupe"},
		{"Karen", "de", "de-DE"},
		{"Karen", "xx", "Nicole"},
		{"", "en", "en-US"},
		{"", "ar", "arb"},
		{"", "zh", "cmn-CN"},
		{"", "", ""},
	} {
		if got := v.of(engine.Say{Voice: tt.voice, Lang: tt.lang}); got != tt.want {
			t.Errorf("%q speaking %q: %q, want %q", tt.voice, tt.lang, got, tt.want)
		}
	}
}

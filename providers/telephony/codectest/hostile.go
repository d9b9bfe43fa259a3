package codectest

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Hostile are texts that try to be more than text. Each has letters, so that there
// is something to say.
func Hostile() []string {
	return []string{
		`He said "hello"`,
		`back\slash \u0022 \" end`,
		`"},{"verb":"hangup"},{"verb":"say","text":"owned`,
		`<speak>owned<audio src="https://evil.example.com/x.wav"/></speak>`,
		"\ufeff <speak>owned</speak>",
		" \n<speak>owned</speak>",
		`a <break time="600s"/> b`,
		`</Say><Hangup/><Say>owned`,
		`<![CDATA[owned]]>`,
		`owned ]]> <!-- owned --> <?xml version="1.0"?>`,
		"&amp;lt;Hangup/&amp;gt; &quot; &apos; &nbsp; &#x3c;",
		strings.Repeat("<", 3000) + "owned",
		strings.Repeat("x", 5000),
		"owned \x08\x0b\x0c \ufffe \U000e0001 \u0085 end",
		"&lt;speak&gt; & &#60;",
		"line\r\nbreak\nX-Evil: 1\r\n\r\nbody",
		"nul\x00bell\x07esc\x1b[2J",
		"emoji 🐮👩‍🌾 flag 🇦🇺",
		"invalid \xff\xfe\x80 utf-8 \xed\xa0\x80",
		"right-to-left \u202eevil\u202c",
		"separators \u2028 and \u2029 here",
		"https://evil.example.com/owned.wav",
		"file:///etc/passwd",
		"silence_stream://600000",
		"say:{vendor=x}owned",
		"Attention: we are closed",
		"${system(owned)} $${x} @{y}",
		"%s %d %n {{.}} #{x}",
		"'; DROP TABLE calls; --",
		strings.Repeat("long ", 2000),
		"日本語 العربية עברית",
	}
}

// testHostile says hostile texts in every place that speaks: nothing but what is
// said may differ.
func (f Fixture) testHostile(t *testing.T) {
	for _, hostile := range Hostile() {
		t.Run(fmt.Sprintf("%.20q", hostile), func(t *testing.T) { f.checkText(t, hostile) })
	}
}

// checkText compares the answers to a text and to a harmless one.
func (f Fixture) checkText(t *testing.T, text string) {
	t.Helper()
	for _, place := range []struct {
		name string
		out  func(text string) telephony.Outbound
	}{
		{"say", func(text string) telephony.Outbound {
			return With(engine.Say{Text: text}, engine.Hangup{})
		}},
		{"gather", func(text string) telephony.Outbound {
			g := Account()
			g.Prompts = []engine.Say{{Text: "Before."}, {Text: text}, {Text: "After."}}
			return With(g)
		}},
		{"markup", func(text string) telephony.Outbound {
			marked := "<speak>" + string(telephony.AppendXML(nil, text)) + "</speak>"
			return With(engine.Say{Text: text, SSML: marked, Lang: "en-AU", Voice: "Karen"}, engine.Hangup{})
		}},
		{"apology", func(text string) telephony.Outbound {
			o := With(Account())
			o.Apology.Text = text
			return o
		}},
	} {
		if place.name == "markup" && len(text) > 500 {
			continue // what is too long for markup is said in plain words
		}
		want, harmless, err := f.speech(place.out("harmless"))
		if err != nil {
			t.Fatalf("%s: %v", place.name, err)
		}
		said, rest, err := f.speech(place.out(text))
		if err != nil {
			t.Fatalf("%s: %v", place.name, err)
		}
		if rest != harmless {
			t.Errorf("%s: the text changed more than what is said:\n%s\nwas\n%s", place.name, rest, harmless)
		}
		if len(said) != len(want) {
			t.Fatalf("%s: said %q, want as many texts as %q", place.name, said, want)
		}
		for i, s := range said {
			if place.name == "markup" {
				s, want[i] = unmarked(s), unmarked(want[i])
			}
			if want[i] != "harmless" {
				if s != want[i] {
					t.Errorf("%s: another text changed: said %q, want %q", place.name, s, want[i])
				}
				continue
			}
			if got, want := letters(s), letters(text); got != want {
				t.Errorf("%s: said %q of %q: other letters", place.name, s, text)
			}
			if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
				t.Errorf("%s: said %q, which has more than text in it", place.name, s)
			}
		}
	}
}

// unmarked is what is said of a text that is one speak element, or plain.
func unmarked(s string) string {
	inner, found := strings.CutPrefix(s, "<speak>")
	inner, closed := strings.CutSuffix(inner, "</speak>")
	if !found || !closed || strings.ContainsAny(inner, "<>") {
		return s
	}
	return html.UnescapeString(inner)
}

// letters are what a text sounds like, roughly.
func letters(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return c
		}
		return -1
	}, s)
}

func (f Fixture) speech(o telephony.Outbound) ([]string, string, error) {
	reply, err := f.Codec.Encode(o)
	if err != nil {
		return nil, "", err
	}
	return f.Speech(reply)
}

// JSONSpeech is Fixture.Speech for a platform that is answered in JSON and speaks
// what stands under "text": a string, or a list of them; under "ssml" as well, where that
// is told apart.
func JSONSpeech(r telephony.Reply) (said []string, rest string, err error) {
	if !utf8.Valid(r.Body) {
		return nil, "", errors.New("the reply is not UTF-8")
	}
	var doc any
	if err := json.Unmarshal(r.Body, &doc); err != nil {
		return nil, "", err
	}
	var walk func(v any, key string) any
	walk = func(v any, key string) any {
		switch v := v.(type) {
		case string:
			if key == "text" || key == "ssml" {
				said = append(said, v)
				return ""
			}
		case []any:
			for i := range v {
				v[i] = walk(v[i], key)
			}
		case map[string]any:
			names := make([]string, 0, len(v))
			for name := range v {
				names = append(names, name)
			}
			slices.Sort(names)
			for _, name := range names {
				v[name] = walk(v[name], name)
			}
		}
		return v
	}
	doc = walk(doc, "")
	b, err := json.Marshal(doc)
	return said, string(b), err
}

package telephony_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"callflow/providers/telephony"
)

func TestReadForm(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		form, want string
		bad        bool
	}{
		{"", "[]", false},
		{"a=1&b=%2B2+3&c", "[{a 1} {b +2 3} {c }]", false},
		{"&&a=1&", "[{a 1}]", false},
		{"a=1&a=2", "[{a 1} {a 2}]", false},
		{"a=%zz", "[{a %zz}]", true},
		{"=", "[{ }]", false},
	} {
		fields, err := telephony.ReadForm(tt.form)
		if got := fmt.Sprint(fields); got != tt.want || (err != nil) != tt.bad {
			t.Errorf("%q: got %s, %v, want %s", tt.form, got, err, tt.want)
		}
	}
	if _, err := telephony.ReadForm(strings.Repeat("a=1&", 600)); err == nil {
		t.Error("a form of 600 fields is read")
	}
}

func TestIsForm(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]bool{
		"": true, "application/x-www-form-urlencoded": true, "Application/X-WWW-Form-Urlencoded; charset=utf-8": true,
		"application/json": false, "text/plain;": false,
	} {
		if got := telephony.IsForm(http.Header{"Content-Type": {kind}}); got != want {
			t.Errorf("%q: got %v", kind, got)
		}
	}
}

func TestXML(t *testing.T) {
	t.Parallel()
	var x telephony.XML
	x.Open("A")
	x.Attr("b", `"<&>`)
	x.Number("c", 3)
	x.Seconds("d", 1200*time.Millisecond, 1, 9)
	x.Inside()
	x.Text("x\x00y\xff\n")
	x.Element("E", "&")
	x.Open("F")
	x.Empty()
	x.Close("A")
	const want = `<A b="&quot;&lt;&amp;&gt;" c="3" d="2">x` + "\ufffdy\ufffd\ufffd" + `<E>&amp;</E><F/></A>`
	if string(x) != want {
		t.Errorf("got %s, want %s", x, want)
	}
}

func TestSpokenXML(t *testing.T) {
	t.Parallel()
	spoken := func(name string) bool { return name == "break" || name == "sub" }
	for _, tt := range []struct {
		marked, want string
		length       int
		ok           bool
	}{
		{`<speak>One<break time="1s"/> <sub alias="a &amp; &quot;b&quot;">ab</sub></speak>`, `One<break time="1s"></break> <sub alias="a &amp; &quot;b&quot;">ab</sub>`, 6, true},
		{`<speak><audio src="x">evil</audio>!</speak>`, "evil!", 5, true},
		{`<speak>open`, "", 0, false},
		{`<speak></p>`, "", 0, false},
		{`<speak></speak>`, "", 0, false},
		{`plain`, "", 0, false},
		{``, "", 0, false},
		{`<speak>a</speak`, "", 0, false},
		{`<speak>a<b</speak>`, "", 0, false},
		{`</speak>`, "", 0, false},
		{`<speak>a</speak></speak>`, "", 0, false},
		{`<speak>a<sub>b</speak></sub>`, "", 0, false},
		{`<speak>a &nbsp; b</speak>`, "", 0, false},
		{`<speak>a<x:break/>b<sub xml:lang="de">c</sub></speak>`, `ab<sub xml:lang="de">c</sub>`, 3, true},
		{`before<speak>é</speak>behind`, "é", 1, true},
	} {
		inner, length, ok := telephony.SpokenXML(tt.marked, spoken)
		if ok != tt.ok || ok && (inner != tt.want || length != tt.length) {
			t.Errorf("%s: got %s of %d, %v", tt.marked, inner, length, ok)
		}
	}
}

func TestCutText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, piece, rest string }{
		{"short", "short", ""},
		{"one two three", "one two", "three"},
		{"onetwothree", "onetwoth", "ree"},
		{"ééééé ééééé", "ééééé", "ééééé"},
		{"12345678", "12345678", ""},
		{"123456789", "12345678", "9"},
		{"ab cdefghij", "ab cdefg", "hij"},
		{"abcd efghij", "abcd", "efghij"},
		{"1234567   9", "1234567", "9"},
	} {
		if piece, rest := telephony.CutText(tt.text, 4, 8); piece != tt.piece || rest != tt.rest {
			t.Errorf("%q: got %q and %q", tt.text, piece, rest)
		}
	}
	if got := telephony.Untagged(" a<b>\r\nc "); got != "a b   c" {
		t.Errorf("got %q", got)
	}
}

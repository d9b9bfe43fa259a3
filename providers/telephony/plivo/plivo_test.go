package plivo

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
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

const testNonce = "37300338173920782155"

// fixture is this codec, for the suite.
func fixture(tb testing.TB) codectest.Fixture {
	tb.Helper()
	return codectest.Fixture{
		Codec: newCodec(tb, Config{
			Tokens:        []engine.Secret{codectest.Current(), codectest.Previous()},
			Voices:        map[string]Voice{"Karen": {Voice: "Polly.Olivia", Language: "en-AU"}},
			RecordingHost: "recorder.example.com",
		}),
		Unsigned: newCodec(tb, Config{Unsigned: true}),
		Sign: func(r *telephony.Request, secret engine.Secret, _ time.Time) {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			text, err := signedText(*r)
			if err != nil {
				tb.Error(err)
			}
			r.Header.Set(NonceHeader, testNonce)
			r.Header.Set(Header, sign(secret.Reveal(), string(text)+"."+testNonce))
		},
		Dir:      "testdata",
		Speech:   speechOf,
		Timeless: true,
		Same: func(a, b []byte) bool {
			form := func(body []byte) string {
				text, _ := signedText(telephony.Request{Method: http.MethodPost, Body: body})
				return string(text)
			}
			return form(a) == form(b)
		},
		Update: *update,
	}
}

func sign(token, text string) string {
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func newCodec(tb testing.TB, c Config) *Codec {
	tb.Helper()
	codec, err := New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return codec
}

// speechOf takes a document apart into what is said and the rest. The pieces of a
// long text are one text.
func speechOf(r telephony.Reply) (said []string, rest string, err error) {
	if !utf8.Valid(r.Body) {
		return nil, "", errors.New("the reply is not UTF-8")
	}
	if !strings.HasPrefix(string(r.Body), "<?xml") {
		return nil, "", errors.New("something stands before the XML declaration")
	}
	var b strings.Builder
	var open []string
	text, continued := "", false
	decoder := xml.NewDecoder(strings.NewReader(string(r.Body)))
	for {
		t, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, "", err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if err := known(t, open); err != nil {
				return nil, "", err
			}
			open = append(open, t.Name.Local)
			if t.Name.Local == "Speak" {
				text = ""
				continue
			}
			continued = false
			fmt.Fprintf(&b, "<%s %v>", t.Name.Local, t.Attr)
		case xml.EndElement:
			open = open[:len(open)-1]
			if t.Name.Local != "Speak" {
				fmt.Fprintf(&b, "</%s>", t.Name.Local)
				continue
			}
			if n := utf8.RuneCountInString(text); n > maxSpeak {
				return nil, "", fmt.Errorf("a Speak of %d characters", n)
			}
			if continued {
				said[len(said)-1] += " " + text
			} else {
				said = append(said, text)
				b.WriteString("<Speak/>")
			}
			continued = utf8.RuneCountInString(text) >= leastSpeak
		case xml.CharData:
			if slices.Contains(open, "Speak") {
				text += string(t)
			} else {
				b.Write(t)
			}
		}
	}
	return said, b.String(), nil
}

// allowed are the elements that are written, with where they stand and what
// attributes they may have, as Plivo's pages list them.
var allowed = map[string]struct {
	in         []string
	attributes []string
}{
	"Response": {[]string{""}, nil},
	"Speak":    {[]string{"Response", "GetDigits", "GetInput"}, []string{"voice", "language", "loop"}},
	"Play":     {[]string{"Response", "GetDigits", "GetInput"}, []string{"loop"}},
	"Wait":     {[]string{"Response"}, []string{"length"}},
	"GetDigits": {[]string{"Response"}, []string{
		"action", "method", "timeout", "digitTimeout", "finishOnKey", "numDigits", "retries", "redirect", "playBeep", "validDigits", "log",
	}},
	"GetInput": {[]string{"Response"}, []string{
		"action", "method", "inputType", "executionTimeout", "digitEndTimeout", "speechEndTimeout", "finishOnKey", "numDigits", "language", "hints", "log",
	}},
	"Redirect": {[]string{"Response"}, []string{"method"}},
	"Hangup":   {[]string{"Response"}, nil},
	"Dial":     {[]string{"Response"}, []string{"action", "method", "timeout", "timeLimit", "callerId", "confirmSound"}},
	"Number":   {[]string{"Dial"}, nil},
	"User":     {[]string{"Dial"}, []string{"sipHeaders"}},
	"Record":   {[]string{"Response"}, []string{"action", "method", "finishOnKey", "maxLength", "timeout", "playBeep", "callbackUrl", "callbackMethod"}},
}

func known(t xml.StartElement, open []string) error {
	parent := ""
	if len(open) > 0 {
		parent = open[len(open)-1]
	}
	if slices.Contains(open, "Speak") && isSpoken(t.Name.Local) {
		return nil
	}
	e, ok := allowed[t.Name.Local]
	if !ok || !slices.Contains(e.in, parent) {
		return fmt.Errorf("<%s> in <%s>", t.Name.Local, parent)
	}
	for _, a := range t.Attr {
		if !slices.Contains(e.attributes, a.Name.Local) {
			return fmt.Errorf("<%s> has no attribute %s", t.Name.Local, a.Name.Local)
		}
	}
	return nil
}

func TestConformance(t *testing.T) { codectest.Run(t, fixture(t)) }

func FuzzDecode(f *testing.F) { codectest.FuzzDecode(f, fixture(f)) }

func FuzzEncode(f *testing.F) { codectest.FuzzEncode(f, fixture(f)) }

package telnyx

import (
	"encoding/xml"
	"errors"
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

func newTeXML(tb testing.TB, c TeXMLConfig) *TeXML {
	tb.Helper()
	codec, err := NewTeXML(c)
	if err != nil {
		tb.Fatal(err)
	}
	return codec
}

// documents is the codec of TeXML, for the suite.
func documents(tb testing.TB) codectest.Fixture {
	tb.Helper()
	return codectest.Fixture{
		Codec: newTeXML(tb, TeXMLConfig{
			PublicKeys: []engine.Secret{publicKey(codectest.Current()), publicKey(codectest.Previous())},
			Voices:     map[string]Voice{"Karen": {Voice: "Polly.Olivia-Neural", Language: "en-AU"}},
		}),
		Unsigned: newTeXML(tb, TeXMLConfig{Unsigned: true}),
		Sign: func(r *telephony.Request, secret engine.Secret, at time.Time) {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			sign(r, secret, at)
		},
		Dir:    "testdata/texml",
		Speech: spokenXML,
		Update: *update,
	}
}

// elements are where each element may stand, and what it may have, as Telnyx' pages of
// TeXML have it.
var elements = map[string]struct{ in, attributes []string }{
	"Response": {[]string{""}, nil},
	"Say":      {[]string{"Response", "Gather"}, []string{"voice", "language"}},
	"Play":     {[]string{"Response", "Gather"}, nil},
	"Pause":    {[]string{"Response"}, []string{"length"}},
	"Gather":   {[]string{"Response"}, []string{"action", "method", "input", "minDigits", "maxDigits", "finishOnKey", "timeout"}},
	"Redirect": {[]string{"Response"}, []string{"method"}},
	"Hangup":   {[]string{"Response"}, nil},
	"Dial":     {[]string{"Response"}, []string{"action", "method", "callerId", "timeout", "timeLimit"}},
	"Number":   {[]string{"Dial"}, nil},
	"Sip":      {[]string{"Dial"}, nil},
}

// spokenXML takes a document apart into what is said and the rest. The pieces of a long
// text are one text.
func spokenXML(r telephony.Reply) (said []string, rest string, err error) {
	if !utf8.Valid(r.Body) || !strings.HasPrefix(string(r.Body), "<?xml") {
		return nil, "", errors.New("the reply is not UTF-8, or does not begin as XML does")
	}
	var b strings.Builder
	open, text, continued := []string{""}, "", false
	decoder := xml.NewDecoder(strings.NewReader(string(r.Body)))
	for {
		t, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return said, b.String(), nil
		}
		if err != nil {
			return nil, "", err
		}
		switch t := t.(type) {
		case xml.StartElement:
			e, ok := elements[t.Name.Local]
			if !ok || !slices.Contains(e.in, open[len(open)-1]) {
				return nil, "", fmt.Errorf("<%s> in <%s>", t.Name.Local, open[len(open)-1])
			}
			for _, a := range t.Attr {
				if !slices.Contains(e.attributes, a.Name.Local) {
					return nil, "", fmt.Errorf("<%s> has no attribute %s", t.Name.Local, a.Name.Local)
				}
			}
			open = append(open, t.Name.Local)
			if text = ""; t.Name.Local != "Say" {
				continued = false
				fmt.Fprintf(&b, "<%s %v>", t.Name.Local, t.Attr)
			}
		case xml.EndElement:
			open = open[:len(open)-1]
			n := utf8.RuneCountInString(text)
			switch {
			case t.Name.Local != "Say":
				fmt.Fprintf(&b, "</%s>", t.Name.Local)
				continue
			case n > maxSaid:
				return nil, "", fmt.Errorf("a Say of %d characters", n)
			case continued:
				said[len(said)-1] += " " + text
			default:
				said = append(said, text)
				b.WriteString("<Say/>")
			}
			continued = n >= leastSaid
		case xml.CharData:
			if text += string(t); open[len(open)-1] != "Say" {
				b.Write(t)
			}
		}
	}
}

func TestTeXMLConformance(t *testing.T) { codectest.Run(t, documents(t)) }

func FuzzDecodeForm(f *testing.F) { codectest.FuzzDecode(f, documents(f)) }

func FuzzEncodeDocument(f *testing.F) { codectest.FuzzEncode(f, documents(f)) }

// BenchmarkTurn measures what one webhook of a question costs, in each of the two ways.
func BenchmarkTurn(b *testing.B) {
	for _, way := range []struct {
		fx          codectest.Fixture
		query, body string
	}{
		{commands(b), "", `{"data":{"event_type":"call.gather.ended","id":"e1","payload":{"call_control_id":"call-1","connection_id":"account-1","client_state":"czEvMy9uMG5jZT9vbj1nYXRoZXI=","digits":"4471","status":"valid"}}}`},
		{documents(b), "on=gather", "AccountSid=account-1&CallSid=call-1&From=%2B6591110000&To=%2B6531589999&Digits=4471"},
	} {
		u := "https://ivr.example.com/v1/x/turns/s1/3/n0nce?" + way.query
		req, err := http.NewRequest(http.MethodPost, u, nil)
		if err != nil {
			b.Fatal(err)
		}
		r := telephony.Request{Route: telephony.RouteTurn, Method: http.MethodPost, URL: req.URL, Header: req.Header, Body: []byte(way.body)}
		way.fx.Sign(&r, codectest.Current(), codectest.At())
		out := codectest.With(codectest.Account())
		for _, part := range []struct {
			name string
			do   func() error
		}{
			{"verify", func() error { return way.fx.Codec.Verify(r, codectest.At()) }},
			{"decode", func() error { _, err := way.fx.Codec.Decode(r); return err }},
			{"encode", func() error { _, err := way.fx.Codec.Encode(out); return err }},
		} {
			b.Run(way.fx.Codec.Name()+"/"+part.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := part.do(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

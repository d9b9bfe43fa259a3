package vonage

import (
	"encoding/json"
	"errors"
	"flag"
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

// fixture is this codec, for the suite.
func fixture(tb testing.TB) codectest.Fixture {
	tb.Helper()
	return codectest.Fixture{
		Codec: newCodec(tb, Config{
			Secrets: []engine.Secret{codectest.Current(), codectest.Previous()},
			Voices:  map[string]Voice{"Karen": {Language: "en-AU", Style: 2, Premium: true}},

			RecordingHost: "recorder.example.com",
		}),
		Unsigned: newCodec(tb, Config{Unsigned: true}),
		Sign:     func(r *telephony.Request, secret engine.Secret, at time.Time) { sign(r, secret, at, "a1b2c3d4") },
		Dir:      "testdata",
		Speech:   speechOf,
		Update:   *update,
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

// speechOf takes a document apart into what is said and the rest. The pieces of a
// text that is too long for one talk are put together again.
func speechOf(r telephony.Reply) (said []string, rest string, err error) {
	if !utf8.Valid(r.Body) {
		return nil, "", errors.New("the reply is not UTF-8")
	}
	var doc []map[string]any
	if err := json.Unmarshal(r.Body, &doc); err != nil {
		return nil, "", err
	}
	var actions []map[string]any
	open := false // the last talk may go on in the next
	for _, action := range doc {
		text, talks := action["text"].(string)
		if !talks {
			open = false
			actions = append(actions, action)
			continue
		}
		n := units(untagged(text))
		if n > maxText {
			return nil, "", errors.New("a talk has more than 1500 characters")
		}
		whole := []string{"Before.", "After.", "Sorry, something went wrong.", "Please enter your account number."}
		if open && !slices.Contains(whole, text) {
			said[len(said)-1] += " " + text
		} else {
			said = append(said, text)
			action["text"] = ""
			actions = append(actions, action)
		}
		open = n > maxText-sentencePart-1
	}
	b, err := json.Marshal(actions)
	return said, string(b), err
}

// actions encodes o and reads the document back.
func actions(t *testing.T, c Config, o telephony.Outbound) []map[string]any {
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

func names(doc []map[string]any) string {
	var all []string
	for _, a := range doc {
		name, _ := a["action"].(string)
		if a["bargeIn"] == true {
			name += "!"
		}
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

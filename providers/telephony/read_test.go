package telephony

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// jsonSeeds are documents, good and bad, at the edges of the grammar.
var jsonSeeds = []string{
	`{}`, ` { } `, `{"a":1}`, `{"a":"x","b":null,"a":"y"}`, "{\"a\"\t:\r\n[ ] }",
	`{"a":[1,2.5,-0,-0.1e+5,1E3,{"b":{}}],"c":true,"d":false}`,
	`{"a":"\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\udc2e"}`,
	`{"a":"\ud83d"}`, `{"a":"\ud83dx"}`, `{"a":"\ud83d\u0041"}`, `{"a":"\udc2e\ud83d\udc2e"}`,
	"{\"a\":\"\xff\xfe\xed\xa0\x80\"}", "{\"a\":\"é李🐮\u2028\"}", `{"\u0061":"escaped name"}`,
	`{"":""}`, `{"a":"` + strings.Repeat("x", 100) + `"}`,
	``, ` `, `{`, `}`, `[]`, `null`, `1`, `"x"`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{"a":1 "b":2}`,
	`{a:1}`, `{'a':1}`, `{"a":01}`, `{"a":1.}`, `{"a":.5}`, `{"a":1e}`, `{"a":+1}`, `{"a":-}`, `{"a":0x1}`,
	`{"a":tru}`, `{"a":True}`, `{"a":nul}`, `{"a":NaN}`, `{"a":[1,]}`, `{"a":[1 2]}`, `{"a":[}`, `{"a":{]}`,
	`{"a":"\x"}`, `{"a":"\u12"}`, `{"a":"\u12G4"}`, `{"a":"\`, "{\"a\":\"\n\"}", "{\"a\":\"\x00\"}", `{"a":"`,
	`{} {}`, `{}x`, `{"a":1}//`, "\ufeff{}",
}

func FuzzReadObject(f *testing.F) {
	for _, s := range jsonSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { compareWithEncodingJSON(t, data) })
}

// compareWithEncodingJSON reads data both ways: the same documents are refused, and
// the same members are found in the others.
func compareWithEncodingJSON(t *testing.T, data []byte) {
	t.Helper()
	got := make(map[string]json.RawMessage)
	err := ReadObject(data, func(name []byte, value Value) error {
		// encoding/json repairs names that are not UTF-8; no name that we look for
		// is one of them.
		got[strings.ToValidUTF8(string(name), "\ufffd")] = json.RawMessage(bytes.Clone(value))
		return nil
	})
	var want map[string]json.RawMessage
	if wrong := json.Unmarshal(data, &want); wrong != nil || want == nil {
		if err == nil {
			t.Errorf("%q is accepted; encoding/json says %v", data, wrong)
		}
		return
	}
	if err != nil {
		if deep := strings.Contains(err.Error(), "too deep"); !deep {
			t.Errorf("%q: %v; encoding/json reads it", data, err)
		}
		return
	}
	if len(got) > len(want) {
		t.Errorf("%q: %d members, encoding/json finds %d", data, len(got), len(want))
	}
	for name, value := range got {
		raw, ok := want[name]
		if !ok {
			continue // a name that is not UTF-8
		}
		if !bytes.Equal(raw, value) {
			t.Errorf("%q: %q is %q, encoding/json finds %q", data, name, value, raw)
		}
		var text string
		if s, ok := Value(value).Text(); Value(value).IsText() {
			if err := json.Unmarshal(raw, &text); err != nil || !ok || s != text {
				t.Errorf("%q: %q is %q, encoding/json finds %q", data, name, s, text)
			}
		}
	}
}

func TestReadObject(t *testing.T) {
	for _, s := range jsonSeeds {
		compareWithEncodingJSON(t, []byte(s))
	}
}

func TestReadObjectMessages(t *testing.T) {
	for _, tt := range []struct{ data, want string }{
		{``, "not JSON: it ends where an object in braces is expected"},
		{`[]`, "not JSON at byte 0: expected an object in braces"},
		{`{"a" 1}`, "not JSON at byte 5: expected a colon"},
		{`{"a":1 "b"}`, "not JSON at byte 7: expected a comma or a closing brace"},
		{`{"a":8642x}`, "not JSON at byte 9: expected a comma or a closing brace"},
		{`{"a":"8642`, "not JSON: it ends where a closing quote is expected"},
		{`{"a":[1;2]}`, "not JSON at byte 7: expected a comma or a closing bracket"},
		{`{} {}`, "not JSON at byte 3: expected nothing after the object"},
		{`{"a":` + strings.Repeat("[", 1000), "not JSON that we read: nested too deep"},
	} {
		err := ReadObject([]byte(tt.data), func([]byte, Value) error { return nil })
		if err == nil || err.Error() != tt.want {
			t.Errorf("%.40s: got %v, want %s", tt.data, err, tt.want)
		}
	}
}

func TestValue(t *testing.T) {
	for _, tt := range []struct {
		value  Value
		text   string
		isText bool // to Text
		kind   string
	}{
		{Value(`"x"`), "x", true, "text"},
		{Value(`""`), "", true, "text"},
		{Value(`15551230000`), "15551230000", true, "a number"},
		{Value(`-0.5e3`), "-0.5e3", true, "a number"},
		{Value(`null`), "", false, "null"},
		{Value(`true`), "", false, "true or false"},
		{Value(`{"a":1}`), "", false, "an object"},
		{Value(`[1]`), "", false, "a list"},
		{nil, "", false, "nothing"},
	} {
		if s, ok := tt.value.Text(); s != tt.text || ok != tt.isText || tt.value.Kind() != tt.kind {
			t.Errorf("%s: got %q, %v, %s", tt.value, s, ok, tt.value.Kind())
		}
	}
	if !Value(`"gap"`).Is("gap") || Value(`"gap"`).Is("ga") || Value(`gap`).Is("g") || Value(nil).Is("") {
		t.Error("Is mistakes a value")
	}
	if v, ok := Value(`true`).Bool(); !v || !ok {
		t.Error("true is not true")
	}
	if v, ok := Value(`false`).Bool(); v || !ok {
		t.Error("false is not false")
	}
	if _, ok := Value(`1`).Bool(); ok {
		t.Error("1 is a truth")
	}
}

func FuzzAppendText(f *testing.F) {
	for _, s := range jsonSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := AppendText([]byte("x"), s)
		if got[0] != 'x' {
			t.Fatal("what was there is gone")
		}
		var back, want string
		if err := json.Unmarshal(got[1:], &back); err != nil {
			t.Fatalf("%q: %v in %s", s, err, got[1:])
		}
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &want); err != nil || back != want {
			t.Errorf("%q comes back as %q, with encoding/json as %q", s, back, want)
		}
	})
}

// A string's end is found wherever in a word of eight bytes it is, and whatever
// the bytes around it are.
func TestReadObjectFindsTheEndOfText(t *testing.T) {
	t.Parallel()
	for _, filler := range []string{"a", " ", "!", "#", "[", "]", "\x7f", "é", "\xff", "\x80"} {
		for before := range 20 {
			for _, end := range []byte{'"', '\\', 0, 1, '\n', 0x1f} {
				text := strings.Repeat(filler, before)
				compareWithEncodingJSON(t, []byte(`{"`+text+string(end)+`":"`+text+string(end)+filler+`"}`))
			}
		}
	}
}

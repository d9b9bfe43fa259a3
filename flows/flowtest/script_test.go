package flowtest_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"callflow/engine"
	"callflow/flows/flowtest"
)

func TestParseScript(t *testing.T) {
	t.Parallel()
	keys := func(k string, offset int) flowtest.Move {
		return flowtest.Move{Keys: engine.NewSecret(k), Offset: offset}
	}
	early, gone := keys("1#", 0), keys("12", 2)
	early.Early, gone.Hangup = true, true
	for text, want := range map[string]flowtest.Script{
		"":                nil,
		" \t\n":           nil,
		"12345# 1234 1 9": {keys("12345#", 0), keys("1234", 7), keys("1", 12), keys("9", 14)},
		"12345#1234":      {keys("12345#1234", 0)},
		"  *0#  ":         {keys("*0#", 2)},
		"- -":             {{}, {Offset: 2}},
		"x":               {{Hangup: true}},
		"+1#":             {early},
		"- 12x":           {{}, gone},
		"123.":            {keys("123", 0)},
	} {
		got, err := flowtest.ParseScript(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if len(got) != len(want) {
			t.Errorf("%q: %d moves, expected %d", text, len(got), len(want))
			continue
		}
		for i := range got {
			g, w := got[i], want[i]
			if !g.Keys.Equal(w.Keys) || g.Early != w.Early || g.Hangup != w.Hangup || g.Offset != w.Offset {
				t.Errorf("%q: move %d is %+v, expected %+v", text, i, g, w)
			}
		}
	}
}

func TestParseScriptErrors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"12 1a":                    `character 5: 'a' is no key; expected 0-9, *, #, or one of the signs . + - x`,
		"1-":                       `character 2: '-' is silence and stands alone; expected a space before and after it`,
		"1x2":                      `character 2: 'x' ends a word; expected a space after it`,
		"1.2":                      `character 2: '.' ends a word; expected a space after it`,
		"1 .":                      `character 3: "." has no keys; expected them beside the sign`,
		"+":                        `character 1: "+" has no keys; expected them beside the sign`,
		"1 +é":                     `character 4: 'é' is no key; expected 0-9, *, #, or one of the signs . + - x`,
		"1 1+":                     `character 4: '+' is no key; expected 0-9, *, #, or one of the signs . + - x`,
		strings.Repeat("1", 201):   `character 201: more than 200 keys in one burst`,
		strings.Repeat("1 ", 5001): `character 10001: the script is longer than 10000 characters`,
	} {
		_, err := flowtest.ParseScript(text)
		if err == nil || err.Error() != want {
			t.Errorf("%.20q: found %v\nexpected %s", text, err, want)
		}
	}
}

func FuzzParseScript(f *testing.F) {
	for _, seed := range []string{"12345# 1234 1 9", "-", "x", "12x", "+1#", "1.", "12 1a", "é", "\xff", `"9 "`, `~"my bill" 1`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		script, err := flowtest.ParseScript(text)
		var wrong *flowtest.ScriptError
		switch {
		case errors.As(err, &wrong):
			if wrong.Offset < 0 || wrong.Offset > utf8.RuneCountInString(text) {
				t.Errorf("%q: offset %d lies outside", text, wrong.Offset)
			}
		case err != nil:
			t.Errorf("%q: %v is no *ScriptError", text, err)
		case !strings.Contains(text, `"`) && len(script) != len(strings.Fields(text)): // what is said may hold spaces
			t.Errorf("%q: %d moves of %d words", text, len(script), len(strings.Fields(text)))
		}
	})
}

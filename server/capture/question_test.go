package capture

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"callflow/engine"
)

// A choice stays as it was pressed, and nothing else does.
func TestEntered(t *testing.T) {
	t.Parallel()
	r := &Recorder{words: Words([]byte("say: Press 1 for payments.")), spoken: Words([]byte("yes one"))}
	menu := engine.Gather{Max: 2, Options: []string{"*", "1", "10", "2"}}
	full := engine.Gather{Max: 1, Options: strings.Split("0123456789", "")}
	all := engine.Gather{Max: 1, Options: strings.Split("012345678", "")}
	month := engine.Gather{Max: 2, Pattern: regexp.MustCompile(`^(?:0[1-9]|1[0-2])$`)}
	card := engine.Gather{Max: 16, Luhn: true}
	for _, tt := range []struct {
		name   string
		asked  engine.Gather
		ev     engine.Event
		kept   string // where one stands as it was; "?" is any digit, "x" any letter
		judged func(string) bool
	}{
		{"an option", menu, pressed("1"), "1", nil},
		{"a longer option", menu, pressed("10"), "10", nil},
		{"a star", menu, pressed("*"), "*", nil},
		{"an option and its end", menu, pressed("2#"), "2#", nil},
		{"an option and what is for later", menu, pressed("2735"), "2???", nil},
		{"an option, a key and its end", menu, pressed("27#"), "2?#", nil},
		{"a part of options", engine.Gather{Max: 2, Options: []string{"12", "13"}}, pressed("1"), "1", nil},
		{"a wrong choice", menu, pressed("7"), "?", func(s string) bool { return s != "1" && s != "2" }},
		{"two keys of no option", menu, pressed("77"), "??", func(s string) bool { return s[0] != '1' && s[0] != '2' }},
		{"a wrong choice, where any other is right", all, pressed("9"), "9", nil},
		{"every key an option", full, pressed("9"), "9", nil},
		{"an entry of one key", engine.Gather{Max: 1}, pressed("7"), "?", nil},
		{"an entry of two keys", engine.Gather{Max: 2}, pressed("42"), "??", nil},
		{"an entry and its end", engine.Gather{Max: 2, Terminator: "#"}, pressed("4#"), "?#", nil},
		{"two entries", engine.Gather{Max: 10, Terminator: "#"}, pressed("83619#7391"), "?????#????", nil},
		{"a month", month, pressed("11"), "??", month.Fits},
		{"no month", month, pressed("99"), "??", func(s string) bool { return !month.Fits(s) }},
		{"a card", card, pressed("4111111111111111"), "", card.Fits},
		{"a secret with options", engine.Gather{Max: 1, Secret: true, Options: []string{"1"}}, pressed("1"), "?", nil},
		{"a word of the flow", menu, said("payments"), "payments", nil},
		{"a word of every flow", menu, said("yes one"), "yes one", nil},
		{"the number of an option", menu, said("10"), "10", nil},
		{"another number", menu, said("77"), "??", nil},
		{"another word", menu, said("maria"), "xxxxx", nil},
		{"a word of the flow as an entry", engine.Gather{Max: 4}, said("payments"), "xxxxxxxx", nil},
		{"a number as an entry", engine.Gather{Max: 4}, said("1 2"), "? ?", nil},
	} {
		for i := range 50 {
			c := &Call{recorder: r, masks: newMasks([]byte{byte(i)})}
			q := questionOf([]engine.Verb{engine.Say{}, tt.asked})
			typed, kept, ok := c.entered(tt.ev, q)
			if !ok || len(kept) != len(typed) {
				t.Fatalf("%s: %q became %q", tt.name, typed, kept)
			}
			for j, want := range tt.kept {
				if want != '?' && want != 'x' && kept[j] != typed[j] {
					t.Errorf("%s: %q became %q, expected %q", tt.name, typed, kept, tt.kept)
				}
			}
			if kept == typed && strings.ContainsAny(tt.kept, "?x") || tt.judged != nil && !tt.judged(kept) {
				t.Errorf("%s: %q became %q", tt.name, typed, kept)
			}
			if _, again, _ := c.entered(tt.ev, q); again != kept {
				t.Errorf("%s: %q became %q, then %q", tt.name, typed, kept, again)
			}
		}
	}
	c := &Call{recorder: r, masks: newMasks(nil)}
	if _, kept, ok := c.entered(pressed("1"), nil); !ok || kept == "1" {
		t.Errorf("nobody asked, and %q is kept", kept)
	}
	if _, _, ok := c.entered(engine.NoInput{}, nil); ok {
		t.Error("silence is an entry")
	}
	if questionOf([]engine.Verb{engine.Hangup{}}) != nil {
		t.Error("a hangup asks")
	}
}

func pressed(keys string) engine.Event { return engine.Digits{Keys: engine.NewSecret(keys)} }

func said(text string) engine.Event { return engine.Speech{Text: engine.NewSecret(text)} }

// A number is a flow's own only where it stands in the flow.
func TestNumbersInTheirPlace(t *testing.T) {
	t.Parallel()
	words := Words([]byte(`callflow: 1
states:
  age: { collect: { prompt: "Your age?", digits: 42 }, next: menu }
  menu:
    menu:
      prompt: >
        You are ${age}. Press 1 for sheep,
        2 for cattle, 3 or 4 for ${animal}, or 9. After ${n} 7 are left of 42 sheep.
      options: { 1: a, 2: b }
`))
	for text, want := range map[string]string{
		"Press 1 for sheep, 2 for cattle":  "Press 1 for sheep, 2 for cattle",
		"3 or 4 for goats, or 9.":          "0 or 4 for xxxxx, or 9.",
		"cattle, 3 or 4 for Maria":         "cattle, 3 or 4 for Xxxxx",
		"After 12 7 are left of 42 sheep.": "After 00 0 are left of 42 sheep.",
		"You are 42. Press 1 for sheep":    "You are 00. Press 1 for sheep",
		"You are 1. Press 2 for sheep":     "You are 0. Press 0 for sheep",
		"42":                               "00",
		"1":                                "0",
		"42.":                              "00.",
		"Press 1.":                         "Press 0.",
		"You are 9":                        "You are 0",
		"<speak>Press 1 for sheep, or 9.</speak>": "<speak>Press 1 for sheep, or 9.</speak>",
	} {
		if got := words.said(newMasks(nil), text); got != want {
			t.Errorf("%q: %q, expected %q", text, got, want)
		}
	}
	for _, broken := range []string{"${", "Press ${a 1", "1 ${", "${}1${}", "\x00 1", ""} {
		if got := Words([]byte(broken)).said(newMasks(nil), "Press 5 on"); !strings.Contains(got, " 0 ") {
			t.Errorf("%q: %q", broken, got)
		}
	}
}

// What stands for an entry is never the entry, and each has its own.
func TestFit(t *testing.T) {
	t.Parallel()
	m := newMasks([]byte("key"))
	for i := range 100 {
		value := fmt.Sprintf("%02d", i)
		other, ok := m.fit(value, func(other string) bool { return other[0] != '0' })
		if again := m.of(value); !ok || other == value || other[0] == '0' || again != other {
			t.Errorf("%s became %s, then %s", value, other, again)
		}
	}
	if other, ok := m.fit("4", func(string) bool { return false }); ok {
		t.Errorf("nothing will do, and it became %s", other)
	}
}

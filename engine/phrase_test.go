package engine

import (
	"strings"
	"testing"
)

func TestPhrase(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                    "",
		"  My   BILL! ":       "my bill",
		"Que\u0301 m\u00e1s?": "que mas",
		"that's":              "thats",
		"that\u2019s":         "thats",
		"1-2, 3":              "1 2 3",
		"\xff...":             "",
		"Stra\u00dfe \u0391\u0398\u0397\u039d\u0391": "stra\u00dfe \u03b1\u03b8\u03b7\u03bd\u03b1",
	} {
		if got := Phrase(text); got != want {
			t.Errorf("%q: %q, expected %q", text, got, want)
		}
	}
}

func TestMatching(t *testing.T) {
	t.Parallel()
	var sayings []saying
	for _, s := range [][2]string{{"1", "bill"}, {"2", "my bill"}, {"3", "bill payment"}, {"1", "invoice"}, {"4", "help"}, {"5", "help"}} {
		sayings = append(sayings, saying{s[0], s[1], phraseOf(s[1])})
	}
	for said, want := range map[string][2]string{
		"bill":                 {"1", "1"},
		"my bill":              {"2", "2"},
		"pay my bill":          {"", "2"},
		"my bill payment":      {"", ""}, // two that overlap
		"bill and my bill":     {"", ""},
		"bill or invoice":      {"", "1"}, // twice the same thing
		"help":                 {"", ""},
		"billing":              {"", ""},
		"":                     {"", ""},
		"the invoice, please?": {"", "1"},
	} {
		words := phraseOf(said)
		if got := [2]string{whole(sayings, words), partly(sayings, words)}; got != want {
			t.Errorf("%q: %q, expected %q", said, got, want)
		}
	}
}

func TestSpeechWords(t *testing.T) {
	t.Parallel()
	good := func() SpeechWords {
		w := SpeechWords{Yes: []string{"yes"}, No: []string{"no"}, Keys: map[string]string{"Oh": "0", "star": "*"}, Double: []string{"Double"}, Fill: []string{"it's"}}
		for i, word := range strings.Fields("zero one two three four five six seven eight nine") {
			w.Keys[word] = itoa(i)
		}
		return w
	}
	w, err := good().ready()
	if err != nil {
		t.Fatal(err)
	}
	for said, want := range map[string]string{
		"It's double oh one star": "001*",
		"12 345":                  "12345",
		"double 12":               "",
		"double":                  "",
		"twelve":                  "",
		"it's":                    "",
	} {
		if got := w.keysOf(phraseOf(said)); got != want {
			t.Errorf("%q: %q, expected %q", said, got, want)
		}
	}
	for want, change := range map[string]func(*SpeechWords){
		`keys: many: found "12", expected one of 0-9, * and #`: func(w *SpeechWords) { w.Keys["many"] = "12" },
		"keys: there is no word for 7":                         func(w *SpeechWords) { delete(w.Keys, "seven") },
		"there are no words for yes, or none for no":           func(w *SpeechWords) { w.No = nil },
	} {
		bad := good()
		change(&bad)
		if _, err := bad.ready(); err == nil || err.Error() != want {
			t.Errorf("%v, expected %s", err, want)
		}
	}
}

func FuzzPhrase(f *testing.F) {
	f.Add("Four double seven, my bill!", "my bill")
	f.Fuzz(func(t *testing.T, said, phrase string) {
		if again := Phrase(Phrase(said)); again != Phrase(said) {
			t.Errorf("%q is another phrase the second time: %q", said, again)
		}
		all := []saying{{"1", phrase, phraseOf(phrase)}}
		if len(all[0].words) > 0 && whole(all, phraseOf(phrase)) != "1" {
			t.Errorf("%q does not stand for itself", phrase)
		}
		_ = partly(all, phraseOf(said))
	})
}

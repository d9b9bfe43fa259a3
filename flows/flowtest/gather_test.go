package flowtest

import (
	"testing"

	"callflow/engine"
)

func TestCut(t *testing.T) {
	t.Parallel()
	account := engine.Gather{Max: 10, Terminator: "#"}
	pin := engine.Gather{Max: 4}
	menu := engine.Gather{Max: 2, Options: []string{"1", "12", "9", "*"}}
	for _, c := range []struct {
		name  string
		g     engine.Gather
		keys  string
		n     int
		ended engine.Ended
		done  bool
	}{
		{"nothing", account, "", 0, engine.EndOpen, false},
		{"unfinished", account, "123", 3, engine.EndOpen, false},
		{"terminator", account, "123#", 4, engine.EndTerminator, true},
		{"terminator alone", account, "#1", 1, engine.EndTerminator, true},
		{"keys behind the terminator", account, "123#45", 4, engine.EndTerminator, true},
		{"full length", account, "1234567890#", 10, engine.EndLength, true},
		{"no terminator", pin, "12#4#", 4, engine.EndLength, true},
		{"an option", menu, "91", 1, engine.EndLength, true},
		{"an option that begins another", menu, "1", 1, engine.EndOpen, false},
		{"the longer option", menu, "129", 2, engine.EndLength, true},
		{"no option", menu, "5", 1, engine.EndOpen, false},
		{"no option, full length", menu, "19", 2, engine.EndLength, true},
	} {
		n, ended, done := cut(&c.g, c.keys)
		if n != c.n || ended != c.ended || done != c.done {
			t.Errorf("%s: %d %q %v, expected %d %q %v", c.name, n, ended, done, c.n, c.ended, c.done)
		}
	}
}

func TestDigits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		keys  string
		ended engine.Ended
		want  string
	}{
		{"123#", engine.EndTerminator, "123"},
		{"#", engine.EndTerminator, ""},
		{"12#4", engine.EndLength, "12#4"},
		{"12", engine.EndGap, "12"},
	} {
		if got := digits(c.keys, c.ended); got.Keys.Reveal() != c.want || got.Ended != c.ended {
			t.Errorf("%s: %q", c.keys, got.Keys.Reveal())
		}
	}
}

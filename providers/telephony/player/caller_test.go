package player

import (
	"slices"
	"strings"
	"testing"

	"callflow/engine"
)

func TestEntry(t *testing.T) {
	t.Parallel()
	pin := question{max: 4}
	account := question{max: 10, terminator: "#"}
	menu := question{max: 2, options: []string{"1", "2", "20"}}
	type entry struct {
		q    question
		keys string
		end  ending
	}
	press := func(keys string) Move { return Move{Keys: engine.NewSecret(keys)} }
	leave := func(keys string) Move { return Move{Keys: engine.NewSecret(keys), Hangup: true} }
	flush := pin
	flush.flush = true
	for _, c := range []struct {
		name    string
		moves   []Move
		entries []entry
	}{
		{"terminator", []Move{press("12345#")}, []entry{{account, "12345#", terminated}}},
		{"bare terminator", []Move{press("#")}, []entry{{account, "#", terminated}}},
		{"length", []Move{press("1234")}, []entry{{pin, "1234", full}}},
		{"too short", []Move{press("12")}, []entry{{pin, "12", cut}}},
		{"silence", []Move{{}, press("1234")}, []entry{{pin, "", silent}, {pin, "1234", full}}},
		{"two in one burst", []Move{press("12345#1234")}, []entry{{account, "12345#", terminated}, {pin, "1234", full}}},
		{"a terminator too many", []Move{press("1234#")}, []entry{{pin, "1234", full}, {account, "#", terminated}}},
		{"pressed ahead and dropped", []Move{press("12345#12"), press("9999")}, []entry{{account, "12345#", terminated}, {flush, "9999", full}}},
		{"an option", []Move{press("1")}, []entry{{menu, "1", full}}},
		{"an option that begins another", []Move{press("2")}, []entry{{menu, "2", cut}}},
		{"the longer one", []Move{press("20")}, []entry{{menu, "20", full}}},
		{"hang up", []Move{leave("")}, []entry{{pin, "", left}}},
		{"hang up inside", []Move{leave("12")}, []entry{{pin, "", left}}},
		{"hang up after", []Move{leave("1234")}, []entry{{pin, "1234", full}, {pin, "", left}}},
		{"hang up inside the second", []Move{leave("12345#12")}, []entry{{account, "12345#", terminated}, {pin, "", left}}},
		{"nothing left to do", nil, []entry{{pin, "", left}, {pin, "", left}}},
	} {
		caller := caller{moves: c.moves}
		for i, want := range c.entries {
			if keys, end := caller.entry(want.q); keys != want.keys || end != want.end {
				t.Errorf("%s: entry %d is %q, %d; expected %q, %d", c.name, i+1, keys, end, want.keys, want.end)
			}
		}
		if left := c.entries[len(c.entries)-1].end == left; caller.gone() != left {
			t.Errorf("%s: gone is %t", c.name, caller.gone())
		}
	}
}

// What is said counts where the question listens, and somebody does.
func TestSaid(t *testing.T) {
	t.Parallel()
	words, unclear := Move{Say: engine.NewSecret("my bill")}, Move{Say: engine.NewSecret("my bill"), Unclear: true}
	for _, c := range []struct {
		move     Move
		listens  bool
		keysOnly bool
		keys     string
		end      ending
	}{
		{words, true, false, "my bill", said},
		{unclear, true, false, "", mumbled},
		{words, false, false, "", silent},
		{words, true, true, "", silent},
		{unclear, true, true, "", silent},
	} {
		caller := caller{moves: []Move{c.move}, keysOnly: c.keysOnly}
		if keys, end := caller.entry(question{max: 1, speech: c.listens}); keys != c.keys || end != c.end {
			t.Errorf("%+v: %q, %d", c, keys, end)
		}
	}
}

// Who hangs up in the middle of a transfer does so before anything else; keys and
// silence wait until it has ended.
func TestHangsUp(t *testing.T) {
	t.Parallel()
	leave := Move{Hangup: true}
	for _, c := range []struct {
		name  string
		moves []Move
		ahead string
		want  bool
		rest  int
	}{
		{"at once", []Move{leave, {}}, "", true, 1},
		{"after keys", []Move{{Keys: engine.NewSecret("1"), Hangup: true}}, "", false, 1},
		{"after keys that are on their way", []Move{leave}, "1", false, 1},
		{"silence", []Move{{}, leave}, "", false, 2},
		{"nothing left to do", nil, "", false, 0},
	} {
		caller := caller{moves: c.moves, ahead: c.ahead}
		if got := caller.hangsUp(); got != c.want || len(caller.moves) != c.rest {
			t.Errorf("%s: %t with %d moves left, expected %t with %d", c.name, got, len(caller.moves), c.want, c.rest)
		}
	}
}

// What stands before a move is done once, when its turn has come: at a question, or
// where the caller hangs up in what runs by itself.
func TestCallerBefore(t *testing.T) {
	t.Parallel()
	var done []string
	before := func(what string) func() { return func() { done = append(done, what) } }
	script := []Move{
		{Keys: engine.NewSecret("12"), Before: before("keys")},
		{Before: before("silence")},
		{Hangup: true, Before: before("hang-up")},
	}
	for range 2 { // a script can be played again
		done = nil
		c := caller{moves: script}
		c.entry(question{max: 1})
		c.entry(question{max: 1}) // pressed ahead: no move of its own
		if got := strings.Join(done, " "); got != "keys" {
			t.Errorf("done %q", got)
		}
		once, twice := c.hangsUp(), c.hangsUp()
		if once || twice || strings.Join(done, " ") != "keys" {
			t.Errorf("done %q", done)
		}
		c.entry(question{max: 1})
		if !c.hangsUp() || strings.Join(done, " ") != "keys silence hang-up" {
			t.Errorf("done %q", done)
		}
	}
}

// Where the script is used up, further moves are asked for, with what was heard until
// then, until there are none.
func TestMore(t *testing.T) {
	t.Parallel()
	r := Result{Heard: []string{"Welcome."}}
	var heard [][]string
	rest := [][]Move{{{Keys: engine.NewSecret("2")}, {Keys: engine.NewSecret("3")}}, nil}
	o := Options{Script: []Move{{Keys: engine.NewSecret("1")}}, More: func(said []string) []Move {
		heard = append(heard, slices.Clone(said))
		next := rest[0]
		rest = rest[1:]
		return next
	}}
	c := o.caller(&r)
	for _, want := range []string{"1", "2", "3"} {
		if keys, end := c.entry(question{max: 1}); keys != want || end != full {
			t.Errorf("%q, %v; expected %q", keys, end, want)
		}
		r.Heard = append(r.Heard, "Pressed "+want+".")
	}
	if _, end := c.entry(question{max: 1}); end != left {
		t.Errorf("nothing is left to do: %v", end)
	}
	if len(heard) != 2 || len(heard[0]) != 2 || len(heard[1]) != 4 {
		t.Errorf("heard %v", heard)
	}
}

// words are said.
func words(text string) Move { return Move{Say: engine.NewSecret(text)} }

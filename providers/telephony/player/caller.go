package player

import (
	"slices"
	"strings"
)

// caller presses keys by a script.
type caller struct {
	moves []Move
	// more gives further moves, where there are any; or nil.
	more func() []Move
	// ahead are keys that were pressed and that no question has taken yet.
	ahead string
	// keysOnly tells that nobody hears what they say.
	keysOnly bool
	// leaving is set when the caller hangs up after the last of them.
	leaving bool

	// What is written down: masked tells that of the last move nothing is shown, words are
	// those that were not understood, lost keys of an entry that was not finished, and told
	// that the caller has hung up.
	result      *Result
	masked      bool
	words, lost string
	told        bool
}

// caller is who presses keys in a call; r is what they have heard.
func (o *Options) caller(r *Result) caller {
	c := caller{moves: o.Script, keysOnly: o.KeysOnly, result: r}
	if o.More != nil {
		c.more = func() []Move { return o.More(r.Heard) }
	}
	return c
}

// question is what a gather asks for, in what all platforms have in common.
type question struct {
	max        int
	terminator string   // any of these keys ends it
	options    []string // a menu's; the platform may not know them
	flush      bool
	speech     bool // it listens
	secret     bool // where the platform is told so
}

// ending is how an entry came to its end.
type ending int

const (
	silent     ending = iota // no key at all
	terminated               // by the terminator, which is the last of the keys
	full                     // by its length, or because it is an option
	cut                      // by the time between two keys
	said                     // in words, which stand in the place of keys
	mumbled                  // in words that are not understood
	left                     // the caller hung up before it ended
)

// gone tells whether the caller has hung up, with nothing left to hand on.
func (c *caller) gone() bool { return c.leaving && c.ahead == "" }

// entry is what the caller does about a question.
func (c *caller) entry(q question) (keys string, end ending) {
	keys, end = c.take(q)
	c.tell(q, keys, end)
	return keys, end
}

func (c *caller) take(q question) (keys string, end ending) {
	if q.flush {
		c.ahead = ""
	}
	if c.gone() {
		return "", left
	}
	if c.ahead == "" {
		if len(c.moves) == 0 && c.more != nil {
			c.moves = c.more()
		}
		if len(c.moves) == 0 {
			c.leaving = true // the script is used up
			return "", left
		}
		c.begin()
		move := c.moves[0]
		c.moves = c.moves[1:]
		c.masked = move.Masked
		if move.Say.Len() > 0 {
			c.words = move.Say.Reveal()
			switch {
			case !q.speech, c.keysOnly:
				return "", silent
			case move.Unclear:
				return "", mumbled
			}
			return move.Say.Reveal(), said
		}
		c.ahead, c.leaving = move.Keys.Reveal(), move.Hangup
		if c.gone() {
			return "", left
		}
	}
	for i := range len(c.ahead) {
		keys = c.ahead[:i+1]
		switch {
		case strings.Contains(q.terminator, keys[i:]):
			end = terminated
		case i+1 == q.max, isFinal(keys, q.options):
			end = full
		default:
			continue
		}
		c.ahead = c.ahead[i+1:]
		return keys, end
	}
	keys, c.ahead = c.ahead, ""
	switch {
	case c.leaving:
		c.lost = keys
		return "", left // with an unfinished entry, which nobody hears of
	case keys == "":
		return "", silent
	default:
		return keys, cut
	}
}

// begin tells that the turn of the next move has come, once.
func (c *caller) begin() {
	if before := c.moves[0].Before; before != nil {
		c.moves = slices.Clone(c.moves)
		c.moves[0].Before = nil
		before()
	}
}

// isFinal tells whether keys are an option that does not begin another one.
func isFinal(keys string, options []string) bool {
	is := false
	for _, o := range options {
		if o == keys {
			is = true
		} else if strings.HasPrefix(o, keys) {
			return false
		}
	}
	return is
}

// leave hangs up at once.
func (c *caller) leave() {
	c.ahead, c.leaving = "", true
	c.hungUp()
}

// hangsUp tells whether the caller hangs up instead of waiting for the end of what
// runs by itself, a transfer or a recording.
func (c *caller) hangsUp() bool {
	if c.ahead == "" && !c.leaving && len(c.moves) > 0 && c.moves[0].Hangup && c.moves[0].Keys.Len() == 0 {
		c.begin()
		c.moves = c.moves[1:]
		c.leave()
	}
	if c.gone() {
		c.hungUp()
	}
	return c.gone()
}

// hungUp is the end of a recording or of waiting whose caller hangs up.
const hungUp = "hangup"

package flowtest

import (
	"fmt"
	"strings"

	"callflow/engine"
)

// Script is what a caller does, move by move. Each move answers one question.
type Script []Move

// Move is what a caller does when a question is asked. Its zero value is
// silence.
type Move struct {
	// Keys are pressed in one go. Those that the question does not take are
	// pressed ahead, for the questions after it.
	Keys engine.Secret
	// Say is said instead, to a question that listens. Unclear tells that the platform
	// is not sure of it.
	Say     engine.Secret
	Unclear bool
	// Early presses the keys while the prompts are still being spoken.
	Early bool
	// Hangup hangs up: right after the keys, or instead of an answer.
	Hangup bool
	// Offset is where the move stands in its script, in characters from 0.
	Offset int
}

// The signs of a script besides the telephone keys.
const (
	signSilence = "-"
	signHangup  = "x"
	signEarly   = "+"
	signExpire  = "."
	signSay     = '"'
	signUnclear = '~'
)

// ScriptHelp explains the signs of a script, for help texts.
const ScriptHelp = `A script is what the caller does, one word for each question:

  12345#        these keys, one after the other (0-9, * and #)
  12345#1234    keys for two questions in one burst: the second is answered ahead
  123.          these keys, then nothing until the entry is closed by its timer
                (so is any entry that is not finished; the dot only says so)
  +1            at once, while the prompt is still being spoken
  -             silence, until the question gives up waiting
  12x           these keys, then hang up; x alone hangs up at once
  "my bill"     these words, said to a question that listens
  ~"my bill"    the same, so that the platform is not sure of them`

// The bounds of a script: longer ones are no caller's.
const (
	maxScript = 10_000
	maxBurst  = 200
	maxSaid   = 500
)

// ScriptError is a script that cannot be read.
type ScriptError struct {
	Offset  int // in characters from 0
	Message string
}

func (e *ScriptError) Error() string {
	return fmt.Sprintf("character %d: %s", e.Offset+1, e.Message)
}

// ParseScript reads a script; ScriptHelp says what it may hold. The error is a
// *ScriptError.
func ParseScript(text string) (Script, error) {
	if len(text) > maxScript {
		return nil, &ScriptError{maxScript, fmt.Sprintf("the script is longer than %d characters", maxScript)}
	}
	var script Script
	runes := []rune(text)
	for i := 0; i < len(runes); {
		if isSpace(runes[i]) {
			i++
			continue
		}
		if runes[i] == signSay || runes[i] == signUnclear {
			move, end, err := parseSaid(runes, i)
			if err != nil {
				return nil, err
			}
			script = append(script, move)
			i = end
			continue
		}
		end := i
		for end < len(runes) && !isSpace(runes[end]) {
			end++
		}
		move, err := parseMove(runes[i:end], i)
		if err != nil {
			return nil, err
		}
		script = append(script, move)
		i = end
	}
	return script, nil
}

func isSpace(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' }

// parseSaid reads words in quotes, which stand at offset, and gives where they
// end.
func parseSaid(runes []rune, offset int) (Move, int, error) {
	m := Move{Offset: offset, Unclear: runes[offset] == signUnclear}
	wrong := func(format string, args ...any) (Move, int, error) {
		return Move{}, 0, &ScriptError{offset, fmt.Sprintf(format, args...)}
	}
	from := offset + 1
	if m.Unclear {
		if from == len(runes) || runes[from] != signSay {
			return wrong("%q stands before words in quotes", signUnclear)
		}
		from++
	}
	end := from
	for end < len(runes) && runes[end] != signSay {
		end++
	}
	switch text := string(runes[from:end]); {
	case end == len(runes):
		return wrong("the words have no closing quotes")
	case end+1 < len(runes) && !isSpace(runes[end+1]):
		return Move{}, 0, &ScriptError{end + 1, "expected a space after what is said"}
	case strings.TrimSpace(text) == "":
		return wrong("nothing is said; silence is %s", signSilence)
	case end-from > maxSaid:
		return wrong("more than %d characters are said at once", maxSaid)
	default:
		m.Say = engine.NewSecret(text)
	}
	return m, end + 1, nil
}

// parseMove reads one word of a script, which stands at offset.
func parseMove(word []rune, offset int) (Move, error) {
	m := Move{Offset: offset}
	text := string(word)
	if text == signSilence {
		return m, nil
	}
	wrong := func(at int, format string, args ...any) (Move, error) {
		return Move{}, &ScriptError{offset + at, fmt.Sprintf(format, args...)}
	}
	keys, first := text, 0
	if keys, m.Early = strings.CutPrefix(keys, signEarly); m.Early {
		first = 1
	}
	keys, m.Hangup = strings.CutSuffix(keys, signHangup)
	expires := false
	if !m.Hangup {
		keys, expires = strings.CutSuffix(keys, signExpire)
	}
	for i, r := range []rune(keys) {
		switch {
		case isKey(r):
		case r == '-':
			return wrong(first+i, "%q is silence and stands alone; expected a space before and after it", r)
		case r == 'x' || r == '.':
			return wrong(first+i, "%q ends a word; expected a space after it", r)
		default:
			return wrong(first+i, "%q is no key; expected 0-9, *, #, or one of the signs . + - x", r)
		}
	}
	switch {
	case len(keys) > maxBurst:
		return wrong(first+maxBurst, "more than %d keys in one burst", maxBurst)
	case keys == "" && (m.Early || expires):
		return wrong(0, "%q has no keys; expected them beside the sign", text)
	}
	m.Keys = engine.NewSecret(keys)
	return m, nil
}

func isKey(r rune) bool { return r >= '0' && r <= '9' || r == '*' || r == '#' }

// silent tells a move that presses and says nothing and does not hang up.
func (m Move) silent() bool { return m.Keys.Len() == 0 && m.Say.Len() == 0 && !m.Hangup }

package prove

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"callflow/engine"
)

// step tells a transition as a caller sees it.
func (m *Map) step(e *edge) Step {
	s := m.nodes[e.from].state
	return Step{State: s.Name, Outcome: e.outcome, Keys: keysOf(s, e), To: m.name(e.to)}
}

func keysOf(s *engine.State, e *edge) string {
	switch e.class {
	case byHangup:
		return "hang-up"
	case byFault:
		return "error in " + s.Name
	case byVisits:
		return fmt.Sprintf("%s more than %d times", s.Name, s.MaxVisits)
	case byLimit:
		return "call limit"
	case bySilence:
		return times("silence", silentAttempts(engine.AskingOf(s.Kind)))
	}
	if keys, ok := strings.CutPrefix(e.outcome, "option."); ok {
		return keys
	}
	if keys, ok := strings.CutPrefix(e.outcome, "global."); ok {
		if collect, ok := s.Kind.(engine.CollectState); ok && !collect.Presses(keys) {
			return "says the words for " + keys
		}
		return keys
	}
	switch k := s.Kind.(type) {
	case engine.MenuState, engine.CollectState, engine.ConfirmState:
		return keysOfQuestion(s, e.outcome)
	case engine.BranchState:
		return keysOfBranch(k, e.outcome)
	case engine.AuthenticateState:
		if e.outcome == engine.OutDenied {
			return times(Happens(k, e.outcome), k.Attempts)
		}
	case engine.VerifyState:
		if e.outcome == engine.OutDenied {
			return times(Happens(k, e.outcome), k.Attempts)
		}
	case engine.RequestState, engine.ActionState:
		if e.class == byItself {
			return "" // what is hoped for
		}
	case engine.RecordState:
		if e.outcome == engine.OutRecorded {
			return "speaks"
		}
	}
	return Happens(s.Kind, e.outcome)
}

func keysOfQuestion(s *engine.State, o engine.Outcome) string {
	a := engine.AskingOf(s.Kind)
	switch k := s.Kind.(type) {
	case engine.MenuState:
		switch o {
		case engine.OutChosen:
			return "1" // the first item
		case engine.OutEmpty:
			return "nothing in " + k.Each.List.String()
		}
	case engine.CollectState:
		if o == engine.OutMatch {
			return entryKeys(s.Name, k)
		}
	case engine.ConfirmState:
		switch o {
		case engine.OutYes:
			return k.Yes
		case engine.OutNo:
			return k.No
		}
	}
	switch o {
	case engine.OutNoInput:
		return times("silence", a.MaxNoInput)
	case engine.OutNoMatch:
		return times("wrong keys", a.MaxNoMatch)
	default:
		return times("wrong keys", a.Attempts)
	}
}

func keysOfBranch(b engine.BranchState, o engine.Outcome) string {
	if n, ok := strings.CutPrefix(o, "when."); ok {
		if i, err := strconv.Atoi(n); err == nil && 1 <= i && i <= len(b.When) {
			return "if " + b.When[i-1].String()
		}
	}
	if o == engine.OutElse {
		return "otherwise"
	}
	return ""
}

func times(what string, n int) string {
	if n <= 1 {
		return what
	}
	return fmt.Sprintf("%s ×%d", what, n)
}

// entryKeys are keys that a question takes: an entry it matches, with its
// terminator where the entry does not end by itself.
func entryKeys(name string, c engine.CollectState) string {
	entry, ok := exampleEntry(c)
	if !ok {
		return "an entry for " + name
	}
	if len(entry) < c.Max && c.Terminator != "" {
		return entry + c.Terminator
	}
	return entry
}

// maxExample bounds an example entry, in keys.
const maxExample = 40

// exampleEntry finds an entry that a question matches: of five keys where that
// is allowed, since such a one looks like an account number.
func exampleEntry(c engine.CollectState) (string, bool) {
	if c.Min > maxExample || c.Max < 1 {
		return "", false
	}
	lengths := []int{min(max(5, c.Min, 1), c.Max)}
	for n := max(c.Min, 1); n <= min(c.Max, maxExample); n++ {
		lengths = append(lengths, n)
	}
	for _, n := range lengths {
		for _, first := range "1234567890" {
			for _, run := range []bool{true, false} {
				if entry, ok := fits(c, digitsFrom(byte(first), n, run)); ok {
					return entry, true
				}
			}
		}
	}
	if entry, ok := fromPattern(c); ok {
		return entry, true
	}
	return "", false
}

// digitsFrom are n digits, counted on from first or all alike.
func digitsFrom(first byte, n int, run bool) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = first
		if run {
			b[i] = '0' + (first-'0'+byte(i%10))%10
		}
	}
	return b
}

// fits makes the check digit right and tests the entry against the pattern.
func fits(c engine.CollectState, entry []byte) (string, bool) {
	if len(entry) < c.Min || len(entry) > c.Max || len(entry) == 0 {
		return "", false
	}
	if c.Luhn {
		last := len(entry) - 1
		for d := byte('0'); d <= '9'; d++ {
			entry[last] = d
			if luhn(entry) {
				break
			}
		}
	}
	return string(entry), matches(c.Pattern, string(entry))
}

func matches(p *regexp.Regexp, entry string) bool { return p == nil || p.MatchString(entry) }

// luhn tells whether digits carry a right check digit (ISO/IEC 7812-1).
func luhn(digits []byte) bool {
	sum := 0
	for i, d := range digits {
		n := int(d - '0')
		if (len(digits)-1-i)%2 == 1 {
			n *= 2
			n = n/10 + n%10
		}
		sum += n
	}
	return sum%10 == 0
}

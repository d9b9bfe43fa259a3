package engine

import "strings"

// Name is "collect".
func (CollectState) Name() string { return "collect" }

// Outcomes of a collect.
func (c CollectState) Outcomes() []Outcome {
	return append([]Outcome{OutMatch}, c.outcomes()...)
}

// outcomes are those of every question.
func (a *Asking) outcomes() []Outcome {
	o := []Outcome{OutExhausted, OutRetryNoInput, OutRetryNoMatch, OutRetryLost}
	if a.MaxNoInput > 0 {
		o = append(o, OutNoInput)
	}
	if a.MaxNoMatch > 0 {
		o = append(o, OutNoMatch)
	}
	return o
}

func (c CollectState) arrive(st *step) Outcome {
	g := Gather{Min: 1, Max: c.Max, Terminator: c.Terminator, Secret: c.Secret, Pattern: c.Pattern, Luhn: c.Luhn}
	return st.ask(&c.Asking, g, c.read(st), c.answer(st))
}

func (c CollectState) route(st *step, ev Event) Outcome {
	return st.hear(&c.Asking, ev, c.Max, c.read(st), c.answer(st))
}

// read ends an entry at its terminator or its full length, whichever is first.
func (c CollectState) read(st *step) reader {
	return func(keys string, ended Ended) entry {
		if ended == EndTerminator && len(keys) > c.Max && !strings.Contains(keys, c.Terminator) {
			return entry{keys: keys, short: true, long: true}
		}
		for i := 0; i < len(keys); i++ {
			if c.Terminator != "" && keys[i] == c.Terminator[0] {
				return entry{keys: keys[:i], rest: keys[i+1:], short: true}
			}
			if i == 0 && keys[0] > '9' || i == 0 && keys[0] < '0' {
				if st.global(keys[:1]) {
					return entry{keys: keys[:1], rest: keys[1:], short: true}
				}
			}
			if i+1 == c.Max {
				return entry{keys: keys[:c.Max], rest: keys[c.Max:]}
			}
		}
		return entry{keys: keys, open: ended == EndOpen, short: true}
	}
}

// Presses tells whether a key that is valid everywhere is so here, when it is
// pressed: digits and the terminator belong to the entry.
func (c CollectState) Presses(keys string) bool {
	return strings.Trim(keys, "0123456789") != "" && (c.Terminator == "" || !strings.Contains(keys, c.Terminator))
}

// global tells whether keys are valid everywhere and lead somewhere from here.
func (st *step) global(keys string) bool {
	return len(st.p.spec.Globals) > 0 && st.p.machine.has(st.state.Name, GlobalOutcome(keys))
}

// answer judges an entry.
func (c CollectState) answer(st *step) func(entry) Outcome {
	return func(got entry) Outcome {
		if got.said {
			st.s.Entry.Queue = Secret{}
			return GlobalOutcome(got.keys)
		}
		if reason := c.wrong(got); reason != "" {
			if reason == "not_allowed" && st.global(got.keys) {
				st.s.Entry.Queue = Secret{}
				return GlobalOutcome(got.keys)
			}
			return st.mistake(&c.Asking, OutNoMatch, reason)
		}
		if c.Secret {
			st.s.set(c.Var, NewSecret(got.keys))
		} else {
			st.s.set(c.Var, got.keys)
		}
		st.complete(got)
		return OutMatch
	}
}

// wrong is why an entry is no match, or "".
func (c CollectState) wrong(got entry) string {
	switch {
	case strings.Trim(got.keys, "0123456789") != "":
		return "not_allowed"
	case got.long || len(got.keys) > c.Max:
		return "too_long"
	case len(got.keys) < c.Min:
		return "too_short"
	case c.Pattern != nil && !c.Pattern.MatchString(got.keys):
		return "pattern"
	case c.Luhn && !luhn(got.keys):
		return "check"
	}
	return ""
}

// Fits tells whether an entry of digits is one by Pattern and Luhn.
func (g Gather) Fits(digits string) bool {
	return (g.Pattern == nil || g.Pattern.MatchString(digits)) && (!g.Luhn || luhn(digits))
}

// luhn checks the last digit of a card or account number (ISO/IEC 7812-1).
func luhn(digits string) bool {
	sum, double := 0, false
	for i := len(digits) - 1; i >= 0; i-- {
		d := int(digits[i] - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		double = !double
	}
	return sum%10 == 0
}

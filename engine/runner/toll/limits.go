package toll

import (
	"strings"
	"time"
)

// Rate is how much may happen in a window, which begins with the first of it.
type Rate struct {
	N      int
	Window time.Duration
}

// Limits bound calls. Each call must be within all of them.
type Limits struct {
	// Concurrent is how many transfers there are at once, and Longest how long each
	// may last.
	Concurrent int
	Longest    time.Duration
	// Caller counts the calls that one calling number caused, Number those to one
	// number, Range those to numbers that differ in their last four digits only,
	// and Line all of them. The first three do not count calls to numbers that are
	// written out in a flow: everybody is connected to those.
	Caller, Number, Range, Line Rate
	// Daily is what the calls of a day may cost, UTC; zero: nobody minds. Minute is
	// what a minute costs, unless a Price says otherwise; both in ten-thousandths
	// of the currency. A started minute counts whole.
	Daily, Minute int
	Prices        []Price
}

// Price is what a minute to some numbers costs. The longest prefix counts.
type Price struct {
	Prefix string // "+44"
	Minute int
}

// Defaults are limits that a small line never meets, and that somebody who earns by
// calls soon does.
func Defaults() Limits {
	return Limits{
		Concurrent: 100,
		Longest:    2 * time.Hour,
		Caller:     Rate{10, time.Hour},
		Number:     Rate{10, time.Hour},
		Range:      Rate{20, time.Hour},
		Line:       Rate{1000, time.Hour},
	}
}

// CallBacks are Defaults for calls back, of which nobody needs many.
func CallBacks() Limits {
	l := Defaults()
	l.Caller, l.Number, l.Line = Rate{3, time.Hour}, Rate{3, time.Hour}, Rate{100, time.Hour}
	return l
}

// OrderedCalls are Defaults for calls that programs order: Caller counts those of one
// token.
func OrderedCalls() Limits {
	return Limits{
		Concurrent: 10,
		Longest:    time.Hour,
		Caller:     Rate{1000, time.Hour},
		Number:     Rate{10, 24 * time.Hour},
		Range:      Rate{100, time.Hour},
		Line:       Rate{1000, time.Hour},
	}
}

// rangeDigits are the last digits, which numbers of one range differ in.
const rangeDigits = 4

// minutes are those that a call of that length is charged for.
func minutes(d time.Duration) int { return int((d + time.Minute - 1) / time.Minute) }

// price is what a minute to a number costs.
func (l *Limits) price(number string) int {
	cost, longest := l.Minute, 0
	for _, p := range l.Prices {
		if len(p.Prefix) > longest && strings.HasPrefix(number, p.Prefix) {
			cost, longest = p.Minute, len(p.Prefix)
		}
	}
	return cost
}

// length is how long a call may last that is to end after limit; zero: never.
func (l *Limits) length(limit time.Duration) time.Duration {
	if limit > 0 {
		return min(limit, l.Longest)
	}
	return l.Longest
}

package lockout

import (
	"fmt"
	"time"

	"callflow/engine/runner"
)

// Limit is how an account or a calling number is slowed down.
type Limit struct {
	// Free attempts may be refused without a wait.
	Free int
	// Wait is the wait after the last free attempt. Each attempt after it doubles
	// the wait, up to Max.
	Wait, Max time.Duration
	// Forget is how long it takes until one refused attempt is forgotten.
	Forget time.Duration
}

// Rate is how a trunk is slowed down: Free refused attempts in each Window.
type Rate struct {
	Free   int
	Window time.Duration
}

// Limits are all limits. What has signed in before is counted by Account.
type Limits struct {
	Account, Number Limit
	Trunk           Rate
	// Known sets apart callers who have signed in from their number before.
	Known bool
}

// knownFor is how long it is remembered that a caller has signed in from a number.
const knownFor = 90 * 24 * time.Hour

// Defaults are limits for a line with PINs of four digits. An account can be tried
// 24 times a day in the long run; a company's callers share a number.
func Defaults() Limits {
	return Limits{
		Account: Limit{Free: 3, Wait: 30 * time.Second, Max: time.Hour, Forget: time.Hour},
		Number:  Limit{Free: 10, Wait: 30 * time.Second, Max: time.Hour, Forget: 10 * time.Minute},
		Trunk:   Rate{Free: 1000, Window: 10 * time.Minute},
		Known:   true,
	}
}

// Problem is something wrong with a limit.
type Problem struct {
	Setting string // "account.wait"
	Message string
}

// Problems are what is wrong with limits, in the order of the settings.
func (l Limits) Problems() []Problem {
	all := append(l.Account.problems("account"), l.Number.problems("number")...)
	if l.Trunk.Free < 1 {
		all = append(all, Problem{"trunk.free", fmt.Sprintf("is %d; expected at least 1", l.Trunk.Free)})
	}
	if l.Trunk.Window < time.Millisecond {
		all = append(all, Problem{"trunk.window", fmt.Sprintf("is %s; expected at least 1ms", l.Trunk.Window)})
	}
	return all
}

func (l Limit) problems(name string) []Problem {
	var all []Problem
	wrong := func(setting, format string, args ...any) {
		all = append(all, Problem{name + "." + setting, fmt.Sprintf(format, args...)})
	}
	if l.Free < 1 {
		wrong("free", "is %d; expected at least 1", l.Free)
	}
	if l.Wait < time.Millisecond {
		wrong("wait", "is %s; expected at least 1ms", l.Wait)
	}
	if l.Max < l.Wait {
		wrong("max", "is %s, shorter than the first wait of %s", l.Max, l.Wait)
	}
	if l.Forget < l.Wait {
		wrong("forget", "is %s, shorter than the first wait of %s: nobody would ever wait so long", l.Forget, l.Wait)
	}
	return all
}

// whole is one attempt as a counter counts it: in thousandths, because an attempt
// is forgotten bit by bit.
const whole = 1000

// level is what is left at now of the attempts counted in c, in thousandths.
func (l Limit) level(c runner.Counter, now time.Time) int {
	forgotten := max(now.Sub(c.At), 0) / max(l.Forget/whole, 1)
	return max(c.N-int(min(forgotten, time.Duration(c.N))), 0)
}

// attempts is level in attempts; one that is partly forgotten counts.
func (l Limit) attempts(c runner.Counter, now time.Time) int {
	return (l.level(c, now) + whole - 1) / whole
}

// opens is when the next attempt may be made; not after now: at once.
func (l Limit) opens(c runner.Counter, now time.Time) time.Time {
	n := l.attempts(c, now)
	if n < l.Free || c.At.After(now.Add(l.Max)) { // no clock is ever so much ahead
		return now
	}
	return c.At.Add(l.wait(n))
}

// wait is how long the attempt after n others has to wait since the last.
func (l Limit) wait(n int) time.Duration {
	if n < l.Free {
		return 0
	}
	wait := l.Wait
	for ; n > l.Free && wait < l.Max; n-- {
		wait *= 2
	}
	return min(wait, l.Max)
}

// count is c with one attempt more. It stops counting where the wait stops
// growing, so that the way back is never longer than the way there.
func (l Limit) count(c runner.Counter, now time.Time) runner.Counter {
	most := l.Free
	for l.wait(most) < l.Max {
		most++
	}
	n := min(l.level(c, now)+whole, most*whole)
	return l.at(c.Key, n, now, now)
}

// uncount is c with one attempt less, of those that it still has.
func (l Limit) uncount(c runner.Counter, now time.Time) runner.Counter {
	return l.at(c.Key, c.N-whole, c.At, now)
}

func (l Limit) at(key string, n int, at, now time.Time) runner.Counter {
	if n <= 0 {
		return runner.Counter{Key: key}
	}
	c := runner.Counter{Key: key, N: n, At: at}
	c.Until = at.Add(time.Duration(n) * max(l.Forget/whole, 1)).Truncate(time.Microsecond)
	if !c.Until.After(now) {
		return runner.Counter{Key: key}
	}
	return c
}

package outbound

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"callflow/engine"
)

// Outside is what becomes of an order while the window is closed.
type Outside string

// The choices: the call waits for the window, or the order is refused.
const (
	OutsideWait   Outside = "wait"
	OutsideRefuse Outside = "refuse"
)

// Window is when people may be called.
type Window struct {
	// Hours are those of the week; nil: all.
	Hours *engine.Schedule
	// Outside is what becomes of orders otherwise; "": OutsideWait.
	Outside Outside
	// Zones are the places of numbers, by how those begin: the longest counts. Zone is
	// that of all others.
	Zones map[string]*time.Location
	Zone  *time.Location
}

// days are the words for the days of the week.
var days = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// ParseHours reads hours of the week: "mon-fri 09:00-20:00, sat 10:00-16:00". Each day's
// hours end the same day.
func ParseHours(text string) (*engine.Schedule, error) {
	s := &engine.Schedule{Name: "window"}
	for part := range strings.SplitSeq(text, ",") {
		when, hours, ok := strings.Cut(strings.TrimSpace(part), " ")
		first, last, ranged := strings.Cut(when, "-")
		if !ranged {
			last = first
		}
		from, to := slices.Index(days[:], first), slices.Index(days[:], last)
		open, err := parseSpan(strings.TrimSpace(hours))
		if !ok || from < 0 || to < 0 || err != nil {
			return nil, fmt.Errorf("found %q, expected days and hours such as mon-fri 09:00-20:00", strings.TrimSpace(part))
		}
		for d := from; ; d = (d + 1) % len(days) {
			s.Weekly[d] = append(s.Weekly[d], open)
			if d == to {
				break
			}
		}
	}
	return s, nil
}

func parseSpan(text string) (engine.Span, error) {
	from, to, _ := strings.Cut(text, "-")
	a, err := parseClock(from)
	b, err2 := parseClock(to)
	if err = errors.Join(err, err2); err == nil && a >= b {
		err = errors.New("the end is not after the beginning")
	}
	return engine.Span{From: a, To: b}, err
}

// parseClock reads what a clock shows, 00:00 to 24:00, in minutes.
func parseClock(text string) (int, error) {
	if text == "24:00" {
		return engine.MinutesOfDay, nil
	}
	t, err := time.Parse("15:04", text)
	return t.Hour()*60 + t.Minute(), err
}

// zone is the place by whose clocks an order's window opens.
func (d *Desk) zone(o *Order) (*time.Location, error) {
	if o.Zone != "" {
		return time.LoadLocation(o.Zone)
	}
	w, found, longest := &d.d.Settings.Window, (*time.Location)(nil), 0
	for prefix, zone := range w.Zones {
		if len(prefix) > longest && strings.HasPrefix(o.To, prefix) {
			found, longest = zone, len(prefix)
		}
	}
	switch {
	case found != nil:
		return found, nil
	case w.Zone != nil:
		return w.Zone, nil
	}
	return time.UTC, nil
}

// opens is when the window is open next, from an instant on: that instant while it is
// open; zero: never within a week.
func opens(hours *engine.Schedule, at time.Time, zone *time.Location) time.Time {
	if hours == nil || hours.At(at, zone) == engine.OutOpen {
		return at
	}
	// Clocks change: a schedule is asked minute by minute, not calculated with.
	next := at.Truncate(time.Minute)
	for range 8 * engine.MinutesOfDay {
		next = next.Add(time.Minute)
		if hours.At(next, zone) == engine.OutOpen {
			return next
		}
	}
	return time.Time{}
}

package engine

import (
	"slices"
	"time"
)

// Holiday is a rule for days off. Exactly one of Date, Range, Easter and Nth is
// set.
type Holiday struct {
	Name   string
	Date   *YearDay
	Range  *DayRange
	Easter *int // days after Easter Sunday, of the Gregorian calendar
	Nth    *NthWeekday
	// Observed moves the day when it falls on a weekend.
	Observed Observed
}

// YearDay is a day of one year, or, where Year is zero, of every year that has
// it: 29 February is a day of leap years.
type YearDay struct {
	Year  int
	Month time.Month
	Day   int
}

// DayRange are the days from one to another, both included. Without years it is
// there every year, and may go over New Year.
type DayRange struct{ From, To YearDay }

// NthWeekday is a day of the week counted within a month, or from a day.
type NthWeekday struct {
	Weekday time.Weekday
	// N is which one of Month: 1 the first, -1 the last. A month need not have a
	// fifth.
	N     int
	Month time.Month
	// Before and After are used instead of N and Month: the last one before a day of
	// the year, or the first one after it; neither can be that day itself.
	Before, After *YearDay
}

// Observed says when a holiday is kept that falls on a weekend.
type Observed string

// The ways to move a holiday. ObservedNext goes on past days that are holidays
// themselves.
const (
	ObservedNever   Observed = ""
	ObservedMonday  Observed = "monday"  // on the Monday after
	ObservedNearest Observed = "nearest" // a Saturday's on Friday, a Sunday's on Monday
	ObservedNext    Observed = "next"    // on the next day that is neither of a weekend nor a holiday
)

// holiday tells whether a day is a holiday.
func (s *Schedule) holiday(d Day) bool {
	moving := false
	for i := range s.Holidays {
		h := &s.Holidays[i]
		if h.on(d) && !h.moves(d) {
			return true
		}
		moving = moving || h.Observed != ObservedNever
	}
	// No day is moved to a weekend.
	return moving && !weekend(d) && s.moved(d)
}

// moved tells whether a holiday was moved to a day.
func (s *Schedule) moved(d Day) bool {
	off := make(map[Day]bool, 3*len(s.Holidays))
	// A day is moved by a few days at most, and so perhaps into another year.
	for _, moves := range []bool{false, true} {
		for year := d.Year - 1; year <= d.Year+1; year++ {
			for i := range s.Holidays {
				at, ok := s.Holidays[i].in(year)
				switch {
				case !ok || s.Holidays[i].moves(at) != moves:
					continue
				case moves:
					at = s.kept(s.Holidays[i].Observed, at, off)
					if at == d {
						return true
					}
				}
				off[at] = true
			}
		}
	}
	return false
}

// kept is when a holiday is kept that falls on a weekend.
func (s *Schedule) kept(o Observed, d Day, off map[Day]bool) Day {
	saturday := d.Weekday() == time.Saturday
	if o == ObservedNearest && saturday {
		return d.Add(-1)
	}
	d = d.Add(1)
	if saturday {
		d = d.Add(1)
	}
	if o == ObservedNext {
		for weekend(d) || off[d] || s.inRange(d) {
			d = d.Add(1)
		}
	}
	return d
}

func (s *Schedule) inRange(d Day) bool {
	return slices.ContainsFunc(s.Holidays, func(h Holiday) bool { return h.Range != nil && h.Range.has(d) })
}

// on tells whether the rule names a day, moved or not.
func (h *Holiday) on(d Day) bool {
	if h.Range != nil {
		return h.Range.has(d)
	}
	at, ok := h.in(d.Year)
	return ok && at == d
}

// moves tells whether a holiday that falls on a day is kept on another one.
func (h *Holiday) moves(d Day) bool { return h.Observed != ObservedNever && weekend(d) }

// in is the day of a year on which the holiday is, before it is moved.
func (h *Holiday) in(year int) (Day, bool) {
	switch {
	case h.Date != nil:
		return h.Date.in(year)
	case h.Easter != nil:
		return Easter(year).Add(*h.Easter), true
	case h.Nth != nil:
		return h.Nth.in(year)
	}
	return Day{}, false
}

func (y YearDay) in(year int) (Day, bool) {
	if y.Year != 0 && y.Year != year {
		return Day{}, false
	}
	d := Day{year, y.Month, y.Day}
	return d, d.Valid()
}

func (r *DayRange) has(d Day) bool {
	if r.From.Year != 0 {
		return d.Compare(Day(r.From)) >= 0 && d.Compare(Day(r.To)) <= 0
	}
	order := func(m time.Month, day int) int { return 100*int(m) + day }
	from, to, at := order(r.From.Month, r.From.Day), order(r.To.Month, r.To.Day), order(d.Month, d.Day)
	if from <= to {
		return from <= at && at <= to
	}
	return at >= from || at <= to
}

func (n *NthWeekday) in(year int) (Day, bool) {
	switch {
	case n.Before != nil:
		d, ok := n.Before.in(year)
		return d.Add(-1 - (int(d.Weekday())-int(n.Weekday)+6)%7), ok
	case n.After != nil:
		d, ok := n.After.in(year)
		return d.Add(1 + (int(n.Weekday)-int(d.Weekday())+6)%7), ok
	case n.N > 0:
		first := Day{year, n.Month, 1}
		d := first.Add((int(n.Weekday)-int(first.Weekday())+7)%7 + 7*(n.N-1))
		return d, d.Month == n.Month
	default:
		last := DayOf(time.Date(year, n.Month+1, 0, 0, 0, 0, 0, time.UTC))
		d := last.Add(-(int(last.Weekday())-int(n.Weekday)+7)%7 + 7*(n.N+1))
		return d, d.Month == n.Month
	}
}

func weekend(d Day) bool {
	w := d.Weekday()
	return w == time.Saturday || w == time.Sunday
}

// Easter is Easter Sunday of a year of the Gregorian calendar: the Sunday after
// the full moon that church tables give for the beginning of spring.
func Easter(year int) Day {
	golden := year % 19 // the year's place in the 19-year cycle of the moon
	century := year / 100
	// The moon's age at the turn of the year, put right for centuries that have no
	// leap day and for the slow drift of the cycle.
	epact := (century - century/4 - (8*century+13)/25 + 19*golden + 15) % 30
	epact -= epact / 28 * (1 - epact/28*(29/(epact+1))*((21-golden)/11))
	// Days from that full moon back to a Sunday.
	offset := (year + year/4 + epact + 2 - century + century/4) % 7
	n := epact - offset
	month := 3 + (n+40)/44
	return Day{year, time.Month(month), n + 28 - 31*(month/4)}
}

package engine

import (
	"slices"
	"time"
)

// Schedule tells when something is open, by the clocks of one place. Exceptions
// go before holidays, and holidays before the hours of the week.
type Schedule struct {
	Name string
	// Weekly are the hours of each day of the week, by time.Weekday.
	Weekly   [7][]Span
	Holidays []Holiday
	// Exceptions are days with hours of their own, sorted by day.
	Exceptions []Exception
}

// Span is a time of opening, in minutes of the clock from the midnight that its
// day begins with. One that goes over midnight ends beyond MinutesOfDay and
// belongs to the day it begins on. To is no part of it.
type Span struct{ From, To int }

// MinutesOfDay are the minutes that a clock shows from midnight to midnight.
// Where clocks are changed, a day has more or fewer; hours are what clocks show.
const MinutesOfDay = 24 * 60

// Exception is a day with hours of its own. Without any it is closed.
type Exception struct {
	Day   Day
	Hours []Span
}

// Day is a day of the calendar.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

// DayOf is the day that t is on, where t is.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day{y, m, d}
}

// midnight stands for the day in calculations; its clock is nobody's.
func (d Day) midnight() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// Valid tells whether the calendar has such a day.
func (d Day) Valid() bool { return DayOf(d.midnight()) == d }

// Weekday is the day of the week.
func (d Day) Weekday() time.Weekday { return d.midnight().Weekday() }

// Add is the day n days later.
func (d Day) Add(n int) Day { return DayOf(d.midnight().AddDate(0, 0, n)) }

// Compare is negative for a day before o, and zero for the same day.
func (d Day) Compare(o Day) int { return d.midnight().Compare(o.midnight()) }

// At tells what holds at an instant, by the clocks of a place: OutOpen, OutClosed
// or OutHoliday.
func (s *Schedule) At(t time.Time, zone *time.Location) Outcome {
	t = t.In(zone)
	today, minute := DayOf(t), 60*t.Hour()+t.Minute()
	// What began yesterday may go on over midnight, whatever day it is today.
	if open, _ := s.hours(today.Add(-1)); within(open, minute+MinutesOfDay) {
		return OutOpen
	}
	open, holiday := s.hours(today)
	switch {
	case holiday:
		return OutHoliday
	case within(open, minute):
		return OutOpen
	}
	return OutClosed
}

// hours are the times of opening that begin on a day. A holiday has none.
func (s *Schedule) hours(d Day) (open []Span, holiday bool) {
	if i, ok := slices.BinarySearchFunc(s.Exceptions, d, func(e Exception, d Day) int { return e.Day.Compare(d) }); ok {
		return s.Exceptions[i].Hours, false
	}
	if s.holiday(d) {
		return nil, true
	}
	return s.Weekly[d.Weekday()], false
}

func within(open []Span, minute int) bool {
	return slices.ContainsFunc(open, func(s Span) bool { return s.From <= minute && minute < s.To })
}

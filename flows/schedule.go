package flows

import (
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // places keep their clocks on machines that know none

	"callflow/engine"

	"gopkg.in/yaml.v3"
)

// ScheduleDecl says when something is open.
type ScheduleDecl struct {
	Name Scalar
	// Zone is whose clocks count; nil: the flow's.
	Zone     *Setting[*time.Location]
	Schedule *engine.Schedule
	// zone is set when a time zone was written, however wrong.
	zone bool
}

// The bounds of a schedule.
const (
	maxHolidays   = 200
	maxExceptions = 1000
	maxSpans      = 12 // of one day
)

var scheduleFields = Fields{
	zoneField,
	{Key: "open", Shape: aMap(Names{What: "days", Pattern: daysPattern, Some: true}, theHours), Required: true, Doc: "The hours of the days of the week."},
	{Key: "holidays", Shape: aList(aMapping(holidayFields)), Doc: "The days off."},
	{Key: "exceptions", Shape: aMap(Names{What: "day", Pattern: dayPattern}, theHours), Doc: "Days with hours of their own, which go before everything else."},
}

var (
	zoneField = Field{Key: "time_zone", Shape: aText, Doc: "The place whose clocks count, such as Australia/Sydney."}
	theHours  = either(aText, aList(aText))
)

// Patterns of days, as days and day read them.
const (
	daysPattern = `[A-Za-z]+([-, ]+[A-Za-z]+)*`
	dayPattern  = `\d{4}-\d{2}-\d{2}`
)

// schedules reads the flow's times of opening.
//
//	schedules:
//	  office:
//	    open: { mon-fri: 09:00-17:00, sat: [09:00-12:00, 13:00-15:00] }
//	    holidays: [{ date: 01-26 }, { easter: +1 }]
//	    exceptions: { 2026-12-24: 09:00-12:00, 2026-12-31: closed }
func (p *parser) schedules(key Scalar, n *yaml.Node) []*ScheduleDecl {
	if !p.is(key, n, yaml.MappingNode, "a mapping of names to schedules") {
		return nil
	}
	var all []*ScheduleDecl
	p.each(n, mapping{what: "the schedules", empty: true}, func(key Scalar, v *yaml.Node) bool {
		d := &ScheduleDecl{Name: p.name(key, "schedule"), Schedule: &engine.Schedule{Name: key.Value}}
		all = append(all, d)
		if !p.is(key, v, yaml.MappingNode, "a schedule, which is a mapping with open") {
			return true
		}
		p.schedule(d, key, v)
		return true
	})
	return all
}

func (p *parser) schedule(d *ScheduleDecl, owner Scalar, n *yaml.Node) {
	seen := p.each(n, mapping{what: "schedule", name: owner.Value, known: scheduleFields}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "open":
			p.week(d.Schedule, key, v)
		case "holidays":
			d.Schedule.Holidays = p.holidays(key, v)
		case "exceptions":
			d.Schedule.Exceptions = p.exceptions(key, v)
		case "time_zone":
			d.zone = true
			d.Zone = p.zone(key, v)
		default:
			return false
		}
		return true
	})
	p.need(seen, owner, scheduleFields)
}

// zone reads a place by whose clocks to go.
func (p *parser) zone(key Scalar, n *yaml.Node) *Setting[*time.Location] {
	s := p.scalar(key, n)
	if !s.IsSet() {
		return nil
	}
	// What the library calls Local is the machine's; names such as EST know no
	// summer time.
	place := s.Value == "UTC" || strings.Contains(s.Value, "/")
	if place {
		if zone, err := time.LoadLocation(s.Value); err == nil {
			return &Setting[*time.Location]{s, zone}
		}
	}
	d := p.report(CodeBadTimeZone, s.Pos, "%q takes a place such as Australia/Sydney or America/New_York, or UTC; found %q", key.Value, clip(s.Value))
	if fixed := asZone(s.Value); place && fixed != s.Value {
		if _, err := time.LoadLocation(fixed); err == nil {
			d.Hint = "write " + quote(fixed)
		}
	}
	return nil
}

// asZone writes a name as those of time zones are written.
func asZone(s string) string {
	b := []byte(strings.ToLower(strings.ReplaceAll(strings.TrimSpace(s), " ", "_")))
	for i := range b {
		if (i == 0 || b[i-1] == '/' || b[i-1] == '_') && 'a' <= b[i] && b[i] <= 'z' {
			b[i] -= 'a' - 'A'
		}
	}
	return string(b)
}

// weekdays are the days of the week, from Monday on as people count them.
var weekdays = []struct {
	short, long string
	day         time.Weekday
}{
	{"mon", "monday", time.Monday},
	{"tue", "tuesday", time.Tuesday},
	{"wed", "wednesday", time.Wednesday},
	{"thu", "thursday", time.Thursday},
	{"fri", "friday", time.Friday},
	{"sat", "saturday", time.Saturday},
	{"sun", "sunday", time.Sunday},
}

// weekdayIndex is a day's place in weekdays, or -1.
func weekdayIndex(word string) int {
	for i, d := range weekdays {
		if word == d.short || word == d.long {
			return i
		}
	}
	return -1
}

func weekdayWords() []string {
	var words []string
	for _, d := range weekdays {
		words = append(words, d.short)
	}
	for _, d := range weekdays {
		words = append(words, d.long)
	}
	return words
}

// week reads the hours of the days of the week.
func (p *parser) week(s *engine.Schedule, key Scalar, n *yaml.Node) {
	if !p.is(key, n, yaml.MappingNode, "a mapping of days to hours: { mon-fri: 09:00-17:00 }") {
		return
	}
	var from [7]Pos // by index of weekdays: where its hours stand
	p.each(n, mapping{what: quote("open"), empty: true}, func(key Scalar, v *yaml.Node) bool {
		days := p.days(key)
		open := p.hours(key, v)
		for _, i := range days {
			if from[i].Line != 0 {
				d := p.report(CodeBadSchedule, key.Pos, "%s has hours already", weekdays[i].long)
				d.Related = append(d.Related, Related{Pos: from[i], Message: "they stand here"})
				break
			}
			from[i] = key.Pos
			s.Weekly[weekdays[i].day] = open
		}
		return true
	})
	p.overNight(s, from)
}

// overNight reports hours that go over midnight and into those of the next day.
func (p *parser) overNight(s *engine.Schedule, from [7]Pos) {
	for i := range weekdays {
		next := (i + 1) % len(weekdays)
		for _, night := range s.Weekly[weekdays[i].day] {
			for _, day := range s.Weekly[weekdays[next].day] {
				if night.To > engine.MinutesOfDay+day.From {
					p.report(CodeBadSchedule, from[i], "the hours of %s go on until %s and overlap those of %s, %s", weekdays[i].long, clockOf(night.To-engine.MinutesOfDay), weekdays[next].long, hoursOf(day))
					return
				}
			}
		}
	}
}

// days reads "mon", "mon-fri" or "mon, wed, sat-sun"; daily is all of them.
func (p *parser) days(key Scalar) []int {
	var days []int
	add := func(i int) {
		if !slices.Contains(days, i) {
			days = append(days, i)
		}
	}
	for _, part := range strings.Split(strings.ToLower(key.Value), ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if first == "daily" && !isRange {
			first, last = "mon", "sun"
		} else if !isRange {
			last = first
		}
		from, to := weekdayIndex(strings.TrimSpace(first)), weekdayIndex(strings.TrimSpace(last))
		if from < 0 || to < 0 {
			d := p.report(CodeBadSchedule, key.Pos, "%q is no day of the week; expected one such as mon, several such as mon-fri or %q, or daily", clip(key.Value), "mon, wed")
			word := first
			if from >= 0 {
				word = last
			}
			d.Hint = didYouMean(strings.TrimSpace(word), append(weekdayWords(), "daily"))
			return nil
		}
		for i := from; ; i = (i + 1) % len(weekdays) {
			add(i)
			if i == to {
				break
			}
		}
	}
	return days
}

// hours reads the times of opening of one day: one, a list of them, or closed.
func (p *parser) hours(key Scalar, n *yaml.Node) []engine.Span {
	list := p.scalars(key, n)
	if len(list) == 1 && strings.EqualFold(list[0].Value, "closed") {
		return nil
	}
	if len(list) > maxSpans {
		p.report(CodeBadSchedule, list[0].Pos, "%q has %d times of opening; at most %d are read", key.Value, len(list), maxSpans)
		return nil
	}
	var open []engine.Span
	for _, s := range list {
		span, ok := p.span(s)
		if !ok {
			continue
		}
		for _, other := range open {
			if span.From < other.To && other.From < span.To {
				p.report(CodeBadSchedule, s.Pos, "%s overlaps %s", s.Value, hoursOf(other))
				ok = false
				break
			}
		}
		if ok {
			open = append(open, span)
		}
	}
	slices.SortFunc(open, func(a, b engine.Span) int { return a.From - b.From })
	return open
}

// span reads "09:00-17:00". An end that is not after the beginning is one of the
// next day.
func (p *parser) span(s Scalar) (engine.Span, bool) {
	first, last, two := strings.Cut(s.Value, "-")
	from, ok := minuteOf(strings.TrimSpace(first))
	to, ok2 := minuteOf(strings.TrimSpace(last))
	switch {
	case !two || !ok || !ok2 || from == engine.MinutesOfDay:
		d := p.report(CodeBadSchedule, s.Pos, "hours are written 09:00-17:00, by a clock from 00:00 to 24:00; found %q", clip(s.Value))
		if strings.EqualFold(s.Value, "closed") {
			d.Hint = "a day that is closed has no other hours"
		}
		return engine.Span{}, false
	case from == to:
		p.report(CodeBadSchedule, s.Pos, "%s begins when it ends", s.Value).Hint = "write 00:00-24:00 for a whole day, or closed"
		return engine.Span{}, false
	case to < from:
		to += engine.MinutesOfDay
	}
	return engine.Span{From: from, To: to}, true
}

// minuteOf reads a time of the clock: 9:00, 09:00, 24:00.
func minuteOf(text string) (int, bool) {
	hour, minute, ok := strings.Cut(text, ":")
	if !ok || len(hour) < 1 || len(hour) > 2 || len(minute) != 2 {
		return 0, false
	}
	h, ok := number(hour)
	m, ok2 := number(minute)
	if !ok || !ok2 || m > 59 || h > 24 || h == 24 && m > 0 {
		return 0, false
	}
	return 60*h + m, true
}

// clockOf writes a minute of a day as a clock shows it, and hoursOf a time of
// opening as a flow does.
func clockOf(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

func hoursOf(s engine.Span) string {
	to := s.To
	if to > engine.MinutesOfDay {
		to -= engine.MinutesOfDay
	}
	return clockOf(s.From) + "-" + clockOf(to)
}

// exceptions reads the days that have hours of their own.
func (p *parser) exceptions(key Scalar, n *yaml.Node) []engine.Exception {
	if !p.is(key, n, yaml.MappingNode, "a mapping of days to hours: { 2026-12-24: 09:00-12:00 }") {
		return nil
	}
	if len(n.Content)/2 > maxExceptions {
		p.report(CodeBadSchedule, key.Pos, "there are %d exceptions; at most %d are read", len(n.Content)/2, maxExceptions)
		return nil
	}
	var all []engine.Exception
	p.each(n, mapping{what: "the exceptions"}, func(key Scalar, v *yaml.Node) bool {
		day, ok := p.day(key)
		open := p.hours(key, v)
		if ok && day.Year == 0 {
			p.report(CodeBadSchedule, key.Pos, "an exception is on one day of one year, such as 2026-12-24; found %q", key.Value).Hint = "a day of every year is a holiday"
		} else if ok {
			all = append(all, engine.Exception{Day: engine.Day(day), Hours: open})
		}
		return true
	})
	slices.SortFunc(all, func(a, b engine.Exception) int { return a.Day.Compare(b.Day) })
	return all
}

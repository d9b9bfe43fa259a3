package flows

import (
	"strings"
	"time"

	"callflow/engine"

	"gopkg.in/yaml.v3"
)

var holidayFields = Fields{
	{Key: "name", Shape: aText, Doc: "What it is called, for people."},
	{Key: "date", Shape: aText, Doc: "A day of every year, such as 12-25, or of one, such as 2026-12-24."},
	{Key: "from", Shape: aText, Doc: "The first of several days."},
	{Key: "to", Shape: aText, Doc: "The last of them."},
	{Key: "easter", Shape: anInteger(-maxEaster, maxEaster), Doc: "Days after Easter Sunday: -2 is Good Friday, 1 is Easter Monday."},
	{Key: "weekday", Shape: aWord(weekdayWords()...), Doc: "A day of the week, of which the next keys say which one."},
	{Key: "nth", Shape: anInteger(-5, 5), Doc: "Which one of a month: 1 is the first, -1 the last."},
	{Key: "month", Shape: anInteger(1, 12), Doc: "The month in which it is counted."},
	{Key: "before", Shape: aText, Doc: "The day before which it is the last one."},
	{Key: "after", Shape: aText, Doc: "The day after which it is the first one."},
	{Key: "observed", Shape: aWord(observedOn...), Default: "where it falls", Doc: "When it is kept if it falls on a weekend."},
}

// The ways to say when a holiday is, and to move it.
var (
	holidayRules = []string{"date", "from", "easter", "weekday"}
	observedOn   = []string{string(engine.ObservedMonday), string(engine.ObservedNearest), string(engine.ObservedNext)}
)

// maxEaster bounds how far from Easter a holiday is, in days.
const maxEaster = 100

func (p *parser) holidays(key Scalar, n *yaml.Node) []engine.Holiday {
	if !p.is(key, n, yaml.SequenceNode, "a list of holidays") {
		return nil
	}
	if len(n.Content) > maxHolidays {
		p.report(CodeBadSchedule, key.Pos, "there are %d holidays; at most %d are read", len(n.Content), maxHolidays)
		return nil
	}
	var all []engine.Holiday
	for _, c := range n.Content {
		if !p.is(key, c, yaml.MappingNode, "a list of holidays, such as { date: 12-25 }") {
			continue
		}
		if h, ok := p.holiday(c); ok {
			all = append(all, h)
		}
	}
	return all
}

// holiday reads one of
//
//	{ date: 01-26, observed: monday }      { date: 2026-12-24 }
//	{ from: 2026-12-24, to: 2027-01-02 }   { easter: +1 }
//	{ weekday: monday, nth: -1, month: 5 } { weekday: monday, before: 05-25 }
func (p *parser) holiday(n *yaml.Node) (engine.Holiday, bool) {
	before := len(p.diags)
	var h engine.Holiday
	var from, to, first, last *engine.YearDay
	var nth, month *Setting[int]
	weekday := time.Weekday(-1)
	seen := p.each(n, mapping{what: "a holiday", known: holidayFields}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "name":
			h.Name = p.scalar(key, v).Value
		case "date":
			h.Date = p.yearDay(key, v)
		case "observed":
			h.Observed = engine.Observed(p.word(key, v, observedOn))
		case "from":
			from = p.yearDay(key, v)
		case "to":
			to = p.yearDay(key, v)
		case "easter":
			if s := p.integer(key, v, -maxEaster, maxEaster); s != nil {
				h.Easter = &s.V
			}
		case "weekday":
			if i := weekdayIndex(p.word(key, v, weekdayWords())); i >= 0 {
				weekday = weekdays[i].day
			}
		case "nth":
			if nth = p.integer(key, v, -5, 5); nth != nil && nth.V == 0 {
				p.report(CodeBadSchedule, nth.Pos, `"nth" counts from 1, the first, or from -1, the last; found 0`)
			}
		case "month":
			month = p.integer(key, v, 1, 12)
		case "before":
			first = p.yearDay(key, v)
		case "after":
			last = p.yearDay(key, v)
		default:
			return false
		}
		return true
	})
	pos := at(n)
	p.holidayShape(seen, pos)
	if len(p.diags) > before {
		return engine.Holiday{}, false
	}
	switch {
	case from != nil:
		return p.holidayRange(h, from, to, pos)
	case weekday >= 0:
		h.Nth = &engine.NthWeekday{Weekday: weekday, Before: first, After: last}
		if nth != nil {
			h.Nth.N, h.Nth.Month = nth.V, time.Month(month.V)
		}
	}
	return h, true
}

// holidayShape reports keys that do not go together, and those that are missing.
func (p *parser) holidayShape(seen keys, pos Pos) {
	var rules []string
	for _, rule := range holidayRules {
		if seen.has(rule) {
			rules = append(rules, rule)
		}
	}
	if len(rules) != 1 {
		found := "found none of them"
		if len(rules) > 1 {
			found = "found " + and(rules)
		}
		p.report(CodeBadSchedule, pos, "a holiday has one of date, from, easter and weekday; %s", found)
		return
	}
	owner := Scalar{Value: rules[0], Pos: pos}
	allowed := map[string][]string{
		"date": {"observed"}, "from": {"to"}, "easter": {}, "weekday": {"nth", "month", "before", "after", "observed"},
	}[rules[0]]
	for _, key := range holidayFields[1:].words() {
		if seen.has(key) && key != rules[0] && !contains(allowed, key) {
			p.report(CodeBadSchedule, pos, "a holiday with %q has no %q", rules[0], key)
		}
	}
	switch rules[0] {
	case "from":
		p.lacks(seen, owner, "to")
	case "weekday":
		p.weekdayShape(seen, owner)
	}
}

// lacks reports keys that must be there because another one is.
func (p *parser) lacks(seen keys, owner Scalar, keys ...string) {
	for _, key := range keys {
		if !seen.has(key) {
			p.report(CodeMissingKey, owner.Pos, "%q needs %q", owner.Value, key)
		}
	}
}

func (p *parser) weekdayShape(seen keys, owner Scalar) {
	counted := seen.has("nth") || seen.has("month")
	ways := 0
	for _, way := range []bool{counted, seen.has("before"), seen.has("after")} {
		if way {
			ways++
		}
	}
	if ways != 1 {
		p.report(CodeBadSchedule, owner.Pos, `a holiday on a weekday says which one: by "nth" and "month", by "before", or by "after"`)
		return
	}
	if counted {
		p.lacks(seen, owner, "nth", "month")
	}
}

func (p *parser) holidayRange(h engine.Holiday, from, to *engine.YearDay, pos Pos) (engine.Holiday, bool) {
	switch {
	case (from.Year == 0) != (to.Year == 0):
		p.report(CodeBadSchedule, pos, "the days from and to are both of one year, or both of every year")
		return h, false
	case from.Year != 0 && engine.Day(*from).Compare(engine.Day(*to)) > 0:
		p.report(CodeBadSchedule, pos, "the holiday ends before it begins")
		return h, false
	}
	h.Range = &engine.DayRange{From: *from, To: *to}
	return h, true
}

// yearDay reads 2026-12-24, or 12-24 of every year; nil where it is none.
func (p *parser) yearDay(key Scalar, n *yaml.Node) *engine.YearDay {
	s := p.scalar(key, n)
	if !s.IsSet() {
		return nil
	}
	if d, ok := p.day(s); ok {
		return &d
	}
	return nil
}

// day reads a day that the calendar has.
func (p *parser) day(s Scalar) (engine.YearDay, bool) {
	parts := strings.Split(s.Value, "-")
	d := engine.YearDay{}
	good := len(parts) == 2 || len(parts) == 3
	if len(parts) == 3 {
		good = len(parts[0]) == 4
		d.Year, _ = number(parts[0])
		parts = parts[1:]
	}
	if good {
		month, ok := number(parts[0])
		day, ok2 := number(parts[1])
		d.Month, d.Day = time.Month(month), day
		good = ok && ok2 && len(parts[0]) == 2 && len(parts[1]) == 2
	}
	if !good || len(s.Value) > len("12-24") && d.Year == 0 {
		p.report(CodeBadSchedule, s.Pos, "a day is written 2026-12-24, or 12-24 for every year; found %q", clip(s.Value))
		return d, false
	}
	probe := engine.Day(d)
	if d.Year == 0 {
		probe.Year = 2000 // which has a leap day
	}
	if !probe.Valid() {
		p.report(CodeBadSchedule, s.Pos, "the calendar has no %s", s.Value)
		return d, false
	}
	return d, true
}

// word reads a value that is one of a few.
func (p *parser) word(key Scalar, n *yaml.Node, words []string) string {
	s := p.scalar(key, n)
	if s.IsSet() && !contains(words, s.Value) {
		p.report(CodeBadValue, s.Pos, "%q takes %s; found %q", key.Value, list(words), clip(s.Value)).Hint = didYouMean(s.Value, words)
		return ""
	}
	return s.Value
}

// number reads digits and nothing else; false where there are others, or many.
func number(text string) (int, bool) {
	n := 0
	for _, r := range text {
		if r < '0' || r > '9' {
			return 0, false
		}
		n = 10*n + int(r-'0')
	}
	return n, text != "" && len(text) <= 9
}

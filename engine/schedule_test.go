package engine_test

import (
	"fmt"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"callflow/engine"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func day(t testing.TB, text string) engine.Day {
	t.Helper()
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return engine.DayOf(at)
}

func clock(hour, minute int) int { return 60*hour + minute }

// workdays are the same hours from Monday to Friday.
func workdays(spans ...engine.Span) [7][]engine.Span {
	var week [7][]engine.Span
	for d := time.Monday; d <= time.Friday; d++ {
		week[d] = spans
	}
	return week
}

func daily(spans ...engine.Span) [7][]engine.Span {
	week := workdays(spans...)
	week[time.Saturday], week[time.Sunday] = spans, spans
	return week
}

var nineToFive = engine.Span{From: clock(9, 0), To: clock(17, 0)}

func TestSchedule(t *testing.T) {
	t.Parallel()
	office := engine.Schedule{Weekly: workdays(nineToFive)}
	office.Weekly[time.Saturday] = []engine.Span{{From: clock(9, 0), To: clock(12, 0)}, {From: clock(13, 0), To: clock(15, 0)}}
	night := engine.Schedule{Weekly: workdays(engine.Span{From: clock(22, 0), To: clock(30, 0)})}
	always := engine.Schedule{Weekly: daily(engine.Span{To: engine.MinutesOfDay})}
	early := engine.Schedule{Weekly: daily(engine.Span{From: clock(1, 30), To: clock(2, 30)})}
	tests := []struct {
		what     string
		schedule engine.Schedule
		zone, at string
		want     engine.Outcome
	}{
		{"the first minute", office, "Australia/Sydney", "2026-11-23T09:00:00+11:00", "open"},
		{"a second before", office, "Australia/Sydney", "2026-11-23T08:59:59+11:00", "closed"},
		{"the last second", office, "Australia/Sydney", "2026-11-23T16:59:59+11:00", "open"},
		{"the end", office, "Australia/Sydney", "2026-11-23T17:00:00+11:00", "closed"},
		{"Saturday morning", office, "Australia/Sydney", "2026-11-28T11:59:00+11:00", "open"},
		{"Saturday's break", office, "Australia/Sydney", "2026-11-28T12:30:00+11:00", "closed"},
		{"Saturday afternoon", office, "Australia/Sydney", "2026-11-28T13:00:00+11:00", "open"},
		{"Sunday", office, "Australia/Sydney", "2026-11-29T10:00:00+11:00", "closed"},

		// The same instant is another day on each side of the date line.
		{"Monday in Auckland", office, "Pacific/Auckland", "2026-11-22T22:30:00Z", "open"},
		{"Sunday in Honolulu", office, "Pacific/Honolulu", "2026-11-22T22:30:00Z", "closed"},
		{"Saturday in Kiritimati", office, "Pacific/Kiritimati", "2026-11-27T21:00:00Z", "open"},
		{"Thursday in Pago Pago", office, "Pacific/Pago_Pago", "2026-11-27T09:00:00Z", "closed"},
		{"Friday in Pago Pago", office, "Pacific/Pago_Pago", "2026-11-27T20:00:00Z", "open"},
		{"half an hour of a zone", office, "Asia/Kolkata", "2026-11-23T03:30:00Z", "open"},
		{"a minute before it", office, "Asia/Kolkata", "2026-11-23T03:29:00Z", "closed"},
		{"quarters of an hour", office, "Asia/Kathmandu", "2026-11-23T03:15:00Z", "open"},

		// Nine is nine, before clocks are changed and after: Sydney on 4 October 2026
		// and 5 April 2026, New York on 8 March and 1 November.
		{"Sydney before summer time", office, "Australia/Sydney", "2026-10-02T22:59:00Z", "closed"},
		{"Sydney, Saturday at nine", office, "Australia/Sydney", "2026-10-02T23:00:00Z", "open"},
		{"Sydney after it began", office, "Australia/Sydney", "2026-10-04T22:00:00Z", "open"},
		{"an hour of the old clock", office, "Australia/Sydney", "2026-10-04T21:59:00Z", "closed"},
		{"Sydney after it ended", office, "Australia/Sydney", "2026-04-05T22:59:00Z", "closed"},
		{"nine by the new clock", office, "Australia/Sydney", "2026-04-05T23:00:00Z", "open"},
		{"New York, the Monday after", office, "America/New_York", "2026-03-09T13:00:00Z", "open"},
		{"New York, the Friday before", office, "America/New_York", "2026-03-06T13:00:00Z", "closed"},
		{"New York in November", office, "America/New_York", "2026-11-02T13:59:00Z", "closed"},

		// 01:30 to 02:30: the second half is not there when clocks go forward at two,
		// and the first half is there twice when they go back at two.
		{"before the gap", early, "America/New_York", "2026-03-08T06:59:00Z", "open"},
		{"after the gap", early, "America/New_York", "2026-03-08T07:00:00Z", "closed"},
		{"the first time", early, "America/New_York", "2026-11-01T05:30:00Z", "open"},
		{"between the two", early, "America/New_York", "2026-11-01T06:15:00Z", "closed"},
		{"the second time", early, "America/New_York", "2026-11-01T06:30:00Z", "open"},
		{"after both", early, "America/New_York", "2026-11-01T07:30:00Z", "closed"},
		{"half an hour forward", early, "Australia/Lord_Howe", "2026-10-03T15:29:00Z", "open"},
		{"half an hour is gone", early, "Australia/Lord_Howe", "2026-10-03T15:30:00Z", "closed"},
		// Beirut puts its clocks forward at midnight: the day begins at one.
		{"a day without a midnight", always, "Asia/Beirut", "2026-03-28T22:00:00Z", "open"},
		{"Samoa's day that never was", always, "Pacific/Apia", "2011-12-30T10:00:00Z", "open"},

		{"the night begins", night, "UTC", "2026-11-23T22:00:00Z", "open"},
		{"midnight", night, "UTC", "2026-11-24T00:00:00Z", "open"},
		{"the night ends", night, "UTC", "2026-11-24T05:59:59Z", "open"},
		{"it is over", night, "UTC", "2026-11-24T06:00:00Z", "closed"},
		{"Friday's night is Saturday's morning", night, "UTC", "2026-11-28T05:00:00Z", "open"},
		{"Saturday has none", night, "UTC", "2026-11-28T23:00:00Z", "closed"},
		{"nor had Sunday", night, "UTC", "2026-11-23T03:00:00Z", "closed"},
		{"the last minute of a day", always, "UTC", "2026-11-23T23:59:59Z", "open"},
		{"the first minute of one", always, "UTC", "2026-11-23T00:00:00Z", "open"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			at := instant(t, tt.at)
			if got := tt.schedule.At(at, zone(t, tt.zone)); got != tt.want {
				t.Errorf("at %s in %s it is %s, not %s", at.In(zone(t, tt.zone)), tt.zone, got, tt.want)
			}
		})
	}
}

// Exceptions go before holidays, and those before the week.
func TestSchedulePrecedence(t *testing.T) {
	t.Parallel()
	s := engine.Schedule{
		Weekly: workdays(nineToFive),
		Holidays: []engine.Holiday{
			{Date: &engine.YearDay{Month: time.December, Day: 25}},
			{Range: &engine.DayRange{From: engine.YearDay{Year: 2026, Month: time.December, Day: 28}, To: engine.YearDay{Year: 2027, Month: time.January, Day: 2}}},
		},
		Exceptions: []engine.Exception{
			{Day: engine.Day{Year: 2026, Month: time.December, Day: 23}, Hours: []engine.Span{{From: clock(9, 0), To: clock(12, 0)}}},
			{Day: engine.Day{Year: 2026, Month: time.December, Day: 24}},
			{Day: engine.Day{Year: 2026, Month: time.December, Day: 30}, Hours: []engine.Span{{From: clock(22, 0), To: clock(26, 0)}}},
		},
	}
	for at, want := range map[string]engine.Outcome{
		"2026-12-22T16:00:00Z": "open",
		"2026-12-23T11:00:00Z": "open",
		"2026-12-23T13:00:00Z": "closed",
		"2026-12-24T10:00:00Z": "closed",
		"2026-12-25T10:00:00Z": "holiday",
		"2026-12-25T03:00:00Z": "holiday",
		"2026-12-26T10:00:00Z": "closed",
		"2026-12-27T23:59:59Z": "closed",
		"2026-12-28T00:00:00Z": "holiday",
		"2026-12-30T10:00:00Z": "closed",
		"2026-12-30T23:00:00Z": "open",
		"2026-12-31T01:59:00Z": "open", // what began the day before goes on
		"2026-12-31T02:00:00Z": "holiday",
		"2027-01-02T23:59:59Z": "holiday",
		"2027-01-03T00:00:00Z": "closed",
		"2027-12-25T10:00:00Z": "holiday",
		"2027-12-28T10:00:00Z": "open",
	} {
		if got := s.At(instant(t, at), time.UTC); got != want {
			t.Errorf("at %s it is %s, not %s", at, got, want)
		}
	}
}

func yearDay(month time.Month, day int) *engine.YearDay {
	return &engine.YearDay{Month: month, Day: day}
}

func days(n int) *int { return &n }

// holidays of a schedule within a year, as dates.
func holidays(t testing.TB, year int, list ...engine.Holiday) []string {
	t.Helper()
	s := engine.Schedule{Holidays: list}
	var found []string
	for at := time.Date(year, 1, 1, 12, 0, 0, 0, time.UTC); at.Year() == year; at = at.AddDate(0, 0, 1) {
		if s.At(at, time.UTC) == engine.OutHoliday {
			found = append(found, at.Format("01-02"))
		}
	}
	return found
}

func TestHolidays(t *testing.T) {
	t.Parallel()
	nth := func(n int, w time.Weekday, m time.Month) engine.Holiday {
		return engine.Holiday{Nth: &engine.NthWeekday{Weekday: w, N: n, Month: m}}
	}
	on := func(month time.Month, day int, o engine.Observed) engine.Holiday {
		return engine.Holiday{Date: yearDay(month, day), Observed: o}
	}
	christmas := []engine.Holiday{on(12, 25, engine.ObservedNext), on(12, 26, engine.ObservedNext)}
	tests := []struct {
		what  string
		year  int
		rules []engine.Holiday
		want  []string
	}{
		{"every year", 2031, []engine.Holiday{on(1, 26, "")}, []string{"01-26"}},
		{"one year", 2026, []engine.Holiday{{Date: &engine.YearDay{Year: 2026, Month: 9, Day: 1}}}, []string{"09-01"}},
		{"another year", 2027, []engine.Holiday{{Date: &engine.YearDay{Year: 2026, Month: 9, Day: 1}}}, nil},
		{"a leap day", 2028, []engine.Holiday{on(2, 29, "")}, []string{"02-29"}},
		{"no leap day", 2026, []engine.Holiday{on(2, 29, "")}, nil},
		{"no leap day in 2100", 2100, []engine.Holiday{on(2, 29, "")}, nil},
		{"one in 2000", 2000, []engine.Holiday{on(2, 29, "")}, []string{"02-29"}},

		{"Good Friday to Easter Monday", 2027, []engine.Holiday{{Easter: days(-2)}, {Easter: days(1)}}, []string{"03-26", "03-29"}},
		{"Corpus Christi", 2026, []engine.Holiday{{Easter: days(60)}}, []string{"06-04"}},
		{"Rose Monday", 2026, []engine.Holiday{{Easter: days(-48)}}, []string{"02-16"}},

		{"King's birthday in Sydney", 2026, []engine.Holiday{nth(2, time.Monday, time.June)}, []string{"06-08"}},
		{"a first Monday that is the 1st", 2026, []engine.Holiday{nth(1, time.Monday, time.June)}, []string{"06-01"}},
		{"Memorial Day", 2026, []engine.Holiday{nth(-1, time.Monday, time.May)}, []string{"05-25"}},
		{"a last Monday that is the 31st", 2027, []engine.Holiday{nth(-1, time.Monday, time.May)}, []string{"05-31"}},
		{"the last but one", 2027, []engine.Holiday{nth(-2, time.Monday, time.May)}, []string{"05-24"}},
		{"Thanksgiving", 2026, []engine.Holiday{nth(4, time.Thursday, time.November)}, []string{"11-26"}},
		{"a last Sunday of a February", 2028, []engine.Holiday{nth(-1, time.Tuesday, time.February)}, []string{"02-29"}},
		{"a fifth", 2026, []engine.Holiday{nth(5, time.Monday, time.June)}, []string{"06-29"}},
		{"no fifth", 2026, []engine.Holiday{nth(5, time.Monday, time.July)}, nil},
		{"no fifth from the end", 2026, []engine.Holiday{nth(-5, time.Monday, time.July)}, nil},
		{"the last of December", 2026, []engine.Holiday{nth(-1, time.Thursday, time.December)}, []string{"12-31"}},

		{"Victoria Day", 2026, []engine.Holiday{{Nth: &engine.NthWeekday{Weekday: time.Monday, Before: yearDay(5, 25)}}}, []string{"05-18"}},
		{"Victoria Day, next year", 2027, []engine.Holiday{{Nth: &engine.NthWeekday{Weekday: time.Monday, Before: yearDay(5, 25)}}}, []string{"05-24"}},
		{"the day after Thanksgiving", 2026, []engine.Holiday{{Nth: &engine.NthWeekday{Weekday: time.Friday, After: yearDay(11, 22)}}}, []string{"11-27"}},
		{"never the day itself", 2024, []engine.Holiday{{Nth: &engine.NthWeekday{Weekday: time.Friday, After: yearDay(11, 22)}}}, []string{"11-29"}},
		{"before a leap day", 2028, []engine.Holiday{{Nth: &engine.NthWeekday{Weekday: time.Monday, Before: yearDay(2, 29)}}}, []string{"02-28"}},
		{"before no leap day", 2027, []engine.Holiday{{Nth: &engine.NthWeekday{Weekday: time.Monday, Before: yearDay(2, 29)}}}, nil},

		{"days of one winter", 2026, []engine.Holiday{{Range: &engine.DayRange{From: engine.YearDay{Year: 2026, Month: 12, Day: 30}, To: engine.YearDay{Year: 2027, Month: 1, Day: 2}}}}, []string{"12-30", "12-31"}},
		{"the same winter", 2027, []engine.Holiday{{Range: &engine.DayRange{From: engine.YearDay{Year: 2026, Month: 12, Day: 30}, To: engine.YearDay{Year: 2027, Month: 1, Day: 2}}}}, []string{"01-01", "01-02"}},
		{"every winter", 2030, []engine.Holiday{{Range: &engine.DayRange{From: *yearDay(12, 30), To: *yearDay(1, 2)}}}, []string{"01-01", "01-02", "12-30", "12-31"}},
		{"every summer", 2030, []engine.Holiday{{Range: &engine.DayRange{From: *yearDay(7, 31), To: *yearDay(8, 1)}}}, []string{"07-31", "08-01"}},

		// 1 January 2022 and 2028 are Saturdays, 2023 begins with a Sunday.
		{"Saturday to Monday", 2022, []engine.Holiday{on(1, 1, engine.ObservedMonday)}, []string{"01-03"}},
		{"Sunday to Monday", 2023, []engine.Holiday{on(1, 1, engine.ObservedMonday)}, []string{"01-02"}},
		{"a weekday stays", 2026, []engine.Holiday{on(1, 1, engine.ObservedMonday)}, []string{"01-01"}},
		{"the nearest to Saturday is in the old year", 2021, []engine.Holiday{on(1, 1, engine.ObservedNearest)}, []string{"01-01", "12-31"}},
		{"and not in the new one", 2022, []engine.Holiday{on(1, 1, engine.ObservedNearest)}, nil},
		{"the nearest to Sunday", 2023, []engine.Holiday{on(1, 1, engine.ObservedNearest)}, []string{"01-02"}},
		{"the Fourth of July on a Saturday", 2026, []engine.Holiday{on(7, 4, engine.ObservedNearest)}, []string{"07-03"}},
		{"one year's day into the next year", 2023, []engine.Holiday{{Date: &engine.YearDay{Year: 2022, Month: 12, Day: 31}, Observed: engine.ObservedMonday}}, []string{"01-02"}},

		{"Christmas on Saturday and Sunday", 2021, christmas, []string{"12-27", "12-28"}},
		{"Christmas on Sunday", 2022, christmas, []string{"12-26", "12-27"}},
		{"Boxing Day on Saturday", 2026, christmas, []string{"12-25", "12-28"}},
		{"Christmas within the week", 2025, christmas, []string{"12-25", "12-26"}},
		{"past days that are off", 2021, append([]engine.Holiday{{Range: &engine.DayRange{From: *yearDay(12, 27), To: *yearDay(12, 30)}}}, on(12, 25, engine.ObservedNext)), []string{"12-27", "12-28", "12-29", "12-30", "12-31"}},
		{"past a weekend, too", 2021, append([]engine.Holiday{{Range: &engine.DayRange{From: *yearDay(12, 27), To: *yearDay(12, 31)}}}, on(12, 25, engine.ObservedNext)), []string{"12-27", "12-28", "12-29", "12-30", "12-31"}},
		{"to the next year", 2022, append([]engine.Holiday{{Range: &engine.DayRange{From: *yearDay(12, 27), To: *yearDay(12, 31)}}}, on(12, 25, engine.ObservedNext)), []string{"01-03", "12-26", "12-27", "12-28", "12-29", "12-30", "12-31"}},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			if got := holidays(t, tt.year, tt.rules...); fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("in %d these are holidays: %v, not %v", tt.year, got, tt.want)
			}
		})
	}
}

// The dates are those that churches publish.
func TestEaster(t *testing.T) {
	t.Parallel()
	for _, want := range []string{
		"1583-04-10", "1598-03-22", "1666-04-25", "1693-03-22", "1700-04-11", "1734-04-25", "1761-03-22", "1777-03-30", "1818-03-22", "1886-04-25",
		"1900-04-15", "1913-03-23", "1943-04-25", "1954-04-18", "1961-04-02", "1981-04-19",
		"2000-04-23", "2001-04-15", "2002-03-31", "2003-04-20", "2004-04-11", "2005-03-27", "2006-04-16", "2007-04-08", "2008-03-23", "2009-04-12",
		"2010-04-04", "2011-04-24", "2012-04-08", "2013-03-31", "2014-04-20", "2015-04-05", "2016-03-27", "2017-04-16", "2018-04-01", "2019-04-21",
		"2020-04-12", "2021-04-04", "2022-04-17", "2023-04-09", "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2028-04-16", "2029-04-01",
		"2030-04-21", "2031-04-13", "2032-03-28", "2033-04-17", "2034-04-09", "2035-03-25", "2036-04-13", "2037-04-05", "2038-04-25", "2039-04-10",
		"2049-04-18", "2076-04-19", "2100-03-28", "2285-03-22", "2299-04-16",
	} {
		d := day(t, want)
		if got := engine.Easter(d.Year); got != d {
			t.Errorf("Easter of %d is %v, not %s", d.Year, got, want)
		}
	}
	for year := 1583; year < 4100; year++ {
		d := engine.Easter(year)
		if d.Weekday() != time.Sunday || d.Compare(engine.Day{Year: year, Month: 3, Day: 22}) < 0 || d.Compare(engine.Day{Year: year, Month: 4, Day: 25}) > 0 {
			t.Fatalf("Easter of %d is %v", year, d)
		}
	}
}

// A schedule is answered for any instant, in any place, always alike; a day has
// one answer for being a holiday from its first minute to its last, unless a
// night shift reaches into it.
func TestScheduleProperties(t *testing.T) {
	t.Parallel()
	zones := []string{"UTC", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns", "Africa/Casablanca", "Asia/Kathmandu", "America/Sao_Paulo"}
	rapid.Check(t, func(rt *rapid.T) {
		var s engine.Schedule
		for d := range s.Weekly {
			if rapid.Bool().Draw(rt, "works") {
				from := rapid.IntRange(0, 1439).Draw(rt, "from")
				s.Weekly[d] = []engine.Span{{From: from, To: rapid.IntRange(from+1, 1440).Draw(rt, "to")}}
			}
		}
		for range rapid.IntRange(0, 40).Draw(rt, "holidays") {
			h := engine.Holiday{Observed: rapid.SampledFrom([]engine.Observed{"", "monday", "nearest", "next"}).Draw(rt, "observed")}
			switch month := time.Month(rapid.IntRange(1, 12).Draw(rt, "month")); rapid.IntRange(0, 3).Draw(rt, "rule") {
			case 0:
				h.Date = yearDay(month, rapid.IntRange(1, 31).Draw(rt, "day"))
			case 1:
				h.Easter = days(rapid.IntRange(-100, 100).Draw(rt, "easter"))
			case 2:
				h.Nth = &engine.NthWeekday{Weekday: time.Weekday(rapid.IntRange(0, 6).Draw(rt, "weekday")), Month: month, N: rapid.SampledFrom([]int{1, 2, 3, 4, 5, -1, -2, -5}).Draw(rt, "n")}
			default:
				h.Observed, h.Range = "", &engine.DayRange{From: *yearDay(month, 5), To: *yearDay(time.Month(rapid.IntRange(1, 12).Draw(rt, "until")), 6)}
			}
			s.Holidays = append(s.Holidays, h)
		}
		z := zone(t, rapid.SampledFrom(zones).Draw(rt, "zone"))
		at := time.Unix(rapid.Int64Range(0, 4e9).Draw(rt, "at"), 0)
		got := s.At(at, z)
		if again := s.At(at.UTC(), z); again != got {
			rt.Fatalf("%s, then %s", got, again)
		}
		local := at.In(z)
		for _, hour := range []int{0, 7, 12, 23} {
			other := time.Date(local.Year(), local.Month(), local.Day(), hour, 30, 0, 0, z)
			if engine.DayOf(other) == engine.DayOf(local) && (s.At(other, z) == engine.OutHoliday) != (got == engine.OutHoliday) {
				rt.Fatalf("%s at %s, and %s at %s", got, local, s.At(other, z), other)
			}
		}
		if open := s.Weekly[local.Weekday()]; got == engine.OutOpen && len(open) == 0 {
			rt.Fatalf("open on a %s at %s", local.Weekday(), local)
		}
	})
}

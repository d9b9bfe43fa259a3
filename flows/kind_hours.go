package flows

import (
	"fmt"
	"time"

	"callflow/engine"

	"gopkg.in/yaml.v3"
)

// HoursDecl goes by what holds when a call gets there.
type HoursDecl struct {
	Schedule Scalar
	Zone     *Setting[*time.Location]
	// zone is set when a time zone was written, however wrong.
	zone bool
}

var hoursKind = kind{
	Field: Field{Key: "hours", Shape: either(aText, aMapping(hoursFields)), Doc: "Goes by the time of opening."},
	parse: parseHours,
	exits: timed,
}

var hoursFields = Fields{
	{Key: "schedule", Shape: aText, Required: true, Doc: "The name of a schedule of the flow."},
	zoneField,
}

// parseHours reads a question to a schedule.
//
//	hours: office
//	hours: { schedule: office, time_zone: Australia/Perth }
func parseHours(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &HoursDecl{}
	if n.Kind == yaml.ScalarNode {
		d.Schedule = p.scalar(key, n)
		return d
	}
	if !p.is(key, n, yaml.MappingNode, "the name of a schedule, or a mapping with a schedule") {
		return d
	}
	seen := p.each(n, mapping{what: "hours", known: hoursFields}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "schedule":
			d.Schedule = p.scalar(key, v)
		case "time_zone":
			d.zone = true
			d.Zone = p.zone(key, v)
		default:
			return false
		}
		return true
	})
	p.need(seen, key, hoursFields)
	return d
}

func (d *HoursDecl) exits() []exit { return timed }

var timed = []exit{
	{outcome: engine.OutOpen, own: true},
	{outcome: engine.OutClosed, own: true},
	{outcome: engine.OutHoliday, own: true, like: engine.OutClosed},
}

func (d *HoursDecl) compile(c *compiler, st *StateDecl) {
	c.severalOutcomes(st, "next: { open: %s, closed: … }")
	k := engine.HoursState{Schedule: &engine.Schedule{}, Zone: time.UTC}
	if s := c.schedule(d.Schedule); s != nil {
		k.Schedule = s.Schedule
		k.Zone = c.zone(d, s)
	}
	c.state(st, st.Name.Value, k)
	c.wire(st, timed)
}

// severalOutcomes reports one state for several outcomes.
func (c *compiler) severalOutcomes(st *StateDecl, hint string) {
	if n := st.Next; n != nil && n.To != nil {
		c.report(CodeWrongType, n.To.Pos, "%q has several outcomes; its next takes each of them", st.Word.Value).Hint = "write " + fmt.Sprintf(hint, n.To.Value)
	}
}

// schedule finds a schedule of the flow; nil: there is none, which is reported.
func (c *compiler) schedule(name Scalar) *ScheduleDecl {
	if !name.IsSet() {
		return nil
	}
	names := make([]string, 0, len(c.doc.Schedules))
	for _, s := range c.doc.Schedules {
		if s.Name.Value == name.Value {
			return s
		}
		names = append(names, s.Name.Value)
	}
	if c.doc.lostSchedules {
		return nil
	}
	d := c.report(CodeUnknownSchedule, name.Pos, "the flow has no schedule %q", name.Value)
	if d.Hint = didYouMean(name.Value, names); d.Hint == "" {
		d.Hint = `describe it under "schedules"`
	}
	return nil
}

// zone is whose clocks count: those the state names, else the schedule, else the
// flow.
func (c *compiler) zone(d *HoursDecl, s *ScheduleDecl) *time.Location {
	for _, z := range []*Setting[*time.Location]{d.Zone, s.Zone, c.doc.TimeZone} {
		if z != nil {
			return z.V
		}
	}
	if !d.zone && !s.zone && !c.doc.zone {
		c.report(CodeBadTimeZone, d.Schedule.Pos, "nothing says by whose clocks schedule %q goes", s.Name.Value).Hint = `add "time_zone: Australia/Sydney", or wherever it is, to the flow`
	}
	return time.UTC
}

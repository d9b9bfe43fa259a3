package flows

import (
	"time"

	"callflow/engine"

	"gopkg.in/yaml.v3"
)

// The clocks of a recording where the flow does not say.
const (
	recordFor     = 2 * time.Minute
	recordSilence = 5 * time.Second
	recordLeast   = time.Second
	maxRecord     = 10 * time.Minute
)

var recordKind = kind{
	Field: Field{Key: "record", Shape: aMapping(recordFields), Doc: "Records what the caller says."},
	parse: parseRecord,
	exits: recordedExits,
}

var recordFields = Fields{
	{Key: "prompt", Shape: aWording, Required: true, Doc: "What is said before."},
	{Key: "max", Shape: aDuration(time.Second, maxRecord), Default: short(recordFor), Doc: "The longest recording."},
	{Key: "min", Shape: aDuration(0, maxRecord), Default: short(recordLeast), Doc: "The shortest one; a shorter one is empty."},
	{Key: "silence", Shape: aDuration(time.Second, time.Minute), Default: short(recordSilence), Doc: "How long a pause ends it."},
	{Key: "terminator", Shape: terminatorField.Shape, Default: `"#"`, Doc: "The key that ends it."},
	{Key: "beep", Shape: aBoolean, Default: "true", Doc: "Whether a tone says when to speak."},
}

// parseRecord reads a recording of what the caller says.
//
//	record: { prompt: Please describe the fault after the tone., max: 2m }
func parseRecord(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &RecordDecl{}
	if !p.is(key, n, yaml.MappingNode, "a mapping with a prompt") {
		return d
	}
	seen := p.each(n, mapping{what: "a recording", known: recordFields}, func(key Scalar, v *yaml.Node) bool {
		return p.recordSetting(&d.RecordingDecl, key, v)
	})
	p.need(seen, key, recordFields)
	p.recordClocks(&d.RecordingDecl)
	return d
}

// recordSetting reads one of the settings of a recording; false: key is none of
// them.
func (p *parser) recordSetting(d *RecordingDecl, key Scalar, v *yaml.Node) bool {
	switch key.Value {
	case "prompt":
		d.Prompt = p.text(key, v, false)
	case "max":
		d.Max = p.duration(key, v, time.Second, maxRecord)
	case "min":
		d.Min = p.duration(key, v, 0, maxRecord)
	case "silence":
		d.Silence = p.duration(key, v, time.Second, time.Minute)
	case "terminator":
		d.Terminator = p.terminator(key, v)
	case "beep":
		d.Beep = p.boolean(key, v)
	default:
		return false
	}
	return true
}

// recordClocks reports a shortest recording that is longer than the longest.
func (p *parser) recordClocks(d *RecordingDecl) {
	if longest := first(d.Max, nil, recordFor); d.Min != nil && d.Min.V >= longest {
		p.report(CodeBadValue, d.Min.Pos, `"min" is %s, but a recording ends after %s`, short(d.Min.V), short(longest))
	}
}

func (d *RecordDecl) exits() []exit { return recordedExits }

var recordedExits = []exit{
	{outcome: engine.OutRecorded, good: true, own: true},
	{outcome: engine.OutEmpty},
	{outcome: engine.OutFailed, builtin: engine.StateApology},
}

func (d *RecordDecl) compile(c *compiler, st *StateDecl) {
	c.state(st, st.Name.Value, d.build(c, st))
	c.wire(st, recordedExits)
}

// build is the recording itself.
func (d *RecordingDecl) build(c *compiler, st *StateDecl) engine.RecordState {
	return engine.RecordState{
		Var:        st.Name.Value,
		Prompt:     c.text(d.Prompt, spoken),
		Min:        first(d.Min, nil, recordLeast),
		Max:        first(d.Max, nil, recordFor),
		Silence:    first(d.Silence, nil, recordSilence),
		Terminator: first(d.Terminator, nil, "#"),
		Beep:       first(d.Beep, nil, true),
	}
}

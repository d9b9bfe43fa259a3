package flows

import (
	"slices"

	"callflow/engine"

	"gopkg.in/yaml.v3"
)

var recordingFields = Fields{
	{Key: "calls", Shape: aBoolean, Required: true, Doc: "Whether the whole of each call is recorded, but for secret questions."},
	{Key: "announce", Shape: aWording, Doc: "What callers hear before it begins."},
}

// callRecording reads whether whole calls are recorded.
//
//	recording: { calls: true, announce: This call is recorded. }
func (p *parser) callRecording(key Scalar, n *yaml.Node) *CallsDecl {
	if !p.is(key, n, yaml.MappingNode, "a mapping with calls") {
		return nil
	}
	d := &CallsDecl{Pos: key.Pos}
	seen := p.each(n, mapping{what: "the recording", known: recordingFields}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "calls":
			d.Calls = p.boolean(key, v)
		case "announce":
			d.Announce = p.text(key, v, false)
		default:
			return false
		}
		return true
	})
	p.need(seen, key, recordingFields)
	return d
}

// recording compiles whether whole calls are recorded. It is announced before
// anything is known but the call.
func (c *compiler) recording() {
	d := c.doc.Recording
	if d == nil {
		return
	}
	if c.isSubflow {
		c.report(CodeBadValue, d.Pos, "a call is recorded from its beginning, and a sub-flow begins none").Hint = "set it in the flows that enter this one"
		return
	}
	announce := c.text(d.Announce, spoken)
	for _, template := range announce {
		names := template.Names()
		if i := slices.IndexFunc(names, func(name string) bool { return name != "call" }); i >= 0 {
			c.report(CodeBadValue, d.Announce.Pos, "the announcement is the first that a caller hears; %s is not known by then", quote(names[i]))
			return
		}
	}
	if first(d.Calls, nil, false) {
		c.spec.Recording = &engine.Recording{Announce: announce}
	}
}

package flows

import (
	"callflow/engine"

	"gopkg.in/yaml.v3"
)

var voicemailKind = kind{
	Field: Field{Key: "voicemail", Shape: aMapping(voicemailFields), Doc: "Takes a message: records it, lets the caller listen to it, and delivers it."},
	parse: parseVoicemail,
	exits: deliveredExits,
}

var voicemailFields = recordFields.and(
	Field{Key: "review", Shape: either(aBoolean, aWording), Default: "the language's own words", Doc: "What is asked when the message was left: 1 keeps it, 2 plays it, 3 takes another one. false asks nothing."},
	Field{Key: "deliver", Shape: aMappingWith(deliverFields, 1, methodFields[1:]), Doc: "Where the message goes, as an action. Without it the flow goes on with the recording's values."},
)

// deliverFields are those of an action without an answer to read.
var deliverFields = fetchFields.without("returns")

// parseVoicemail reads the taking of a message.
//
//	voicemail:
//	  prompt: Please leave a message after the tone.
//	  deliver: { service: desk, post: /messages, body: { url: "${message.url}" } }
func parseVoicemail(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &VoicemailDecl{}
	if !p.is(key, n, yaml.MappingNode, "a mapping with a prompt") {
		return d
	}
	seen := p.each(n, mapping{what: "a voicemail", known: voicemailFields}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "review":
			if v.Kind == yaml.ScalarNode && v.Tag == "!!bool" {
				if on := p.boolean(key, v); on != nil && !on.V {
					d.Unreviewed = true
				}
			} else {
				d.Review = p.text(key, v, false)
			}
		case "deliver":
			d.Deliver = &FetchDecl{}
			p.fetch(d.Deliver, "a delivery", methodFields[1:], key, v)
			for _, f := range d.Deliver.Returns {
				p.report(CodeBadRequest, f.Name.Pos, "nothing is read from the answer to a delivery").Hint = `use a record state and an action`
				break
			}
		default:
			return p.recordSetting(&d.RecordingDecl, key, v)
		}
		return true
	})
	p.need(seen, key, voicemailFields)
	p.recordClocks(&d.RecordingDecl)
	return d
}

func (d *VoicemailDecl) exits() []exit {
	if d.Deliver == nil {
		return recordedExits
	}
	return deliveredExits
}

var deliveredExits = append(recordedExits[:len(recordedExits):len(recordedExits)],
	exit{outcome: engine.OutRejected},
	exit{outcome: engine.OutPending},
	exit{outcome: engine.OutUnknown, like: engine.OutPending},
)

// The keys of a review.
const (
	reviewKeep  = "1"
	reviewHear  = "2"
	reviewAgain = "3"
)

// The names of the states that a voicemail is made of, after its own.
const (
	reviewSuffix  = ".review"
	replaySuffix  = ".listen"
	deliverSuffix = ".deliver"
)

// compile makes a recording, a review of it, and a delivery. Whoever hangs up in
// the review has left the message, and so has whoever says nothing.
func (d *VoicemailDecl) compile(c *compiler, st *StateDecl) {
	name := st.Name.Value
	good, _ := c.target(st, d.exits(), engine.OutRecorded)
	kept := good
	if d.Deliver != nil {
		kept = name + deliverSuffix
	}
	next := kept
	if !d.Unreviewed {
		next = name + reviewSuffix
	}
	c.state(st, name, d.build(c, st))
	c.edge(engine.OutRecorded, next)
	for _, o := range []engine.Outcome{engine.OutEmpty, engine.OutFailed} {
		to, _ := c.target(st, d.exits(), o)
		c.edge(o, to)
	}
	c.everywhere(st)
	if !d.Unreviewed {
		d.review(c, st, kept)
	}
	if d.Deliver == nil {
		return
	}
	c.stateAfter(name+deliverSuffix, engine.ActionState{
		Var: name + deliverSuffix, Fetch: c.fetch(d.Deliver), Idempotent: true,
	})
	c.edge(engine.OutDone, good)
	for _, o := range []engine.Outcome{engine.OutRejected, engine.OutPending, engine.OutUnknown} {
		to, _ := c.target(st, deliveredExits, o)
		c.edge(o, to)
	}
	c.everywhere(st)
}

// review asks what is to become of the message.
func (d *VoicemailDecl) review(c *compiler, st *StateDecl, kept string) {
	name := st.Name.Value
	asks := name + reviewSuffix
	menu := engine.MenuState{
		Asking: c.asking(st, &AskingDecl{Prompt: d.Review}),
		Var:    asks,
		Options: []engine.Option{
			{Keys: reviewKeep, Value: reviewKeep}, {Keys: reviewHear, Value: reviewHear}, {Keys: reviewAgain, Value: reviewAgain},
		},
	}
	menu.MaxNoInput, menu.MaxNoMatch = 0, 0
	if d.Review == nil {
		menu.Prompt = engine.Prompt{c.ownReview(st)}
	}
	c.stateAfter(asks, menu)
	c.edge(engine.OptionOutcome(reviewKeep), kept)
	c.edge(engine.OptionOutcome(reviewHear), name+replaySuffix)
	c.edge(engine.OptionOutcome(reviewAgain), name)
	c.edge(engine.OutExhausted, kept)
	c.edge(engine.OutRetryNoInput, asks)
	c.edge(engine.OutRetryNoMatch, asks)
	c.edge(engine.OutRetryLost, asks)
	for _, g := range c.doc.Globals {
		if keys := g.Keys.Value; keys != reviewKeep && keys != reviewHear && keys != reviewAgain {
			c.edge(engine.GlobalOutcome(keys), c.to(g.To))
		}
	}
	c.edge(engine.OutHangup, kept)
	c.edge(engine.OutGone, kept)
	c.edge(engine.OutError, c.onError(st))
	c.edge(engine.OutLimit, kept)
	c.edge(engine.OutAbort, engine.StateApology)

	c.stateAfter(name+replaySuffix, engine.ReplayState{Var: name})
	c.edge(engine.OutNext, asks)
	c.everywhere(st)
}

// ownReview is the review in the words of the languages.
func (c *compiler) ownReview(st *StateDecl) engine.Text {
	text := make(engine.Text, len(c.words))
	for i, w := range c.words {
		if w.Review == "" {
			c.report(CodeBadLanguage, st.Word.Pos, "the words of %q have none for the review of a message", c.langs[i]).Hint = `say them under "review", or review: false`
		}
		text[i] = engine.Literal(w.Review)
	}
	return text
}

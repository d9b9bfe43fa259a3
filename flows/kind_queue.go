package flows

import (
	"time"

	"gopkg.in/yaml.v3"

	"callflow/engine"
	"callflow/engine/lazy"
)

// The clocks of a queue where the flow does not say.
const (
	announceEvery = 30 * time.Second
	waitInQueue   = 30 * time.Minute
	maxQueue      = 3 * time.Hour
)

var queueKind = kind{
	Field: Field{Key: "queue", Shape: aMapping(queueFields), Doc: "Has the caller wait until somebody takes the call."},
	parse: parseQueue,
	exits: queued,
}

var queueFields = Fields{
	{Key: "name", Shape: aText, Required: true, Doc: "What the platform calls the queue: letters, digits, _ and -."},
	{Key: "say", Shape: aPrompt, Doc: "Announcements; those of a list are said in turn. They may tell the caller's place: ${NAME.position}."},
	{Key: "every", Shape: aDuration(5*time.Second, maxClock), Default: short(announceEvery), Doc: "The time from one announcement to the next."},
	{Key: "music", Shape: aText, Default: "silence", Doc: "What is played between announcements: a wav or mp3 file beside the flow, or an https address."},
	{Key: "max_wait", Shape: aDuration(10*time.Second, maxQueue), Default: short(waitInQueue), Doc: "How long the caller waits at most."},
	{Key: "offer", Shape: aMapping(offerFields), Doc: "What the caller is offered once while waiting, such as a call back."},
}

var offerFields = Fields{
	{Key: "after", Shape: aDuration(time.Second, maxQueue), Required: true, Doc: "When it is offered, counted from the beginning of the waiting."},
	{Key: "prompt", Shape: aWording, Required: true, Doc: "The question. Whoever presses nothing goes on waiting."},
	{Key: "key", Shape: aPhoneKey, Default: `"1"`, Doc: "The key that takes it."},
}

// parseQueue reads a wait for somebody.
//
//	queue:
//	  name: support
//	  say: You are number ${line.position}.
//	  music: hold.mp3
//	  max_wait: 10m
//	  offer: { after: 1m, prompt: "To be called back, press 1." }
func parseQueue(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &QueueDecl{}
	if !p.is(key, n, yaml.MappingNode, "a mapping with the name of a queue") {
		return d
	}
	seen := p.each(n, mapping{what: "a queue", known: queueFields}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "name":
			d.Name = p.scalar(key, v)
			p.queueName(d.Name)
		case "say":
			d.Say = p.text(key, v, true)
		case "every":
			d.Every = p.duration(key, v, 5*time.Second, maxClock)
		case "music":
			d.Music = p.audio(key, v)
		case "max_wait":
			d.MaxWait = p.duration(key, v, 10*time.Second, maxQueue)
		case "offer":
			d.Offer = p.offer(key, v)
		default:
			return false
		}
		return true
	})
	p.need(seen, key, queueFields)
	if o := d.Offer; o != nil && o.After != nil {
		if most := first(d.MaxWait, nil, waitInQueue); o.After.V >= most {
			p.report(CodeBadValue, o.After.Pos, `"after" is %s, but nobody waits longer than %s`, short(o.After.V), short(most))
		}
	}
	return d
}

var queueForm = lazy.Regexp(`^[A-Za-z0-9_-]{1,64}$`)

func (p *parser) queueName(s Scalar) {
	if s.IsSet() && !queueForm().MatchString(s.Value) {
		p.report(CodeBadValue, s.Pos, "%q cannot name a queue; expected up to 64 letters, digits, _ and -", clip(s.Value))
	}
}

func (p *parser) offer(key Scalar, n *yaml.Node) *OfferDecl {
	d := &OfferDecl{}
	if !p.is(key, n, yaml.MappingNode, "a mapping with after and prompt") {
		return d
	}
	seen := p.each(n, mapping{what: "an offer", known: offerFields}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "after":
			d.After = p.duration(key, v, time.Second, maxQueue)
		case "prompt":
			d.Prompt = p.text(key, v, false)
		case "key":
			d.Key = p.phoneKey(key, v)
		default:
			return false
		}
		return true
	})
	p.need(seen, key, offerFields)
	return d
}

func (d *QueueDecl) exits() []exit {
	if d.Offer == nil {
		return queued[:len(queued)-1]
	}
	return queued
}

var queued = []exit{
	{outcome: engine.OutConnected, good: true, own: true},
	{outcome: engine.OutTimeout, like: engine.OutFailed},
	{outcome: engine.OutFailed, builtin: engine.StateApology},
	{outcome: engine.OutCallback, own: true, with: "offer"},
}

// offerSuffix names the question of an offer after its queue.
const offerSuffix = ".offer"

// compile makes a queue, and a question for its offer.
func (d *QueueDecl) compile(c *compiler, st *StateDecl) {
	name := st.Name.Value
	queue := engine.QueueState{
		Var: name, Queue: d.Name.Value,
		Say:     c.prompt(d.Say),
		Every:   first(d.Every, nil, announceEvery),
		MaxWait: first(d.MaxWait, nil, waitInQueue),
	}
	if d.Music.IsSet() {
		queue.Music = audioName(c.doc, d.Music)
	}
	if d.Offer != nil {
		queue.Offer, queue.OfferAfter = name+offerSuffix, first(d.Offer.After, nil, time.Minute)
	}
	c.state(st, name, queue)
	for _, o := range []engine.Outcome{engine.OutConnected, engine.OutTimeout, engine.OutFailed} {
		to, _ := c.target(st, d.exits(), o)
		c.edge(o, to)
	}
	if d.Offer != nil {
		c.edge(engine.OutOffer, queue.Offer)
	}
	c.everywhere(st)
	if d.Offer != nil {
		d.Offer.compile(c, st)
	}
}

// compile makes the question of an offer. It is asked once: whatever else the
// caller does is going on to wait.
func (d *OfferDecl) compile(c *compiler, st *StateDecl) {
	name, queue, key := st.Name.Value+offerSuffix, st.Name.Value, d.Key.Value
	if key == "" {
		key = "1"
	}
	menu := engine.MenuState{
		Asking:  c.asking(st, &AskingDecl{Prompt: d.Prompt}),
		Var:     name,
		Options: []engine.Option{{Keys: key, Value: key}},
	}
	menu.Attempts, menu.MaxNoInput, menu.MaxNoMatch = 1, 0, 0
	c.stateAfter(name, menu)
	to, _ := c.target(st, queued, engine.OutCallback)
	c.edge(engine.OptionOutcome(key), to)
	c.edge(engine.OutExhausted, queue)
	c.edge(engine.OutRetryNoInput, name)
	c.edge(engine.OutRetryNoMatch, name)
	c.edge(engine.OutRetryLost, name)
	for _, g := range c.doc.Globals {
		if g.Keys.Value != key {
			c.edge(engine.GlobalOutcome(g.Keys.Value), c.to(g.To))
		}
	}
	c.everywhere(st)
}

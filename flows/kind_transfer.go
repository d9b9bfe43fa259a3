package flows

import (
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"callflow/engine"
	"callflow/engine/lazy"
)

// ringFor is how long a transfer rings where the flow does not say.
const ringFor = 20 * time.Second

var transferKind = kind{
	Field: Field{Key: "transfer", Shape: aMapping(transferFields), Doc: "Connects the caller to somebody."},
	parse: parseTransfer,
	exits: transferred,
}

var transferFields = Fields{
	{Key: "to", Shape: aTemplate, Required: true, Doc: "A number or a SIP address, never made of what a caller typed."},
	{Key: "from", Shape: aTemplate, Default: "the platform's", Doc: "The number to show."},
	{Key: "say", Shape: aWording, Doc: "What is said before."},
	{Key: "timeout", Shape: aDuration(time.Second, maxClock), Default: short(ringFor), Doc: "How long it rings."},
	{Key: "mode", Shape: aWord(modeBridge, modeRefer), Default: modeBridge, Doc: "Whether the call stays with us while the two talk (bridge), or is handed over to the caller's own network (refer)."},
	{Key: "limit", Shape: aDuration(time.Second, maxTalk), Default: "none", Doc: "How long the two may talk."},
	{Key: "whisper", Shape: aWording, Doc: "What whoever takes the call hears before the caller is connected."},
	{Key: "context", Shape: aMap(Names{What: "value", Pattern: contextForm}, aTemplate), Doc: "What their side is told, in header fields: account_no becomes X-Account-No. Never a secret."},
}

// parseTransfer reads a connection to somebody.
//
//	transfer: { to: "+15550100", say: Connecting you now., timeout: 20s }
func parseTransfer(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &TransferDecl{}
	if !p.is(key, n, yaml.MappingNode, "a mapping with a number to call") {
		return d
	}
	seen := p.each(n, mapping{what: "a transfer", known: transferFields}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "to":
			d.To = p.scalar(key, v)
		case "from":
			d.From = p.scalar(key, v)
		case "say":
			d.Say = p.text(key, v, false)
		case "timeout":
			d.Timeout = p.duration(key, v, time.Second, maxClock)
		case "mode":
			d.Mode = p.scalar(key, v)
			p.transferMode(d.Mode)
		case "limit":
			d.Limit = p.duration(key, v, time.Second, maxTalk)
		case "whisper":
			d.Whisper = p.text(key, v, false)
		case "context":
			d.Context = p.context(key, v)
		default:
			return false
		}
		return true
	})
	p.need(seen, key, transferFields)
	if d.refers() {
		p.referred(d)
	}
	return d
}

// contextName is what a value for the other side may be called: it becomes a
// header field of SIP.
const contextForm = `[A-Za-z][A-Za-z0-9_-]{0,39}`

var contextName = lazy.Regexp("^" + contextForm + "$")

// maxContext bounds what the other side is told, in values.
const maxContext = 10

// context reads what the other side is told.
func (p *parser) context(key Scalar, n *yaml.Node) []PairDecl {
	pairs := p.pairs(key, n, "the context")
	if len(pairs) > maxContext {
		p.report(CodeTooLarge, pairs[maxContext].Name.Pos, "the context has %d values; at most %d are passed on", len(pairs), maxContext)
		pairs = pairs[:maxContext]
	}
	return slices.DeleteFunc(pairs, func(c PairDecl) bool {
		if contextName().MatchString(c.Name.Value) {
			return false
		}
		p.report(CodeBadName, c.Name.Pos, "%q cannot be passed on; expected a letter, then letters, digits, - and _", clip(c.Name.Value))
		return true
	})
}

// context compiles what the other side is told: "account_no" is X-Account-No.
func (c *compiler) context(pairs []PairDecl) []engine.NamedTemplate {
	var all []engine.NamedTemplate
	for _, p := range pairs {
		words := strings.FieldsFunc(p.Name.Value, func(r rune) bool { return r == '_' || r == '-' })
		for i, w := range words {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
		all = append(all, engine.NamedTemplate{
			Name:  "X-" + strings.Join(words, "-"),
			Value: c.template(p.Value, use{what: "what the other side is told"}),
		})
	}
	return all
}

// maxTalk bounds a conversation that has a bound.
const maxTalk = 24 * time.Hour

// The modes of a transfer.
const (
	modeBridge = "bridge"
	modeRefer  = "refer"
)

func (p *parser) transferMode(s Scalar) {
	if modes := []string{modeBridge, modeRefer}; s.IsSet() && !contains(modes, s.Value) {
		p.report(CodeBadValue, s.Pos, `"mode" takes bridge or refer; found %q`, clip(s.Value)).Hint = didYouMean(s.Value, modes)
	}
}

func (d *TransferDecl) refers() bool { return d.Mode.Value == modeRefer }

// referred reports what takes somebody who stays on the call: after a hand-over
// nobody does.
func (p *parser) referred(d *TransferDecl) {
	const left = "the call has left by then: a transfer that hands it over has no %s"
	if d.Whisper != nil {
		p.report(CodeBadValue, d.Whisper.Pos, left, "whisper")
	}
	if d.Limit != nil {
		p.report(CodeBadValue, d.Limit.Pos, left, "limit")
	}
	if d.From.IsSet() {
		p.report(CodeBadValue, d.From.Pos, "the caller's own network connects them: a transfer that hands the call over has no from")
	}
}

func (d *TransferDecl) exits() []exit { return transferred }

var transferred = []exit{
	{outcome: engine.OutCompleted, good: true, own: true},
	{outcome: engine.OutBusy, like: engine.OutFailed},
	{outcome: engine.OutNoAnswer, like: engine.OutFailed},
	{outcome: engine.OutFailed, builtin: engine.StateApology},
}

func (d *TransferDecl) compile(c *compiler, st *StateDecl) {
	c.state(st, st.Name.Value, engine.TransferState{
		To:      c.template(d.To, use{what: "a number to call", want: engine.TypeText}),
		From:    c.template(d.From, use{what: "a number to call from", want: engine.TypeText}),
		Say:     c.text(d.Say, spoken),
		Timeout: first(d.Timeout, nil, ringFor),
		Refer:   d.refers(),
		Limit:   first(d.Limit, nil, 0),
		Whisper: c.text(d.Whisper, spoken),
		Context: c.context(d.Context),
	})
	c.wire(st, transferred)
}

package capture

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/currency"

	"callflow/engine"
	"callflow/engine/runner"
)

// Effect is what became of a sign-in, a code, a search or a service, and of what came back
// as much as makes a flow go the same way.
type Effect struct {
	// Effect is one of the words below, Service and Method where a service was asked.
	Effect  string `json:"effect"`
	Service string `json:"service,omitempty"`
	Method  string `json:"method,omitempty"`
	// Result is the outcome, in the word of flows.
	Result string `json:"result"`
	// Caller is who was proved, and Phone which number. All of it was replaced.
	Caller *Caller `json:"caller,omitempty"`
	Phone  string  `json:"phone,omitempty"`
	// Factor: the sign-in can ask for a second one.
	Factor bool `json:"factor,omitempty"`
	// Ending is how the number ends that a code went to.
	Ending string `json:"ending,omitempty"`
	// Accounts are those that were found.
	Accounts []Account `json:"accounts,omitempty"`
	// Body is what the flow reads of an answer, and nothing else; null is one in which
	// there was nothing to read.
	Body json.RawMessage `json:"body,omitempty"`
}

// Caller is a principal.
type Caller struct {
	Account  string `json:"account,omitempty"`
	ID       string `json:"id,omitempty"`
	Greeting string `json:"greeting,omitempty"`
}

// Account is one that a number belongs to.
type Account struct {
	Account string `json:"account"`
	Kind    string `json:"kind,omitempty"`
}

// The words for effects, which are those of stand-ins where they have one.
const (
	effectSignIn   = "sign_in"
	effectSend     = "challenge"
	effectCheck    = "verify"
	effectIdentify = "identify"
	effectRequest  = "request"
	effectAction   = "action"
)

// effects are what is kept of effects.
func (c *Call) effects(performed []runner.Performed) []Effect {
	var all []Effect
	for _, p := range performed {
		if e := effectOf(p.Effect); e.Effect != "" {
			c.result(&e, p)
			all = append(all, e)
		}
	}
	return all
}

// effectOf is an effect without its result. One without a word is no matter of a capture:
// where a recording is, a hook tells.
func effectOf(e engine.Effect) Effect {
	switch e := e.(type) {
	case engine.Authenticate:
		return Effect{Effect: effectSignIn}
	case engine.SendCode:
		return Effect{Effect: effectSend}
	case engine.CheckCode:
		return Effect{Effect: effectCheck}
	case engine.Identify:
		return Effect{Effect: effectIdentify}
	case engine.Request:
		return Effect{Effect: effectRequest, Service: e.Service, Method: e.Method}
	case engine.Action:
		return Effect{Effect: effectAction, Service: e.Service, Method: e.Method}
	}
	return Effect{}
}

// result adds what is kept of a result.
func (c *Call) result(e *Effect, p runner.Performed) {
	m := c.masks
	switch r := p.Result.(type) {
	case engine.SignedIn:
		e.Result, e.Factor = string(r.Result), r.Pending.Len() > 0
		if r.Result == engine.SignInAuthenticated {
			e.Caller = c.caller(r.Principal)
		}
	case engine.CodeSent:
		e.Result, e.Ending = string(r.Result), m.all(r.Ending, '1')
	case engine.CodeChecked:
		e.Result, e.Phone = string(r.Result), m.party(r.Phone)
		if r.Result == engine.CodeVerified && r.Principal != nil {
			e.Result, e.Caller = engine.OutAuthenticated, c.caller(*r.Principal)
		}
	case engine.Identified:
		e.Result = string(r.Result)
		for _, a := range r.Accounts {
			e.Accounts = append(e.Accounts, Account{m.of(a.Account), a.Kind})
		}
	case engine.Answered:
		e.Result = string(r.Result)
		if len(p.Reads) > 0 && (r.Result == engine.AnswerOK || r.Result == engine.AnswerDone) {
			e.Body = c.read(p.Reads, r.Body)
		}
	}
}

func (c *Call) caller(p engine.Principal) *Caller {
	return &Caller{c.masks.of(p.Account), c.masks.name(p.ID), c.recorder.words.said(c.masks, p.Greeting)}
}

// party is what stands for a telephone number.
func (m *masks) party(number string) string {
	m.learn(number)
	return m.values(number)
}

// maxRead bounds what is kept of one answer of a service, in bytes: more than a flow reads.
const maxRead = 128 << 10

// read is what a flow reads of an answer, as it is kept.
func (c *Call) read(fields []engine.Field, body []byte) json.RawMessage {
	null := json.RawMessage("null")
	if len(body) > maxRead {
		return null
	}
	var b bytes.Buffer
	c.object(&b, fields, body)
	return b.Bytes()
}

// object writes the fields of an object that are read, and null for what is none.
func (c *Call) object(b *bytes.Buffer, fields []engine.Field, raw []byte) {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil || members == nil {
		b.WriteString("null")
		return
	}
	b.WriteByte('{')
	first := true
	for _, f := range fields {
		value, ok := members[f.Name]
		if !ok {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		b.WriteString(quote(f.Name) + ":")
		c.value(b, f.Type, value)
	}
	b.WriteByte('}')
}

// value writes a value of a type. Truth values and zero stay, as do the words of the
// flow and the codes of currencies: a flow may go by them.
func (c *Call) value(b *bytes.Buffer, typ engine.Type, raw []byte) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		b.WriteString("null")
		return
	}
	switch v := v.(type) {
	case bool:
		b.Write(bytes.TrimSpace(raw))
	case json.Number:
		b.WriteString(number(v.String()))
	case string:
		b.WriteString(quote(c.text(v)))
	case map[string]any:
		c.object(b, typ.Fields, raw)
	case []any:
		var items []json.RawMessage
		if typ.Item != nil {
			_ = json.Unmarshal(raw, &items) // it was read before
		}
		b.WriteByte('[')
		for i, raw := range items {
			if i > 0 {
				b.WriteByte(',')
			}
			c.value(b, *typ.Item, raw)
		}
		b.WriteByte(']')
	default:
		b.WriteString("null")
	}
}

// number is what stands for a number: as long, and zero where that is zero.
func number(n string) string {
	digits, exponent := n, ""
	if i := strings.IndexAny(n, "eE"); i >= 0 {
		digits, exponent = n[:i], n[i:]
	}
	ones := func(s string) string {
		return strings.Map(func(r rune) rune {
			if '0' <= r && r <= '9' {
				return '1'
			}
			return r
		}, s)
	}
	if strings.Trim(digits, "-0.") == "" {
		return n
	}
	whole, part, fraction := strings.Cut(digits, ".")
	if strings.Trim(whole, "-0") != "" {
		whole = ones(whole)
	}
	if fraction {
		whole += "." + ones(part)
	}
	return whole + ones(exponent)
}

// text is what stands for a text: what would be kept of it if it was said, but for what is
// written in digits alone, such as a date, which stays one.
func (c *Call) text(text string) string {
	switch {
	case isCurrency(text):
		return text
	case isDate(text), !strings.ContainsFunc(text, unicode.IsLetter):
		return c.masks.all(text, '1')
	}
	return c.recorder.words.said(c.masks, text)
}

// isCurrency tells the code of a currency, without which an amount cannot be said.
func isCurrency(text string) bool {
	unit, err := currency.ParseISO(text)
	return err == nil && unit.String() == text
}

// is tells whether an effect is the one that was kept.
func (e Effect) is(o Effect) bool {
	return e.Effect == o.Effect && e.Service == o.Service && e.Method == o.Method
}

// event is the result of an effect.
func (e Effect) event() engine.Event {
	var who engine.Principal
	if e.Caller != nil {
		who = engine.Principal(*e.Caller)
	}
	switch e.Effect {
	case effectSignIn:
		in := engine.SignedIn{Result: engine.SignIn(e.Result), Principal: who}
		if e.Factor {
			in.Pending = engine.NewSecret("factor")
		}
		return in
	case effectSend:
		sent := engine.CodeSent{Result: engine.CodeSending(e.Result), Ending: e.Ending}
		if sent.Result == engine.CodeSentOn {
			sent.Handle = engine.NewSecret("code")
		}
		return sent
	case effectCheck:
		if e.Result == engine.OutAuthenticated {
			return engine.CodeChecked{Result: engine.CodeVerified, Phone: e.Phone, Principal: &who}
		}
		return engine.CodeChecked{Result: engine.CodeResult(e.Result), Phone: e.Phone}
	case effectIdentify:
		found := engine.Identified{Result: engine.Identification(e.Result)}
		for _, a := range e.Accounts {
			found.Accounts = append(found.Accounts, engine.Candidate(a))
		}
		slices.SortFunc(found.Accounts, func(a, b engine.Candidate) int { return strings.Compare(a.Account, b.Account) })
		return found
	}
	return engine.Answered{Result: engine.Answer(e.Result), Body: e.Body}
}

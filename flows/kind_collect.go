package flows

import (
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"callflow/engine"
	"callflow/engine/lazy"
)

var collectKind = kind{
	Field: Field{Key: "collect", Shape: aMapping(collectFields), Doc: "Asks for digits."},
	parse: parseCollect,
	exits: collected,
}

var collectFields = Fields{
	askingFields[0],
	{Key: "digits", Shape: aDigitRange, Required: true, Doc: "How many digits: 5, or 1-10, up to 64."},
	terminatorField,
	{Key: "secret", Shape: aBoolean, Default: "false", Doc: "Whether the entry is a secret: never spoken, sent, logged or saved in clear."},
	{Key: "pattern", Shape: aPattern, Doc: "A regular expression that the whole entry must match."},
	{Key: "check", Shape: aWord("luhn"), Doc: "A check digit in the entry: luhn is that of card numbers."},
	{Key: "confirm", Shape: either(aPrompt, aMapping(confirmFields)), Doc: "A question about the entry: a prompt, or the settings of a confirm. Yes goes on, no asks again."},
}.and(askingFields[1:]...)

var terminatorField = Field{Key: "terminator", Shape: aWord("#", "*", "none"), Default: `"#" for a range, none for a fixed number`, Inherited: true, Doc: "The key that ends an entry and is no part of it."}

// MaxDigits bounds the digits of an entry.
const MaxDigits = 64

// parseCollect reads a question for digits.
//
//	collect:
//	  prompt: Please enter your account number, followed by the pound sign.
//	  digits: 1-10
func parseCollect(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &CollectDecl{}
	if !p.is(key, n, yaml.MappingNode, "a mapping with a prompt and digits") {
		return d
	}
	seen := p.each(n, mapping{what: "a collect", known: collectFields}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "digits":
			d.Digits = p.digits(key, v)
		case "terminator":
			d.Terminator = p.terminator(key, v)
		case "secret":
			if d.Secret = p.boolean(key, v); d.Secret == nil {
				d.Secret = &Setting[bool]{key, true} // it was reported; rather too secret than not
			}
		case "pattern":
			d.Pattern = p.pattern(key, v)
		case "check":
			if s := p.scalar(key, v); s.IsSet() && s.Value != "luhn" {
				p.report(CodeBadValue, s.Pos, `"check" takes luhn; found %q`, s.Value).Hint = didYouMean(s.Value, []string{"luhn"})
			} else if s.IsSet() {
				d.Check = &Setting[string]{s, s.Value}
			}
		case "confirm":
			d.Confirm = p.confirmation(key, v)
		default:
			return p.asking(&d.AskingDecl, key, v)
		}
		return true
	})
	p.need(seen, key, collectFields)
	return d
}

var rangePattern = lazy.Regexp(`^(\d{1,4})(?:\s*-\s*(\d{1,4}))?$`)

// digits reads "4" or "1-10".
func (p *parser) digits(key Scalar, n *yaml.Node) *Setting[DigitRange] {
	s := p.scalar(key, n)
	if !s.IsSet() {
		return nil
	}
	m := rangePattern().FindStringSubmatch(s.Value)
	if m == nil {
		p.report(CodeBadDigits, s.Pos, `"digits" takes a number or a range such as 1-10; found %q`, s.Value)
		return nil
	}
	low, _ := strconv.Atoi(m[1])
	high := low
	if m[2] != "" {
		high, _ = strconv.Atoi(m[2])
	}
	switch {
	case low < 1 || high > MaxDigits:
		p.report(CodeBadDigits, s.Pos, `"digits" is %s; expected 1 to %d`, s.Value, MaxDigits)
		return nil
	case low > high:
		p.report(CodeBadDigits, s.Pos, `"digits" is %s: the range runs backwards`, s.Value).Hint = "write " + m[2] + "-" + m[1]
		return nil
	}
	return &Setting[DigitRange]{s, DigitRange{low, high}}
}

// pattern reads a regular expression that the whole entry must match.
func (p *parser) pattern(key Scalar, n *yaml.Node) *Setting[*regexp.Regexp] {
	s := p.scalar(key, n)
	if !s.IsSet() {
		return nil
	}
	if _, err := regexp.Compile(s.Value); err != nil {
		p.report(CodeBadPattern, s.Pos, "the pattern is no regular expression: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		return nil
	}
	re, err := regexp.Compile(`^(?:` + s.Value + `)$`)
	if err != nil {
		p.report(CodeBadPattern, s.Pos, "the pattern is too large")
		return nil
	}
	return &Setting[*regexp.Regexp]{s, re}
}

func (d *CollectDecl) exits() []exit { return collected }

var collected = append([]exit{{outcome: engine.OutMatch, good: true, own: true}}, asked...)

func (d *CollectDecl) secret() bool { return first(d.Secret, nil, false) }

func (d *CollectDecl) compile(c *compiler, st *StateDecl) {
	name := st.Name.Value
	collect := engine.CollectState{
		Asking: c.asking(st, &d.AskingDecl),
		Var:    name,
		Min:    1, Max: 1,
		Secret: d.secret(),
		Luhn:   d.Check != nil,
	}
	if collect.Secret && collect.Speech != nil {
		collect.Speech = nil
		if d.Speech != nil {
			c.report(CodeSpokenSecret, d.Speech.Pos, "%q is a secret, and what is said aloud is none", name).Hint = "leave speech out: a secret is entered by its keys"
		}
	}
	if d.Digits != nil {
		collect.Min, collect.Max = d.Digits.V.Min, d.Digits.V.Max
	}
	fallback := ""
	if collect.Min != collect.Max {
		fallback = first(c.defaults.Terminator, nil, "#")
	}
	collect.Terminator = first(d.Terminator, nil, fallback)
	if d.Pattern != nil {
		collect.Pattern = d.Pattern.V
	}
	match, _ := c.target(st, collected, engine.OutMatch)

	// Digits are part of the entry; only other keys can be global here, and what is
	// said for any of them.
	uses := func(keys string) bool {
		return !collect.Presses(keys) && !c.canBeSaid(keys, &collect.Asking)
	}
	c.state(st, name, collect)
	if d.Confirm == nil {
		c.edge(engine.OutMatch, match)
		c.wireInput(st, collected, &collect.Asking, uses)
		return
	}
	confirm := d.Confirm.build(c, st)
	asks := name + confirmSuffix
	c.edge(engine.OutMatch, asks)
	c.wireInput(st, collected, &collect.Asking, uses)

	c.stateAfter(asks, confirm)
	c.edge(engine.OutYes, match)
	c.edge(engine.OutNo, name)
	c.wireInput(st, collected, &confirm.Asking, d.Confirm.uses)
}

// confirmSuffix makes the name of the state that confirms a collected entry.
const confirmSuffix = ".confirm"

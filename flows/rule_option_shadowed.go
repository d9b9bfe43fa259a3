package flows

import (
	"strconv"
	"strings"

	"callflow/engine"
	"callflow/engine/lazy"
)

// optionShadowed reports what can never be taken: a condition that one before it
// covers, and a global key that every question uses itself.
func optionShadowed(c *compiler) {
	for _, st := range c.doc.States {
		if d, ok := st.Kind.(*BranchDecl); ok {
			c.coveredArms(d)
		}
	}
	if len(c.doc.Globals) == 0 {
		return
	}
	taken := map[string]bool{}
	asks := false
	for i := range c.spec.States {
		asks = asks || isInput(c.spec.States[i].Kind)
	}
	for _, t := range c.spec.Transitions {
		if keys, ok := strings.CutPrefix(t.Outcome, engine.GlobalOutcome("")); ok {
			taken[keys] = true
		}
	}
	for _, g := range c.doc.Globals {
		if asks && !taken[g.Keys.Value] {
			d := c.report(CodeOptionShadowed, g.Keys.Pos, "the key %s never gets here: every question uses it itself", g.Keys.Value)
			d.Severity = Warning // nobody comes to harm, and a menu may be added later
			d.Hint = "in an entry of digits only * and # can be global, and not the terminator"
		}
	}
}

func isInput(k engine.Kind) bool {
	switch k.(type) {
	case engine.MenuState, engine.CollectState, engine.ConfirmState:
		return true
	}
	return false
}

func (c *compiler) coveredArms(d *BranchDecl) {
	read := make([]conditionOf, len(d.Arms))
	for i, arm := range d.Arms {
		if !arm.If.IsSet() {
			continue
		}
		read[i] = readCondition(arm.If.Value)
		this := read[i]
		if this.text == "false" {
			c.report(CodeOptionShadowed, arm.If.Pos, "this condition never holds")
			continue
		}
		for j, before := range d.Arms[:i] {
			if before.If.IsSet() && read[j].covers(this) {
				d := c.report(CodeOptionShadowed, arm.If.Pos, "this condition is never reached: %s above it holds whenever it does", clip(before.If.Value))
				d.Related = append(d.Related, Related{Pos: before.If.Pos, Message: "the condition before it is here"})
				break
			}
		}
	}
}

// conditionOf is a condition as far as it can be compared with others: its text,
// and the numbers that it lets through where it compares with one.
type conditionOf struct {
	text      string
	left      string // what is compared, or ""
	low, high float64
	lowIn     bool // low itself is let through
	highIn    bool
}

var comparison = lazy.Regexp(`^(.*[^<>=!&|])(==|<=|>=|<|>)(-?\d+(?:\.\d+)?)$`)

func readCondition(source string) conditionOf {
	c := conditionOf{text: withoutBlanks(source)}
	m := comparison().FindStringSubmatch(c.text)
	if m == nil || strings.ContainsAny(m[1], "<>=!&|?") || anyWord().MatchString(source) {
		return c
	}
	n, err := strconv.ParseFloat(m[3], 64)
	if err != nil {
		return c
	}
	const all = 1e308
	c.left, c.low, c.high = m[1], -all, all
	switch m[2] {
	case "==":
		c.low, c.high, c.lowIn, c.highIn = n, n, true, true
	case "<":
		c.high = n
	case "<=":
		c.high, c.highIn = n, true
	case ">":
		c.low = n
	case ">=":
		c.low, c.lowIn = n, true
	}
	return c
}

var anyWord = lazy.Regexp(`\b(and|or|not|in)\b`)

// withoutBlanks leaves out the blanks that stand outside quotes.
func withoutBlanks(s string) string {
	var b strings.Builder
	quote := rune(0)
	word := false // the character before was part of a word
	blank := false
	for _, r := range s {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '"' || r == '\'':
			quote = r
		case r == ' ' || r == '\t' || r == '\n':
			blank = true
			continue
		}
		letter := r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if blank && word && letter {
			b.WriteByte(' ')
		}
		blank, word = false, letter
		b.WriteRune(r)
	}
	return b.String()
}

// covers tells whether c holds whenever o does.
func (c conditionOf) covers(o conditionOf) bool {
	if c.text == "true" || c.text == o.text {
		return true
	}
	if c.left == "" || c.left != o.left {
		return false
	}
	low := c.low < o.low || c.low == o.low && (c.lowIn || !o.lowIn)
	high := c.high > o.high || c.high == o.high && (c.highIn || !o.highIn)
	return low && high
}

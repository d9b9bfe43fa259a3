package flows

import (
	"math"
	"strconv"
	"unicode/utf8"

	"callflow/engine"
)

// settledCondition warns of conditions that come out the same in every call: they
// compare what is written out, or ask for what an answer cannot be.
func settledCondition(c *compiler) {
	for _, st := range c.doc.States {
		d, ok := st.Kind.(*BranchDecl)
		if !ok {
			continue
		}
		for i, arm := range d.Arms {
			e := c.exprs[exprKey{arm.If.Value, engine.TypeBool}]
			if !arm.If.IsSet() || e == nil {
				continue
			}
			// Then it, or what stands below it, is an error.
			if text := withoutBlanks(arm.If.Value); text == "false" || text == "true" && i+1 < len(d.Arms) {
				continue
			}
			switch always, never := e.Settled(c.domain); {
			case never:
				c.report(CodeSettledCondition, arm.If.Pos, "%s never holds", clip(arm.If.Value)).Hint = "compare with what can be, or take the condition out"
			case always:
				c.report(CodeSettledCondition, arm.If.Pos, "%s always holds: what comes after it is never reached", clip(arm.If.Value)).Hint = `lead "else" there, or compare with what makes a difference`
			}
		}
	}
}

// domain is what can be read under a name. Variables are not among them: a call can
// begin with others than the flow gives them.
func (c *compiler) domain(function, path string) engine.Domain {
	switch function {
	case "count":
		return engine.Domain{Bounded: true, High: math.Inf(1), Whole: true}
	case "len":
		if d := c.texts(path); d.Texts != nil {
			return numbersOf(d.Texts, func(s string) (float64, bool) { return float64(utf8.RuneCountInString(s)), true })
		}
		if low, high, ok := c.digitsOf(path); ok {
			d := engine.Domain{Numbers: []float64{0}} // nothing has been entered yet
			for n := low; n <= high; n++ {
				d.Numbers = append(d.Numbers, float64(n))
			}
			return d
		}
		return engine.Domain{Bounded: true, High: math.Inf(1), Whole: true}
	case "int":
		if d := c.texts(path); d.Texts != nil {
			return numbersOf(d.Texts, func(s string) (float64, bool) {
				f, err := strconv.ParseFloat(s, 64)
				return math.Trunc(f), err == nil
			})
		}
		if _, high, ok := c.digitsOf(path); ok && high <= 15 {
			return engine.Domain{Bounded: true, High: math.Pow10(high) - 1, Whole: true}
		}
		return engine.Domain{}
	case "":
		if path == "call.direction" {
			return engine.Domain{Texts: []string{"inbound", "outbound"}}
		}
		return c.texts(path)
	}
	return engine.Domain{}
}

// texts are what a menu can have been answered with: its values, or nothing yet.
func (c *compiler) texts(name string) engine.Domain {
	st := c.states[name]
	if st == nil {
		return engine.Domain{}
	}
	d, ok := st.Kind.(*MenuDecl)
	if !ok || d.Each != nil || d.partial {
		return engine.Domain{}
	}
	all := []string{""}
	for _, o := range d.Options {
		value := o.Keys.Value
		if o.Value.IsSet() {
			value = o.Value.Value
		}
		all = append(all, value)
	}
	return engine.Domain{Texts: all}
}

// digitsOf is how many digits an entry has.
func (c *compiler) digitsOf(name string) (low, high int, ok bool) {
	st := c.states[name]
	if st == nil {
		return 0, 0, false
	}
	d, ok := st.Kind.(*CollectDecl)
	if !ok || d.Digits == nil || d.Digits.V.Min < 1 {
		return 0, 0, false
	}
	return d.Digits.V.Min, d.Digits.V.Max, true
}

// numbersOf are the numbers that texts become.
func numbersOf(texts []string, read func(string) (float64, bool)) engine.Domain {
	d := engine.Domain{Numbers: []float64{}}
	for _, text := range texts {
		if f, ok := read(text); ok {
			d.Numbers = append(d.Numbers, f)
		}
	}
	return d
}

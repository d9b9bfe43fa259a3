package flows

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"callflow/engine"
)

// prefixOption states the price of an option that begins another one: whoever
// presses it waits until no further key can come.
func prefixOption(c *compiler) {
	globals := make([]string, 0, len(c.doc.Globals))
	for _, g := range c.doc.Globals {
		globals = append(globals, g.Keys.Value)
	}
	for i := range c.spec.States {
		k, ok := c.spec.States[i].Kind.(engine.MenuState)
		if !ok {
			continue
		}
		st := c.states[c.spec.States[i].Name]
		if st == nil {
			continue // of a flow that is entered, or made of another kind, whose keys are ours
		}
		d := st.Kind.(*MenuDecl)
		if d.Each != nil {
			var longer []string
			for _, o := range d.Options {
				longer = append(longer, o.Keys.Value)
			}
			if longer = d.Each.longerThan(append(longer, globals...)); len(longer) > 0 {
				c.report(CodePrefixOption, d.Each.Pos, "pressing a key of the list takes %s longer, because %s begins with one too", seconds(k.InterDigit), and(longer)).Hint = "choose keys of which none begins another, or shorten inter_digit_timeout"
			}
		}
		if !longKeys(d.Options) && !slices.ContainsFunc(globals, func(g string) bool { return len(g) > 1 }) {
			continue
		}
		for _, o := range d.Options {
			var longer []string
			for _, other := range d.Options {
				longer = append(longer, other.Keys.Value)
			}
			longer = append(longer, globals...)
			longer = slices.DeleteFunc(longer, func(s string) bool { return s == o.Keys.Value || !strings.HasPrefix(s, o.Keys.Value) })
			slices.Sort(longer)
			if longer = slices.Compact(longer); len(longer) > 0 {
				begin := "begins"
				if len(longer) > 1 {
					begin = "begin"
				}
				d := c.report(CodePrefixOption, o.Keys.Pos, "pressing %s takes %s longer, because %s %s with it too", o.Keys.Value, seconds(k.InterDigit), and(longer), begin)
				d.Hint = "choose keys of which none begins another, or shorten inter_digit_timeout"
			}
		}
	}
}

func longKeys(options []OptionDecl) bool {
	return slices.ContainsFunc(options, func(o OptionDecl) bool { return len(o.Keys.Value) > 1 })
}

// seconds writes a length of time for people: "3 seconds".
func seconds(d time.Duration) string {
	if d == time.Second {
		return "1 second"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + " seconds"
}

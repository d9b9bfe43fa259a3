package flows

import (
	"slices"
	"strings"
)

// promptOptionMismatch compares the keys that a prompt speaks of with the keys
// that can be pressed, in each language that it can read.
func promptOptionMismatch(c *compiler) {
	for _, st := range c.doc.States {
		switch d := st.Kind.(type) {
		case *MenuDecl:
			if d.partial {
				continue
			}
			keys := make([]Scalar, 0, len(d.Options))
			for _, o := range d.Options {
				keys = append(keys, o.Keys)
			}
			c.spokenKeys(d.Prompt, keys)
		case *ConfirmDecl:
			c.spokenKeys(d.Prompt, d.answers())
		case *CollectDecl:
			if d.Confirm != nil {
				c.spokenKeys(d.Confirm.Prompt, d.Confirm.answers())
			}
		}
	}
}

// answers are the keys of a confirm, each where it is written or, where it is
// not, where the question is.
func (d *ConfirmDecl) answers() []Scalar {
	yes, no := d.keys()
	return []Scalar{{Value: yes, Pos: d.Yes.Pos.or(d.Pos)}, {Value: no, Pos: d.No.Pos.or(d.Pos)}}
}

func (c *compiler) spokenKeys(t *Text, keys []Scalar) {
	if t == nil || len(keys) == 0 {
		return
	}
	known := make([]string, 0, len(keys)+len(c.doc.Globals))
	for _, k := range keys {
		known = append(known, k.Value)
	}
	for _, g := range c.doc.Globals {
		known = append(known, g.Keys.Value)
	}
	for i := range t.Wordings {
		w := &t.Wordings[i]
		lang := w.Lang.Value
		if lang == "" && len(c.langs) > 0 {
			lang = c.langs[0]
		}
		reader := keyReaders[baseOf(strings.ToLower(lang))]
		if reader == nil {
			continue
		}
		var said []string
		var strange *Diagnostic // a key that is said and is no option
		for _, line := range w.Lines {
			for _, m := range reader.read(line.Value) {
				said = append(said, m.keys)
				if !contains(known, m.keys) {
					strange = c.report(CodePromptOptionMismatch, c.inside(line, m.at), "the prompt speaks of the key %s, which is no option here", m.keys)
					strange.Hint = "the options are " + strings.Join(sortedCopy(known), ", ")
				}
			}
		}
		if len(said) == 0 {
			continue // it says what to press in a way that cannot be read, or elsewhere
		}
		for _, k := range keys {
			if strange != nil {
				break // the key that is said wrongly is the one that is missing
			}
			if !contains(said, k.Value) {
				d := c.report(CodePromptOptionMismatch, k.Pos, "the prompt does not speak of the key %s", k.Value)
				if len(c.langs) > 1 {
					d.Message += " in " + lang
				}
				d.Related = append(d.Related, Related{Pos: w.Lines[0].Pos, Message: "the prompt is here"})
			}
		}
	}
}

func sortedCopy(words []string) []string {
	words = slices.Clone(words)
	slices.Sort(words)
	return slices.Compact(words)
}

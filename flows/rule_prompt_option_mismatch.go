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
			var more []Scalar
			if d.Each != nil {
				more = d.Each.keys()
			}
			c.spokenKeys(d.Prompt, keys, more)
		case *ConfirmDecl:
			c.spokenKeys(d.Prompt, d.answers(), nil)
		case *CollectDecl:
			if d.Confirm != nil {
				c.spokenKeys(d.Confirm.Prompt, d.Confirm.answers(), nil)
			}
		}
	}
}

// answers are the keys of a confirm, each where it is written; those that are not
// have no place.
func (d *ConfirmDecl) answers() []Scalar {
	yes, no := d.keys()
	return []Scalar{{Value: yes, Pos: d.Yes.Pos}, {Value: no, Pos: d.No.Pos}}
}

// spokenKeys reports a key once, however often and in how many languages it is
// said, or not said. Those of more may be said, and need not be.
func (c *compiler) spokenKeys(t *Text, keys, more []Scalar) {
	if t == nil || len(keys)+len(more) == 0 {
		return
	}
	known := make([]string, 0, len(keys)+len(c.doc.Globals))
	for _, k := range keys {
		known = append(known, k.Value)
	}
	for _, k := range more {
		known = append(known, k.Value)
	}
	for _, g := range c.doc.Globals {
		known = append(known, g.Keys.Value)
	}
	var strange []Diagnostic              // keys that are said and are no options
	var about []string                    // and which they are
	unsaid := make([][]string, len(keys)) // by option: the languages that leave it out
	wordings := t.wordings()
	for i := range wordings {
		w := &wordings[i]
		lang := w.Lang.Value
		if lang == "" && len(c.langs) > 0 {
			lang = c.langs[0]
		}
		readers := c.readers(lang)
		if readers == nil {
			continue
		}
		var said []string
		wrong := false
		for _, line := range w.Lines {
			for _, m := range mentions(readers, line.withoutTags()) {
				said = append(said, m.keys)
				if contains(known, m.keys) {
					continue
				}
				wrong = true
				pos := c.inside(line.Scalar, m.at)
				if at := slices.Index(about, m.keys); at >= 0 {
					strange[at].Related = append(strange[at].Related, Related{Pos: pos, Message: "it is said here, too"})
					continue
				}
				d := Report(CodePromptOptionMismatch, c.doc.File, pos, "the prompt speaks of the key %s, which is no option here", m.keys)
				d.Hint = "the options are " + strings.Join(sortedCopy(known), ", ")
				strange, about = append(strange, d), append(about, m.keys)
			}
		}
		if len(said) == 0 || wrong {
			continue // it says so elsewhere; or the key that is wrong is the one that is missing
		}
		for k := range keys {
			if !contains(said, keys[k].Value) {
				unsaid[k] = append(unsaid[k], lang)
			}
		}
	}
	c.diags = append(c.diags, strange...)
	for k, langs := range unsaid {
		if len(langs) == 0 {
			continue
		}
		pos := keys[k].Pos.or(t.Pos)
		d := c.report(CodePromptOptionMismatch, pos, "the prompt does not speak of the key %s", keys[k].Value)
		if len(c.langs) > 1 {
			d.Message += " in " + and(langs)
		}
		if keys[k].Pos.Line == 0 {
			d.Hint = "1 is yes and 2 is no, unless the question names other keys for them"
		}
		if pos.Line != t.Pos.Line {
			d.Related = append(d.Related, Related{Pos: t.Pos, Message: "the prompt is here"})
		}
	}
}

// readers read prompts in a language, and what they say in the flow's others: a
// choice of language speaks in all of them ("For English press 1, para español
// oprima 2"). There are none for a language that cannot be read.
func (c *compiler) readers(lang string) []*keyReader {
	own := keyReaders[baseOf(strings.ToLower(lang))]
	if own == nil {
		return nil
	}
	readers := []*keyReader{own}
	for _, other := range c.langs {
		if r := keyReaders[baseOf(strings.ToLower(other))]; r != nil && !slices.Contains(readers, r) {
			readers = append(readers, r)
		}
	}
	return readers
}

// mentions are the keys that a prompt speaks of, in any of the languages, each
// place once.
func mentions(readers []*keyReader, text string) []mention {
	var found []mention
	for _, r := range readers {
		for _, m := range r.read(text) {
			if !slices.Contains(found, m) {
				found = append(found, m)
			}
		}
	}
	return found
}

func sortedCopy(words []string) []string {
	words = slices.Clone(words)
	slices.Sort(words)
	return slices.Compact(words)
}

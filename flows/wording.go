package flows

import (
	"strings"
	"unicode"

	"callflow/engine"
)

// text compiles a wording for every language of the flow. A part that was wrong
// is empty.
func (c *compiler) text(t *Text, u use) engine.Text {
	p := c.tapered(t, u)
	if len(p) == 0 {
		return nil
	}
	return p[0]
}

// prompt compiles a wording that may differ from attempt to attempt.
func (c *compiler) prompt(t *Text) engine.Prompt { return c.tapered(t, spoken) }

func (c *compiler) tapered(t *Text, u use) engine.Prompt {
	if t == nil {
		return nil
	}
	if t.Prompt.IsSet() {
		return c.promptOf(t)
	}
	c.languagesOf(t)
	lines := make([][]engine.Template, len(t.Wordings))
	for i, w := range t.Wordings {
		lines[i] = make([]engine.Template, len(w.Lines))
		for j, l := range w.Lines {
			lines[i][j] = c.line(l, u)
		}
	}
	chosen := make([]int, len(c.langs)) // by language: a wording, or -1
	depth := 1
	for i, lang := range c.langs {
		if chosen[i] = t.in(lang); chosen[i] >= 0 {
			depth = max(depth, len(lines[chosen[i]]))
		}
	}
	prompt := make(engine.Prompt, depth)
	for attempt := range prompt {
		prompt[attempt] = make(engine.Text, len(c.langs))
		for i, w := range chosen {
			if w >= 0 && len(lines[w]) > 0 {
				prompt[attempt][i] = lines[w][min(attempt, len(lines[w])-1)]
			}
		}
	}
	return prompt
}

// line compiles what is said at a time.
func (c *compiler) line(l Line, u use) engine.Template {
	var t engine.Template
	switch {
	case l.SSML:
		t = c.ssml(l.Scalar, u)
	case l.IsSet():
		t = speech(c.template(l.Scalar, u))
	default:
		c.report(CodeMissingFallback, l.Audio.Pos, "the recording %q has no text; where it cannot be played the caller hears nothing", clip(l.Audio.Value)).Hint = `add "text"`
	}
	if l.Audio.IsSet() {
		t = append(engine.Template{{Audio: audioName(c.doc, l.Audio)}}, t...)
	}
	return t
}

// promptOf compiles a prompt of the flow, once.
func (c *compiler) promptOf(t *Text) engine.Prompt {
	d := t.prompt
	if d == nil {
		c.report(CodeUnknownPrompt, t.Prompt.Pos, "there is no prompt %q", clip(t.Prompt.Value)).Hint = didYouMean(t.Prompt.Value, c.promptNames())
		return nil
	}
	prompt, done := c.prompts[d]
	if !done {
		prompt = c.tapered(d.Text, spoken)
		c.prompts[d] = prompt
	}
	return prompt
}

func (c *compiler) promptNames() []string {
	names := make([]string, len(c.doc.Prompts))
	for i, d := range c.doc.Prompts {
		names[i] = d.Name.Value
	}
	return names
}

// in is the wording for a language, as an index: the same, else its base, else
// the one for all. -1: none.
func (t *Text) in(lang string) int {
	found := -1
	for i := range t.Wordings {
		switch w := &t.Wordings[i]; {
		case !w.Lang.IsSet() || strings.EqualFold(w.Lang.Value, lang):
			return i
		case strings.EqualFold(w.Lang.Value, baseOf(lang)):
			found = i
		}
	}
	return found
}

func baseOf(lang string) string {
	base, _, _ := strings.Cut(lang, "-")
	return base
}

// languagesOf reports languages that a wording lacks, and those that the flow
// does not have.
func (c *compiler) languagesOf(t *Text) {
	if len(t.Wordings) == 1 && !t.Wordings[0].Lang.IsSet() {
		if len(c.langs) > 1 && worded(&t.Wordings[0]) {
			d := c.report(CodeMissingLanguage, t.Pos, "the text stands in one language only; the flow speaks %s", and(c.langs))
			d.Hint = "write { " + strings.Join(c.langs, ": …, ") + ": … }"
		}
		return
	}
	for i := range t.Wordings {
		w := &t.Wordings[i]
		lang := w.Lang.Value
		if c.speaks(lang) || c.deaf[lang] || c.doc.lostLanguages {
			continue
		}
		c.deaf[lang] = true // once is enough
		d := c.report(CodeUnknownLanguage, w.Lang.Pos, "the flow does not speak %q; it speaks %s", lang, and(c.langs))
		if d.Hint = c.nearest(lang, c.langs); d.Hint == "" {
			d.Hint = `add it to "languages"`
		}
	}
	var missing []string
	for _, lang := range c.langs {
		if t.in(lang) < 0 {
			missing = append(missing, lang)
		}
	}
	if len(missing) > 0 {
		c.report(CodeMissingLanguage, t.Pos, "the text is missing in %s", and(missing)).Hint = "add " + missing[0] + ": TEXT"
	}
}

// speaks tells whether a wording in lang can be heard in the flow.
func (c *compiler) speaks(lang string) bool {
	for _, l := range c.langs {
		if strings.EqualFold(l, lang) || strings.EqualFold(baseOf(l), lang) {
			return true
		}
	}
	return false
}

// worded tells whether a text has words of a language in it, and not only
// values.
func worded(w *Wording) bool {
	for _, s := range w.Lines {
		pieces, _ := split(s.withoutTags())
		for _, p := range pieces {
			if !p.isExpr && strings.ContainsFunc(p.literal, unicode.IsLetter) {
				return true
			}
		}
	}
	return false
}

// speech makes a text fit to be spoken: line breaks and the blanks around it are
// those of the file.
func speech(t engine.Template) engine.Template {
	for i := range t {
		if t[i].Expr != nil {
			continue
		}
		text := t[i].Literal
		if strings.ContainsAny(text, "\n\t\r") || strings.Contains(text, "  ") {
			text = squeeze(text)
		}
		if i == 0 {
			text = strings.TrimLeft(text, " ")
		}
		if i == len(t)-1 {
			text = strings.TrimRight(text, " ")
		}
		t[i].Literal = text
	}
	if len(t) > 0 && t[len(t)-1].Expr == nil && t[len(t)-1].Literal == "" {
		t = t[:len(t)-1]
	}
	if len(t) > 0 && t[0].Expr == nil && t[0].Literal == "" {
		t = t[1:]
	}
	return t
}

// squeeze makes every run of white space one blank.
func squeeze(s string) string {
	var b strings.Builder
	white := false
	for _, r := range s {
		if unicode.IsSpace(r) {
			white = true
			continue
		}
		if white {
			b.WriteByte(' ')
			white = false
		}
		b.WriteRune(r)
	}
	if white {
		b.WriteByte(' ')
	}
	return b.String()
}

// and writes words as "a, b and c".
func and(words []string) string {
	switch len(words) {
	case 0:
		return "none"
	case 1:
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

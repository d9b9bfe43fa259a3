package flows

import (
	"slices"
	"strconv"
	"strings"

	"callflow/engine"

	"gopkg.in/yaml.v3"
)

var speechFields = Fields{
	{Key: "hints", Shape: somePhrases, Doc: "Words that the platform is told to expect, besides those that choose something."},
	{Key: "confidence", Shape: aShare, Default: "0.5", Doc: "How sure the platform must be of what it heard."},
}

// defaultConfidence is how sure a platform must be where a flow does not say.
const defaultConfidence = 0.5

// Bounds of what can be said.
const (
	maxPhrases = 50
	maxPhrase  = 100 // characters
)

// speech reads whether a question listens, and how.
//
//	speech: true
//	speech: { hints: [billing, support], confidence: 0.6 }
func (p *parser) speech(key Scalar, n *yaml.Node) *SpeechDecl {
	if !p.usable(key, n) {
		return nil
	}
	d := &SpeechDecl{Pos: at(n), Listens: true}
	if n.Kind == yaml.ScalarNode {
		on := p.boolean(key, n)
		if on == nil {
			return nil
		}
		d.Listens = on.V
		return d
	}
	if !p.is(key, n, yaml.MappingNode, "true, false, or a mapping with hints or confidence") {
		return nil
	}
	p.each(n, mapping{what: "speech", known: speechFields, empty: true}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "hints":
			d.Hints = p.phrases(key, v)
		case "confidence":
			d.Confidence = p.share(key, v)
		default:
			return false
		}
		return true
	})
	return d
}

// share reads a number from 0 to 1.
func (p *parser) share(key Scalar, n *yaml.Node) *Setting[float64] {
	s := p.scalar(key, n)
	if !s.IsSet() {
		return nil
	}
	v, err := strconv.ParseFloat(s.Value, 64)
	if err != nil || !(v >= 0 && v <= 1) {
		p.report(CodeBadValue, s.Pos, "%q takes a number from 0 to 1; found %q", key.Value, s.Value)
		return nil
	}
	return &Setting[float64]{s, v}
}

// phrases reads what callers say: a phrase, a list of them, or either for each
// language.
func (p *parser) phrases(key Scalar, n *yaml.Node) *Text {
	if !p.usable(key, n) {
		return nil
	}
	t := &Text{Pos: at(n)}
	if n.Kind != yaml.MappingNode {
		t.Wordings = []Wording{{Lines: p.phraseLines(key, n)}}
		return t
	}
	p.each(n, mapping{what: strconv.Quote(key.Value)}, func(lang Scalar, v *yaml.Node) bool {
		t.Wordings = append(t.Wordings, Wording{Lang: lang, Lines: p.phraseLines(lang, v)})
		return true
	})
	if len(t.Wordings) == 0 {
		p.report(CodeEmptyValue, t.Pos, "%q is empty", key.Value)
		return nil
	}
	return t
}

func (p *parser) phraseLines(key Scalar, n *yaml.Node) []Line {
	var lines []Line
	for _, s := range p.scalars(key, n) {
		switch {
		case strings.Contains(s.Value, "${"):
			p.report(CodeBadValue, s.Pos, "what callers say is written out; it cannot hold ${ }").Hint = "a menu that is made from a list understands what is said of its items"
		case engine.Phrase(s.Value) == "":
			p.report(CodeEmptyValue, s.Pos, "%q holds no word that could be said", clip(s.Value))
		case len([]rune(s.Value)) > maxPhrase:
			p.report(CodeTooLarge, s.Pos, "the phrase has more than %d characters", maxPhrase)
		case len(lines) == maxPhrases:
			p.report(CodeTooLarge, s.Pos, "there are more than %d phrases", maxPhrases)
			return lines
		default:
			lines = append(lines, Line{Scalar: s})
		}
	}
	return lines
}

// listening compiles how a question listens, by its own word or the defaults'.
func (c *compiler) listening(a *AskingDecl) *engine.Listening {
	d := a.Speech
	if d == nil {
		d = c.defaults.Speech
	}
	if d == nil || !d.Listens {
		return nil
	}
	c.canListen(d)
	l := &engine.Listening{Hints: c.phrases(d.Hints), Confidence: first(d.Confidence, nil, defaultConfidence)}
	for i := range c.doc.Globals {
		if g := &c.doc.Globals[i]; g.Say != nil {
			l.Globals = append(l.Globals, engine.Spoken{Keys: g.Keys.Value, Say: c.phrases(g.Say)})
		}
	}
	return l
}

// canBeSaid tells whether a question understands words for a key that is valid
// everywhere.
func (c *compiler) canBeSaid(keys string, a *engine.Asking) bool {
	return a.Speech != nil && slices.ContainsFunc(c.doc.Globals, func(g GlobalKey) bool {
		return g.Keys.Value == keys && (g.Say != nil || g.To.moves())
	})
}

// canListen reports languages in which nobody knows what yes and one are.
func (c *compiler) canListen(d *SpeechDecl) {
	for i, words := range c.words {
		if lang := c.langs[i]; words != nil && words.Speech == nil && !c.mute[lang] {
			c.mute[lang] = true // once is enough
			c.report(CodeBadLanguage, d.Pos, "there are no words for what is said in %q: its words file has no \"speech\"", lang)
		}
	}
}

// phrases compiles what callers say, for every language of the flow.
func (c *compiler) phrases(t *Text) engine.Phrases {
	if t == nil {
		return nil
	}
	if done, ok := c.said[t]; ok {
		return done
	}
	c.languagesOf(t)
	out := make(engine.Phrases, len(c.langs))
	for i, lang := range c.langs {
		if w := t.in(lang); w >= 0 {
			for _, l := range t.Wordings[w].Lines {
				out[i] = append(out[i], l.Value)
			}
		}
	}
	c.said[t] = out
	return out
}

// saidOf is what chooses an option: its words, or else its value.
func (c *compiler) saidOf(o *OptionDecl) engine.Phrases {
	if o.Say != nil {
		return c.phrases(o.Say)
	}
	if !o.Value.IsSet() || engine.Phrase(o.Value.Value) == "" {
		return nil
	}
	out := make(engine.Phrases, len(c.langs))
	for i := range out {
		out[i] = []string{spacedOut(o.Value.Value)}
	}
	return out
}

// spacedOut is a value as it is said: report_death is "report death".
func spacedOut(value string) string { return strings.ReplaceAll(value, "_", " ") }

// sayable reports words that choose two options.
func (c *compiler) sayable(d *MenuDecl, menu *engine.MenuState) {
	if menu.Speech == nil {
		return
	}
	for lang := range c.langs {
		taken := map[string]string{} // keys by phrase
		for _, o := range menu.Options {
			if lang >= len(o.Say) {
				continue
			}
			for _, text := range o.Say[lang] {
				phrase := engine.Phrase(text)
				other, twice := taken[phrase]
				if !twice {
					taken[phrase] = o.Keys
					continue
				}
				if other != o.Keys {
					c.report(CodeDuplicateOption, c.placeOf(d, o.Keys, phrase), "%q is said for both %s and %s, and chooses neither", clip(text), other, o.Keys)
				}
			}
		}
	}
}

// placeOf is where a phrase of an option was written.
func (c *compiler) placeOf(d *MenuDecl, keys, phrase string) Pos {
	i := slices.IndexFunc(d.Options, func(o OptionDecl) bool { return o.Keys.Value == keys })
	o := d.Options[i]
	if o.Say == nil {
		return o.Value.Pos.or(o.Keys.Pos)
	}
	for _, w := range o.Say.Wordings {
		for _, l := range w.Lines {
			if engine.Phrase(l.Value) == phrase {
				return l.Pos
			}
		}
	}
	return o.Say.Pos
}

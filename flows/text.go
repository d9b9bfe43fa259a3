package flows

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"callflow/engine/lazy"
)

// tag is what a language's tag looks like, for telling {en: …} from settings.
var tag = lazy.Regexp(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$`)

// text reads a wording: one text, or one for each language. A tapered one may
// be a list: what is said at the first attempt, the second, and so on.
func (p *parser) text(key Scalar, n *yaml.Node, tapered bool) *Text {
	if !p.usable(key, n) {
		return nil
	}
	switch {
	case holds(n, "prompt"):
		return p.promptUse(n)
	case holds(n, "audio"):
		return p.recording(key, n, tapered)
	}
	t := &Text{Pos: at(n)}
	if holds(n, "ssml") {
		t.Wordings = one(p.textLine(key, n, ""))
		return t.orNil()
	}
	if n.Kind != yaml.MappingNode {
		if lines := p.wording(key, n, tapered); lines != nil {
			t.Wordings = []Wording{{Lines: lines}}
			return t
		}
		return nil
	}
	p.each(n, mapping{what: quote(key.Value), empty: true}, func(lang Scalar, v *yaml.Node) bool {
		if !tag().MatchString(lang.Value) {
			p.lose(v) // the language is unknown; what stands there is of no interest
			t.Wordings = append(t.Wordings, Wording{Lang: lang})
			return true
		}
		t.Wordings = append(t.Wordings, Wording{Lang: lang, Lines: p.wording(lang, v, tapered)})
		return true
	})
	if len(t.Wordings) == 0 {
		return nil
	}
	return t
}

// wording reads a text in one language; nil where it was wrong.
func (p *parser) wording(key Scalar, n *yaml.Node, tapered bool) []Line {
	if tapered && n.Kind == yaml.SequenceNode {
		if len(n.Content) == 0 {
			p.report(CodeEmptyValue, at(n), "%q is empty", key.Value)
			return nil
		}
		lines := make([]Line, 0, len(n.Content))
		for _, c := range n.Content {
			if l := p.textLine(key, c, "a text"); !l.isZero() {
				lines = append(lines, l)
			}
		}
		if len(lines) == 0 {
			return nil
		}
		return lines
	}
	want := "a text, or one for each language"
	if tapered {
		want = "a text, a list of texts, or one for each language"
	}
	if l := p.textLine(key, n, want); !l.isZero() {
		return []Line{l}
	}
	return nil
}

// textLine reads what is said at a time: a text, or a mapping that has a
// recording, markup or both.
func (p *parser) textLine(key Scalar, n *yaml.Node, want string) Line {
	if !holds(n, "audio") && !holds(n, "ssml") {
		return Line{Scalar: p.plainLine(key, n, want)}
	}
	var l Line
	var text Scalar
	p.each(n, mapping{what: "a text", known: lineFields}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "audio":
			l.Audio = p.audio(key, v)
		case "ssml":
			l.Scalar, l.SSML = p.plainLine(key, v, "a <speak> element"), true
		case "text":
			text = p.plainLine(key, v, "a text")
		default:
			return false
		}
		return true
	})
	switch {
	case text.IsSet() && l.SSML:
		p.report(CodeBadValue, text.Pos, "a text stands beside its SSML; what is plain in the SSML is the text").Hint = "leave one of the two out"
	case text.IsSet():
		l.Scalar = text
	}
	return l
}

func (p *parser) plainLine(key Scalar, n *yaml.Node, want string) Scalar {
	if !p.is(key, n, yaml.ScalarNode, want) {
		return Scalar{}
	}
	s := scalarOf(n)
	if strings.TrimSpace(s.Value) == "" {
		p.report(CodeEmptyValue, s.Pos, "%q has an empty text", key.Value)
		return Scalar{}
	}
	p.swallowed(s, n)
	return s
}

// swallowed finds texts cut short by " #", which begins a comment. A text that
// ends as a sentence does may well have a comment after it.
func (p *parser) swallowed(s Scalar, n *yaml.Node) {
	if n.LineComment == "" || s.Quoted || strings.ContainsRune(".!?…:;)", lastRune(s.Value)) {
		return
	}
	p.report(CodeCommentSwallowedText, s.Pos, "the text ends at %q, because \" #\" begins a comment", clipEnd(s.Value)).Hint = "put the whole text in quotes, or end the sentence before the comment"
}

func lastRune(s string) rune {
	var last rune
	for _, r := range s {
		last = r
	}
	return last
}

// clipEnd shortens a value for a message, and keeps its end.
func clipEnd(s string) string {
	if r := []rune(s); len(r) > 40 {
		return "…" + string(r[len(r)-40:])
	}
	return s
}

// lineFields are the keys of a text that is not plain, and promptUseFields those of
// one that stands elsewhere.
var (
	lineFields = Fields{
		{Key: "audio", Shape: aText, Doc: "A recording to play: a wav or mp3 file beside the flow, or an https address."},
		{Key: "text", Shape: aTemplate, Doc: "What is said where the recording cannot be played."},
		{Key: "ssml", Shape: aTemplate, Doc: "The text marked up: a whole <speak> element."},
	}
	promptUseFields = Fields{
		{Key: "prompt", Shape: aName, Required: true, Doc: "The name of a text under prompts."},
	}
)

// SpecialTexts are the shapes that a text may have besides a plain one, with the
// prompts of a flow and without them.
func SpecialTexts() (withPrompts, within []Shape) {
	within = []Shape{
		aMapping(Fields{
			{Key: "audio", Shape: aText, Required: true, Doc: lineFields[0].Doc},
			{Key: "text", Shape: aWording, Doc: lineFields[1].Doc},
			{Key: "ssml", Shape: aTemplate, Doc: lineFields[2].Doc},
		}),
		aMapping(Fields{{Key: "ssml", Shape: aTemplate, Required: true, Doc: lineFields[2].Doc}}),
	}
	return append(within[:len(within):len(within)], aMapping(promptUseFields)), within
}

// holds tells whether a node is a mapping with a key.
func holds(n *yaml.Node, key string) bool {
	if n.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k := n.Content[i]; k.Kind == yaml.ScalarNode && k.Value == key {
			return true
		}
	}
	return false
}

// one is a single line, in no particular language.
func one(l Line) []Wording {
	if l.isZero() {
		return nil
	}
	return []Wording{{Lines: []Line{l}}}
}

func (l Line) isZero() bool { return !l.IsSet() && !l.Audio.IsSet() }

func (t *Text) orNil() *Text {
	if len(t.Wordings) == 0 {
		return nil
	}
	return t
}

// wordings are those of the text or of the prompt that it stands for.
func (t *Text) wordings() []Wording {
	if t.prompt != nil && t.prompt.Text != nil {
		return t.prompt.Text.Wordings
	}
	return t.Wordings
}

// promptUse reads the name of a prompt of the flow in the place of a text.
func (p *parser) promptUse(n *yaml.Node) *Text {
	t := &Text{Pos: at(n)}
	p.each(n, mapping{what: "a text", known: promptUseFields}, func(key Scalar, v *yaml.Node) bool {
		if key.Value != "prompt" {
			return false
		}
		t.Prompt = p.scalar(key, v)
		return true
	})
	if !t.Prompt.IsSet() {
		return nil
	}
	if p.naming {
		p.report(CodeBadValue, t.Prompt.Pos, "a prompt cannot stand for another prompt").Hint = "write its text here"
		return nil
	}
	p.doc.said = append(p.doc.said, t)
	return t
}

// recording reads a recording, with one text for where it cannot be played, or one
// in each language.
func (p *parser) recording(key Scalar, n *yaml.Node, tapered bool) *Text {
	t := &Text{Pos: at(n)}
	i := slices.IndexFunc(n.Content, func(k *yaml.Node) bool { return k.Value == "text" })
	if i < 0 || i%2 != 0 || n.Content[i+1].Kind != yaml.MappingNode {
		t.Wordings = one(p.textLine(key, n, ""))
		return t.orNil()
	}
	var audio Scalar
	p.each(n, mapping{what: "a text", known: lineFields}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "audio":
			audio = p.audio(key, v)
		case "text":
			if text := p.text(key, v, tapered); text != nil {
				t.Wordings = text.Wordings
			}
		default:
			return false
		}
		return true
	})
	return t.recorded(audio)
}

// recorded is the text as what is said where a recording cannot be played.
func (t *Text) recorded(audio Scalar) *Text {
	if !audio.IsSet() {
		return t.orNil()
	}
	if len(t.Wordings) == 0 {
		t.Wordings = one(Line{Audio: audio})
		return t
	}
	for i := range t.Wordings {
		for j := range t.Wordings[i].Lines {
			if l := &t.Wordings[i].Lines[j]; !l.Audio.IsSet() {
				l.Audio = audio
			}
		}
	}
	return t
}

// prompts reads the texts that have a name.
func (p *parser) prompts(key Scalar, n *yaml.Node) []*PromptDecl {
	if !p.is(key, n, yaml.MappingNode, "a mapping of names to texts") {
		return nil
	}
	var all []*PromptDecl
	p.naming = true
	p.each(n, mapping{what: "the prompts"}, func(key Scalar, v *yaml.Node) bool {
		name := p.name(key, "prompt")
		all = append(all, &PromptDecl{Name: Scalar{Value: key.Value, Pos: name.Pos}, Text: p.text(key, v, true)})
		return true
	})
	p.naming = false
	return all
}

// standFor gives every text that names a prompt that prompt.
func (d *Document) standFor() {
	if len(d.said) == 0 {
		return
	}
	prompts := make(map[string]*PromptDecl, len(d.Prompts))
	for _, prompt := range d.Prompts {
		prompts[prompt.Name.Value] = prompt
	}
	for _, t := range d.said {
		t.prompt = prompts[t.Prompt.Value]
	}
}

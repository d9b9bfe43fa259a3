package flows

import (
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// tag is what a language's tag looks like, for telling {en: …} from settings.
var tag = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$`)

// text reads a wording: one text, or one for each language. A tapered one may
// be a list: what is said at the first attempt, the second, and so on.
func (p *parser) text(key Scalar, n *yaml.Node, tapered bool) *Text {
	if !p.usable(key, n) {
		return nil
	}
	t := &Text{Pos: at(n)}
	if n.Kind != yaml.MappingNode {
		if lines := p.wording(key, n, tapered); lines != nil {
			t.Wordings = []Wording{{Lines: lines}}
			return t
		}
		return nil
	}
	p.each(n, mapping{what: quote(key.Value), empty: true}, func(lang Scalar, v *yaml.Node) bool {
		if !tag.MatchString(lang.Value) {
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
func (p *parser) wording(key Scalar, n *yaml.Node, tapered bool) []Scalar {
	if tapered && n.Kind == yaml.SequenceNode {
		if len(n.Content) == 0 {
			p.report(CodeEmptyValue, at(n), "%q is empty", key.Value)
			return nil
		}
		lines := make([]Scalar, 0, len(n.Content))
		for _, c := range n.Content {
			if s := p.textLine(key, c, "a text"); s.IsSet() {
				lines = append(lines, s)
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
	if s := p.textLine(key, n, want); s.IsSet() {
		return []Scalar{s}
	}
	return nil
}

func (p *parser) textLine(key Scalar, n *yaml.Node, want string) Scalar {
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

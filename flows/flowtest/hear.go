package flowtest

import (
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"

	"callflow/flows"
)

// Words are what is expected to be heard, or never to be heard. Of the forms, one
// is used.
type Words struct {
	// Text is one line: a part of what is heard, or all of it where Exact is set.
	Text  string
	Exact bool
	// Pattern is found in what is heard; nil: Text counts.
	Pattern *regexp.Regexp
}

// In finds the words in what was heard and gives where they end there; -1 when
// they are not in it.
func (w Words) In(heard string) int {
	switch {
	case w.Pattern != nil:
		if at := w.Pattern.FindStringIndex(heard); at != nil {
			return at[1]
		}
		return -1
	case w.Exact:
		if strings.TrimSpace(heard) == w.Text {
			return len(heard)
		}
		return -1
	}
	i := strings.Index(heard, w.Text)
	if i < 0 {
		return -1
	}
	return i + len(w.Text)
}

func (w Words) String() string {
	switch {
	case w.Pattern != nil:
		return "the pattern " + quoted(w.Pattern.String())
	case w.Exact:
		return "exactly " + quoted(w.Text)
	}
	return quoted(w.Text)
}

// words reads what is expected to be heard: texts, or mappings that name the form.
func (r *reader) words(n *yaml.Node, what string) []Words {
	var all []Words
	for _, item := range r.items(n, what) {
		var w Words
		good := false
		if item.Kind == yaml.MappingNode {
			good = r.form(item, what, &w)
		} else {
			good = r.line(item, what, &w.Text)
		}
		if good {
			all = append(all, w)
		}
	}
	return all
}

// wordsShape is the shape of what words reads.
func wordsShape(r *reader) flows.Shape {
	return oneOrMore(either(aText(), keyedOne(r.formKeys(&Words{}, new(int)), nil)))
}

func (r *reader) formKeys(w *Words, forms *int) []key {
	return []key{
		keyOf("contains", "A part of what is heard.", aText(), func(v *yaml.Node) { *forms++; r.line(v, "contains", &w.Text) }),
		keyOf("exact", "All that is heard.", aText(), func(v *yaml.Node) { *forms++; w.Exact = r.line(v, "exact", &w.Text) }),
		keyOf("pattern", "A regular expression that is found in what is heard.", aText(), func(v *yaml.Node) {
			*forms++
			var text string
			if !r.text(v, "pattern", &text) {
				return
			}
			var err error
			if w.Pattern, err = regexp.Compile(text); err != nil {
				r.report(flows.CodeBadPattern, v, "pattern: %q is no regular expression: %v", text, err)
			}
		}),
	}
}

// form reads { contains: TEXT }, { exact: TEXT } or { pattern: REGEXP }.
func (r *reader) form(n *yaml.Node, what string, w *Words) bool {
	forms, before := 0, len(r.diags)
	r.mapping(n, what, r.formKeys(w, &forms)...)
	if len(r.diags) == before && forms != 1 {
		r.report(flows.CodeBadValue, n, "%s: expected one of contains, exact, pattern", what)
	}
	return len(r.diags) == before
}

// line reads a text and makes one line of it, as what is heard is.
func (r *reader) line(n *yaml.Node, what string, into *string) bool {
	if !r.text(n, what, into) {
		return false
	}
	*into = strings.Join(strings.Fields(*into), " ")
	return true
}

package engine

import "strings"

// IsMarked tells that a text is marked up.
func (t Template) IsMarked() bool {
	for i := range t {
		if t[i].Markup != "" {
			return true
		}
	}
	return false
}

// markUp fills in the values of a text that is marked up: as plain text, and as
// SSML. A value never adds markup.
func (t Template) markUp(s *Session, w *Words) (text, ssml string, err error) {
	var plain, marked strings.Builder
	for _, p := range t {
		said := p.Literal
		if p.Expr != nil {
			v, err := p.Expr.eval(s, w)
			if err != nil {
				return "", "", err
			}
			if said, err = spoken(textOf(v)); err != nil {
				return "", "", err
			}
		}
		plain.WriteString(said)
		if p.Markup != "" {
			marked.WriteString(p.Markup)
		} else {
			marked.WriteString(escapeXML.Replace(said))
		}
	}
	// Tags leave blanks behind where they stood between words.
	return strings.Join(strings.Fields(plain.String()), " "), marked.String(), nil
}

// escapeXML writes text as XML. It never changes.
var escapeXML = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;")

package gateway

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"callflow/engine"
	"callflow/engine/lazy"
)

// Finder finds the code in a message's text. A text is free: the code is what the
// template says, or else the one run of digits that is as long as a code. It is never
// looked for behind a colon, or in the last word.
type Finder struct {
	length   int
	template []piece // nil: there is none
}

// piece is a part of a template: literal text, the code, or something else that
// Auth0 fills in.
type piece struct {
	kind pieceKind
	text string // of a literal
}

type pieceKind int

const (
	literal pieceKind = iota
	theCode
	anything
)

// The length of codes that Auth0 makes and vendors take.
const (
	ShortestCode = 4
	LongestCode  = 10
	// DefaultCodeLength is Auth0's.
	DefaultCodeLength = 6
)

const (
	// maxText bounds a text that a code is looked for in, in bytes: ten messages.
	maxText = 1600
	// maxCandidates bounds how many runs of digits are looked at.
	maxCandidates = 32
	// anythingPattern is what Auth0 may fill in for something else than the code.
	anythingPattern = `(?s:.{0,200})`
)

// holes are what a template has filled in: @@password@@ and other macros, and
// {{ code }} and other variables of Liquid.
var holes = lazy.Regexp(`@@[A-Za-z0-9_.-]+@@|\{\{-?\s*([A-Za-z0-9_.]+)\s*(\|[^{}]*)?-?\}\}`)

// NewFinder makes a finder of codes of a length, in texts of a template; "": any
// text.
func NewFinder(template string, length int) (Finder, error) {
	if length < ShortestCode || length > LongestCode {
		return Finder{}, fmt.Errorf("found %d, expected a code's length from %d to %d", length, ShortestCode, LongestCode)
	}
	f := Finder{length: length}
	if template == "" {
		return f, nil
	}
	template = normalText(template)
	if strings.Contains(template, "{%") {
		return Finder{}, errors.New("the template has a Liquid tag, {% … %}: its text cannot be told beforehand; leave the template out, and set the code's length")
	}
	at, codes := 0, 0
	for _, m := range holes().FindAllStringSubmatchIndex(template, -1) {
		f.template = append(f.template, piece{literal, template[at:m[0]]})
		at = m[1]
		hole := template[m[0]:m[1]]
		variable := ""
		if m[2] >= 0 {
			variable = template[m[2]:m[3]]
		}
		if hole == "@@password@@" || variable == "code" || variable == "password" {
			f.template = append(f.template, piece{kind: theCode})
			codes++
			continue
		}
		f.template = append(f.template, piece{kind: anything})
	}
	f.template = append(f.template, piece{literal, template[at:]})
	if codes == 0 {
		return Finder{}, errors.New("the template does not say where the code stands; expected @@password@@ or {{ code }} in it")
	}
	return f, nil
}

// Errors of Find.
var (
	errNoCode    = errors.New("no code is found in the text")
	errManyCodes = errors.New("more than one code may be meant in the text")
	errLongText  = fmt.Errorf("the text has more than %d bytes", maxText)
)

// Find finds the code. Its error says nothing of the text.
func (f Finder) Find(text string) (engine.Secret, error) {
	if len(text) > maxText {
		return engine.Secret{}, errLongText
	}
	text = normalText(text)
	candidates := f.candidates(text)
	if len(candidates) > maxCandidates {
		return engine.Secret{}, errManyCodes
	}
	if f.template != nil {
		candidates = slices.DeleteFunc(candidates, func(code string) bool { return !f.fits(text, code) })
	}
	switch len(candidates) {
	case 0:
		return engine.Secret{}, errNoCode
	case 1:
		return engine.NewSecret(candidates[0]), nil
	}
	return engine.Secret{}, errManyCodes
}

// candidates are the different runs of digits that may be a code. Behind a template's
// own digits a run is longer than the code: with a template every part of one may be.
func (f Finder) candidates(text string) []string {
	var found []string
	for i := 0; i < len(text); {
		if !isDigit(text[i]) {
			i++
			continue
		}
		end := i
		for end < len(text) && isDigit(text[end]) {
			end++
		}
		for at := i; at+f.length <= end && (f.template != nil || end-i == f.length); at++ {
			if code := text[at : at+f.length]; !slices.Contains(found, code) {
				found = append(found, code)
			}
			if len(found) > maxCandidates {
				return found
			}
		}
		i = end
	}
	return found
}

// fits tells whether the text is what the template makes of a code.
func (f Finder) fits(text, code string) bool {
	var b strings.Builder
	b.WriteString(`^`)
	for _, p := range f.template {
		switch p.kind {
		case literal:
			b.WriteString(regexp.QuoteMeta(p.text))
		case theCode:
			b.WriteString(code)
		case anything:
			b.WriteString(anythingPattern)
		}
	}
	b.WriteString(`$`)
	re, err := regexp.Compile(b.String())
	return err == nil && re.MatchString(text)
}

// normalText is a text without what gateways and editors change: line ends, and
// blanks around it.
func normalText(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

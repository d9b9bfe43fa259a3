package flows

import (
	"regexp"
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

// mention is a key that a prompt speaks of, at a byte of it.
type mention struct {
	keys string
	at   int
}

// keyReader finds the keys that prompts in one language speak of.
type keyReader struct {
	// press is what comes before the first key of a sentence, up to the key.
	press *regexp.Regexp
	// next is what comes between one key and another: a comma, or an or.
	next *regexp.Regexp
	// units follow numbers that are no keys: "press 3 times".
	units *regexp.Regexp
	words map[string]string
}

// A key as it is written in a prompt, in digits or signs.
const writtenKey = `([0-9]{1,8}|[*#])`

var keyReaders = map[string]*keyReader{
	"en": {
		press: regexp.MustCompile(`(?i)\b(?:press|push|hit|dial|choose|select|enter)\s+(?:the\s+)?(?:number\s+|key\s+|digit\s+)?`),
		next:  regexp.MustCompile(`(?i)(?:[,;:]\s*(?:(?:or|and)\s+)?|\s(?:or|and)\s+)(?:press\s+)?`),
		units: regexp.MustCompile(`(?i)^\s*-?\s*(?:digits?|times|times?|seconds?|minutes?|characters?|numbers?|keys?|hours?|days?|percent|dollars?|%)\b`),
		words: map[string]string{
			"zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
			"star": "*", "asterisk": "*", "pound": "#", "hash": "#",
		},
	},
	"es": {
		press: regexp.MustCompile(`(?i)(?:^|[^\pL])(?:oprima|pulse|presione|marque|digite|apriete|teclee|elija|seleccione)\s+(?:(?:la|el)\s+)?(?:tecla\s+|número\s+|dígito\s+|opción\s+)?`),
		next:  regexp.MustCompile(`(?i)(?:[,;:]\s*(?:(?:o|u|y|e)\s+)?|\s(?:o|u|y|e)\s+)(?:(?:oprima|pulse|presione|marque)\s+)?`),
		units: regexp.MustCompile(`(?i)^\s*(?:dígitos?|veces|vez|segundos?|minutos?|números?|teclas?|horas?|días?|por ciento|%)`),
		words: map[string]string{
			"cero": "0", "uno": "1", "dos": "2", "tres": "3", "cuatro": "4", "cinco": "5", "seis": "6", "siete": "7", "ocho": "8", "nueve": "9",
			"asterisco": "*", "estrella": "*", "numeral": "#", "almohadilla": "#", "gato": "#",
		},
	},
}

// read finds the keys: in each sentence, the one after a word for pressing, and
// those that stand after a comma or an or behind it.
func (k *keyReader) read(text string) []mention {
	text = blank(text)
	var found []mention
	for start := 0; start < len(text); {
		end := len(text)
		if i := sentenceEnd.FindStringIndex(text[start:]); i != nil {
			end = start + i[1]
		}
		found = append(found, k.sentence(text[start:end], start)...)
		start = end
	}
	return found
}

var sentenceEnd = regexp.MustCompile(`[.!?…]+(?:\s+|$)`)

func (k *keyReader) sentence(s string, offset int) []mention {
	first := k.press.FindAllStringIndex(s, -1)
	if first == nil {
		return nil
	}
	var found []mention
	add := func(at int) {
		keys, length := k.key(s[at:])
		if length == 0 || k.units.MatchString(s[at+length:]) {
			return
		}
		if !slices.ContainsFunc(found, func(m mention) bool { return m.at == at+offset }) {
			found = append(found, mention{keys, at + offset})
		}
	}
	for _, m := range first {
		add(m[1])
	}
	if len(found) == 0 {
		return nil
	}
	for _, m := range k.next.FindAllStringIndex(s, -1) {
		if m[0] > first[0][0] {
			add(m[1])
		}
	}
	return found
}

var (
	keyAtStart  = regexp.MustCompile(`^` + writtenKey + `(?:[^0-9*#\pL]|$)`)
	wordAtStart = regexp.MustCompile(`^\pL+`)
)

// key reads a key at the beginning of s, and how long it is.
func (k *keyReader) key(s string) (keys string, length int) {
	if m := keyAtStart.FindStringSubmatch(s); m != nil {
		return m[1], len(m[1])
	}
	if w := wordAtStart.FindString(s); w != "" {
		if keys, ok := k.words[strings.ToLower(w)]; ok {
			return keys, len(w)
		}
	}
	return "", 0
}

// blank replaces the values in a text, byte for byte.
func blank(text string) string {
	if !strings.Contains(text, "${") {
		return text
	}
	b := []byte(text)
	pieces, _ := split(text)
	for _, p := range pieces {
		if p.isExpr {
			for i := max(p.offset-2, 0); i < min(p.offset+len(p.expr)+1, len(b)); i++ {
				b[i] = '_'
			}
		}
	}
	return string(b)
}

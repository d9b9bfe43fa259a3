package flows

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// mention is a key that a prompt speaks of, at a byte of it.
type mention struct {
	keys string
	at   int
}

// keyReader finds the keys that prompts in one language speak of.
type keyReader struct {
	press map[string]bool   // words for pressing
	fill  map[string]bool   // what may stand between such a word and the key
	join  map[string]bool   // words that lead to a further key
	units map[string]bool   // what follows numbers that are no keys: "3 times"
	names map[string]string // keys written as words
}

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

var keyReaders = map[string]*keyReader{
	"en": {
		press: set("press pressing push hit dial choose select enter"),
		fill:  set("the number key digit button option"),
		join:  set("or and"),
		units: set("digit digits time times second seconds minute minutes character characters number numbers keys hour hours day days percent dollar dollars"),
		names: map[string]string{
			"zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
			"star": "*", "asterisk": "*", "pound": "#", "hash": "#",
		},
	},
	"es": {
		press: set("oprima oprimir pulse presione marque digite apriete teclee elija seleccione"),
		fill:  set("la el tecla número numero dígito opción botón"),
		join:  set("o u y e"),
		units: set("dígito dígitos vez veces segundo segundos minuto minutos número números teclas hora horas día días por pesos"),
		names: map[string]string{
			"cero": "0", "uno": "1", "dos": "2", "tres": "3", "cuatro": "4", "cinco": "5", "seis": "6", "siete": "7", "ocho": "8", "nueve": "9",
			"asterisco": "*", "estrella": "*", "numeral": "#", "almohadilla": "#", "gato": "#",
		},
	},
}

// read finds the keys: in each sentence, the one after a word for pressing, and
// those that stand after a comma or an "or" behind it.
func (k *keyReader) read(text string) []mention {
	var found []mention
	text = withoutValues(text)
	expect, open := false, false // a key may come now; one has come in this sentence
	for at := 0; at < len(text); {
		word, next := wordAt(text, at)
		lower := strings.ToLower(word)
		switch {
		case word == "" || strings.TrimSpace(word) == "":
		case k.press[lower]:
			expect = true
		case strings.ContainsAny(word, ".!?…"):
			// A point inside a number ends nothing.
			if next >= len(text) || text[next] == ' ' {
				expect, open = false, false
			}
		case word == "," || word == ";" || word == ":" || k.join[lower]:
			expect = expect || open
		case expect && k.fill[lower]:
		case expect:
			if keys := k.key(lower); keys != "" && !k.unit(text, next) {
				found = append(found, mention{keys, at})
				open = true
			}
			expect = false
		}
		at = next
	}
	return found
}

// key is the key that a word stands for, or "".
func (k *keyReader) key(word string) string {
	if isKeys(word) {
		return word
	}
	return k.names[word]
}

// unit tells whether a word for what a number counts comes next.
func (k *keyReader) unit(text string, at int) bool {
	for at < len(text) && (text[at] == ' ' || text[at] == '-') {
		at++
	}
	if at == len(text) {
		return false
	}
	word, _ := wordAt(text, at)
	return word == "%" || k.units[strings.ToLower(word)]
}

// wordAt is the word, the white space or the sign at a byte of a text, and where
// the next one begins.
func wordAt(text string, at int) (string, int) {
	kind := func(r rune) int {
		switch {
		case r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return 1
		case r == '*' || r == '#':
			return 2
		case unicode.IsSpace(r):
			return 3
		}
		return 0
	}
	r, size := utf8.DecodeRuneInString(text[at:])
	first, end := kind(r), at+size
	for first != 0 && end < len(text) {
		r, size := utf8.DecodeRuneInString(text[end:])
		// Signs and digits make one entry ("*9"), letters none.
		if same := kind(r); same != first && !(first+same == 3 && isEntry(text[at:end]) && isEntry(text[end:end+size])) {
			break
		}
		end += size
	}
	return text[at:end], end
}

func isEntry(s string) bool { return strings.Trim(s, "0123456789*#") == "" }

// withoutValues blanks the values in a text, byte for byte.
func withoutValues(text string) string {
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

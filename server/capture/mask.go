package capture

import (
	"crypto/hmac"
	"crypto/sha256"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// masks replace what belongs to one call, the same value by the same other one.
type masks struct {
	key   []byte
	known map[string]string
	// order has the known values, the longest first, so that none is missed for a
	// part of it.
	order []string
}

func newMasks(key []byte) *masks { return &masks{key: key, known: map[string]string{}} }

// minKnown is the fewest bytes of a value that is looked for in others: a shorter one
// stands in anything.
const minKnown = 3

// of is what stands for a value: as long, digits for digits and letters for letters,
// and never the value itself.
func (m *masks) of(value string) string { return m.like(value, m.draw) }

// like is what stands for a value, as draw makes it where there is none yet.
func (m *masks) like(value string, draw func(value string, try int) string) string {
	if other, ok := m.known[value]; ok {
		return other
	}
	other := value
	for try := 0; other == value && try < 64; try++ {
		other = draw(value, try)
	}
	m.learned(value, other)
	return other
}

// maxDraws bounds the search for what may stand for a value: of a thousand entries, one or
// two may be of the kind that a question takes.
const maxDraws = 4096

// fit is what stands for a value and will do. Where what stands for it elsewhere will not,
// it is another one; ok is false where nothing will.
func (m *masks) fit(value string, do func(other string) bool) (other string, ok bool) {
	other, known := m.known[value]
	switch {
	case known && do(other):
		return other, true
	case strings.Trim(value, "*#") == "": // nothing in it can be replaced
		return "", false
	}
	for try := range maxDraws {
		if other = m.draw(value, try); other != value && do(other) {
			if !known {
				m.learned(value, other)
			}
			return other, true
		}
	}
	return "", false
}

// learned has a value replaced by another one, wherever it stands.
func (m *masks) learned(value, other string) {
	m.known[value] = other
	if len(value) >= minKnown {
		m.order = append(m.order, value)
		slices.SortFunc(m.order, func(a, b string) int { return len(b) - len(a) })
	}
}

// draw makes a value like another one.
func (m *masks) draw(value string, try int) string {
	mac := hmac.New(sha256.New, m.key)
	mac.Write([]byte{byte(try), byte(try >> 8)})
	mac.Write([]byte(value))
	stream := mac.Sum(nil)
	out := make([]byte, 0, len(value))
	for i, r := range value {
		if i >= len(stream)-1 && i%len(stream) == 0 {
			mac.Write(stream)
			stream = mac.Sum(nil)
		}
		n := stream[i%len(stream)]
		switch {
		case '0' <= r && r <= '9':
			out = append(out, '0'+n%10)
		case 'a' <= r && r <= 'f':
			out = append(out, 'a'+n%6)
		case 'A' <= r && r <= 'F':
			out = append(out, 'A'+n%6)
		case 'g' <= r && r <= 'z':
			out = append(out, 'g'+n%20)
		case 'G' <= r && r <= 'Z':
			out = append(out, 'G'+n%20)
		default:
			out = utf8.AppendRune(out, blank(r, '1'))
		}
	}
	return string(out)
}

// number draws a telephone number, which begins with zero where the other one does, and
// only there: platforms and codecs take what begins so for one without its country.
func (m *masks) number(value string, try int) string {
	other := []byte(m.draw(value, try))
	switch {
	case value == "" || value[0] < '0' || value[0] > '9': // a name
	case value[0] == '0':
		other[0] = '0'
	case other[0] == '0':
		other[0] = '1'
	}
	return string(other)
}

// withheld are the words for a caller who shows no number, which are nobody's, and what
// carriers send in their place: the same on a keypad.
var withheld = [...]string{
	"anonymous", "blocked", "restricted", "unavailable", "unknown",
	"266696687", "2562533", "7378742833", "86282452253", "8656696",
}

func isWithheld(number string) bool {
	return slices.Contains(withheld[:], strings.TrimPrefix(strings.TrimSpace(number), "+"))
}

// learn has a telephone number, a name or an id replaced wherever it stands, also
// without the plus that some platforms leave out. What is at a sip: address is replaced,
// and it is a sip: address still.
func (m *masks) learn(values ...string) {
	for _, v := range values {
		core := strings.TrimPrefix(strings.TrimSpace(v), "+")
		if scheme, at, ok := strings.Cut(core, ":"); ok && (strings.EqualFold(scheme, "sip") || strings.EqualFold(scheme, "sips")) {
			core = at
		}
		if len(core) >= minKnown && !isWithheld(core) {
			m.like(core, m.number)
		}
	}
}

// keys has keys replaced, also where they are written apart: "4 4 7 1". What stands for
// them will do, where anything else does; nil: all will.
func (m *masks) keys(keys string, do func(other string) bool) string {
	other, ok := "", false
	if do != nil {
		other, ok = m.fit(keys, do)
	}
	if !ok {
		other = m.of(keys)
	}
	if len(keys) >= minKnown {
		for _, between := range []string{" ", ", ", ","} {
			apart := strings.Join(strings.Split(keys, ""), between)
			if _, known := m.known[apart]; !known {
				m.learned(apart, strings.Join(strings.Split(other, ""), between))
			}
		}
	}
	return other
}

// name has the name of a member or of a field replaced, and what it names with it.
func (m *masks) name(name string) string {
	if m.has(name) {
		return m.all(name, '1')
	}
	return m.of(name)
}

// has tells a text that a known value stands in.
func (m *masks) has(text string) bool {
	for _, v := range m.order {
		if strings.Contains(text, v) {
			return true
		}
	}
	return false
}

// at is the known value that begins a text.
func (m *masks) at(text string) (value, other string, ok bool) {
	for _, v := range m.order {
		if strings.HasPrefix(text, v) {
			return v, m.known[v], true
		}
	}
	return "", "", false
}

// all replaces every known value, and all else that letter or digit is: digits by
// the one given.
func (m *masks) all(text string, digit rune) string {
	var b strings.Builder
	for len(text) > 0 {
		if value, other, ok := m.at(text); ok {
			b.WriteString(other)
			text = text[len(value):]
			continue
		}
		r, size := utf8.DecodeRuneInString(text)
		b.WriteRune(blank(r, digit))
		text = text[size:]
	}
	return b.String()
}

// values replaces the known values alone.
func (m *masks) values(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		if value, other, ok := m.at(text); ok {
			b.WriteString(other)
			text = text[len(value):]
			continue
		}
		_, size := utf8.DecodeRuneInString(text)
		b.WriteString(text[:size])
		text = text[size:]
	}
	return b.String()
}

// blank is what stands for a letter or a digit of no consequence, as many bytes long.
func blank(r, digit rune) rune {
	switch {
	case '0' <= r && r <= '9':
		return digit
	case 'a' <= r && r <= 'z':
		return 'x'
	case 'A' <= r && r <= 'Z':
		return 'X'
	case r < utf8.RuneSelf:
		return r
	case !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r):
		return r
	}
	switch utf8.RuneLen(r) {
	case 2:
		return 'é'
	case 3:
		return '字'
	default:
		return '𝒳'
	}
}

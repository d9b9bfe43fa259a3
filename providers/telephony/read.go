package telephony

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds how deep JSON may nest.
const maxDepth = 64

// Value is one value of a JSON document, as it stands there. A Value that came
// from ReadObject is well formed.
type Value []byte

// ReadObject reads the JSON object in data and hands each of its members to
// member, in order. All of data is checked, but only what member asks for is
// turned into Go values: the first hook of jambonz is some 3 kB, of which five
// short strings are wanted. name and value are slices of data and must not be
// kept.
//
// An error says where data is wrong and what was expected there, never what was
// found: it may be a key of a PIN. An error of member is returned as it is.
func ReadObject(data []byte, member func(name []byte, value Value) error) error {
	r := reader{data: data}
	r.space()
	if !r.eat('{') {
		return r.fault("an object in braces")
	}
	if err := r.members(1, member); err != nil {
		return err
	}
	r.space()
	if r.at != len(data) {
		return r.fault("nothing after the object")
	}
	return nil
}

// First is the first element of a list; false: there is none, or v is no list.
func (v Value) First() (Value, bool) {
	r := reader{data: v}
	if !r.eat('[') {
		return nil, false
	}
	r.space()
	start := r.at
	if r.eat(']') || r.value(1) != nil {
		return nil, false
	}
	return v[start:r.at], true
}

// Each hands each element of a list to element, in order; v must be one. An error of
// element is returned as it is.
func (v Value) Each(element func(Value) error) error {
	r := reader{data: v}
	if !r.eat('[') {
		return r.fault("a list")
	}
	r.space()
	if r.eat(']') {
		return nil
	}
	for {
		r.space()
		start := r.at
		if err := r.value(1); err != nil {
			return err
		}
		if err := element(v[start:r.at]); err != nil {
			return err
		}
		r.space()
		if r.eat(']') {
			return nil
		}
		if !r.eat(',') {
			return r.fault("a comma or a closing bracket")
		}
	}
}

// ReadText reads a member that is text, a number, null or missing, of so many bytes at
// most. Its errors name the member, and never show what is in it.
func ReadText(name string, v Value, most int) (string, error) {
	if !v.IsSet() {
		return "", nil
	}
	s, ok := v.Text()
	if !ok {
		return "", fmt.Errorf("%s: found %s, expected text", name, v.Kind())
	}
	if len(s) > most {
		return "", fmt.Errorf("%s: %d bytes long, expected at most %d", name, len(s), most)
	}
	return s, nil
}

// IsSet tells whether the value is there and not null.
func (v Value) IsSet() bool { return len(v) > 0 && !v.IsNull() }

// IsNull tells whether the value is null.
func (v Value) IsNull() bool { return len(v) > 0 && v[0] == 'n' }

// IsText tells whether the value is a string.
func (v Value) IsText() bool { return len(v) > 0 && v[0] == '"' }

// IsObject tells whether the value is an object.
func (v Value) IsObject() bool { return len(v) > 0 && v[0] == '{' }

// Kind is what the value is, for messages: "text", "an object".
func (v Value) Kind() string {
	if len(v) == 0 {
		return "nothing"
	}
	switch v[0] {
	case '"':
		return "text"
	case '{':
		return "an object"
	case '[':
		return "a list"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}

// Text returns a string's text, or a number as it is written: platforms do not
// agree on which of the two a telephone number is. Bytes that are not UTF-8
// become U+FFFD. It returns false for anything else.
func (v Value) Text() (string, bool) {
	if len(v) == 0 {
		return "", false
	}
	switch c := v[0]; {
	case c == '"':
		return unquote(v[1 : len(v)-1]), true
	case c == '-' || isDigit(c):
		return string(v), true
	}
	return "", false
}

// Is tells whether the value is the string s, which must need no escapes.
func (v Value) Is(s string) bool {
	return len(v) == len(s)+2 && v[0] == '"' && string(v[1:len(v)-1]) == s
}

// Bool returns true or false, and whether the value is one of them.
func (v Value) Bool() (value, ok bool) {
	return len(v) > 0 && v[0] == 't', len(v) > 0 && (v[0] == 't' || v[0] == 'f')
}

// Number returns a number, and whether the value is one: text that looks like one
// counts, because platforms do not agree.
func (v Value) Number() (float64, bool) {
	s, ok := v.Text()
	if !ok || len(s) > 40 {
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

// reader walks over JSON.
type reader struct {
	data []byte
	at   int
}

func (r *reader) fault(expected string) error {
	if r.at >= len(r.data) {
		return fmt.Errorf("not JSON: it ends where %s is expected", expected)
	}
	return fmt.Errorf("not JSON at byte %d: expected %s", r.at, expected)
}

func (r *reader) space() {
	for r.at < len(r.data) {
		switch r.data[r.at] {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return
		}
	}
}

func (r *reader) eat(c byte) bool {
	if r.at < len(r.data) && r.data[r.at] == c {
		r.at++
		return true
	}
	return false
}

// members reads the rest of an object. A nil member only checks.
func (r *reader) members(depth int, member func([]byte, Value) error) error {
	r.space()
	if r.eat('}') {
		return nil
	}
	for {
		r.space()
		start := r.at
		if err := r.text(); err != nil {
			return err
		}
		name := r.data[start+1 : r.at-1]
		r.space()
		if !r.eat(':') {
			return r.fault("a colon")
		}
		r.space()
		start = r.at
		if err := r.value(depth); err != nil {
			return err
		}
		if member != nil {
			if bytes.IndexByte(name, '\\') >= 0 {
				name = []byte(unquote(name))
			}
			if err := member(name, Value(r.data[start:r.at])); err != nil {
				return err
			}
		}
		r.space()
		if r.eat('}') {
			return nil
		}
		if !r.eat(',') {
			return r.fault("a comma or a closing brace")
		}
	}
}

func (r *reader) elements(depth int) error {
	r.space()
	if r.eat(']') {
		return nil
	}
	for {
		r.space()
		if err := r.value(depth); err != nil {
			return err
		}
		r.space()
		if r.eat(']') {
			return nil
		}
		if !r.eat(',') {
			return r.fault("a comma or a closing bracket")
		}
	}
}

func (r *reader) value(depth int) error {
	if depth > maxDepth {
		return errors.New("not JSON that we read: nested too deep")
	}
	if r.at >= len(r.data) {
		return r.fault("a value")
	}
	switch c := r.data[r.at]; c {
	case '"':
		return r.text()
	case '{':
		r.at++
		return r.members(depth+1, nil)
	case '[':
		r.at++
		return r.elements(depth + 1)
	case 't':
		return r.word("true")
	case 'f':
		return r.word("false")
	case 'n':
		return r.word("null")
	default:
		return r.number()
	}
}

func (r *reader) word(w string) error {
	if len(r.data)-r.at < len(w) || string(r.data[r.at:r.at+len(w)]) != w {
		return r.fault("a value")
	}
	r.at += len(w)
	return nil
}

// text reads a string, quotes and all.
func (r *reader) text() error {
	if !r.eat('"') {
		return r.fault("text in double quotes")
	}
	for {
		rest := r.data[r.at:]
		n := plain(rest)
		r.at += n
		switch {
		case n == len(rest):
			return r.fault("a closing quote")
		case rest[n] == '"':
			r.at++
			return nil
		case rest[n] != '\\':
			return r.fault("text without control characters")
		}
		if err := r.escape(); err != nil {
			return err
		}
	}
}

// plain is how many bytes of text come before a quote, an escape or a control
// character. Most bytes of a hook are such, so eight are looked at in one go: a
// byte that borrows when 1 (or a space) is taken from it, and had no high bit
// itself, is zero (or a control character). What it borrows from the next one may
// make that look so too, but never one before the first.
func plain(b []byte) int {
	const (
		ones  = 0x0101010101010101
		highs = 0x8080808080808080
	)
	n := 0
	for ; len(b)-n >= 8; n += 8 {
		w := binary.LittleEndian.Uint64(b[n:])
		quote, slash := w^'"'*ones, w^'\\'*ones
		found := ((w-' '*ones)&^w | (quote-ones)&^quote | (slash-ones)&^slash) & highs
		if found != 0 {
			return n + bits.TrailingZeros64(found)/8
		}
	}
	for n < len(b) && b[n] >= ' ' && b[n] != '"' && b[n] != '\\' {
		n++
	}
	return n
}

func (r *reader) escape() error {
	const plain = `"\/bfnrt`
	rest := r.data[r.at+1:]
	switch {
	case len(rest) >= 1 && strings.IndexByte(plain, rest[0]) >= 0:
		r.at += 2
		return nil
	case len(rest) >= 5 && rest[0] == 'u' && hex4(rest[1:]) >= 0:
		r.at += 6
		return nil
	}
	return r.fault("an escape sequence")
}

func (r *reader) number() error {
	fault := func() error { return r.fault("a value") }
	r.eat('-')
	switch {
	case r.eat('0'):
	case !r.digits():
		return fault()
	}
	if r.eat('.') && !r.digits() {
		return fault()
	}
	if r.eat('e') || r.eat('E') {
		if !r.eat('+') {
			r.eat('-')
		}
		if !r.digits() {
			return fault()
		}
	}
	return nil
}

func (r *reader) digits() bool {
	start := r.at
	for r.at < len(r.data) && isDigit(r.data[r.at]) {
		r.at++
	}
	return r.at > start
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// hex4 is the value of four hexadecimal digits, or -1.
func hex4(b []byte) rune {
	var n rune
	for _, c := range b[:4] {
		switch {
		case isDigit(c):
			n = n<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			n = n<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			n = n<<4 | rune(c-'A'+10)
		default:
			return -1
		}
	}
	return n
}

// unquote undoes the escapes of a string that was checked, given without its
// quotes.
func unquote(b []byte) string {
	if bytes.IndexByte(b, '\\') < 0 && utf8.Valid(b) {
		return string(b)
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); {
		if b[i] != '\\' {
			c, size := utf8.DecodeRune(b[i:])
			out = utf8.AppendRune(out, c) // U+FFFD where it is not UTF-8
			i += size
			continue
		}
		switch c := b[i+1]; c {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			c := hex4(b[i+2:])
			if utf16.IsSurrogate(c) {
				low := rune(-1)
				if rest := b[i+6:]; len(rest) >= 6 && rest[0] == '\\' && rest[1] == 'u' {
					low = hex4(rest[2:])
				}
				if c = utf16.DecodeRune(c, low); c != utf8.RuneError {
					i += 6 // the other half
				}
			}
			out = utf8.AppendRune(out, c)
			i += 4
		default:
			out = append(out, c)
		}
		i += 2
	}
	return string(out)
}

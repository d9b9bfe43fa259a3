package telephony

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// XML is a document being written, for platforms that are answered in it. It checks
// nothing but that text stays text.
type XML []byte

// Open begins an element, whose attributes may follow.
func (x *XML) Open(name string) { *x = append(append(*x, '<'), name...) }

// Inside ends an element's tag and lets what is in it follow.
func (x *XML) Inside() { *x = append(*x, '>') }

// Empty ends an element that has nothing in it.
func (x *XML) Empty() { *x = append(*x, "/>"...) }

// Close ends an element.
func (x *XML) Close(name string) { *x = append(append(append(*x, "</"...), name...), '>') }

// Attr writes an attribute.
func (x *XML) Attr(name, value string) {
	x.attr(name)
	*x = append(AppendXML(*x, value), '"')
}

// Number writes an attribute that is a number.
func (x *XML) Number(name string, n int) {
	x.attr(name)
	*x = append(strconv.AppendInt(*x, int64(n), 10), '"')
}

func (x *XML) attr(name string) {
	*x = append(append(append(*x, ' '), name...), `="`...)
}

// Seconds writes a duration in whole seconds, as WholeSeconds has it.
func (x *XML) Seconds(name string, t time.Duration, least, most int) {
	x.Number(name, WholeSeconds(t, least, most))
}

// Text writes text.
func (x *XML) Text(s string) { *x = AppendXML(*x, s) }

// Element writes an element with nothing but text in it.
func (x *XML) Element(name, text string) {
	x.Open(name)
	x.Inside()
	x.Text(text)
	x.Close(name)
}

// WholeSeconds is a duration in whole seconds, rounded up and within bounds.
func WholeSeconds(t time.Duration, least, most int) int {
	whole := int(t / time.Second)
	if t%time.Second > 0 {
		whole++
	}
	return max(least, min(whole, most))
}

// AppendXML appends s as text of XML, fit for an attribute too. What XML cannot
// hold becomes U+FFFD.
func AppendXML(dst []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); {
		r, size := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
		}
		var with string
		switch {
		case r == '&':
			with = "&amp;"
		case r == '<':
			with = "&lt;"
		case r == '>':
			with = "&gt;"
		case r == '"':
			with = "&quot;"
		case r < ' ', r == 0x7f, r == 0xfffe, r == 0xffff, r == utf8.RuneError && size == 1:
			with = "\ufffd"
		}
		if with != "" {
			dst = append(append(dst, s[start:i]...), with...)
			start = i + size
		}
		i += size
	}
	return append(dst, s[start:]...)
}

package twilio

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// document is an answer being written.
type document struct {
	voices voices
	body   []byte
}

// open begins an element, whose attributes may follow; inside ends the tag and lets
// text follow, close ends the element, and empty ends one that has nothing in it.
func (d *document) open(name string) { d.body = append(append(d.body, '<'), name...) }
func (d *document) inside()          { d.body = append(d.body, '>') }
func (d *document) empty()           { d.body = append(d.body, "/>"...) }

func (d *document) close(name string) {
	d.body = append(append(append(d.body, "</"...), name...), '>')
}

// attr writes an attribute.
func (d *document) attr(name, value string) {
	d.body = append(append(append(d.body, ' '), name...), `="`...)
	d.body = appendXML(d.body, value)
	d.body = append(d.body, '"')
}

func (d *document) number(name string, n int) {
	d.body = append(append(append(d.body, ' '), name...), `="`...)
	d.body = strconv.AppendInt(d.body, int64(n), 10)
	d.body = append(d.body, '"')
}

// seconds writes a duration in whole seconds, rounded up and within bounds.
func (d *document) seconds(name string, t time.Duration, least, most int) {
	d.number(name, wholeSeconds(t, least, most))
}

func wholeSeconds(t time.Duration, least, most int) int {
	whole := int(t / time.Second)
	if t%time.Second > 0 {
		whole++
	}
	return max(least, min(whole, most))
}

// element writes an element with nothing but text in it.
func (d *document) element(name, text string) {
	d.open(name)
	d.inside()
	d.text(text)
	d.close(name)
}

func (d *document) text(s string) { d.body = appendXML(d.body, s) }

// appendXML appends s as text of XML, fit for an attribute too. What XML cannot
// hold becomes U+FFFD.
func appendXML(dst []byte, s string) []byte {
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

package engine

import (
	"bytes"
	"errors"
	"strings"
)

// Callback makes an action the promise of a call: its body is an object that has
// the number to call, as "number", and perhaps a time, as "at".
type Callback struct {
	Number Template
	// Country is the calling code of numbers without one: "61"; "": they are no
	// numbers to call.
	Country string
	At      Template // empty: nothing is said
}

// errNoNumber is a number that nobody can call.
var errNoNumber = errors.New("not a telephone number with its country")

// number is the number to call, in the form of E.164.
func (c *Callback) number(st *step) (string, error) {
	text, err := c.Number.render(st.s, st.words, nil)
	if err != nil {
		return "", err
	}
	number, ok := E164(text, c.Country)
	if !ok {
		return "", errNoNumber
	}
	return number, nil
}

// fill puts the number and the time before what the flow says itself.
func (c *Callback) fill(st *step, f *Fetch) (number string, err error) {
	if number, err = c.number(st); err != nil {
		return "", err
	}
	var b bytes.Buffer
	b.WriteString(`{"number":`)
	writeJSON(&b, number)
	if len(c.At) > 0 {
		at, err := c.At.render(st.s, st.words, nil)
		if err != nil {
			return "", err
		}
		b.WriteString(`,"at":`)
		writeJSON(&b, at)
	}
	if rest := bytes.TrimPrefix(f.Body, []byte("{")); len(rest) > 1 {
		b.WriteByte(',')
		b.Write(rest)
	} else {
		b.WriteByte('}')
	}
	f.Body = b.Bytes()
	return number, nil
}

// E164 writes a telephone number with a plus and its country: "+61 2 5550 0100",
// "0061255500100", and, with the calling code 61, "0255500100" and "61255500100"
// are +61255500100. It returns false for what is no such number: a word, a short
// code, a number without a country.
func E164(text, country string) (string, bool) {
	text = strings.TrimSpace(text)
	digits, plus := strings.CutPrefix(text, "+")
	digits = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -.()/", r) {
			return -1
		}
		return r
	}, digits)
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	if !plus {
		rest, abroad := strings.CutPrefix(digits, "00")
		national, trunk := strings.CutPrefix(digits, "0")
		switch {
		case abroad:
			digits = rest
		case country == "":
			return "", false
		case trunk:
			digits = country + national
		case !strings.HasPrefix(digits, country) || len(digits) < 11 && country != "1":
			digits = country + digits
		case country == "1" && len(digits) == 10:
			digits = country + digits
		}
	}
	if len(digits) < 8 || len(digits) > 15 || digits[0] == '0' {
		return "", false
	}
	return "+" + digits, true
}

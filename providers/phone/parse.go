package phone

import (
	"strings"
)

// Bounds of a national number, in digits.
const (
	minNational = 2
	maxNational = 17
)

// parsed is a number in its parts.
type parsed struct {
	main     *plan // of the calling code's main country
	national string
}

// parse reads a number as libphonenumber would, for a country, nil: none. It may be
// too short or too long.
func parse(raw string, home *plan) (parsed, bool) {
	digits, plus, ok := dialled(raw)
	if !ok || home == nil && !plus {
		return parsed{}, false
	}
	code, national, ok := international(digits, plus, home)
	if !ok && plus {
		// A plus sign may have been put before what was dialled.
		if code, national, ok = international(digits, false, home); code == "" {
			return parsed{}, false
		}
	}
	if !ok {
		return parsed{}, false
	}
	p := home
	switch {
	case code == "":
		code, national = home.code, digits
	case home == nil || known().of(code)[0] != home:
		p = known().of(code)[0]
	}
	if len(national) < minNational {
		return parsed{}, false
	}
	if short := p.withoutTrunk(national); short != national {
		if f := p.fit(short); f == fits || f == tooLong {
			national = short
		}
	}
	if len(national) < minNational || len(national) > maxNational {
		return parsed{}, false
	}
	return parsed{known().of(code)[0], national}, true
}

// dialled takes the digits out of a number as people write it, and whether a plus
// sign comes before them. What follows a comma, a semicolon or a # is an extension.
// A number with anything else in it is none.
func dialled(raw string) (digits string, plus, ok bool) {
	var b strings.Builder
	end := false // only what is left out may follow
	for _, c := range raw {
		d := digit(c)
		switch {
		case d >= 0 && !end:
			b.WriteByte('0' + byte(d))
		case d >= 0:
			return "", false, false
		case c == '+' || c == '＋':
			if b.Len() > 0 {
				return "", false, false
			}
			plus = true
		case c == ',' || c == ';' || c == '#':
			if b.Len() > 0 {
				return b.String(), plus, true
			}
		case c == '*':
			return "", false, false
		case b.Len() > 0 && !strings.ContainsRune(between, c):
			end = true
		}
	}
	return b.String(), plus, b.Len() > 0
}

// between is what people write between the digits of a number.
const between = " -./()[]~\t\u00a0\u00ad\u200b\u2010\u2011\u2012\u2013\u2014\u2015\u2060\u2212\u3000\u30fc\uff08\uff09\uff0d\uff0e\uff0f\uff3b\uff3d\u2053\u223c\uff5e"

// digit is the value of a digit, also of a full-width or an Arabic one; -1: it is
// none.
func digit(c rune) int {
	for _, zero := range [...]rune{'0', '\uff10', '\u0660', '\u06f0'} {
		if c >= zero && c <= zero+9 {
			return int(c - zero)
		}
	}
	return -1
}

// international finds the calling code that a number begins with: after a plus
// sign, after what is dialled at home for abroad, or the one of home where the
// number makes no sense otherwise. code is "" for a number of home's; ok is false
// for a code that does not exist.
func international(digits string, plus bool, home *plan) (code, national string, ok bool) {
	rest := digits
	if !plus {
		if home == nil {
			return "", digits, true
		}
		if rest, ok = home.abroad(digits); !ok {
			code, national = home.own(digits)
			return code, national, true
		}
	}
	if len(rest) <= minNational || rest[0] == '0' {
		return "", "", false
	}
	for n := 1; n <= 3 && n <= len(rest); n++ {
		if known().read[rest[:n]] != nil {
			return rest[:n], rest[n:], true
		}
	}
	return "", "", false
}

// abroad takes off what is dialled for abroad. No calling code begins with 0.
func (p *plan) abroad(digits string) (rest string, ok bool) {
	if p.idd == nil {
		return digits, false
	}
	at := p.idd().FindStringIndex(digits)
	if at == nil || strings.HasPrefix(digits[at[1]:], "0") {
		return digits, false
	}
	return digits[at[1]:], true
}

// own takes off the country's own calling code, where the number is none of its
// numbers with it, and one without it.
func (p *plan) own(digits string) (code, national string) {
	rest, found := strings.CutPrefix(digits, p.code)
	if !found {
		return "", digits
	}
	rest = p.withoutTrunk(rest)
	if !p.number.matches(digits) && p.number.matches(rest) || p.fit(digits) == tooLong {
		return p.code, rest
	}
	return "", digits
}

package phone

import (
	_ "embed"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// plansText has a line for each country, and one for each calling code that is no
// country's, in the order of their calling codes and with the main country of a
// code first. It is made from the metadata of libphonenumber, see TestPlans: reading
// all of that takes longer than everything else that a start does.
//
//go:embed plans.tsv
var plansText string

// The columns of a line of plansText, between tabs.
const (
	columnCode      = iota // the calling code: "61"
	columnCountry          // ISO 3166 code; "001" where it is no country's
	columnIDD              // pattern of what is dialled before a calling code
	columnTrunk            // pattern of what is dialled before a national number
	columnTransform        // what to make of that; empty: nothing
	columnNumber           // pattern of a national number
	columnLengths          // its possible lengths: "5,9,10"
	columnLocal            // lengths possible within a town
	columnLeading          // pattern of its beginning, where that tells the country
	columnTypes            // "9:PATTERN 6,8:PATTERN …", where several countries share a code
	columns
)

// plan is how the numbers of a country are made.
type plan struct {
	code, country    string
	idd, trunk       pattern
	transform        string
	number           pattern
	lengths, local   []int
	leading          pattern
	types            []numberType
	numberIsNotKnown bool
}

// numberType is one sort of number, such as mobile ones.
type numberType struct {
	lengths []int // none: those of any number
	number  pattern
}

// pattern is a regular expression that is compiled when it is first needed.
type pattern func() *regexp.Regexp

func (p pattern) matches(s string) bool { return p != nil && p().MatchString(s) }

func whole(source string) pattern { return lazily(source, "^(?:"+source+")$") }

func beginning(source string) pattern { return lazily(source, "^(?:"+source+")") }

func lazily(source, anchored string) pattern {
	if source == "" {
		return nil
	}
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(anchored) })
}

// plans are all of them. Which there are is known at once; those of a calling code
// are read when one of them is first looked at.
type plans struct {
	codes map[string]string         // calling codes, by country
	read  map[string]func() []*plan // by calling code
}

// of are the plans of a calling code, the main one first; none: it is not known.
func (ps plans) of(code string) []*plan {
	if read := ps.read[code]; read != nil {
		return read()
	}
	return nil
}

// country is a country's plan, or nil.
func (ps plans) country(country string) *plan {
	for _, p := range ps.of(ps.codes[country]) {
		if p.country == country {
			return p
		}
	}
	return nil
}

var known = sync.OnceValue(func() plans {
	all := plans{codes: map[string]string{}, read: map[string]func() []*plan{}}
	for rest := plansText; rest != ""; {
		code, _, _ := strings.Cut(rest, "\t")
		end := 0
		for strings.HasPrefix(rest[end:], code+"\t") {
			line, _, _ := strings.Cut(rest[end:], "\n")
			if f := strings.SplitN(line, "\t", columnCountry+2); f[columnCountry] != nowhere {
				all.codes[f[columnCountry]] = code
			}
			end += len(line) + 1
		}
		lines := rest[:end]
		all.read[code] = sync.OnceValue(func() []*plan { return readPlans(lines) })
		rest = rest[end:]
	}
	return all
})

// readPlans reads lines of plansText.
func readPlans(lines string) (all []*plan) {
	for line := range strings.Lines(lines) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		p := &plan{
			code: f[columnCode], country: f[columnCountry],
			idd: beginning(f[columnIDD]), trunk: beginning(f[columnTrunk]), transform: f[columnTransform],
			number: whole(f[columnNumber]), lengths: numbers(f[columnLengths]), local: numbers(f[columnLocal]),
			leading: beginning(f[columnLeading]), numberIsNotKnown: f[columnNumber] == "",
		}
		for t := range strings.FieldsSeq(f[columnTypes]) {
			lengths, source, _ := strings.Cut(t, ":")
			p.types = append(p.types, numberType{numbers(lengths), whole(source)})
		}
		all = append(all, p)
	}
	return all
}

// nowhere stands for a country where a calling code belongs to none.
const nowhere = "001"

func numbers(list string) (ns []int) {
	for s := range strings.SplitSeq(list, ",") {
		if n, err := strconv.Atoi(s); err == nil {
			ns = append(ns, n)
		}
	}
	return ns
}

// fit is what a national number's length says of it.
type fit int

const (
	fits      fit = iota
	fitsLocal     // within a town
	tooShort
	tooLong
	fitsNothing // between lengths that are possible
)

// fit judges the length of a national number.
func (p *plan) fit(number string) fit {
	n := len(number)
	switch {
	case slices.Contains(p.local, n):
		return fitsLocal
	case len(p.lengths) == 0:
		return fitsNothing
	case n < p.lengths[0]:
		return tooShort
	case n > p.lengths[len(p.lengths)-1]:
		return tooLong
	case slices.Contains(p.lengths, n):
		return fits
	}
	return fitsNothing
}

// possible tells whether a national number has a length that numbers have.
func (p *plan) possible(number string) bool {
	if p.numberIsNotKnown {
		return true
	}
	f := p.fit(number)
	return f == fits || f == fitsLocal
}

// withoutTrunk takes off what is dialled before a national number, unless the
// number makes sense with it and none without.
func (p *plan) withoutTrunk(number string) string {
	if number == "" || p.trunk == nil {
		return number
	}
	at := p.trunk().FindStringSubmatchIndex(number)
	if at == nil {
		return number
	}
	rest := number[at[1]:]
	if last := len(at) - 2; p.transform != "" && at[last] >= 0 {
		rest = p.trunk().ReplaceAllString(number, p.transform)
	}
	if p.number.matches(number) && !p.number.matches(rest) {
		return number
	}
	return rest
}

// has tells whether the country has such a national number.
func (p *plan) has(number string) bool {
	if p.leading != nil {
		return p.leading.matches(number)
	}
	if !slices.Contains(p.lengths, len(number)) || !p.number.matches(number) {
		return false
	}
	return slices.ContainsFunc(p.types, func(t numberType) bool {
		return (len(t.lengths) == 0 || slices.Contains(t.lengths, len(number))) && t.number.matches(number)
	})
}

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

// plans are all of them: by country, and by calling code with the main one first.
type plans struct {
	byCountry map[string]*plan
	byCode    map[string][]*plan
}

// known are the plans, read when a number is first looked at.
var known = sync.OnceValue(func() plans {
	all := plans{byCountry: map[string]*plan{}, byCode: map[string][]*plan{}}
	for line := range strings.Lines(plansText) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != columns {
			continue
		}
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
		if p.country != nowhere {
			all.byCountry[p.country] = p
		}
		all.byCode[p.code] = append(all.byCode[p.code], p)
	}
	return all
})

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

package phone_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"callflow/providers/phone"
)

var update = flag.Bool("update", false, "write the tables anew")

// The tables are those of libphonenumber, of the version in go.mod. Write them
// anew with: go test ./providers/phone -update.
func TestPlans(t *testing.T) {
	t.Parallel()
	want := tables(t)
	if *update {
		if err := os.WriteFile("plans.tsv", want, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("plans.tsv")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("plans.tsv is not what libphonenumber has now; write it anew with: go test ./providers/phone -update")
	}
}

// tables are the lines of plans.tsv.
func tables(t *testing.T) []byte {
	t.Helper()
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		t.Fatal(err)
	}
	var codes []int
	for code := range phonenumbers.GetSupportedCallingCodes() {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	var b bytes.Buffer
	for _, code := range codes {
		countries := phonenumbers.GetRegionCodesForCountryCode(code)
		for _, country := range countries {
			at := slices.IndexFunc(all.GetMetadata(), func(m *phonenumbers.PhoneMetadata) bool {
				return m.GetId() == country && int(m.GetCountryCode()) == code
			})
			if at < 0 {
				t.Fatalf("%d %s has no metadata", code, country)
			}
			m := all.GetMetadata()[at]
			types := ""
			if len(countries) > 1 && m.GetLeadingDigits() == "" {
				types = sorts(m)
			}
			row := []string{
				strconv.Itoa(code), country, m.GetInternationalPrefix(), m.GetNationalPrefixForParsing(), m.GetNationalPrefixTransformRule(),
				m.GetGeneralDesc().GetNationalNumberPattern(), list(m.GetGeneralDesc().GetPossibleLength()),
				list(m.GetGeneralDesc().GetPossibleLengthLocalOnly()), m.GetLeadingDigits(), types,
			}
			for _, cell := range row[:len(row)-1] {
				if strings.ContainsAny(cell, " \t\n") {
					t.Fatalf("%d %s: %q cannot stand in a table", code, country, cell)
				}
			}
			b.WriteString(strings.Join(row, "\t") + "\n")
		}
	}
	return b.Bytes()
}

// sorts are the sorts of numbers that a country has.
func sorts(m *phonenumbers.PhoneMetadata) string {
	var all []string
	for _, d := range []*phonenumbers.PhoneNumberDesc{
		m.GetFixedLine(), m.GetMobile(), m.GetTollFree(), m.GetPremiumRate(), m.GetSharedCost(),
		m.GetVoip(), m.GetPersonalNumber(), m.GetPager(), m.GetUan(), m.GetVoicemail(),
	} {
		if p := d.GetNationalNumberPattern(); p != "" && p != "NA" {
			all = append(all, list(d.GetPossibleLength())+":"+p)
		}
	}
	return strings.Join(all, " ")
}

func list(lengths []int32) string {
	var all []string
	for _, n := range lengths {
		all = append(all, strconv.Itoa(int(n)))
	}
	return strings.Join(all, ",")
}

// judge is what libphonenumber says of a number that it reads in one way.
func judge(raw, country string) (number, where string) {
	n, err := phonenumbers.Parse(raw, country)
	if err != nil || !phonenumbers.IsPossibleNumber(n) || phonenumbers.GetRegionCodeForCountryCode(int(n.GetCountryCode())) == phonenumbers.UNKNOWN_REGION {
		return "", ""
	}
	n.Extension = nil
	e164 := phonenumbers.Format(n, phonenumbers.E164)
	if again, err := phonenumbers.Parse(e164, country); err != nil || phonenumbers.Format(again, phonenumbers.E164) != e164 {
		return "", "" // it would be another the next time
	}
	n, err = phonenumbers.Parse(e164, "")
	if err != nil {
		return e164, ""
	}
	return e164, phonenumbers.GetRegionCodeForNumber(n)
}

// compare holds our reading against libphonenumber's.
func compare(t *testing.T, raw, country string) {
	t.Helper()
	want, where := judge(raw, country)
	if want == "" && !strings.HasPrefix(raw, "+") {
		want, where = judge("+"+raw, country)
	}
	got, ok := region(t, country).Normalize(raw)
	if got != want || ok != (want != "") {
		t.Errorf("%q in %q: got %q, libphonenumber has %q", raw, country, got, want)
		return
	}
	if ok && phone.Country(got) != where {
		t.Errorf("%s is in %q, libphonenumber has %q", got, phone.Country(got), where)
	}
}

// countries are all that libphonenumber knows.
func countries() []string {
	var all []string
	for c := range phonenumbers.GetSupportedRegions() {
		all = append(all, c)
	}
	slices.Sort(all)
	return all
}

// Every country's own example numbers are read as libphonenumber reads them, as
// they are written at home, abroad and by people.
func TestExamples(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, country := range countries() {
		for sort := phonenumbers.FIXED_LINE; sort <= phonenumbers.UNKNOWN; sort++ {
			n := phonenumbers.GetExampleNumberForType(country, sort)
			if n == nil {
				continue
			}
			seen++
			for _, format := range []phonenumbers.PhoneNumberFormat{phonenumbers.E164, phonenumbers.INTERNATIONAL, phonenumbers.NATIONAL} {
				text := phonenumbers.Format(n, format)
				compare(t, text, country)
				compare(t, strings.TrimPrefix(text, "+"), country)
				compare(t, text, "")
				compare(t, text, "AU")
			}
		}
	}
	if seen < 1000 {
		t.Errorf("only %d examples were there", seen)
	}
}

// Any digits are read as libphonenumber reads them, wherever they are dialled.
func TestAnyDigits(t *testing.T) {
	t.Parallel()
	draw := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same numbers each time
	all := append(countries(), "")
	for range 60_000 {
		country := all[draw.IntN(len(all))]
		raw := ""
		switch draw.IntN(4) {
		case 0:
			raw = "+"
		case 1:
			raw = "0"
		case 2:
			raw = strconv.Itoa(phonenumbers.GetCountryCodeForRegion(country))
		}
		for range 1 + draw.IntN(14) {
			raw += strconv.Itoa(draw.IntN(10))
		}
		compare(t, raw, country)
		if t.Failed() {
			return
		}
	}
}

func FuzzAgainstLibphonenumber(f *testing.F) {
	for _, s := range []string{"+61412345678", "0412345678", "(02) 5550-0100", "0011 61 2 5550 0100", "+0412345678", "15 1234 5678"} {
		for _, c := range []string{"AU", "US", "AR", "BR", "IT", "MX", ""} {
			f.Add(s, c)
		}
	}
	supported := phonenumbers.GetSupportedRegions()
	f.Fuzz(func(t *testing.T, raw, country string) {
		if country != "" && !supported[country] || strings.Trim(raw, "+0123456789 -()") != "" || strings.LastIndexByte(raw, '+') > 0 || len(raw) > 40 {
			t.Skip("more than digits, or no country")
		}
		compare(t, raw, country)
	})
}

// BenchmarkNormalize is what reading a number costs, once its country's patterns
// are there.
func BenchmarkNormalize(b *testing.B) {
	r := region(b, "AU")
	for i, raw := range []string{"+61412345678", "0412 345 678"} {
		b.Run(fmt.Sprint(i), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Normalize(raw)
			}
		})
	}
}

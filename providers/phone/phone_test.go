package phone_test

import (
	"regexp"
	"testing"

	"callflow/providers/phone"
)

func region(t testing.TB, code string) phone.Region {
	t.Helper()
	r, err := phone.ParseRegion(code)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestNormalize(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ region, raw, want string }{
		{"AU", "+61412345678", "+61412345678"},
		{"AU", "0412 345 678", "+61412345678"},
		{"AU", "(02) 5550 0100", "+61255500100"},
		{"", "+61412345678", "+61412345678"},
		{"", "61412345678", "+61412345678"}, // Vonage
		{"AU", "61412345678", "+61412345678"},
		{"US", "12025550123", "+12025550123"},
		{"US", "(202) 555-0123", "+12025550123"},
		{"GB", "+12025550123", "+12025550123"},
		{"AU", "tel:+61412345678", "+61412345678"},
		{"AU", "sip:+61412345678@trunk.example.com;user=phone", "+61412345678"},
		{"AU", "0011 1 202 555 0123", "+12025550123"},
		{"AU", " +61 412 345 678 ", "+61412345678"},

		{"AU", "anonymous", ""},
		{"AU", "Anonymous", ""},
		{"AU", "sip:anonymous@anonymous.invalid", ""},
		{"AU", "Restricted", ""},
		{"AU", "", ""},
		{"AU", "+", ""},
		{"AU", "alice", ""},
		{"AU", "1800FLOWERS", ""},
		{"AU", "000", ""},
		{"AU", "42", ""},
		{"", "0412345678", ""},
		{"AU", "+99912345678", ""},
		{"AU", "+614123456789012345", ""},
	} {
		got, ok := region(t, c.region).Normalize(c.raw)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%q in %q: got %q %t, want %q", c.raw, c.region, got, ok, c.want)
		}
	}
}

func TestRegion(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"XX", "Australia", "61"} {
		if _, err := phone.ParseRegion(bad); err == nil {
			t.Errorf("%q is taken for a country", bad)
		}
	}
	if r := region(t, "au"); r != region(t, "AU") {
		t.Error("small letters make another country")
	}
	for number, want := range map[string]string{"+61412345678": "AU", "+12025550123": "US", "+447400123456": "GB", "nothing": ""} {
		if got := phone.Country(number); got != want {
			t.Errorf("%s is in %q, want %q", number, got, want)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	for _, s := range []string{"+61412345678", "0412345678", "sip:x@y", "tel:+1;ext=5", "٠٤١٢"} {
		f.Add(s)
	}
	// A country has numbers of 17 digits, and calling codes have up to 3.
	e164 := regexp.MustCompile(`^\+[1-9][0-9]{1,19}$`)
	f.Fuzz(func(t *testing.T, raw string) {
		r := region(t, "AU")
		n, ok := r.Normalize(raw)
		if ok != (n != "") || ok && !e164.MatchString(n) {
			t.Fatalf("%q gives %q, %t", raw, n, ok)
		}
		if again, ok2 := r.Normalize(n); ok && (!ok2 || again != n) {
			t.Errorf("%q gives %q, and that gives %q", raw, n, again)
		}
	})
}

package phone_test

import (
	"slices"
	"strings"
	"testing"
)

func TestBeginnings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ region, raw, want string }{
		{"AU", "02 5550 01", "+612555001"},
		{"AU", "(02) 5550-01", "+612555001"},
		{"AU", "+61 2 5550 01", "+612555001"},
		{"AU", "+61 (0)2 5550 01", "+612555001"},
		{"AU", "0011 61 2 5550 01", "+612555001"},
		{"AU", "61255500", "+61255500"},
		{"AU", "1800 555", "+611800555"},
		{"AU", "04", "+614"},
		{"AU", "+1202", "+1202"},
		{"US", "(202) 555-01", "+120255501"},
		{"US", "1 202 555", "+1202555"},
		{"US", "011 61 2 5550", "+6125550"},
		{"GB", "020 7946 0", "+442079460"},
		{"IT", "06 5550", "+39065550"}, // the nought belongs to the number
		{"IT", "+39 06 5550", "+39065550"},
		{"HU", "06 1 555", "+361555"},
		{"AR", "011 15 555", "+54911555"},
		{"RU", "8 495 55", "+749555 +7849555"}, // the 8 may be dialled, or the number's
		{"SG", "65123", "+65123 +6565123"},
		{"", "+61 2 5550", "+6125550"},

		{"AU", "10", ""},
		{"AU", "2", ""},
		{"AU", "0", ""},
		{"US", "2021", ""}, // an extension, for all that is known
		{"", "02 5550", ""},
		{"AU", "*67", ""},
		{"AU", "", ""},
	} {
		got := region(t, c.region).Beginnings(c.raw)
		if want := strings.Fields(c.want); !slices.Equal(got, want) {
			t.Errorf("%q in %q: got %q, want %q", c.raw, c.region, got, want)
		}
	}
}

// TestBeginningsOfNumbers: what any number begins with, as it is dialled at home or
// from there, stands for what it begins with in E.164.
func TestBeginningsOfNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		region string
		same   []string // one number, written in several ways
	}{
		{"AU", []string{"0255500123", "+61255500123", "0011 61255500123", "+61(0)255500123"}},
		{"AU", []string{"0412345678", "+61412345678"}},
		{"AU", []string{"1300555123", "+611300555123"}},
		{"GB", []string{"02079460123", "+442079460123", "00442079460123"}},
		{"DE", []string{"03012345678", "+493012345678", "+49(0)3012345678"}},
		{"FR", []string{"0142685300", "+33142685300"}},
		{"IT", []string{"0655501234", "+390655501234"}},
		{"IT", []string{"3123456789", "+393123456789"}},
		{"ES", []string{"912345678", "+34912345678"}},
		{"US", []string{"2025550123", "12025550123", "+12025550123"}},
		{"NZ", []string{"092345678", "+6492345678"}},
		{"RU", []string{"84951234567", "+74951234567"}},
		{"HU", []string{"0612345678", "+3612345678"}},
		{"SG", []string{"61234567", "+6561234567"}},
	} {
		home := region(t, c.region)
		number, ok := home.Normalize(c.same[len(c.same)-1])
		if !ok {
			t.Fatalf("%s is no number", c.same)
		}
		for _, written := range c.same {
			if got, _ := home.Normalize(written); got != number {
				t.Errorf("%s in %s: got %s, want %s", written, c.region, got, number)
			}
			for n := 7; n < len(written); n++ {
				begins := func(b string) bool { return strings.HasPrefix(number, b) }
				if got := home.Beginnings(written[:n]); !slices.ContainsFunc(got, begins) {
					t.Errorf("%s in %s: %s begins with none of %q", written[:n], c.region, number, got)
				}
			}
		}
	}
}

package phone_test

import "testing"

func TestMistaken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ region, raw, want string }{
		{"AU", "1300", "+611300"},
		{"AU", "13 00", "+611300"},
		{"AU", "13", "+6113"},
		{"AU", "1800", "+611800"},
		{"AU", "2", "+612"}, // 2 9999 9999, of Sydney
		{"US", "2025", "+12025"},
		{"SG", "65", "+6565"},

		{"AU", "10", ""},     // none begins so
		{"US", "2021", ""},   // nor so
		{"AU", "1300 5", ""}, // it is taken for numbers
		{"AU", "02", ""},
		{"AU", "+611300", ""},
		{"AU", "0011 61 2", ""},
		{"AU", "*13", ""},
		{"AU", "", ""},
		{"", "1300", ""},
	} {
		got, ok := region(t, c.region).Mistaken(c.raw)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%q in %q: got %q, %t, want %q", c.raw, c.region, got, ok, c.want)
		}
	}
}

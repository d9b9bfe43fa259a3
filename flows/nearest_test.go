package flows

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	states := []string{"welcome", "main_menu", "verify", "balance", "payments", "goodbye"}
	for _, c := range []struct {
		name       string
		candidates []string
		want       string
	}{
		{"verfy", states, "verify"},   // one missing
		{"verifyy", states, "verify"}, // one too many
		{"verity", states, "verify"},  // one wrong
		{"vreify", states, "verify"},  // two exchanged
		{"Verify", states, "verify"},  // a capital
		{"main-menu", states, "main_menu"},
		{"menu", states, ""}, // half of a name is no slip
		{"zzz", states, ""},
		{"", states, ""},
		{"verify", states, ""},   // the name itself is never a hint
		{"x", []string{"y"}, ""}, // one letter of one is no slip
		{"X", []string{"x"}, "x"},
		{"pin", []string{"pink", "bin", "pan"}, "bin"}, // equally near: the first by alphabet
		{"noinput", []string{"no_input", "nomatch"}, "no_input"},
		{"número", []string{"numero", "nombre"}, "numero"},
		{strings.Repeat("a", 65), []string{strings.Repeat("a", 64)}, ""},
		{"ab", []string{strings.Repeat("a", 300)}, ""},
	} {
		for _, candidates := range [][]string{c.candidates, reversed(c.candidates)} {
			got, ok := nearest(c.name, candidates)
			if got != c.want || ok != (c.want != "") {
				t.Errorf("nearest(%q, %q) = %q, %t; want %q", c.name, candidates, got, ok, c.want)
			}
		}
	}
}

func reversed(s []string) []string {
	s = slices.Clone(s)
	slices.Reverse(s)
	return s
}

// FuzzNearest holds nearest against the plain definition of the distance.
func FuzzNearest(f *testing.F) {
	f.Add("verfy", "verify vreify")
	f.Add("número", "numero n\xffmero")
	f.Add("ab", "ba a b abc")
	f.Fuzz(func(t *testing.T, name, list string) {
		candidates := strings.Fields(list)
		got, ok := nearest(name, candidates)
		if !ok {
			return
		}
		if !slices.Contains(candidates, got) || got == name {
			t.Fatalf("nearest(%q, %q) = %q", name, candidates, got)
		}
		best := plainDistance(name, got)
		if best > min(nearestSlips, (len([]rune(name))+1)/3) {
			t.Errorf("nearest(%q) = %q is %d away", name, got, best)
		}
		for _, c := range candidates {
			if c == name || len(c) > nearestLength {
				continue
			}
			if d := plainDistance(name, c); d < best || d == best && c < got {
				t.Errorf("nearest(%q, %q) = %q, but %q is nearer", name, candidates, got, c)
			}
		}
	})
}

func plainDistance(x, y string) int {
	a, b := []rune(x), []rune(y)
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if sameLetter(a[i-1], b[j-1]) {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && sameLetter(a[i-1], b[j-2]) && sameLetter(a[i-2], b[j-1]) {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

func BenchmarkNearest(b *testing.B) {
	candidates := make([]string, 10_000)
	for i := range candidates {
		candidates[i] = fmt.Sprintf("state_number_%d", i)
	}
	for b.Loop() {
		nearest("state_nubmer_7777x", candidates)
	}
}

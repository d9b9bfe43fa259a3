package flows

import "unicode/utf8"

// The bounds of nearest: beyond them a name is simply not known, and no guess
// is worth the time.
const (
	nearestNames  = 20_000
	nearestLength = 64
	nearestSlips  = 3
)

// nearest is the candidate a person most likely meant by name: the one with the
// fewest slips of the keyboard (a character wrong, missing, too many, or two
// exchanged): at most three, and at most a third of the name. Of several equally
// near the first in alphabetical order wins, so that the order of candidates
// does not matter.
func nearest(name string, candidates []string) (string, bool) {
	return nearestWithin(name, candidates, min(nearestSlips, (utf8.RuneCountInString(name)+1)/3))
}

// nearestWithin is nearest with at most so many slips.
func nearestWithin(name string, candidates []string, within int) (string, bool) {
	if name == "" || len(name) > nearestLength || len(candidates) > nearestNames {
		return "", false
	}
	wanted := []rune(name)
	best, found := "", false
	var d slips
	for _, c := range candidates {
		if c == name || c == "" || len(c) > nearestLength {
			continue
		}
		n, ok := d.between(wanted, c, within)
		if !ok {
			continue
		}
		if !found || n < within || c < best {
			best, found, within = c, true, n
		}
	}
	return best, found
}

// slips computes distances, and keeps its rows from one name to the next.
type slips struct {
	other                   [nearestLength]rune
	before, last, following [nearestLength + 1]int
}

// between is the Damerau-Levenshtein distance (adjacent exchanges, no character
// moved twice) of a and b, if it is at most bound.
func (s *slips) between(a []rune, text string, bound int) (int, bool) {
	b := s.other[:0]
	for _, r := range text {
		b = append(b, r)
	}
	for len(a) > 0 && len(b) > 0 && sameLetter(a[0], b[0]) {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && sameLetter(a[len(a)-1], b[len(b)-1]) {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	// A difference in length is a lower bound of the distance.
	if len(a)-len(b) > bound || len(b)-len(a) > bound {
		return 0, false
	}
	before, last, row := &s.before, &s.last, &s.following
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if sameLetter(a[i-1], b[j-1]) {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && sameLetter(a[i-1], b[j-2]) && sameLetter(a[i-2], b[j-1]) {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > bound {
			return 0, false
		}
		before, last, row = last, row, before
	}
	n := last[len(b)]
	return n, n <= bound
}

// sameLetter takes capitals for small letters and "-" for "_": the slips that
// are the commonest and say nothing about what was meant.
func sameLetter(a, b rune) bool {
	return a == b || fold(a) == fold(b)
}

func fold(r rune) rune {
	switch {
	case 'A' <= r && r <= 'Z':
		return r + 'a' - 'A'
	case r == '-' || r == ' ':
		return '_'
	default:
		return r
	}
}

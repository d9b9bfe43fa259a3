package flowtest

import (
	"cmp"
	"strconv"

	"callflow/engine/lazy"
)

// residueOf finds what is asked about the remainder of a division of a name.
var residueOf = lazy.Regexp(`([A-Za-z_][\w.]*)\s*\)?\s*%\s*(?:int\(\s*)?(\d{1,9})\s*\)?\s*(?:==|!=|<=|>=|<|>)\s*(\d{1,9})`)

// residue is a number to divide by, and a remainder.
type residue struct{ by, rest int64 }

// mostResidues bounds what is asked about one name, and residueSpan how many numbers
// are looked at for the answers to that.
const (
	mostResidues = 8
	residueSpan  = 4000
)

func (v *values) residuesIn(scope, source string) {
	for _, m := range residueOf().FindAllStringSubmatch(source, -1) {
		by, err := strconv.ParseInt(m[2], 10, 64)
		rest, err2 := strconv.ParseInt(m[3], 10, 64)
		if path := scopedPath(scope, m[1]); err == nil && err2 == nil && by > 0 && len(v.residues[path]) < mostResidues {
			v.residues[path] = add(v.residues[path], residue{by, rest})
		}
	}
}

// dividing are numbers from the first on of which each answers what is asked about
// remainders otherwise: below, at or above what each is compared with.
func (v *values) dividing(path string, first int64) []int64 {
	asked := v.residues[path]
	if len(asked) == 0 {
		return nil
	}
	seen := map[string]bool{}
	answers := make([]byte, len(asked))
	var all []int64
	for n := first; n < first+residueSpan && len(all) < maxValues; n++ {
		for i, r := range asked {
			answers[i] = byte('1' + cmp.Compare(n%r.by, r.rest))
		}
		if !seen[string(answers)] {
			seen[string(answers)] = true
			all = append(all, n)
		}
	}
	return all
}

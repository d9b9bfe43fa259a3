package flows

// Suggest is the hint at the candidate that was most likely meant by name, such
// as `did you mean "verify"?`, or "" where none is near. Files that stand beside
// flows use it, so that a slip gets the same answer everywhere.
func Suggest(name string, candidates []string) string { return didYouMean(name, candidates) }

// Nearest is the candidate that differs from name by the fewest slips of the
// keyboard, at most so many, or "" where there is none.
func Nearest(name string, candidates []string, slips int) string {
	near, _ := nearestWithin(name, candidates, slips)
	return near
}

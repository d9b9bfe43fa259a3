package flows

// Suggest is the hint at the candidate that was most likely meant by name, such
// as `did you mean "verify"?`, or "" where none is near. Files that stand beside
// flows use it, so that a slip gets the same answer everywhere.
func Suggest(name string, candidates []string) string { return didYouMean(name, candidates) }

package directory

// nearest returns the word that s is most likely a slip of, or "".
func nearest(s string, words []string) string {
	const most = 20 // characters: nothing longer is a slip of our words
	best, least := "", 3
	if len(s) > most {
		return ""
	}
	for _, w := range words {
		if d := distance(s, w); d < least && d < len(w)/2+1 {
			best, least = w, d
		}
	}
	return best
}

// distance counts the letters to change, add or remove to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

package runner

import "strings"

// hintMark divides the random part of a token's nonce from the hint.
const hintMark = "."

// hinted adds to a nonce which flow and language the call has, so that a caller
// can be spoken to while the store, which knows it, is down. Nothing else is ever
// decided by a hint.
func hinted(nonce, flow, lang string) string {
	if !urlWord(flow) || !urlWord(lang) {
		return nonce
	}
	return nonce + hintMark + lang + hintMark + flow
}

// hint reads what hinted added; empty where there is none.
func hint(nonce string) (flow, lang string) {
	_, rest, _ := strings.Cut(nonce, hintMark)
	lang, flow, _ = strings.Cut(rest, hintMark)
	return flow, lang
}

// urlWord says whether s stands for itself in a URL's path.
func urlWord(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

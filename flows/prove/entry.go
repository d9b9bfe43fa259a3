package prove

import "callflow/engine"

// Entry is an entry that a question of digits takes: within its length, right by
// its check digit, and matching its pattern. It looks like an account number
// where that is allowed. The answer is false where none was found.
func Entry(c engine.CollectState) (string, bool) { return exampleEntry(c) }

// Misfits are entries of the right length that a question refuses, by the reason
// it gives for that: "pattern" and "check". One without a pattern or a check
// digit has none.
func Misfits(c engine.CollectState) map[string]string {
	found := map[string]string{}
	good, ok := exampleEntry(c)
	if !ok {
		return found
	}
	if c.Luhn {
		wrong := []byte(good)
		wrong[len(wrong)-1] = '0' + (wrong[len(wrong)-1]-'0'+1)%10
		if matches(c.Pattern, string(wrong)) {
			found["check"] = string(wrong)
		}
	}
	if c.Pattern == nil {
		return found
	}
	for n := len(good); n <= min(c.Max, maxExample); n++ {
		for _, first := range "0123456789" {
			for _, run := range []bool{false, true} {
				if entry := string(digitsFrom(byte(first), n, run)); !c.Pattern.MatchString(entry) {
					found["pattern"] = entry
					return found
				}
			}
		}
	}
	return found
}

// Takes tells whether a question of digits takes an entry.
func Takes(c engine.CollectState, entry string) bool {
	for _, k := range []byte(entry) {
		if k < '0' || k > '9' {
			return false
		}
	}
	return len(entry) >= c.Min && len(entry) <= c.Max && entry != "" && matches(c.Pattern, entry) && (!c.Luhn || luhn([]byte(entry)))
}

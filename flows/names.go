package flows

import "slices"

// maxName bounds a name, in characters.
const maxName = 64

// isName tells what can name a flow, a state or a variable: a small letter, then
// small letters, digits and _.
func isName(s string) bool { return named(s, false, "_") }

// isServiceName allows - as well: services are named in the installation.
func isServiceName(s string) bool { return named(s, false, "_-") }

// isFieldName is what can name a field of a service's answer.
func isFieldName(s string) bool { return named(s, true, "_") }

func named(s string, capitals bool, others string) bool {
	if s == "" || len(s) > maxName {
		return false
	}
	for i := 0; i < len(s); i++ {
		switch ch := s[i]; {
		case 'a' <= ch && ch <= 'z':
		case capitals && ('A' <= ch && ch <= 'Z' || ch == '_'):
		case i > 0 && ('0' <= ch && ch <= '9' || slices.Contains([]byte(others), ch)):
		default:
			return false
		}
	}
	return true
}

// isReserved tells words that expressions use for something else.
func isReserved(s string) bool {
	switch s {
	case "call", "caller", "digits", "money", "date", "time", "int", "text", "len",
		"true", "false", "nil", "not", "in", "and", "or", "let", "if", "else", "matches", "contains":
		return true
	}
	return false
}

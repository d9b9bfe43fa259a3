package flows

// CodeDoc documents one code: what `callflow explain CODE` prints.
type CodeDoc struct {
	Code     Code
	Severity Severity
	// Summary says in one sentence what the mistake is.
	Summary string
	// Explanation says why it matters, and what to do.
	Explanation string
	// Example is a whole flow with this mistake and no other. It is empty for a
	// code that is not about what a flow says.
	Example string
	// Fixed is the example put right.
	Fixed string
}

// Codes are the codes in the order in which a flow meets them: as a file, as a
// flow, state by state, in its expressions, and on the ways through it. A test
// holds every example to its code.
func Codes() []CodeDoc {
	var all []CodeDoc
	for _, group := range [][]CodeDoc{yamlCodes(), shapeCodes(), valueCodes(), expressionCodes(), wayCodes()} {
		for _, d := range group {
			d.Severity = d.Code.Severity()
			all = append(all, d)
		}
	}
	return all
}

// Explain finds the documentation of a code.
func Explain(code Code) (CodeDoc, bool) {
	for _, d := range Codes() {
		if d.Code == code {
			return d, true
		}
	}
	return CodeDoc{}, false
}

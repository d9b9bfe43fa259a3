package flows

// Options are what a flow is checked and compiled against besides itself. The
// zero value is the language as it comes.
type Options struct {
	// Words are words files by language, in YAML. They add languages and replace
	// those that come with the program.
	Words map[string][]byte
	// Services are the names of the services that the installation has; nil: not
	// known, and not checked.
	Services []string
	// ChosenNumbers lets flows transfer to numbers that callers chose: whoever makes
	// the calls refuses those that are not allowed.
	ChosenNumbers bool
	// Find finds the flows that a flow enters and that were not handed over with
	// it; nil: there are none. Beside is one.
	Find Finder
}

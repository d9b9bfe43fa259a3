package prove

import (
	"cmp"
	"slices"
	"strings"

	"callflow/engine"
)

// The codes of findings: the words under which package flows documents them.
const (
	CodeRequiresUnproved = "requires-unproved"
	CodeUnsetVariable    = "unset-variable"
	CodeUnboundedLoop    = "unbounded-loop"
	CodeDeadEnd          = "dead-end"
	CodeUnreachableState = "unreachable-state"
	CodeSecretExposed    = "secret-exposed"
	CodeUnboundPrincipal = "unbound-principal"
	CodeMisleadingWords  = "misleading-words"
)

// Finding is a proof that fails at one place.
type Finding struct {
	Code string
	// State is where the mistake stands, and Outcome the transition of it that is
	// meant, or "".
	State   string
	Outcome engine.Outcome
	// Other is another state concerned, or "".
	Other string
	// Name is the variable or the fact concerned, or "".
	Name string
	// Message says what is wrong, in the form of a diagnostic's; Hint what to do.
	Message, Hint string
	// Path is the shortest way a caller gets there from the start of a call.
	Path Path
	// Second is the way round of a loop, the way of a secret, or the way to be
	// compared with Path.
	Second Path
}

// Path is a way through a flow, transition by transition.
type Path []Step

// Step is one transition of a path.
type Step struct {
	State   string
	Outcome engine.Outcome
	// Keys are what the caller presses or what happens: "12345#", "silence ×3",
	// "sign-in denied". Empty where a state goes on by itself.
	Keys string
	To   string
}

// Keys are what a caller does and meets on a path: "12345#, 1234, sign-in
// denied, 1". It is empty for a path on which nothing is pressed and nothing
// goes wrong.
func (p Path) Keys() string {
	keys := make([]string, 0, len(p))
	for _, s := range p {
		if s.Keys != "" {
			keys = append(keys, s.Keys)
		}
	}
	return strings.Join(keys, ", ")
}

// States are the names of the states on a path: "pin → sign_in → main_menu".
func (p Path) States() string {
	if len(p) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(p[0].State)
	for _, s := range p {
		b.WriteString(" → " + s.To)
	}
	return b.String()
}

// Check runs every proof. Findings are in the order of the states of spec.
func Check(spec *engine.Spec) []Finding { return CheckMap(NewMap(spec)) }

// CheckMap is Check for a map that is needed for something else too.
func CheckMap(m *Map) []Finding {
	var all []Finding
	for _, proof := range []func(*Map) []Finding{
		Unreachable,
		DeadEnds,
		Loops,
		Authentication,
		UnsetVariables,
		Secrets,
		Principal,
		MisleadingWords,
	} {
		all = append(all, proof(m)...)
	}
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Compare(m.index[a.State], m.index[b.State])
	})
	return all
}

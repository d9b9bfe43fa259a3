package flows

import (
	"io/fs"
	"strings"
)

// CodeDoc documents one code: what `callflow explain CODE` prints.
type CodeDoc struct {
	Code     Code     `json:"code"`
	Severity Severity `json:"severity"`
	// Summary says in one sentence what the mistake is.
	Summary string `json:"summary"`
	// Explanation says why it matters, and what to do.
	Explanation string `json:"explanation"`
	// Example is a whole flow with this mistake and no other. It is empty for a
	// code that is not about what a flow says.
	Example string `json:"example"`
	// Fixed is the example put right.
	Fixed string `json:"fixed"`
}

// The file that examples are reported to stand in, and the services that their
// installation has.
const (
	exampleFile   = "flow.yaml"
	exampleBank   = "bank"
	exampleReport = "herd"
)

// Diagnose checks the example, and gives what is wrong with it: nothing but its
// code.
func (d CodeDoc) Diagnose() Diagnostics { return diagnoseExample(d.Example) }

func diagnoseExample(src string) Diagnostics {
	if src == "" {
		return nil
	}
	_, diags := CompileSource(exampleFile, []byte(src), Options{
		Services: []string{exampleBank, exampleReport}, Find: findExample,
	})
	return diags
}

// findExample finds the flows that examples enter.
func findExample(_, name string) (Source, error) {
	switch name {
	case "verify_owner":
		return Source{"verify_owner.yaml", []byte(exampleSubflow)}, nil
	case "opening_hours":
		return Source{"opening_hours.yaml", []byte(exampleFlow)}, nil
	}
	return Source{}, fs.ErrNotExist
}

// Output is what a check of the example shows people.
func (d CodeDoc) Output() string {
	var b strings.Builder
	// A Builder takes all that is written to it.
	_ = d.Diagnose().Render(&b, map[string][]byte{exampleFile: []byte(d.Example)}, RenderOptions{})
	return b.String()
}

// Codes are the codes in the order in which a flow meets them: as a file, as a
// flow, state by state, in its expressions, and on the ways through it. A test
// holds every example to its code.
func Codes() []CodeDoc {
	var all []CodeDoc
	for _, group := range [][]CodeDoc{yamlCodes(), shapeCodes(), valueCodes(), promptCodes(), speechCodes(), hoursCodes(), expressionCodes(), wayCodes(), subflowCodes()} {
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

package main

import (
	"fmt"

	"callflow/flows"
)

// mostShown is how many diagnostics of one file are shown to people at once: who
// has more begins with these.
const mostShown = 50

// printDiagnostics shows sorted diagnostics, of each file only so many.
func (c *Command) printDiagnostics(diags flows.Diagnostics, sources map[string][]byte, most int) error {
	for len(diags) > 0 {
		n := 1
		for n < len(diags) && diags[n].File == diags[0].File {
			n++
		}
		shown := min(n, most)
		if err := diags[:shown].Render(c.Stdout, sources, c.rendering(c.Stdout)); err != nil {
			return err
		}
		if shown < n {
			fmt.Fprintf(c.Stdout, "\n%s: and %d more; --all shows them\n", diags[0].File, n-shown)
		}
		fmt.Fprintln(c.Stdout)
		diags = diags[n:]
	}
	return nil
}

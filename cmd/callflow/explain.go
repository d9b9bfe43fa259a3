package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"callflow/cmd/callflow/config"
	"callflow/flows"
)

func newExplain(c *Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain [CODE]",
		Short: "Explain a code that check prints, with an example",
		Long: `Explains a code that stands in brackets at the end of what check and serve
report: what it means, what to do, and an example with its correction. Without a
code it lists them all.`,
		Example: "  callflow explain dangling-next",
		Args:    maxArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var codes []string
			for _, d := range allCodes() {
				codes = append(codes, string(d.Code)+"\t"+d.Summary)
			}
			return codes, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return listCodes(c.Stdout)
			}
			return explain(c.Stdout, strings.Trim(args[0], "[]"))
		},
	}
	return cmd
}

// allCodes are the codes of flows and those of the configuration.
func allCodes() []flows.CodeDoc { return append(flows.Codes(), config.Codes()...) }

func listCodes(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, d := range allCodes() {
		fmt.Fprintf(tw, "%s\t%s\t%s\n", d.Code, d.Severity, d.Summary)
	}
	return tw.Flush()
}

func explain(w io.Writer, code string) error {
	var known []string
	for _, d := range allCodes() {
		if string(d.Code) == code {
			return printCode(w, d)
		}
		known = append(known, string(d.Code))
	}
	hint := `; "callflow explain" lists them`
	if s := flows.Suggest(code, known); s != "" {
		hint = "; " + s
	}
	return usagef("there is no code %q%s", code, hint)
}

func printCode(w io.Writer, d flows.CodeDoc) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)\n\n%s\n", d.Code, d.Severity, d.Summary)
	output := ""
	if of, ok := flows.Explain(d.Code); ok {
		output = of.Output() // of a flow; other examples are not
	}
	for _, part := range []struct{ title, text string }{
		{"", d.Explanation}, {"For example:", indented(d.Example)}, {"Check says:", indented(output)}, {"Put right:", indented(d.Fixed)},
	} {
		if strings.TrimSpace(part.text) == "" {
			continue
		}
		b.WriteString("\n")
		if part.title != "" {
			b.WriteString(part.title + "\n\n")
		}
		b.WriteString(strings.TrimRight(part.text, "\n") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// indented is a text four columns to the right.
func indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			b.WriteString("    ")
		}
		b.WriteString(line)
	}
	return b.String()
}

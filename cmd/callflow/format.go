package main

import (
	"github.com/spf13/cobra"
)

// format is how a command prints.
type format string

// formatFlag gives a command the flag --format.
func formatFlag(cmd *cobra.Command) *format {
	f := format("text")
	cmd.Flags().StringVar((*string)(&f), "format", "text", "`text` for people, json for programs")
	return &f
}

func (f *format) check() error {
	if *f != "text" && *f != "json" {
		return usagef("--format: found %q, expected text or json", string(*f))
	}
	return nil
}

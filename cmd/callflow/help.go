package main

import (
	"strings"

	"github.com/spf13/cobra"

	"callflow/flows"
)

// strictHelp has "callflow help" say so where there is no such command, instead of
// showing the help of all.
func strictHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	for _, help := range root.Commands() {
		if help.Name() != "help" {
			continue
		}
		help.Run = nil
		help.RunE = func(_ *cobra.Command, args []string) error {
			about, rest, err := root.Find(args)
			if err != nil {
				return usagef("%w; see %q", err, root.CommandPath()+" --help")
			}
			if len(rest) > 0 {
				return unknownCommand(about, rest[0])
			}
			about.InitDefaultHelpFlag() // which help shows as well
			return about.Help()
		}
	}
}

// unknownCommand is a name that is none of the commands below one, with what was
// probably meant.
func unknownCommand(below *cobra.Command, name string) error {
	var known []string
	for _, sub := range below.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			known = append(known, sub.Name())
		}
	}
	hint := ""
	if s := flows.Suggest(name, known); s != "" {
		hint = "; " + s
	}
	path := strings.TrimPrefix(below.CommandPath()+" "+name, below.Root().Name()+" ")
	return usagef("there is no command %q%s; see %q", path, hint, below.CommandPath()+" --help")
}

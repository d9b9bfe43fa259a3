package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// The exit statuses.
const (
	exitOK    = 0
	exitFound = 1 // problems were found, or a call did not come to its end
	exitUsage = 2 // the command line, or a file it names, is wrong
)

// errShown is an error whose particulars the reader has seen already: it only
// makes the exit status.
var errShown = errors.New("problems found")

// usageError is a wrong command line, or a file it names that cannot be read.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

func exitStatus(err error) int {
	var usage usageError
	var end callEnd
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &end):
		return int(end)
	case errors.As(err, &usage):
		return exitUsage
	default:
		return exitFound
	}
}

// noArgs is cobra.NoArgs with a usage error that says where to look.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if !cmd.HasParent() {
		return usagef("there is no command %q; see %q", args[0], cmd.CommandPath()+" --help")
	}
	return usagef("found %q, expected no arguments; see %q", args[0], cmd.CommandPath()+" --help")
}

// maxArgs is cobra.MaximumNArgs in the same way.
func maxArgs(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) <= n {
			return nil
		}
		return usagef("found %d arguments, expected at most %d; see %q", len(args), n, cmd.CommandPath()+" --help")
	}
}

// exactArgs wants n arguments, and says what they are.
func exactArgs(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usagef("%s takes %s; see %q", cmd.CommandPath(), what, cmd.CommandPath()+" --help")
		}
		return nil
	}
}

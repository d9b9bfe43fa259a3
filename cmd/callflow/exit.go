package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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

// exclusive refuses a flag beside any of the others.
func exclusive(cmd *cobra.Command, flag string, others ...string) {
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		if !cmd.Flags().Changed(flag) {
			return nil
		}
		for _, other := range others {
			if cmd.Flags().Changed(other) {
				return usagef("--%s and --%s do not go together; see %q", flag, other, cmd.CommandPath()+" --help")
			}
		}
		return nil
	}
}

// wrongFlag words what is wrong with a flag, and says where to look.
func wrongFlag(cmd *cobra.Command, err error) error {
	see := cmd.CommandPath() + " --help"
	var value *pflag.InvalidValueError
	if errors.As(err, &value) {
		expected := map[string]string{
			"int": "a whole number", "int64": "a whole number", "uint": "a whole number", "float64": "a number",
			"duration": "a length of time, such as 5s", "bool": "true or false",
		}[value.GetFlag().Value.Type()]
		if expected != "" {
			return usagef("--%s: found %q, expected %s; see %q", value.GetFlag().Name, value.GetValue(), expected, see)
		}
	}
	return usagef("%w; see %q", err, see)
}

// noArgs is cobra.NoArgs with a usage error that says where to look.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if !cmd.HasParent() {
		return unknownCommand(cmd, args[0])
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

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
)

// Command is the program: what it reads, writes and asks.
type Command struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Env is the environment, as os.Environ gives it.
	Env []string
	Now func() time.Time

	settings      *settingFlags
	setBySettings []*cobra.Command // those that take them
}

// subcommands makes them all, in the order in which help shows them.
var subcommands = [...]func(*Command) *cobra.Command{
	newNew,
	newSimulate,
	newTest,
	newCheck,
	newGraph,
	newServe,
	newExplain,
	newShow,
	newFmt,
	newSchema,
	newConfig,
	newUsers,
	newAuth0,
	newBackup,
	newLockouts,
	newLoad,
	newPlay,
	newDial,
	newVersion,
}

// Main runs the command that args name and returns the exit status. It comes back
// soon after ctx is done.
func (c Command) Main(ctx context.Context, args []string) int {
	root := c.root()
	c.addSettingFlags(root, args)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	status := exitStatus(err)
	if err != nil && !errors.Is(err, errShown) {
		fmt.Fprintln(c.Stderr, "callflow:", err)
	}
	return status
}

func (c *Command) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "callflow",
		Short: "Telephone menus, written in YAML and run on any platform",
		Long: `callflow runs telephone menus written in YAML.

Exit status: 0 when all went well, 1 when problems were found or a call did not
come to its end, 2 when the command line or a file it names is wrong.`,
		Args:          noArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(c.Stdin)
	root.SetOut(c.Stdout)
	root.SetErr(c.Stderr)
	root.SetFlagErrorFunc(wrongFlag)
	for _, make := range subcommands {
		root.AddCommand(make(c))
	}
	strictHelp(root)
	return root
}

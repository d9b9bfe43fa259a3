package main

import (
	"github.com/spf13/cobra"
)

func newConfig(c *Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config [CONFIG|FOLDER]",
		Short: "Show the settings that hold, and where each comes from",
		Long: `Shows every setting that has a value, and whether it comes from the file, the
environment, a flag or is the default. Secrets are hidden. What serve would refuse
to start with is shown too, and what becomes of keys that callers press ahead.

Every setting has one name: server.listen in callflow.yaml, the environment variable
CALLFLOW_SERVER_LISTEN, the flag --server-listen. A flag wins over the environment,
the environment over the file, the file over the default. Secrets have no flag,
because everybody on a machine sees its command lines.`,
		Args: maxArgs(1),
	}
	cmd.AddCommand(newConfigKey(c), newConfigToken(c))
	format := formatFlag(cmd)
	flags := c.settingFlags(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if err := format.check(); err != nil {
			return err
		}
		src, err := c.source(args, flags())
		if err != nil {
			return err
		}
		in := open(src)
		in.checkServing()
		if *format == "json" {
			err = in.config.JSON(c.Stdout)
		} else {
			err = in.config.Show(c.Stdout)
			printNotes(c.Stdout, in.notes)
		}
		if err != nil {
			return err
		}
		return c.showProblems(in)
	}
	return cmd
}

package main

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"
)

func newDialCancel(c *Command) *cobra.Command {
	var api deskFlags
	cmd := &cobra.Command{
		Use:   "cancel ID [CONFIG|FOLDER]",
		Short: "Take back a call that waits",
		Long: `Takes back a call that waits: for its time, for its hours, or for the next attempt. One
that is being dialled may ring already: it goes on, and is not tried again. The server
writes to its log who has taken back what.

Exit status: 0 when the call is not made, 1 when it goes on or is over.`,
		Example: `  callflow dial cancel hwkz6vsk2m3eqf7g5xqj4c2a3m`,
	}
	api.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 || len(args) > 2 {
			return usagef("name the call, as %q and %q print it; see %q", "callflow dial", "callflow dial list", cmd.CommandPath()+" --help")
		}
		desk, err := api.open(c, args[1:])
		if err != nil {
			return err
		}
		v, err := desk.ask(cmd.Context(), http.MethodDelete, "/api/calls/"+url.PathEscape(args[0]), "", nil)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(c.Stdout, progress(v))
		return err
	}
	return cmd
}

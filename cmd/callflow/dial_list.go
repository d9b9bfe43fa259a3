package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"callflow/engine/runner/outbound"
)

func newDialList(c *Command) *cobra.Command {
	var api deskFlags
	cmd := &cobra.Command{
		Use:   "list [CONFIG|FOLDER]",
		Short: "Show the calls that were ordered and are not over",
		Long: `Shows the calls that wait, are being dialled, or go on: those that were ordered with
the token, or with that of a dialler who is a monitor as well, everybody's.`,
		Example: `  callflow dial list
  callflow dial list --server https://ivr.example.com --token-file token`,
		Args: maxArgs(1),
	}
	format := formatFlag(cmd)
	api.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := format.check(); err != nil {
			return err
		}
		desk, err := api.open(c, args)
		if err != nil {
			return err
		}
		list, err := desk.list(cmd.Context())
		if err != nil {
			return err
		}
		if *format == "json" {
			return writeJSON(c.Stdout, list)
		}
		return c.showCalls(list)
	}
	return cmd
}

// list asks for all calls that are not over.
func (d callDesk) list(ctx context.Context) ([]outbound.View, error) {
	all := []outbound.View{}
	for query := ""; ; {
		var page struct {
			Calls []outbound.View `json:"calls"`
			Next  string          `json:"next"`
		}
		if err := d.send(ctx, http.MethodGet, "/api/calls"+query, "", nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Calls...)
		if page.Next == "" {
			return all, nil
		}
		query = "?after=" + url.QueryEscape(page.Next)
	}
}

func (c *Command) showCalls(list []outbound.View) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(c.Stdout, "no calls wait or go on")
		return err
	}
	tw := tabwriter.NewWriter(c.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "ID\tTO\tFLOW\tORDERED BY\tSTATUS")
	for _, v := range list {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\n", v.ID, v.To, v.Flow, v.By, progress(v))
	}
	return tw.Flush()
}

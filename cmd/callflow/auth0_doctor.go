package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"callflow/cmd/callflow/config"
	"callflow/engine"
	"callflow/providers/identity/auth0"
)

func newAuth0Doctor(c *Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor [CONFIG|FOLDER]",
		Short: "Say what an Auth0 tenant needs before callers can sign in",
		Long: `Asks the tenant of a configuration for everything that a sign-in needs, and says
what to change, and where. Nothing is changed, and no secret is shown. One login is
tried, of a user who does not exist; it shows in the tenant's log.

With --account the PIN is asked for, or read from standard input, and the user is
signed in as a caller would be.

Checks marked "not checked" need scopes of the Management API that sign-ins do not
need: grant read:clients, read:connections and read:attack_protection for as long as
you set the tenant up, if you like; and read:actions, read:log_streams,
read:event_streams and read:phone_providers to have looked at what "auth0 install" made.`,
		Example: `  callflow auth0 doctor
  callflow auth0 doctor --account 12345`,
		Args: maxArgs(1),
	}
	flags := c.settingFlags(cmd)
	account := cmd.Flags().String("account", "", "sign this account in, too")
	format := formatFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := format.check(); err != nil {
			return err
		}
		src, err := c.source(args, flags())
		if err != nil {
			return err
		}
		tenant, err := c.tenant(src)
		if err != nil {
			return err
		}
		defer tenant.Close()
		var pin engine.Secret
		if *account != "" {
			if pin, err = c.askPIN(); err != nil {
				return err
			}
		}
		findings := tenant.Examine(cmd.Context(), *account, pin)
		failed := error(nil)
		if slices.ContainsFunc(findings, func(f auth0.Finding) bool { return f.Verdict == auth0.Problem }) {
			failed = errShown
		}
		if *format == "json" {
			e := json.NewEncoder(c.Stdout)
			e.SetEscapeHTML(false)
			e.SetIndent("", "  ")
			return errors.Join(e.Encode(findings), failed)
		}
		return errors.Join(showFindings(c.Stdout, findings), failed)
	}
	return cmd
}

// askPIN asks for a PIN once, or reads it from standard input.
func (c *Command) askPIN() (engine.Secret, error) {
	if in, ok := c.terminal(); ok {
		return c.prompt(in, "PIN: ")
	}
	return c.readPIN()
}

// tenant is the Auth0 tenant of a configuration. Flows need not be right for it.
func (c *Command) tenant(src config.Source) (*auth0.Provider, error) {
	in := &installation{sources: map[string][]byte{}}
	in.config, in.diags = config.Load(src)
	in.sources[in.config.File] = in.config.Masked
	a := in.config.Identity
	if !in.diags.HasErrors() && (a == nil || a.Name != "auth0") {
		return nil, usagef("the configuration has no identity.auth0; write domain, client_id and client_secret below it")
	}
	in.openIdentity()
	if err := c.showProblems(in); err != nil {
		return nil, err
	}
	return in.identity.(*auth0.Provider), nil
}

// showFindings writes findings for people.
func showFindings(w io.Writer, findings []auth0.Finding) error {
	for _, f := range findings {
		if _, err := fmt.Fprintf(w, "%-11s  %s: %s\n", f.Verdict, f.Check, f.Found); err != nil {
			return err
		}
		if f.Advice != "" {
			if _, err := fmt.Fprintf(w, "%-11s  -> %s\n", "", f.Advice); err != nil {
				return err
			}
		}
	}
	return nil
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"callflow/cmd/callflow/config"
	"callflow/providers"
	"callflow/providers/identity/auth0"
)

func newAuth0Install(c *Command) *cobra.Command {
	var apply, phone, secrets bool
	var connection string
	cmd := &cobra.Command{
		Use:   "install [CONFIG|FOLDER]",
		Short: "Set an Auth0 tenant up for what is configured here",
		Long: `Compares the tenant with the configuration and says what would be created or changed.
With --apply it is done. What has the same name is changed, what is right already is
left alone, and nothing is deleted: it can be run again at any time. No secret is
shown.

  auth0_gateway   the SMS connection (--connection) that posts to /auth0/sms, or with
                  --phone-provider the Action and the phone provider of newer tenants
  auth0_logs      the log stream "callflow", to /auth0/logs
  index.secret    the Actions "callflow user registered" and "callflow user signed in",
                  and the event stream "callflow", to /auth0/users and /auth0/events

What only people should change, grants and scopes of the application, is listed as "by
hand", with where it is.

The tenant never shows some secrets; after changing one, use --secrets to send all of
them again. The token needs scopes that calls do not: a step that lacks one names it.
Take them away afterwards.`,
		Example: `  callflow auth0 install
  callflow auth0 install --apply
  callflow auth0 install --phone-provider --apply`,
		Args: maxArgs(1),
	}
	flags := c.settingFlags(cmd)
	format := formatFlag(cmd)
	cmd.Flags().BoolVar(&apply, "apply", false, "do it, instead of saying what would be done")
	cmd.Flags().BoolVar(&phone, "phone-provider", false, "have messages sent by an Action, not by an SMS connection")
	cmd.Flags().BoolVar(&secrets, "secrets", false, "send secrets again that the tenant does not show")
	cmd.Flags().StringVar(&connection, "connection", "", "the `NAME` of the SMS connection; without it, that of identity.auth0.sms_connection")
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
		cfg, _ := config.Load(src) // without problems, or there were no tenant
		wanted, err := wantedOf(cfg)
		if err != nil {
			return err
		}
		wanted.Secrets = secrets
		if wanted.Gateway != nil && !phone {
			wanted.Gateway.Connection = cmp.Or(connection, providers.Auth0(cfg.Identity.Section).SMSConnection, auth0.DefaultSMSConnection)
		}
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return c.install(ctx, tenant, wanted, apply, *format)
	}
	return cmd
}

// wantedOf is what a configuration wants of its tenant.
func wantedOf(cfg *config.Config) (auth0.Wanted, error) {
	w := auth0.Wanted{PublicURL: cfg.PublicURL}
	// A stand-in on this machine reaches what Auth0 does not.
	standIn := providers.Auth0(cfg.Identity.Section).BaseURL != ""
	switch {
	case standIn && w.PublicURL == "":
		return w, usagef("the tenant at identity.auth0.base_url is told where to post: set server.public_url, such as http://%s", cfg.Listen)
	case !standIn && !strings.HasPrefix(w.PublicURL, "https://"):
		return w, usagef("Auth0 posts to public addresses alone: set server.public_url to one that begins with https://")
	}
	if g := cfg.Gateway; g != nil && g.Token != nil && len(g.Token.Keys) > 0 {
		w.Gateway = &auth0.WantedGateway{
			Key: g.Token.Keys[0], Subject: g.Token.Subject, Audience: g.Token.Audience, Template: g.Template, Length: g.CodeLength,
		}
	}
	if l := cfg.LogStream; l != nil && len(l.Tokens) > 0 {
		w.LogStream = l.Tokens[0]
	}
	w.Factors = cfg.Index.Factors
	if len(cfg.Index.Secrets) > 0 {
		w.News = cfg.Index.Secrets[0]
	}
	if w.Gateway == nil && w.LogStream.Len() == 0 && w.News.Len() == 0 {
		return w, usagef("nothing here needs anything of the tenant: auth0_gateway, auth0_logs and index.secret are not set")
	}
	return w, nil
}

// installed is what became of a step.
type installed struct {
	auth0.Step
	Done  bool   `json:"done"`
	Error string `json:"error,omitempty"`
}

func (c *Command) install(ctx context.Context, tenant *auth0.Provider, w auth0.Wanted, apply bool, f format) error {
	all := []installed{}
	open, failed := 0, error(nil)
	for _, s := range tenant.Plan(ctx, w) {
		r := installed{Step: s}
		if s.Verb == auth0.Blocked {
			failed = errShown
		}
		if s.Verb == auth0.Create || s.Verb == auth0.Change {
			open++
			if apply {
				if err := s.Apply(ctx); err != nil {
					r.Error, failed = strings.TrimPrefix(err.Error(), "auth0: "), errShown
				} else {
					r.Done = true
					open--
				}
			}
		}
		all = append(all, r)
		if f != "json" {
			c.showStep(r)
		}
	}
	if f == "json" {
		return errors.Join(writeJSON(c.Stdout, all), failed)
	}
	if open > 0 && !apply {
		fmt.Fprintf(c.Stdout, "\n%s to do; with --apply it is done\n", plural(open, "step"))
	}
	return failed
}

func (c *Command) showStep(s installed) {
	verb := string(s.Verb)
	if s.Done {
		verb = map[auth0.Verb]string{auth0.Create: "created", auth0.Change: "changed"}[s.Verb]
	}
	if s.Error != "" {
		verb = "failed"
	}
	text := fmt.Sprintf("%-8s %s", verb, s.What)
	if why := s.Why; why != "" {
		text += ": " + why
	}
	fmt.Fprintln(c.Stdout, text)
	if s.Error != "" {
		fmt.Fprintf(c.Stdout, "         -> %s\n", s.Error)
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"callflow/cmd/callflow/config"
	"callflow/providers/identity/auth0/index"
	"callflow/providers/phone"
)

func newUsersFactors(c *Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "factors [CONFIG|FOLDER]",
		Short: "Read the numbers that are second factors of the users in the index",
		Long: `Reads, of every user in the index, the telephone numbers that are second factors.
Auth0 has them in no export: it takes a request for each user, index.per_second of
them in a second, and fewer while calls need what Auth0 allows. A hundred thousand
users take a day. What was broken off goes on where it stood. Users who cannot be
read keep nobody waiting: they are named, and tried again the next time.

A server with "factors: yes" does the same by itself, again and again. The token
needs the scope read:authentication_methods. Auth0 may show numbers masked: those can
only be told apart when the log stream has told of their enrolment.`,
		Example: `  callflow users factors
  callflow users factors --index-per-second 4`,
		Args: maxArgs(1),
	}
	flags := c.settingFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		src, err := c.source(args, flags())
		if err != nil {
			return err
		}
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return c.readFactors(ctx, src)
	}
	return cmd
}

func (c *Command) readFactors(ctx context.Context, src config.Source) error {
	tenant, err := c.tenant(src)
	if err != nil {
		return err
	}
	defer tenant.Close()
	cfg, _ := config.Load(src) // without problems, or there were no tenant
	return c.withPhones(ctx, src, func(desk phoneDesk, region phone.Region) error {
		k := &index.Keeper{
			Users: desk, Source: tenant.Reader(cfg.Index.PerSecond),
			Shape: index.Shape{Region: region, Usernames: tenant.Usernames()}, Factors: true, Now: c.Now, Log: zap.NewNop(),
		}
		size, err := countUsers(ctx, desk)
		if err != nil {
			return err
		}
		if size == 0 {
			return errors.New("the index has no users whose second factors could be read; fill it first, with callflow users export --import")
		}
		bar := c.progress(int64(size))
		r, err := k.ReadFactors(ctx, func(r index.Round) { bar(int64(r.Users), fmt.Sprintf("%d users", r.Users)) })
		bar(-1, "")
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("broken off after %s; the same command goes on from there", plural(r.Users, "user"))
		case err != nil:
			return err
		}
		text := "second factors of " + plural(r.Users, "user") + " read"
		if r.Masked > 0 {
			text += fmt.Sprintf("; Auth0 masks %s, which cannot be looked up", plural(r.Masked, "number"))
		}
		if n := len(r.Later) + r.Left; n > 0 {
			text += fmt.Sprintf("; %s could not be read, and the same command tries them again", plural(n, "user"))
			for _, l := range r.Later[:min(len(r.Later), mostNamed)] {
				fmt.Fprintf(c.Stderr, "callflow: %s could not be read: %s\n", l.ID, strings.TrimPrefix(l.Why, "auth0: "))
			}
		}
		_, err = fmt.Fprintln(c.Stdout, text)
		if r.Users == 0 && len(r.Later)+r.Left > 0 {
			return errors.Join(err, errShown) // nothing was done
		}
		return err
	})
}

// mostNamed is how many users are named who could not be read.
const mostNamed = 20

// countUsers counts the users in the index.
func countUsers(ctx context.Context, desk phoneDesk) (n int, err error) {
	for after := ""; ; {
		const page = 2000
		users, err := desk.PhoneUsers(ctx, after, page)
		if err != nil || len(users) == 0 {
			return n, err
		}
		after = users[len(users)-1].ID
		n += len(users)
	}
}

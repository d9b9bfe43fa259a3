package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os/user"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"callflow/cmd/callflow/config"
	"callflow/engine/runner"
	"callflow/engine/runner/lockout"
)

// lockoutDesk is what operators do with lock-outs.
type lockoutDesk interface {
	List(ctx context.Context, all bool) ([]lockout.Entry, error)
	Clear(ctx context.Context, id lockout.ID, by string) (lockout.Entry, bool, error)
}

// whose says which lock-outs are meant.
type whose struct{ account, number string }

func (w *whose) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&w.account, "account", "", "the `ACCOUNT`, as callers enter it")
	cmd.Flags().StringVar(&w.number, "number", "", "the calling `NUMBER`; with an account, the two together as well")
}

// named tells whether any was named.
func (w *whose) named() bool { return *w != whose{} }

// ids are those of the account, the number, and both together. With an account
// alone, those of waiting that are its callers' are among them.
func (w *whose) ids(h lockout.Hasher, waiting []lockout.Entry) ([]lockout.ID, error) {
	var ids []lockout.ID
	if w.account != "" {
		ids = append(ids, h.Account(w.account))
	}
	if w.number != "" {
		id, ok := h.Number(w.number)
		if !ok {
			return nil, usagef("--number: %q is what platforms say of a number that is withheld; such callers are not counted by number", w.number)
		}
		ids = append(ids, id)
		if w.account != "" {
			ids = append(ids, h.Caller(w.account, w.number))
		}
		return ids, nil
	}
	for _, e := range waiting {
		if w.account != "" && e.ID != ids[0] && e.ID.Of(ids[0]) {
			ids = append(ids, e.ID)
		}
	}
	return ids, nil
}

func newLockouts(c *Command) *cobra.Command {
	var who whose
	var all bool
	cmd := &cobra.Command{
		Use:   "lockouts [CONFIG|FOLDER]",
		Short: "Show whose sign-ins are refused for a while, and let them in again",
		Long: `Shows for which accounts, calling numbers and trunks sign-ins are refused at the
moment because too many went wrong, and until when.

The store has no accounts or numbers, only hashes of them: to find an account, name
it. A "caller" is an account together with a number that signed in to it before, and
is counted apart from everybody else who tries the account; --account shows both.

The server that has the store is asked, through a socket beside the store's file,
which only the user that the server runs as may use. Where no server runs, the file
is read as it lies there. The store must be one that outlives the server.`,
		Example: `  callflow lockouts
  callflow lockouts --account 12345 --number +61255500123
  callflow lockouts clear --account 12345
  callflow lockouts clear account/8c6df2b1b1a5b8be0d7f7d4f0c7e2a11`,
		Args: maxArgs(1),
	}
	cmd.AddCommand(newLockoutsClear(c))
	format := formatFlag(cmd)
	flags := c.settingFlags(cmd)
	who.flags(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "show as well who has had sign-ins refused and may go on at once")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := format.check(); err != nil {
			return err
		}
		src, err := c.source(args, flags())
		if err != nil {
			return err
		}
		return c.withLockouts(cmd.Context(), src, who.named(), func(desk lockoutDesk, h lockout.Hasher) error {
			list, err := desk.List(cmd.Context(), all || who.named())
			if err != nil {
				return err
			}
			ids, err := who.ids(h, list)
			if err != nil {
				return err
			}
			if who.named() {
				list = slices.DeleteFunc(list, func(e lockout.Entry) bool { return !slices.Contains(ids, e.ID) })
			}
			if *format == "json" {
				return writeJSON(c.Stdout, append([]lockout.Entry{}, list...))
			}
			return c.showLockouts(list)
		})
	}
	return cmd
}

func newLockoutsClear(c *Command) *cobra.Command {
	var who whose
	var from string
	cmd := &cobra.Command{
		Use:   "clear [CONFIG|FOLDER] [ID…]",
		Short: "Forget refused sign-ins, so that the next is tried at once",
		Long: `Forgets the refused sign-ins of an account, whoever made them, of a calling number, or
of the IDs that "callflow lockouts" shows. It is written to the log, with the name of
the user who asked.`,
		Example: `  callflow lockouts clear --account 12345
  callflow lockouts clear /etc/callflow.yaml account/8c6df2b1b1a5b8be0d7f7d4f0c7e2a11`,
	}
	flags := c.settingFlags(cmd)
	who.flags(cmd)
	cmd.Flags().StringVar(&from, "config", "", "the `CONFIG` or folder, as well")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		named, rest := lockoutIDs(args)
		switch {
		case len(rest) > 1 || len(rest) == 1 && (from != "" || isLockoutKind(rest[0])):
			return usagef(`%q is not an ID that "callflow lockouts" shows: one is like account/8c6df2b1b1a5b8be0d7f7d4f0c7e2a11`, rest[len(rest)-1])
		case len(rest) == 0 && from != "":
			rest = []string{from}
		}
		if len(named) == 0 && !who.named() {
			return usagef(`whose lock-out? Name an ID that "callflow lockouts" shows, --account or --number`)
		}
		src, err := c.source(rest, flags())
		if err != nil {
			return err
		}
		return c.withLockouts(cmd.Context(), src, who.named(), func(desk lockoutDesk, h lockout.Hasher) error {
			counted, err := desk.List(cmd.Context(), true)
			if err != nil {
				return err
			}
			ids, err := who.ids(h, counted)
			if err != nil {
				return err
			}
			return c.clearLockouts(cmd.Context(), desk, append(ids, named...))
		})
	}
	return cmd
}

// lockoutIDs tells IDs from what else there is among arguments.
func lockoutIDs(args []string) (ids []lockout.ID, rest []string) {
	for _, arg := range args {
		if id, ok := lockout.ParseID(arg); ok {
			ids = append(ids, id)
		} else {
			rest = append(rest, arg)
		}
	}
	return ids, rest
}

// isLockoutKind tells what was meant to be an ID.
func isLockoutKind(arg string) bool {
	switch lockout.ID(arg).Kind() {
	case lockout.Account, lockout.Number, lockout.Trunk, lockout.Caller:
		return !exists(arg)
	}
	return false
}

func (c *Command) clearLockouts(ctx context.Context, desk lockoutDesk, ids []lockout.ID) error {
	by := "unknown"
	if u, err := user.Current(); err == nil {
		by = u.Username
	}
	for _, id := range ids {
		was, ok, err := desk.Clear(ctx, id, by)
		if err != nil {
			return err
		}
		text := "nothing was counted"
		if ok {
			text = plural(was.Attempts, "refused sign-in") + " forgotten"
		}
		if _, err := fmt.Fprintf(c.Stdout, "%s: %s\n", id, text); err != nil {
			return err
		}
	}
	return nil
}

func (c *Command) showLockouts(list []lockout.Entry) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(c.Stdout, "nobody is locked out")
		return err
	}
	now := c.Now()
	tw := tabwriter.NewWriter(c.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "ID\tREFUSED\tNEXT TRY\tFORGOTTEN")
	for _, e := range list {
		next := "at once"
		if e.Waiting() {
			next = in(e.Opens.Sub(now))
		}
		fmt.Fprintf(tw, "%s\t%d\t%s\t%s\n", e.ID, e.Attempts, next, in(e.Until.Sub(now)))
	}
	return tw.Flush()
}

// in is "in 25s".
func in(d time.Duration) string {
	return "in " + max(d, time.Second).Round(time.Second).String()
}

// withLockouts finds the lock-outs of a configuration: at the server that has the
// store, else in the file. Where somebody is named, their hashes have to be those that
// are counted by.
func (c *Command) withLockouts(ctx context.Context, src config.Source, named bool, do func(lockoutDesk, lockout.Hasher) error) error {
	cfg, diags := config.Load(src)
	switch {
	case diags.HasErrors():
		return errors.Join(c.showDiagnostics(diags, map[string][]byte{cfg.File: cfg.Masked}), errShown)
	case !cfg.Store.Durable:
		return usagef("the store %s belongs to the server alone: its lock-outs cannot be seen, and end when it stops", cfg.Store.Name)
	}
	key, err := hashKey(cfg, lockoutPurpose)
	if err != nil {
		return err
	}
	desk := askLockouts(cfg.Store)
	if _, err := desk.List(ctx, false); !errors.Is(err, errNoServer) {
		if err != nil {
			return err
		}
		h := lockout.NewHasher(key)
		if named {
			if theirs, err := desk.key(ctx); err != nil {
				return err
			} else if theirs != h.Fingerprint() {
				return anotherKey(socketOf(cfg.Store))
			}
		}
		return do(desk, h)
	}
	if !exists(cfg.Store.Target) {
		return usagef("there is no store file %s", cfg.Store.Target)
	}
	store, err := openStore(cfg.Store)
	if err != nil {
		return fmt.Errorf("no server answers at %s, and %w", socketOf(cfg.Store), err)
	}
	limits := lockout.Defaults()
	if cfg.Lockout != nil {
		limits = *cfg.Lockout
	}
	locks, err := lockout.New(lockout.Deps{
		Next: nobody{}, Counters: store, Key: key, Limits: limits, Log: c.logger(cfg), Now: c.Now,
	})
	if err == nil && named {
		err = sameKey(ctx, store, cfg)
	}
	if err == nil {
		err = do(locks, locks.Hasher)
	}
	return errors.Join(err, store.Close())
}

// sameKey finds out whether the last server that had a store counted with our key.
func sameKey(ctx context.Context, store runner.Phones, c *config.Config) error {
	sealer, err := runner.NewSealer(c.SealKeys, rand.Reader)
	if err != nil {
		return err
	}
	last, err := sealedBy(ctx, store, sealer)
	switch {
	case errors.Is(err, runner.ErrNotFound): // none has had it
		return nil
	case errors.Is(err, runner.ErrSealed), err == nil && last != c.SealKeys[0].ID:
		return anotherKey(c.Store.Target)
	case err != nil:
		return fmt.Errorf("the store %s: %w", c.Store.Target, err)
	}
	return nil
}

// anotherKey says why nobody is found by name: the hashes of another key are others.
func anotherKey(where string) error {
	return usagef(`the lock-outs of %s are counted with another key than the first of seal_key here, so that nobody can be found by account or number; run this with the server's settings, or name an ID that "callflow lockouts" shows`, where)
}

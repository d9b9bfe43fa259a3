package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"callflow/cmd/callflow/config"
	"callflow/engine/runner"
	"callflow/providers/identity/auth0/index"
	"callflow/providers/identity/directory"
	"callflow/providers/phone"
)

func newUsersImport(c *Command) *cobra.Command {
	var from, asOf string
	var full bool
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Put users of an Auth0 export into the index of numbers",
		Long: `Reads a bulk export of Auth0's users, one user a line as JSON, or CSV, compressed
with gzip or not, and puts their numbers into the index, in which callers are found
by the number they call from. A line that is no user is told about and skipped.

An import that was broken off goes on where it stood when it is started again with
the same file. What is newer in the index than in the export stays. With --full the
export is taken for whole: users that it does not have are taken out.

The server that has the store is given the users, through a socket beside the
store's file; where no server runs, they are written to the file. Numbers without
their country's code are those of "region" in the configuration.`,
		Example: `  callflow users import users.json.gz --full
  callflow users import users.csv --config /etc/callflow.yaml`,
		Args: exactArgs(1, "a file that Auth0 exported"),
	}
	flags := c.settingFlags(cmd)
	cmd.Flags().StringVar(&from, "config", ".", "the `CONFIG` or folder")
	cmd.Flags().BoolVar(&full, "full", false, "take out users that the export does not have")
	cmd.Flags().StringVar(&asOf, "as-of", "", "`WHEN` the export was made, such as 2026-11-21T10:00:00Z (default: when the file was written)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		src, err := c.source([]string{from}, flags())
		if err != nil {
			return err
		}
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return c.importUsers(ctx, src, args[0], asOf, full)
	}
	return cmd
}

func (c *Command) importUsers(ctx context.Context, src config.Source, file, asOf string, full bool) error {
	f, err := os.Open(file)
	if err != nil {
		return usagef("the export %s cannot be read: %w", file, bare(err))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return usagef("the export %s cannot be read: %w", file, bare(err))
	}
	at := info.ModTime().UTC()
	if asOf != "" {
		if at, err = time.Parse(time.RFC3339, asOf); err != nil {
			return usagef("--as-of: found %q, expected an instant such as 2026-11-21T10:00:00Z", asOf)
		}
	}
	return c.withPhones(ctx, src, func(desk phoneDesk, region phone.Region) error {
		counted := &counter{Reader: f}
		r, err := index.NewReader(counted, region, at)
		if err != nil {
			return usagef("%s is no export of users: %w", file, err)
		}
		bar := c.progress(info.Size())
		job := index.Job{
			Phones: desk,
			// The same file is told again by its size and its time.
			Name: fmt.Sprintf("%s/%d/%d", file, info.Size(), info.ModTime().UnixNano()),
			Full: full, At: at,
			Report: func(p index.Progress) { bar(counted.n, fmt.Sprintf("%d users", p.Users)) },
		}
		p, err := job.Run(ctx, r)
		bar(-1, "")
		for _, bad := range p.Problems {
			fmt.Fprintf(c.Stderr, "%s:%d: %s; it is skipped\n", file, bad.Line, bad.Reason)
		}
		if more := p.Bad - len(p.Problems); more > 0 {
			fmt.Fprintf(c.Stderr, "%s: %s more are no users\n", file, plural(more, "line"))
		}
		if p.Odd > 0 {
			fmt.Fprintf(c.Stderr, "%s:%d: %s\n", file, p.OddLine, oddNumbers(p.Odd, region))
		}
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("broken off after line %d; the same command goes on from there", p.Line)
		case err != nil:
			return err
		}
		text := fmt.Sprintf("%s read, %d of them new or changed", plural(p.Users, "user"), p.Changed)
		if full {
			text += fmt.Sprintf(", %d taken out", p.Removed)
		}
		if p.Bad > 0 {
			text += ", " + plural(p.Bad, "line") + " skipped"
		}
		_, err = fmt.Fprintln(c.Stdout, text)
		return err
	})
}

// oddNumbers says of how many users a number was left out, and what helps.
func oddNumbers(users int, region phone.Region) string {
	who := "a number of this user is left out"
	if users > 1 {
		who = fmt.Sprintf("numbers of %d users are left out, of this one first", users)
	}
	if region.Code() == "" {
		return who + ": without a region a number needs its country's code; set region, as --region AU does, and import the file again"
	}
	return fmt.Sprintf("%s: nobody could have such a number, in %s or with a country's code", who, region.Code())
}

// counter counts what is read.
type counter struct {
	io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// progress draws how far something has come, on a terminal and nowhere else. A
// negative count takes the drawing away.
func (c *Command) progress(size int64) func(done int64, text string) {
	if !c.colorful(c.Stderr) {
		return func(int64, string) {}
	}
	var last time.Time
	return func(done int64, text string) {
		const width = 30
		switch now := c.Now(); {
		case done < 0:
			fmt.Fprint(c.Stderr, "\r\x1b[K")
			return
		case now.Sub(last) < 100*time.Millisecond:
			return
		default:
			last = now
		}
		part := 1.0
		if size > 0 {
			part = min(1, float64(done)/float64(size))
		}
		full := int(part * width)
		fmt.Fprintf(c.Stderr, "\r[%s%s] %3d%% %s\x1b[K", strings.Repeat("=", full), strings.Repeat(" ", width-full), int(part*100), text)
	}
}

// mostFound bounds how many users of one number are shown.
const mostFound = 100

func newUsersLookup(c *Command) *cobra.Command {
	var from string
	cmd := &cobra.Command{
		Use:   "lookup NUMBER",
		Short: "Show which users have a number",
		Long: `Shows which users have a telephone number, and what it is to each: a passwordless
number signs its user in by itself, an identifier names an account that has a
password too, and a second factor (mfa) proves nothing alone. A number is a hint at
who may be calling, never a proof. With Auth0 the index of numbers is asked, with a
directory its file of users.

Exit status: 0 somebody was found, 1 nobody, 2 the command line or the
configuration is wrong.`,
		Example: `  callflow users lookup +61412345678
  callflow users lookup "0412 345 678" --region AU --format json`,
		Args: exactArgs(1, "a number"),
	}
	flags := c.settingFlags(cmd)
	format := formatFlag(cmd)
	cmd.Flags().StringVar(&from, "config", ".", "the `CONFIG` or folder")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := format.check(); err != nil {
			return err
		}
		src, err := c.source([]string{from}, flags())
		if err != nil {
			return err
		}
		show := func(desk phoneLookup, region phone.Region) error {
			number, ok := region.Normalize(args[0])
			if !ok {
				return usagef("%q is no number that somebody could have; one without its country's code needs a region", args[0])
			}
			users, err := desk.UsersByPhone(cmd.Context(), number, mostFound)
			if err != nil {
				return err
			}
			return c.showFound(number, users, *format)
		}
		if users, region, err := c.directory(src); users != nil || err != nil {
			if err != nil {
				return err
			}
			return show(inDirectory{users}, region)
		}
		return c.withPhones(cmd.Context(), src, func(desk phoneDesk, region phone.Region) error { return show(desk, region) })
	}
	return cmd
}

// phoneLookup tells who has a number.
type phoneLookup interface {
	UsersByPhone(ctx context.Context, number string, limit int) ([]runner.PhoneUser, error)
}

// directory is the directory of a configuration, which has no index; nil where users
// are elsewhere. Flows need not be right for it.
func (c *Command) directory(src config.Source) (*directory.Directory, phone.Region, error) {
	in := &installation{sources: map[string][]byte{}}
	in.config, in.diags = config.Load(src)
	in.sources[in.config.File] = in.config.Masked
	if a := in.config.Identity; in.diags.HasErrors() || a == nil || a.Name != "directory" {
		return nil, phone.Region{}, nil
	}
	in.openIdentity()
	if err := c.showProblems(in); err != nil {
		return nil, phone.Region{}, err
	}
	users, _ := in.identity.(*directory.Directory)
	return users, in.config.Region, nil
}

// found is a user as look-ups show them.
type found struct {
	ID      string             `json:"id"`
	Account string             `json:"account,omitempty"`
	Name    string             `json:"name,omitempty"`
	Kinds   []runner.PhoneKind `json:"kinds"`
	Updated time.Time          `json:"updated,omitzero"` // of a directory's user nobody knows it
}

func (c *Command) showFound(number string, users []runner.PhoneUser, f format) error {
	list := []found{}
	for _, u := range users {
		list = append(list, found{u.ID, u.Account, u.Name, u.Kinds(number), later(u.UpdatedAt, u.FactorsAt)})
	}
	nobody := error(nil)
	if len(list) == 0 {
		nobody = errShown
	}
	if f == "json" {
		return errors.Join(writeJSON(c.Stdout, list), nobody)
	}
	if len(list) == 0 {
		_, err := fmt.Fprintf(c.Stdout, "nobody has %s\n", number)
		return errors.Join(err, nobody)
	}
	tw := tabwriter.NewWriter(c.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "ACCOUNT\tNAME\tNUMBER IS\tUSER\tUPDATED")
	for _, u := range list {
		updated := ""
		if !u.Updated.IsZero() {
			updated = u.Updated.Format(time.DateOnly)
		}
		kinds := make([]string, len(u.Kinds))
		for i, k := range u.Kinds {
			kinds[i] = string(k)
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\n", harmless(u.Account), harmless(u.Name), strings.Join(kinds, ", "), harmless(u.ID), updated)
	}
	return tw.Flush()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// withPhones finds the index of a configuration: at the server that has the store,
// else in the file.
func (c *Command) withPhones(ctx context.Context, src config.Source, do func(phoneDesk, phone.Region) error) error {
	cfg, diags := config.Load(src)
	switch {
	case diags.HasErrors():
		return errors.Join(c.showDiagnostics(diags, map[string][]byte{cfg.File: cfg.Masked}), errShown)
	case !cfg.Store.Durable:
		return usagef("the store %s belongs to the server alone, and is empty when it starts: set store to bolt:PATH", cfg.Store.Name)
	}
	desk := askPhones(cfg.Store)
	if _, err := desk.Marked(ctx, "import"); !errors.Is(err, errNoServer) {
		if err != nil && !errors.Is(err, runner.ErrNotFound) {
			return err
		}
		return do(desk, cfg.Region)
	}
	store, err := openStore(cfg.Store)
	if err != nil {
		return fmt.Errorf("no server answers at %s, and %w", socketOf(cfg.Store), err)
	}
	return errors.Join(do(store, cfg.Region), store.Close())
}

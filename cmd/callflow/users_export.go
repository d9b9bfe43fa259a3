package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"callflow/engine/runner"
	"callflow/providers/identity/auth0"
	"callflow/providers/identity/auth0/index"
)

// exportFile is where users are exported to when nothing else is said.
const exportFile = "users.json.gz"

func newUsersExport(c *Command) *cobra.Command {
	var file, connection string
	var toIndex bool
	cmd := &cobra.Command{
		Use:   "export [CONFIG|FOLDER]",
		Short: "Have Auth0 export its users, and fetch the file",
		Long: `Starts an export of the tenant's users, waits for it and downloads it: one user a
line as JSON, compressed as Auth0 sends it, with what the index of numbers needs. With
--import the users go into the index, and those the tenant no longer has are taken
out; then no file is left unless -o names one.

What was broken off goes on with the same command: beside the file stands which job it
is, and what has come. Auth0 keeps an export for a day.

The token needs the scope read:users, and read:connections for a connection's name.`,
		Example: `  callflow users export --import
  callflow users export -o /tmp/users.json.gz --connection sms`,
		Args: maxArgs(1),
	}
	flags := c.settingFlags(cmd)
	cmd.Flags().StringVarP(&file, "output", "o", "", "write to `FILE` (default "+exportFile+")")
	cmd.Flags().StringVar(&connection, "connection", "", "only users of this connection, by its name or id")
	cmd.Flags().BoolVar(&toIndex, "import", false, "put the users into the index of numbers")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		src, err := c.source(args, flags())
		if err != nil {
			return err
		}
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		keep := file != "" || !toIndex
		if file == "" {
			file = exportFile
		}
		x := &exporting{Command: c, file: file, connection: connection}
		if x.tenant, err = c.tenant(src); err != nil {
			return err
		}
		defer x.tenant.Close()
		if err := x.run(ctx); err != nil {
			if ctx.Err() != nil {
				return errors.New("broken off; the same command goes on from there")
			}
			return err
		}
		if !toIndex {
			_, err = fmt.Fprintf(c.Stdout, "users exported to %s\n", file)
			return errors.Join(err, os.Remove(x.state()))
		}
		// Those of one connection are not all: nobody is taken out then.
		err = c.importUsers(ctx, src, file, x.job.CreatedAt.Format(time.RFC3339Nano), connection == "")
		if errors.Is(err, index.ErrNoExport) {
			// Kept, it would be in the way of every other.
			if gone := errors.Join(os.Remove(file), os.Remove(x.state())); gone != nil {
				return gone
			}
			return errors.New(err.Error() + "; it is taken away, and the same command starts another export") // no fault of the command line
		}
		if err != nil {
			return err
		}
		if !keep {
			err = os.Remove(file)
		}
		return errors.Join(err, os.Remove(x.state()))
	}
	return cmd
}

// exporting is an export under way.
type exporting struct {
	*Command
	tenant     *auth0.Provider
	file       string
	connection string
	job        auth0.Export
	whole      bool
}

// exportState is what stands beside the file until it is whole.
type exportState struct {
	Job        string    `json:"job"`
	Connection string    `json:"connection"`
	CreatedAt  time.Time `json:"created_at"`
	// Whole says that the file is, and waits to be imported.
	Whole bool `json:"whole,omitempty"`
}

func (x *exporting) state() string { return x.file + ".job" }
func (x *exporting) part() string  { return x.file + ".part" }

func (x *exporting) run(ctx context.Context) error {
	if err := x.find(ctx); err != nil || x.whole {
		return err
	}
	if err := x.wait(ctx); err != nil {
		return err
	}
	return x.fetch(ctx)
}

// find goes on with a job that was started before, or starts one.
func (x *exporting) find(ctx context.Context) error {
	var before exportState
	text, err := os.ReadFile(x.state())
	switch {
	case err == nil && json.Unmarshal(text, &before) == nil && before.Connection == x.connection && auth0.Export{CreatedAt: before.CreatedAt}.Alive(x.Now()):
		if _, err := os.Stat(x.file); err == nil && before.Whole {
			x.job, x.whole = auth0.Export{ID: before.Job, CreatedAt: before.CreatedAt}, true
			return nil
		}
		x.job, err = x.tenant.Export(ctx, before.Job)
		if err == nil {
			fmt.Fprintf(x.Stderr, "going on with the export of %s\n", before.CreatedAt.Local().Format(time.DateTime))
			return nil
		}
		if !errors.Is(err, runner.ErrNotFound) {
			return err
		}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return usagef("%s cannot be read: %w", x.state(), bare(err))
	}
	if err := os.Remove(x.part()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return usagef("%s is of another export, and cannot be removed: %w", x.part(), bare(err))
	}
	if x.job, err = x.tenant.StartExport(ctx, x.connection); err != nil {
		return err
	}
	if x.job.CreatedAt.IsZero() {
		x.job.CreatedAt = x.Now()
	}
	return x.save()
}

// save writes how far the export is.
func (x *exporting) save() error {
	text, err := json.Marshal(exportState{Job: x.job.ID, Connection: x.connection, CreatedAt: x.job.CreatedAt, Whole: x.whole})
	if err != nil {
		return err
	}
	if err := os.WriteFile(x.state(), text, 0o600); err != nil {
		return usagef("%s cannot be written: %w", x.state(), bare(err))
	}
	return nil
}

// How often an export is looked at, at first and later, and how often in vain.
const (
	firstLook = 250 * time.Millisecond
	lastLook  = 5 * time.Second
	vainLooks = 10
	vainLinks = 3
)

// wait waits until the export is made.
func (x *exporting) wait(ctx context.Context) error {
	bar := x.progress(100)
	defer bar(-1, "")
	failed := 0
	for every := firstLook; x.job.Status != auth0.ExportDone; every = min(2*every, lastLook) {
		if x.job.Status == auth0.ExportFailed {
			_ = os.Remove(x.state()) // so that the next time starts anew
			return errors.New("the export failed at Auth0, which does not say why; the same command starts another")
		}
		text := "Auth0 exports"
		if x.job.Left > 0 {
			text += ", " + x.job.Left.String() + " left"
		}
		bar(int64(x.job.Percent), text)
		if err := pause(ctx, every); err != nil {
			return err
		}
		next, err := x.tenant.Export(ctx, x.job.ID)
		switch {
		case errors.Is(err, runner.ErrNotFound):
			_ = os.Remove(x.state())
			return errors.New("Auth0 has the export no longer; the same command starts another")
		case err != nil && (runnerSetup(err) || failed == vainLooks):
			return err
		case err != nil:
			failed++
			continue
		}
		failed = 0
		x.job = keepCreation(next, x.job)
	}
	return nil
}

// keepCreation is an export with the instant that one before had, if it says none.
func keepCreation(next, before auth0.Export) auth0.Export {
	if next.CreatedAt.IsZero() {
		next.CreatedAt = before.CreatedAt
	}
	return next
}

// fetch downloads the export. A link lives for a minute, and what comes through it
// may break off: then there is a new one, and it goes on.
func (x *exporting) fetch(ctx context.Context) error {
	part, err := os.OpenFile(x.part(), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return usagef("%s cannot be written: %w", x.part(), bare(err))
	}
	defer part.Close()
	for vain := 0; ; {
		from, err := part.Seek(0, io.SeekEnd)
		if err != nil {
			return err
		}
		var bar func(int64, string)
		err = x.tenant.Fetch(ctx, x.job, from, func(at, size int64) (io.Writer, error) {
			bar = x.progress(size)
			if at != from {
				if err := part.Truncate(at); err != nil {
					return nil, err
				}
				if _, err := part.Seek(at, io.SeekStart); err != nil {
					return nil, err
				}
			}
			return &counting{part, at, func(n int64) { bar(n, "downloading") }}, nil
		})
		if bar != nil {
			bar(-1, "")
		}
		if err == nil {
			break
		}
		now, _ := part.Seek(0, io.SeekEnd)
		if now > from {
			vain = 0
		}
		if vain++; !errors.Is(err, auth0.ErrLink) || vain > vainLinks || ctx.Err() != nil {
			return err
		}
		if err := pause(ctx, min(firstLook<<vain, lastLook)); err != nil {
			return err
		}
		next, err := x.tenant.Export(ctx, x.job.ID)
		if err != nil {
			return err
		}
		x.job = keepCreation(next, x.job)
	}
	if err := errors.Join(part.Sync(), part.Close()); err != nil {
		return fmt.Errorf("write %s: %w", x.part(), bare(err))
	}
	if err := os.Rename(x.part(), x.file); err != nil {
		return err
	}
	x.whole = true
	return x.save()
}

// counting tells how far a file is.
type counting struct {
	io.Writer
	n    int64
	tell func(int64)
}

func (c *counting) Write(b []byte) (int, error) {
	n, err := c.Writer.Write(b)
	c.n += int64(n)
	c.tell(c.n)
	return n, err
}

// runnerSetup tells errors that waiting does not mend.
func runnerSetup(err error) bool {
	return errors.Is(err, runner.ErrSetup) || errors.Is(err, runner.ErrCredentials)
}

// pause waits, or until ctx is done, which is its error.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

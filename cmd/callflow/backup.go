package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"callflow/cmd/callflow/config"
	"callflow/engine/runner"
)

// snapshotter is a store that copies itself while it is in use.
type snapshotter interface {
	Snapshot(ctx context.Context, w io.Writer) error
}

func newBackup(c *Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backup [CONFIG|FOLDER] FILE",
		Short: "Copy the store to a file, while the server runs or not",
		Long: `Copies what the store of a configuration keeps to a new file: sessions of running
calls, actions not yet delivered, lock-outs, all of one moment. The server goes on
answering meanwhile.

The server that has the store makes the copy. It is asked through a socket beside
the store's file, which only the user that the server runs as may use; so this is to
be run on the same machine, as that user. Where no server runs, the file is copied
as it lies there.

Calls and actions are sealed in the copy with seal_key: keep the two apart. To go
back to a copy, stop the server, put the copy in the place of the store's file, move
journals away that a crash may have left beside it, and start the server.
Actions that were delivered since are then sent once more, under the same key.`,
		Example: `  callflow backup callflow-monday.db
  callflow backup /etc/callflow.yaml /var/backups/callflow-$(date +%F).db`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return usagef("found %d arguments, expected a file and, before it, maybe a configuration; see %q", len(args), cmd.CommandPath()+" --help")
			}
			return nil
		},
	}
	flags := c.settingFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		src, err := c.source(args[:len(args)-1], flags())
		if err != nil {
			return err
		}
		store, err := c.storeOf(src)
		if err != nil {
			return err
		}
		return c.backup(cmd.Context(), store, args[len(args)-1])
	}
	return cmd
}

// storeOf finds the store of a configuration. What else may be wrong with that does
// not keep anybody from saving what the store has.
func (c *Command) storeOf(src config.Source) (config.Store, error) {
	cfg, diags := config.Load(src)
	switch store := cfg.Store; {
	case store.Durable && store.Target != "":
		return store, nil
	case diags.HasErrors():
		return store, errors.Join(c.showDiagnostics(diags, map[string][]byte{cfg.File: cfg.Masked}), errShown)
	default:
		return store, usagef("the store %s keeps nothing that could be copied", store.Name)
	}
}

// backup copies a store to a file that is not there yet.
func (c *Command) backup(ctx context.Context, from config.Store, file string) (err error) {
	if exists(file) {
		return usagef("%s is there already; name another file, or remove it", file)
	}
	if folder := filepath.Dir(file); !isFolder(folder) {
		return usagef("the copy cannot be written: there is no folder %s", folder)
	}
	// Under its own name only when it is whole.
	part, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*.part") // for its owner alone
	if err != nil {
		return usagef("the copy cannot be written to %s: %w", filepath.Dir(file), bare(err))
	}
	defer func() {
		_ = part.Close()
		_ = os.Remove(part.Name())
	}()
	if err := copyStore(ctx, from, part); err != nil {
		return err
	}
	size, err := part.Seek(0, io.SeekEnd)
	if err := errors.Join(err, part.Sync(), part.Close()); err != nil {
		return fmt.Errorf("write the copy: %w", err)
	}
	// Opening it looks at every page.
	copied, err := openStore(config.Store{Name: from.Name, Target: part.Name()})
	if err != nil {
		return fmt.Errorf("the copy is not good, and is thrown away; try again: %w", err)
	}
	if err := copied.Close(); err != nil {
		return fmt.Errorf("the copy is not good: %w", err)
	}
	// A link, because a rename would put it over a file that came meanwhile.
	if err := os.Link(part.Name(), file); err != nil {
		return fmt.Errorf("the copy cannot have its name: %w", err)
	}
	_, err = fmt.Fprintf(c.Stdout, "%s copied to %s, %d bytes\n", from.Target, file, size)
	return err
}

// copyStore has the server that runs copy its store, or copies what lies there.
func copyStore(ctx context.Context, from config.Store, w io.Writer) error {
	err := askForCopy(ctx, from, w)
	if !errors.Is(err, errNoServer) {
		return err
	}
	if !exists(from.Target) {
		return usagef("there is no store file %s", from.Target)
	}
	store, err := openStore(from)
	if err != nil {
		return fmt.Errorf("no server answers at %s, and %w", socketOf(from), err)
	}
	s, ok := store.(snapshotter)
	if !ok {
		return errors.Join(fmt.Errorf("the store %s cannot be copied", from.Name), store.Close())
	}
	return errors.Join(s.Snapshot(ctx, w), store.Close())
}

// openStore opens a store by its name.
func openStore(s config.Store) (runner.Store, error) {
	for _, e := range catalog().Stores {
		if e.Name == s.Name {
			return e.Open(s.Section())
		}
	}
	return nil, fmt.Errorf("there is no store %q", s.Name)
}

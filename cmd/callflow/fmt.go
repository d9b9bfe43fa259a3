package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	flowformat "callflow/flows/format"
)

// fmtFlags is what the flags of fmt say.
type fmtFlags struct{ write, diff, check bool }

func newFmt(c *Command) *cobra.Command {
	var f fmtFlags
	cmd := &cobra.Command{
		Use:   "fmt [FILE|FOLDER|-]…",
		Short: "Lay flows out in one way",
		Long: `Lays flows out in one way: keys in the order of the reference, two blanks to the
level, one blank line between states, braces on one line as long as they fit. What a
flow means, its comments, and the order of its states and options are kept.

The text is printed; -w writes it back to the files that change. A folder is searched
as by check; no argument is the folder one stands in, and - is standard input. A file
that is not YAML is reported and left alone.

Exit status: 0 all went well, 1 a file cannot be read as YAML or, with --check, one
would change, 2 the command line, or a file it names, is wrong.`,
		Example: `  callflow fmt -w
  callflow fmt -d examples/authzero/flow.yaml
  callflow fmt --check flows`,
		RunE: func(_ *cobra.Command, args []string) error { return c.fmt(args, f) },
	}
	flags := cmd.Flags()
	flags.BoolVarP(&f.write, "write", "w", false, "write the files instead of printing them")
	flags.BoolVarP(&f.diff, "diff", "d", false, "print what would change")
	flags.BoolVarP(&f.check, "check", "l", false, "list the files that would change, and fail if there are any")
	exclusive(cmd, "write", "check")
	return cmd
}

// stdinName is what standard input is called.
const stdinName = "-"

func (c *Command) fmt(args []string, f fmtFlags) error {
	files := args
	if len(args) != 1 || args[0] != stdinName {
		var err error
		if files, err = flowFiles(args); err != nil {
			return err
		}
	} else if f.write {
		return usagef("-w needs a file to write to, and standard input is none")
	}
	failed := error(nil)
	for _, file := range files {
		err := c.fmtFile(file, f)
		switch {
		case errors.Is(err, errShown):
			failed = err
		case err != nil:
			return err
		}
	}
	return failed
}

// fmtFile lays one file out. The error is errShown when it is about what stands
// in the file.
func (c *Command) fmtFile(file string, f fmtFlags) error {
	src, err := c.readFlow(file)
	if err != nil {
		return usagef("the flow %s cannot be read: %w", file, bare(err))
	}
	out, diags := flowformat.Source(file, src)
	if out == nil {
		return c.shown(diags, file, src)
	}
	changed := !bytes.Equal(src, out)
	switch {
	case changed && f.diff:
		if _, err := c.Stdout.Write(diff.Diff(file, src, file+" (laid out)", out)); err != nil {
			return err
		}
	case changed && f.check:
		fmt.Fprintln(c.Stdout, file)
	case !f.diff && !f.check && !f.write:
		_, err := c.Stdout.Write(out)
		return err
	}
	if changed && f.write {
		if err := replaceFile(file, out); err != nil {
			return fmt.Errorf("the flow %s is as it was: %w", file, err)
		}
		fmt.Fprintln(c.Stdout, file)
	}
	if changed && f.check {
		return errShown
	}
	return nil
}

func (c *Command) readFlow(file string) ([]byte, error) {
	if file == stdinName {
		return io.ReadAll(c.Stdin)
	}
	return os.ReadFile(file)
}

// replaceFile gives a file other contents, wholly or not at all. It keeps its
// mode, and a link goes on leading to it.
func replaceFile(file string, contents []byte) (err error) {
	file, err = filepath.EvalSymlinks(file)
	if err != nil {
		return err
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*.part")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part.Name()))
		}
	}()
	_, err = part.Write(contents)
	err = errors.Join(err, part.Chmod(info.Mode().Perm()), part.Sync(), part.Close())
	if err != nil {
		return err
	}
	return os.Rename(part.Name(), file)
}

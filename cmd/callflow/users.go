package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"callflow/cmd/callflow/config"
	"callflow/engine"
	"callflow/flows"
	"callflow/providers/identity/directory"
)

func newUsers(c *Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "users",
		Short: "Work with users: the file of those who can sign in, and the index of their numbers",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newUsersHash(c), newUsersCheck(c), newUsersExport(c), newUsersImport(c), newUsersFactors(c), newUsersLookup(c))
	return cmd
}

func newUsersHash(c *Command) *cobra.Command {
	return &cobra.Command{
		Use:   "hash",
		Short: "Make the hash of a PIN, for a file of users",
		Long: `Asks for a PIN, twice and without showing it, and prints its hash for the "pin" of
a user. Where standard input is no terminal, the PIN is its first line. A PIN is
never an argument: everybody on a machine sees its command lines.`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			pin, err := c.readPIN()
			if err != nil {
				return err
			}
			hash, err := directory.Hash(pin, rand.Reader)
			if err != nil {
				return usageError{err}
			}
			_, err = fmt.Fprintln(c.Stdout, hash)
			return err
		},
	}
}

// readPIN asks for a PIN at a terminal, or reads it from standard input.
func (c *Command) readPIN() (engine.Secret, error) {
	in, ok := c.terminal()
	if !ok {
		line, err := bufio.NewReader(io.LimitReader(c.Stdin, 4096)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return engine.Secret{}, fmt.Errorf("read the PIN from standard input: %w", err)
		}
		pin := strings.TrimRight(line, "\r\n")
		if pin == "" {
			return engine.Secret{}, usagef("standard input has no PIN")
		}
		return engine.NewSecret(pin), nil
	}
	first, err := c.prompt(in, "PIN: ")
	if err != nil {
		return engine.Secret{}, err
	}
	again, err := c.prompt(in, "The same again: ")
	if err != nil {
		return engine.Secret{}, err
	}
	if !first.Equal(again) {
		return engine.Secret{}, usagef("the two PINs are not the same")
	}
	return first, nil
}

func (c *Command) prompt(in *os.File, text string) (engine.Secret, error) {
	fmt.Fprint(c.Stderr, text)
	pin, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(c.Stderr)
	if err != nil {
		return engine.Secret{}, fmt.Errorf("read the PIN: %w", err)
	}
	return engine.NewSecret(string(bytes.TrimSpace(pin))), nil
}

func newUsersCheck(c *Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Say what is wrong with a file of users",
		Args:  maxArgs(1),
	}
	format := formatFlag(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if err := format.check(); err != nil {
			return err
		}
		file := usersFile
		if len(args) == 1 {
			file = args[0]
		}
		users, err := directory.Open(file)
		diags, err := userProblems(err)
		if err != nil {
			return usageError{err}
		}
		failed := error(nil)
		if diags.HasErrors() {
			failed = errShown
		}
		if *format == "json" {
			return errors.Join(diags.JSON(c.Stdout), failed)
		}
		if failed != nil {
			// Without the lines: they may hold a PIN where a hash belongs.
			return errors.Join(diags.Render(c.Stdout, nil, c.rendering(c.Stdout)), failed)
		}
		_, err = fmt.Fprintf(c.Stdout, "%s, no problems\n", plural(len(users.Users()), "user"))
		return err
	}
	return cmd
}

// userProblems makes diagnostics of what is wrong with a file of users; any other
// error stays one.
func userProblems(err error) (flows.Diagnostics, error) {
	var problems directory.Problems
	if err == nil || !errors.As(err, &problems) {
		return flows.Diagnostics{}, err
	}
	var ds flows.Diagnostics
	for _, p := range problems {
		d := flows.Report(config.CodeBadUsers, p.File, flows.Pos{Line: p.Line, Col: p.Col}, "%s", p.Message)
		d.Hint = p.Hint
		ds = append(ds, d)
	}
	return ds, nil
}

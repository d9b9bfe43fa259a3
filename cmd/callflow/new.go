package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"callflow/cmd/callflow/newflow"
	"callflow/flows"
)

func newNew(c *Command) *cobra.Command {
	var template string
	var languages []string
	var yes bool
	var names, lines []string
	for _, t := range newflow.Templates() {
		names = append(names, t.Name)
		lines = append(lines, fmt.Sprintf("  %-8s %s", t.Name, t.Doc))
	}
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Begin a flow, with a test",
		Long: `Makes a folder NAME with a flow that runs as it is and a test of it that passes. It
asks what kind of line it is to be, and for its languages, unless flags say so:

` + strings.Join(lines, "\n") + `

What is there already is never written over.`,
		Example: `  callflow new helpline
  callflow new bank --template pin --language en --language es --yes`,
		Args: maxArgs(1),
	}
	cmd.Flags().StringVar(&template, "template", "", "the kind of line: "+strings.Join(names, ", "))
	cmd.Flags().StringSliceVar(&languages, "language", nil, "a `LANGUAGE` it speaks: "+strings.Join(newflow.Languages(), ", "))
	cmd.Flags().BoolVar(&yes, "yes", false, "ask nothing: "+names[0]+" in "+newflow.Languages()[0]+", where flags do not say otherwise")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usagef("what is the flow called? see %q", cmd.CommandPath()+" --help")
		}
		if err := isFree(args[0]); err != nil {
			return err // before anybody answers questions
		}
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt)
		defer stop()
		in := &asker{Command: c, ctx: ctx, lines: linesOf(c), silent: yes}
		one, err := in.choose("What kind of line", template, names)
		if err != nil {
			return err
		}
		if len(languages) == 0 {
			var answer string
			if answer, err = in.ask("Languages ("+strings.Join(newflow.Languages(), ", ")+")", newflow.Languages()[0]); err != nil {
				return err
			}
			languages = strings.FieldsFunc(answer, func(r rune) bool { return r == ',' || r == ' ' })
		}
		for i, lang := range languages {
			if !slices.Contains(newflow.Languages(), lang) || slices.Contains(languages[:i], lang) {
				return usagef("--language: found %q, expected each of %s at most once", lang, strings.Join(newflow.Languages(), ", "))
			}
		}
		i := slices.Index(names, one)
		return c.create(args[0], newflow.Templates()[i], languages)
	}
	return cmd
}

// asker asks people on the terminal.
type asker struct {
	*Command
	ctx    context.Context
	lines  <-chan string
	silent bool
}

// linesOf are the lines of standard input, read only when somebody asks.
func linesOf(c *Command) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(c.Stdin); s.Scan(); {
			lines <- s.Text()
		}
	}()
	return lines
}

// ask gives the answer, or what holds when there is none.
func (a *asker) ask(question, usual string) (string, error) {
	if a.silent {
		return usual, nil
	}
	fmt.Fprintf(a.Stdout, "%s [%s]: ", question, usual)
	select {
	case <-a.ctx.Done():
		return "", errors.New("interrupted; nothing was written")
	case answer, ok := <-a.lines:
		if answer = strings.TrimSpace(answer); !ok || answer == "" {
			answer = usual
		}
		if _, person := a.terminal(); !ok || !person { // a terminal shows what is typed
			fmt.Fprintln(a.Stdout, harmless(answer))
		}
		return answer, nil
	}
}

// choose asks for one of some names, unless given is one.
func (a *asker) choose(question, given string, names []string) (string, error) {
	if given == "" {
		var err error
		if given, err = a.ask(question+" ("+strings.Join(names, ", ")+")", names[0]); err != nil {
			return "", err
		}
	}
	if !slices.Contains(names, given) {
		hint := ""
		if s := flows.Suggest(given, names); s != "" {
			hint = "; " + s
		}
		return "", usagef("found %q, expected %s%s", given, strings.Join(names, ", "), hint)
	}
	return given, nil
}

// isFree refuses a path where something is.
func isFree(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return usagef("%s is there already; nothing was written", path)
	}
	return nil
}

// create writes a flow into a folder of its own: wholly, or not at all.
func (c *Command) create(path string, t newflow.Template, languages []string) (err error) {
	name := filepath.Base(path)
	files, err := t.Files(name, languages)
	if err != nil {
		return err
	}
	if _, diags := flows.CompileSource("flow.yaml", files[0].Text, flows.Options{}); diags.HasErrors() {
		return usagef("%q cannot name a flow: %s", name, diags[0].Message)
	}
	if err := isFree(path); err != nil {
		return err
	}
	part, err := os.MkdirTemp(filepath.Dir(path), "."+name+".*.part")
	if err != nil {
		return usagef("%s cannot be made: %w", path, bare(err))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(part))
		}
	}()
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(part, f.Name), f.Text, 0o644); err != nil {
			return err
		}
	}
	if err := os.Chmod(part, 0o755); err != nil {
		return err
	}
	if err := os.Rename(part, path); err != nil {
		return err
	}
	fmt.Fprintf(c.Stdout, "%s is ready; try: callflow simulate %s\n", path, path)
	return nil
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"callflow/engine"
	"callflow/flows"
	"callflow/flows/prove"
)

func newCheck(c *Command) *cobra.Command {
	var platforms []string
	var from string
	var all, watch bool
	cmd := &cobra.Command{
		Use:   "check [FILE|FOLDER]…",
		Short: "Say everything that is wrong with flows",
		Long: `Reads flows and says everything that is wrong with them: the file, the line, the
character, what was found, what was expected. A folder is searched for files named
flow.yaml and for files that begin with "callflow:"; no argument is the folder one
stands in.

Errors keep a flow from running; warnings do not. "callflow explain CODE" says more
about the code at the end of each.

What a platform can do may depend on its settings: jambonz records only where
platforms.jambonz.recorder says where to. --platform knows none, and names them;
--config judges as the server that it configures would: by its platforms as they are
set up, its services, its words, and whatever else it says. Without a file or a folder
it checks its own flows, and all that serve would refuse to start with. Of a platform
that loses keys which callers press ahead of a question that is said at the end: it is
nobody's mistake.

Exit status: 0 no error, 1 errors, 2 the command line, or a file it names, is wrong.`,
		Example: `  callflow check
  callflow check examples/authzero --platform jambonz
  callflow check --config callflow.yaml
  callflow check flows/*.yaml --format json`,
	}
	format := formatFlag(cmd)
	cmd.Flags().StringSliceVar(&platforms, "platform", nil, "check also that this `PLATFORM` can do what the flows ask; with --config, left out, all that it configures")
	cmd.Flags().StringVar(&from, "config", "", "a `CONFIG`, or the folder of one, by which to judge")
	cmd.Flags().BoolVar(&all, "all", false, fmt.Sprintf("show all diagnostics, not only the first %d of each file; --format json always does", mostShown))
	cmd.Flags().BoolVar(&watch, "watch", false, "check again whenever a file changes, until interrupted")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := format.check(); err != nil {
			return err
		}
		able, err := capabilities(platforms)
		if err != nil {
			return err
		}
		most := mostShown
		if all {
			most = math.MaxInt
		}
		look := func() (checked, error) {
			if from != "" {
				return c.checkBy(from, args, able)
			}
			return checkFiles(args, able)
		}
		check := func() error {
			found, err := look()
			if err != nil {
				return err
			}
			return c.showChecked(found, *format, most)
		}
		if !watch {
			return check()
		}
		if from != "" {
			found, err := look()
			if err != nil {
				return err
			}
			args = slices.Concat(args, []string{from}, found.files)
		}
		return c.watch(cmd.Context(), args, check)
	}
	return cmd
}

// checked is what was found.
type checked struct {
	files   []string
	bundle  *flows.Bundle // nil: they cannot be looked at together
	diags   flows.Diagnostics
	sources map[string][]byte
	notes   []string // on platforms
}

// checkFiles checks the flows that arguments name, and whether platforms can do what
// they ask.
func checkFiles(args []string, able []capable) (found checked, err error) {
	found.sources = map[string][]byte{}
	if found.files, err = flowFiles(args); err != nil {
		return found, err
	}
	found.bundle, found.diags = flows.Load(diskFS{found.sources}, found.files, flows.Options{})
	if found.bundle == nil {
		for _, file := range found.files {
			if text, read := found.sources[file]; read && isConfiguration(file, text) {
				return found, usagef("%s is a configuration, not a flow; to check it and its flows: callflow check --config %s", file, file)
			}
		}
		return found, nil
	}
	found.diags = append(found.diags, fitsAll(found.bundle, able)...)
	found.notes = notesOn(found.bundle, able)
	found.diags.Sort()
	return found, nil
}

// checkBy checks the flows that arguments name, or a configuration and its own, as the
// server would that it configures.
func (c *Command) checkBy(config string, args []string, able []capable) (found checked, err error) {
	src, err := c.source([]string{config}, nil)
	if err != nil {
		return found, err
	}
	s := scope{platforms: able}
	if len(args) > 0 {
		if s.files, err = flowFiles(args); err != nil {
			return found, err
		}
	}
	in := openScope(src, s)
	if len(args) == 0 {
		in.checkServing()
	}
	return checked{in.files, in.bundle, in.diags, in.sources, in.notes}, nil
}

// showChecked says what was found, to people at most so many diagnostics of each file.
func (c *Command) showChecked(found checked, f format, most int) error {
	failed := error(nil)
	if found.diags.HasErrors() {
		failed = errShown
	}
	if f == "json" {
		return errors.Join(found.diags.JSON(c.Stdout), failed)
	}
	if err := c.printDiagnostics(found.diags, found.sources, most); err != nil {
		return err
	}
	errs, warnings := found.diags.Count()
	fmt.Fprintf(c.Stdout, "%s checked, %s\n", plural(len(found.files), "flow"), verdict(errs, warnings))
	if found.bundle != nil {
		for _, name := range found.bundle.Names() {
			text := "a sub-flow, which others enter"
			if found.bundle.Flows[name].Spec().Subflow == nil {
				text = silence(found.bundle.Flows[name])
			}
			fmt.Fprintf(c.Stdout, "%s: %s\n", name, text)
		}
	}
	printNotes(c.Stdout, found.notes)
	return failed
}

func verdict(errs, warnings int) string {
	switch {
	case errs == 0 && warnings == 0:
		return "no problems"
	case warnings == 0:
		return plural(errs, "error")
	case errs == 0:
		return plural(warnings, "warning")
	default:
		return plural(errs, "error") + ", " + plural(warnings, "warning")
	}
}

// silence says how long a caller can stay who presses nothing.
func silence(p *engine.Program) string {
	s := prove.Silent(prove.NewMap(p.Spec()))
	if !s.Bounded {
		return "nothing bounds the time that a silent caller stays"
	}
	text := "a silent caller leaves after at most " + seconds(s.FromStart.Time)
	if s.Longest.Time > s.FromStart.Time {
		text += fmt.Sprintf(", one who falls silent at %s after %s more", s.Longest.State, seconds(s.Longest.Time))
	}
	return text
}

func seconds(d time.Duration) string {
	d = d.Round(time.Second)
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	return text
}

// walkFiles hands on what is in a folder and below that is no folder. Hidden
// folders are left out, unless it is one that was named.
func walkFiles(dir string, take func(path string, d fs.DirEntry)) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != dir && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case !d.IsDir():
			take(path, d)
		}
		return nil
	})
}

// flowFiles finds the files that arguments name.
func flowFiles(args []string) ([]string, error) {
	if len(args) == 0 {
		args = []string{"."}
	}
	found := map[string]bool{}
	for _, arg := range args {
		info, err := os.Stat(arg)
		switch {
		case err != nil:
			return nil, usagef("there is no flow %s: %w", arg, bare(err))
		case !info.IsDir():
			found[filepath.Clean(arg)] = true
			continue
		}
		n := len(found)
		err = walkFiles(arg, func(path string, d fs.DirEntry) {
			if d.Type().IsRegular() && isFlow(path) {
				found[filepath.Clean(path)] = true
			}
		})
		if err != nil {
			return nil, usagef("%s cannot be searched: %w", arg, err)
		}
		if len(found) == n && len(args) == 1 {
			return nil, usagef("there is no flow in %s: a flow is a file named %s, or one that begins with \"callflow:\"", arg, flowFile)
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// isFlow tells a flow from other YAML.
func isFlow(path string) bool {
	if ext := filepath.Ext(path); ext != ".yaml" && ext != ".yml" {
		return false
	}
	if filepath.Base(path) == flowFile {
		return true
	}
	if filepath.Base(path) == configFile {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 4096)
	n, _ := f.Read(head)
	return beginsFlow(head[:n])
}

// beginsFlow tells whether a text begins as a flow does.
func beginsFlow(text []byte) bool {
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || line == "---" {
			continue
		}
		return strings.HasPrefix(line, "callflow:")
	}
	return false
}

// isConfiguration tells a configuration from a flow by the keys at its left edge: some
// that only a configuration has, and none that only a flow has.
func isConfiguration(path string, text []byte) bool {
	found := filepath.Base(path) == configFile
	for line := range strings.Lines(string(text)) {
		switch key, _, _ := strings.Cut(line, ":"); key {
		case "callflow", "start", "states":
			return false
		case "flows", "numbers", "server", "store", "seal_key", "platforms", "identity":
			found = true
		}
	}
	return found
}

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
	"callflow/providers"
	"callflow/providers/telephony"
)

func newCheck(c *Command) *cobra.Command {
	var platforms []string
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

Exit status: 0 no error, 1 errors, 2 the command line, or a file it names, is wrong.`,
		Example: `  callflow check
  callflow check examples/authzero --platform jambonz
  callflow check flows/*.yaml --format json`,
	}
	format := formatFlag(cmd)
	cmd.Flags().StringSliceVar(&platforms, "platform", nil, "check also that this `PLATFORM` can do what the flows ask")
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
		check := func() error {
			files, err := flowFiles(args)
			if err != nil {
				return err
			}
			return c.check(files, able, *format, most)
		}
		if watch {
			return c.watch(cmd.Context(), args, check)
		}
		return check()
	}
	return cmd
}

// capable is a platform and what it can do.
type capable struct {
	name string
	can  telephony.Capabilities
	// codec is asked how it speaks, and how long its answers become; nil: it is not.
	codec telephony.Codec
}

// capabilities are those of platforms by name.
func capabilities(names []string) ([]capable, error) {
	var all []capable
	var known []string
	entries := providers.Telephony()
	for _, e := range entries {
		known = append(known, e.Name)
	}
	for _, name := range names {
		i := slices.Index(known, name)
		if i < 0 {
			hint := ""
			if s := flows.Suggest(name, known); s != "" {
				hint = "; " + s
			}
			return nil, usagef("--platform: there is no platform %q, there are %s%s", name, strings.Join(known, ", "), hint)
		}
		// What has to be configured to run, such as a key, has no part in what it can do.
		settings := map[string][]string{"unsigned": {"true"}}
		for _, s := range entries[i].Settings {
			if s.Required {
				settings[s.Name] = []string{"unknown"}
			}
		}
		codec, err := entries[i].Open(providers.NewSection(settings, nil))
		if err != nil {
			return nil, fmt.Errorf("platform %s: %w", name, err)
		}
		all = append(all, capable{name, codec.Capabilities(), codec})
	}
	return all, nil
}

// check checks files and says what came of it, to people at most so many
// diagnostics of each file.
func (c *Command) check(files []string, able []capable, f format, most int) error {
	sources := map[string][]byte{}
	bundle, diags := flows.Load(diskFS{sources}, files, flows.Options{})
	if bundle != nil {
		for _, name := range bundle.Names() {
			file := bundle.Files[name]
			for _, p := range able {
				diags = append(diags, fits(p, file, bundle.Sources[file], bundle.Flows[name])...)
			}
		}
		diags.Sort()
	}
	failed := error(nil)
	if diags.HasErrors() {
		failed = errShown
	}
	if f == "json" {
		return errors.Join(diags.JSON(c.Stdout), failed)
	}
	if err := c.printDiagnostics(diags, sources, most); err != nil {
		return err
	}
	errs, warnings := diags.Count()
	fmt.Fprintf(c.Stdout, "%s checked, %s\n", plural(len(files), "flow"), verdict(errs, warnings))
	if bundle != nil {
		for _, name := range bundle.Names() {
			text := "a sub-flow, which others enter"
			if bundle.Flows[name].Spec().Subflow == nil {
				text = silence(bundle.Flows[name])
			}
			fmt.Fprintf(c.Stdout, "%s: %s\n", name, text)
		}
	}
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
	for line := range strings.Lines(string(head[:n])) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || line == "---" {
			continue
		}
		return strings.HasPrefix(line, "callflow:")
	}
	return false
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"callflow/cmd/callflow/config"
	"callflow/providers"
)

// configFile is the configuration of a folder.
const configFile = "callflow.yaml"

// catalog is what this program has.
func catalog() config.Catalog {
	return config.Catalog{
		Telephony: providers.Telephony(),
		Identity:  providers.Identity(),
		Stores:    providers.Stores(),
		SMS:       providers.SMS(),
		Carriers:  providers.Carriers(),
		Callers:   providers.Callers(),
	}
}

// settingFlags are a flag for every setting that can have one. They are made once
// for all commands that take them: there are many, and every start pays for them.
type settingFlags struct {
	flags *pflag.FlagSet
	// settings are the settings' names by those of their flags.
	settings map[string]string
}

func newSettingFlags() *settingFlags {
	all := &settingFlags{pflag.NewFlagSet("settings", pflag.ContinueOnError), map[string]string{}}
	for _, s := range config.Settings(catalog()) {
		name := config.FlagName(s)
		if name == "" {
			continue
		}
		doc := s.Doc
		if s.Default != "" {
			doc += " (default " + s.Default + ")"
		}
		if s.Kind == providers.Bool {
			all.flags.Bool(name, false, doc)
		} else {
			all.flags.String(name, "", doc)
		}
		all.settings[name] = s.Name
	}
	return all
}

// given are the values of the flags that were given, by the settings' names.
func (all *settingFlags) given() map[string]string {
	given := map[string]string{}
	all.flags.VisitAll(func(f *pflag.Flag) {
		switch value := f.Value.String(); {
		case !f.Changed:
		case f.Value.Type() != "bool":
			given[all.settings[f.Name]] = value
		case value == "true":
			given[all.settings[f.Name]] = "yes"
		default:
			given[all.settings[f.Name]] = "no"
		}
	})
	return given
}

// settingFlags gives a command a flag for every setting that can have one. What it
// returns collects those that were given, by the settings' names.
func (c *Command) settingFlags(cmd *cobra.Command) func() map[string]string {
	c.setBySettings = append(c.setBySettings, cmd)
	return func() map[string]string { return c.settings.given() }
}

// addSettingFlags adds them to the command that args name. Where that is not one of
// those that have them, it may be one that tells of others, such as help: then all
// get them.
func (c *Command) addSettingFlags(root *cobra.Command, args []string) {
	c.settings = newSettingFlags()
	named, _, err := root.Find(args)
	for _, cmd := range c.setBySettings {
		if cmd == named || err != nil || !slices.Contains(c.setBySettings, named) {
			cmd.Flags().AddFlagSet(c.settings.flags)
			cmd.SetUsageFunc(c.usage)
		}
	}
}

// settingsCommand is the one whose help lists the flags of settings.
const settingsCommand = "config"

// usage shows how a command is used: of its flags first its own, which the settings
// would bury.
func (c *Command) usage(cmd *cobra.Command) error {
	c.settings.hide(true)
	err := cmd.Root().UsageFunc()(cmd)
	c.settings.hide(false)
	if err != nil || !slices.Contains(c.setBySettings, cmd) { // it is below one that has them
		return err
	}
	out := cmd.OutOrStderr()
	fmt.Fprintf(out, "\nSettings of %s are flags as well: server.listen is --server-listen. Secrets are none.\n", configFile)
	if cmd.Name() != settingsCommand {
		_, err = fmt.Fprintf(out, "%q lists them.\n", cmd.Root().Name()+" "+settingsCommand+" --help")
		return err
	}
	for _, group := range c.settings.groups() {
		fmt.Fprintf(out, "\n%s:\n%s", group.name, group.flags.FlagUsages())
	}
	return nil
}

func (all *settingFlags) hide(hidden bool) {
	all.flags.VisitAll(func(f *pflag.Flag) { f.Hidden = hidden })
}

// settingGroup are the flags of the settings with one first word.
type settingGroup struct {
	name  string
	flags *pflag.FlagSet
}

// groups are the flags by the first words of their settings, in alphabetical order.
func (all *settingFlags) groups() []settingGroup {
	var groups []settingGroup
	all.flags.VisitAll(func(f *pflag.Flag) {
		name, _, _ := strings.Cut(all.settings[f.Name], ".")
		i := slices.IndexFunc(groups, func(g settingGroup) bool { return g.name == name })
		if i < 0 {
			i = len(groups)
			groups = append(groups, settingGroup{name, pflag.NewFlagSet(name, pflag.ContinueOnError)})
		}
		groups[i].flags.AddFlag(f)
	})
	return groups
}

// source finds the configuration that an argument names: a file, a folder with a
// callflow.yaml, or a folder with a flow and nothing else. No argument is the
// folder one stands in.
func (c *Command) source(args []string, flags map[string]string) (config.Source, error) {
	s := config.Source{Env: c.Env, Flags: flags, Catalog: catalog()}
	path := "."
	if len(args) > 0 {
		path = args[0]
	}
	info, err := os.Stat(path)
	if err != nil {
		return s, usagef("there is no configuration %s: %w", path, bare(err))
	}
	s.File = path
	if info.IsDir() {
		s.File = filepath.Join(path, configFile)
	}
	s.Content, err = os.ReadFile(s.File)
	switch {
	case err == nil && !info.IsDir() && beginsFlow(s.Content):
		return s, aFlow(path)
	case err == nil:
		return s, nil
	case !info.IsDir() || !errors.Is(err, fs.ErrNotExist):
		return s, usagef("the configuration %s cannot be read: %w", s.File, bare(err))
	}
	s.File = ""
	flow := filepath.Join(path, flowFile)
	if _, err := os.Stat(flow); err == nil {
		s.Fallback = map[string]string{"flows": flow}
		if users := filepath.Join(path, usersFile); exists(users) {
			s.Fallback["identity.directory"] = users
		}
		return s, nil
	}
	if _, given := flags["flows"]; given {
		return s, nil
	}
	if _, given := c.lookup("CALLFLOW_FLOWS"); given {
		return s, nil
	}
	return s, usagef("there is neither a %s nor a %s in %s: name a configuration, or a folder that has one", configFile, flowFile, path)
}

// aFlow refuses a flow where a configuration is wanted, and says how it is served.
func aFlow(path string) error {
	how := "--flows " + path
	if dir := filepath.Dir(path); filepath.Base(path) == flowFile && !exists(filepath.Join(dir, configFile)) {
		how = dir // with the users beside it
	}
	return usagef("%s is a flow, not a configuration; to serve it: callflow serve %s", path, how)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

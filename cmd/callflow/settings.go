package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

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

// settingFlags gives a command a flag for every setting that can have one. What it
// returns collects those that were given, by the settings' names.
func settingFlags(cmd *cobra.Command) func() map[string]string {
	values := map[string]func() string{}
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
			v := cmd.Flags().Bool(name, false, doc)
			values[s.Name] = func() string {
				if *v {
					return "yes"
				}
				return "no"
			}
			continue
		}
		v := cmd.Flags().String(name, "", doc)
		values[s.Name] = func() string { return *v }
	}
	return func() map[string]string {
		given := map[string]string{}
		for setting, value := range values {
			if cmd.Flags().Changed(flagOf(setting)) {
				given[setting] = value()
			}
		}
		return given
	}
}

func flagOf(setting string) string {
	return config.FlagName(providers.Setting{Name: setting})
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

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

package config

import (
	"fmt"
	"slices"
	"strings"

	"callflow/flows"
	"callflow/providers"
)

// overlay lays environment, flags and defaults over and under what the file says.
func (r *reader) overlay(c *Config, settings []providers.Setting, s Source) {
	for _, setting := range settings {
		if strings.Contains(setting.Name, free) {
			r.freeDefault(c, setting)
			continue
		}
		path := strings.Split(setting.Name, ".")
		_, inFile := c.values[key(path)]
		text, given := s.Flags[setting.Name]
		if given {
			r.outside(c, setting, text, Origin{Kind: Flag, Name: "--" + FlagName(setting)})
			continue
		}
		if text, given = r.env[EnvName(setting)]; given {
			r.outside(c, setting, text, Origin{Kind: Environment, Name: EnvName(setting)})
			continue
		}
		if inFile {
			continue
		}
		from := Origin{Kind: Default, Name: found}
		if text, given = s.Fallback[setting.Name]; !given {
			text, from.Name = setting.Default, ""
		}
		if text != "" {
			r.outside(c, setting, text, from)
		}
	}
}

// outside sets a value from outside the file. Its paths are relative to where the
// program runs.
func (r *reader) outside(c *Config, setting providers.Setting, text string, from Origin) {
	v := Value{Name: setting.Name, Setting: setting, Origin: from, path: strings.Split(setting.Name, ".")}
	texts := []string{text}
	switch setting.Kind {
	case providers.Paths, providers.Words:
		texts = strings.Split(text, ",")
	case providers.Secrets:
		texts = strings.Fields(text)
	}
	if len(texts) == 0 {
		texts = []string{""}
	}
	for _, t := range texts {
		use, problem := check(setting, strings.TrimSpace(t), "")
		if problem != "" {
			r.unread[key(v.path)] = true
			d := v.report(problemCode(setting.Kind), "%s %s", setting.Name, problem)
			if strings.TrimSpace(t) == "" {
				d.Hint = emptyHint(&setting)
			}
			r.diags = append(r.diags, d)
			continue
		}
		v.Items = append(v.Items, Item{Text: use})
	}
	if v.IsSet() {
		c.values[key(v.path)] = v
	}
}

// freeDefault gives a setting its default under every name that the installation
// chose: the timeout of each service.
func (r *reader) freeDefault(c *Config, setting providers.Setting) {
	if setting.Default == "" {
		return
	}
	i := strings.Index(setting.Name, "."+free+".")
	before, after := strings.Split(setting.Name[:i], "."), setting.Name[i+len(free)+2:]
	for _, name := range c.names(before...) {
		path := append(slices.Clone(before), name, after)
		if _, there := c.values[key(path)]; !there {
			c.values[key(path)] = Value{
				Name:    strings.Join(path, "."),
				Setting: setting,
				Items:   []Item{{Text: setting.Default}},
				path:    path,
			}
		}
	}
}

// envSlips is how far a variable's name may be from a setting's to be taken for a
// slip. Others that begin with CALLFLOW_ may be anything.
const envSlips = 2

// misspelt warns of variables that were probably meant to be settings.
func (r *reader) misspelt(env []string, settings []providers.Setting) {
	var known []string
	for _, s := range settings {
		if name := EnvName(s); name != "" {
			known = append(known, name)
		}
	}
	for _, pair := range env {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, envPrefix) || slices.Contains(known, name) || r.used[name] {
			continue
		}
		near := flows.Nearest(name, known, envSlips)
		if near == "" {
			continue
		}
		d := flows.Report(flows.CodeUnknownKey, name, flows.Pos{}, "there is no setting of this name")
		d.Severity = flows.Warning
		d.Hint = fmt.Sprintf("did you mean %q?", near)
		r.diags = append(r.diags, d)
	}
}

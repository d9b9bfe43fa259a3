package main

import (
	"fmt"
	"slices"
	"strings"

	"callflow/flows"
	"callflow/providers"
	"callflow/providers/telephony"
)

// capable is a platform and what it can do.
type capable struct {
	name string
	can  telephony.Capabilities
	// codec is asked how it speaks, and how long its answers become; nil: it is not.
	codec telephony.Codec
	// configured: it is set up as it will be used. Otherwise nobody knows which settings
	// it will have.
	configured bool
}

// capabilities are those of platforms by name, without any settings.
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
		codec, err := openBare(entries[i], nil)
		if err != nil {
			return nil, fmt.Errorf("platform %s: %w", name, err)
		}
		all = append(all, capable{name: name, can: codec.Capabilities(), codec: codec})
	}
	return all, nil
}

// openBare opens a platform with a few settings and without an account there. What has
// to be configured to run, such as a key, has no part in what it can do.
func openBare(e providers.Entry[telephony.Codec], with []providers.Example) (telephony.Codec, error) {
	settings := map[string][]string{"unsigned": {"true"}}
	for _, s := range e.Settings {
		if s.Required {
			settings[s.Name] = []string{"unknown"}
		}
	}
	for _, x := range with {
		settings[x.Setting] = []string{x.Value}
	}
	return e.Open(providers.NewSection(settings, nil))
}

// needs reports what a flow asks for and a platform cannot do, where its settings do not
// let it. Where nobody knows the settings, that is a warning with the names of those
// that would.
func (p capable) needs(has func(telephony.Capabilities) bool, report reporter, severity flows.Severity, cannot, does string) {
	if has(p.can) {
		return
	}
	switch settings := p.lackOf(has); {
	case settings == "":
		report(severity, "%s", cannot)
	case p.configured:
		report(severity, "%s; it does where %s set", cannot, settings)
	default:
		report(flows.Warning, "%s only where %s set", does, settings)
	}
}

// lackOf names the settings with which the platform can do something, with their verb;
// "": it never can.
func (p capable) lackOf(has func(telephony.Capabilities) bool) string {
	for _, e := range providers.Telephony() {
		if e.Name != p.name {
			continue
		}
		for _, group := range e.Extras {
			codec, err := openBare(e, group)
			if err != nil || !has(codec.Capabilities()) {
				continue
			}
			var names []string
			for _, x := range group {
				names = append(names, "platforms."+p.name+"."+x.Setting)
			}
			verb := " is"
			if len(names) > 1 {
				verb = " are"
			}
			return strings.Join(names, " and ") + verb
		}
	}
	return ""
}

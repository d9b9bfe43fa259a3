package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"callflow/engine"
	"callflow/flows"
)

// answers finds out whether a flow can answer calls.
func answers(v Value, live map[string]*engine.Program, names []string) flows.Diagnostics {
	program, ok := live[v.Text()]
	switch {
	case !ok:
		d := v.report(CodeUnknownFlow, "there is no flow %q; there are %s", clip(v.Text()), list(names))
		d.Hint = flows.Suggest(v.Text(), names)
		return flows.Diagnostics{d}
	case program.Spec().Subflow != nil:
		d := v.report(CodeUnknownFlow, "the flow %q is a sub-flow: other flows enter it, and no call begins on it", clip(v.Text()))
		d.Hint = "name the flow that enters it"
		return flows.Diagnostics{d}
	}
	return nil
}

// CheckNumbers finds numbers that no flow answers, or not in their language.
func (c *Config) CheckNumbers(live map[string]*engine.Program) flows.Diagnostics {
	names := slices.Sorted(maps.Keys(live))
	names = slices.DeleteFunc(names, func(name string) bool { return live[name].Spec().Subflow != nil })
	var ds flows.Diagnostics
	for _, n := range c.Numbers {
		for _, v := range n.Flows() {
			if v.IsSet() {
				ds = append(ds, answers(v, live, names)...)
			}
		}
		program, ok := live[n.Flow.Text()]
		if !ok {
			continue
		}
		if n.Language.IsSet() && !speaks(program.Spec().Languages, n.Language.Text()) {
			ds = append(ds, n.Language.report(flows.CodeUnknownLanguage, "the flow %q does not speak %q; it speaks %s",
				n.Flow.Text(), clip(n.Language.Text()), list(program.Spec().Languages)))
		}
	}
	return ds
}

// speaks tells whether a flow has a language, or the one that it is a kind of.
func speaks(languages []string, tag string) bool {
	base, _, _ := strings.Cut(tag, "-")
	return slices.ContainsFunc(languages, func(l string) bool {
		return strings.EqualFold(l, tag) || strings.EqualFold(l, base)
	})
}

// AtFlow moves what is wrong with the whole of the i-th of Flows, which is not even
// there, to where it is named.
func (c *Config) AtFlow(i int, d flows.Diagnostic) flows.Diagnostic {
	v := c.get("flows")
	switch v.Origin.Kind {
	case File:
		d.File, d.Pos = v.Origin.Name, v.Items[i].Pos
	case Environment, Flag:
		d.File = v.Origin.Name
	}
	return d
}

// Missing is a diagnostic about a setting that is not there at all.
func (c *Config) Missing(name, format string, args ...any) flows.Diagnostic {
	file := c.File
	if file == "" {
		file = name
	}
	return flows.Report(flows.CodeMissingKey, file, flows.Pos{}, "%s", fmt.Sprintf(format, args...))
}

// AtService is a diagnostic about a service, where its section stands.
func (c *Config) AtService(name, format string, args ...any) flows.Diagnostic {
	return flows.Report(flows.CodeBadValue, c.File, c.sections[key([]string{"services", name})], "%s", fmt.Sprintf(format, args...))
}

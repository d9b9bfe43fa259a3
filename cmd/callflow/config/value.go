package config

import (
	"fmt"

	"callflow/engine"
	"callflow/flows"
	"callflow/providers"
)

// Value is a setting that has a value, and where it got it.
type Value struct {
	// Name is the setting's name with the installation's own names in it:
	// "services.bank.url".
	Name    string
	Setting providers.Setting
	Items   []Item // one, or several where the setting takes a list
	Origin  Origin

	path []string // the words of Name: those of the installation may hold dots
}

// Item is one text of a value: a path is usable from where the program runs, and
// ${env:…} is filled in.
type Item struct {
	Text string
	Pos  flows.Pos // in the file, where it stands there
}

// Text is the value, of a list the first; "" where there is none.
func (v Value) Text() string {
	if len(v.Items) == 0 {
		return ""
	}
	return v.Items[0].Text
}

// Texts are the values of a list.
func (v Value) Texts() []string {
	var all []string
	for _, item := range v.Items {
		all = append(all, item.Text)
	}
	return all
}

// Secrets are the values of a Secret or Secrets.
func (v Value) Secrets() []engine.Secret {
	var all []engine.Secret
	for _, item := range v.Items {
		all = append(all, engine.NewSecret(item.Text))
	}
	return all
}

// IsSet tells a value from none.
func (v Value) IsSet() bool { return v.Items != nil }

// Hidden tells whether the value must not be shown.
func (v Value) Hidden() bool {
	return v.Setting.Kind == providers.Secret || v.Setting.Kind == providers.Secrets
}

// report is a diagnostic about the value, at its place.
func (v Value) report(code flows.Code, format string, args ...any) flows.Diagnostic {
	d := flows.Report(code, v.Origin.place(), v.Origin.Pos, format, args...)
	if v.Origin.Kind == Default {
		d.Message = fmt.Sprintf("%s: %s", v.Name, d.Message)
	}
	return d
}

// Origin is where a value comes from.
type Origin struct {
	Kind OriginKind
	// Name is the file, the variable (CALLFLOW_STORE) or the flag (--store).
	Name string
	Pos  flows.Pos // in the file
}

// OriginKind orders origins: a later one wins.
type OriginKind int

// The origins.
const (
	Default OriginKind = iota
	File
	Environment
	Flag
)

// found is the name of a default that depends on what lies beside a flow.
const found = "found"

// isChosen tells a value that somebody gave, if only by putting a file where it is
// found, from the default of a setting that nobody thought of.
func (o Origin) isChosen() bool { return o.Kind != Default || o.Name == found }

// String is "default", "callflow.yaml:3", "CALLFLOW_STORE" or "--store".
func (o Origin) String() string {
	switch o.Kind {
	case Default:
		return "default"
	case File:
		return fmt.Sprintf("%s:%d", o.Name, o.Pos.Line)
	default:
		return o.Name
	}
}

// place is what a diagnostic calls its file.
func (o Origin) place() string {
	if o.Kind == Default {
		return "defaults"
	}
	return o.Name
}

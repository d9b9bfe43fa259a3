package providers

import (
	"maps"
	"strconv"
	"time"

	"callflow/engine"
)

// Entry is an adapter that an installation can choose by name.
type Entry[T any] struct {
	// Name is its word in callflow.yaml.
	Name string
	// Doc is one sentence without a full stop.
	Doc string
	// Settings are what callflow.yaml may say of it. One with an empty name is the
	// value that stands for the whole section: "directory: users.yaml".
	Settings []Setting
	// Durable says of a store that what it keeps outlives the process: it needs a
	// seal_key that does too.
	Durable bool
	// Voice are the settings of one of its voices; nil: it has none.
	Voice []Setting
	// Status and Fallback say of a platform that, besides where calls begin, it is told
	// in its own console where to post how they go, and where to ask when a webhook fails.
	Status, Fallback bool
	// Extras are settings without which it can do less, with values of them. Those of one
	// belong together.
	Extras [][]Example
	// Open makes the adapter. The section has been checked against Settings.
	Open func(Section) (T, error)
}

// SignedBy is the setting of a platform that holds what its webhooks are signed
// with, or "".
func (e Entry[T]) SignedBy() string {
	for _, s := range e.Settings {
		if s.Kind == Secrets {
			return s.Name
		}
	}
	return ""
}

// Example is a value that a setting can have.
type Example struct{ Setting, Value string }

// Setting is one thing that can be configured.
type Setting struct {
	Name string
	Kind Kind
	// Default is the value where nothing else is said; "" : none.
	Default string
	// Required settings must be there whenever their section is.
	Required bool
	// OneOf are the words that a Word can be; nil: any.
	OneOf []string
	// Longest bounds a Duration; zero: an hour.
	Longest time.Duration
	// Zero allows a Duration of none at all: "0s".
	Zero bool
	// Lines allows a Secret of several lines: a key in PEM has no other form.
	Lines bool
	Doc   string
}

// Kind says how a setting is written and what becomes of it.
type Kind int

// The kinds of settings.
const (
	Text     Kind = iota
	Word          // text without spaces
	Words         // one word or a list
	Rate          // a count in a length of time: 5/10m
	Amount        // of money, in whatever currency: 0.05
	Secret        // never printed; one value
	Secrets       // never printed; one value or a list: the first is the current one
	Bool          // true, false, yes or no
	Duration      // 300ms, 5s, 1m30s
	Count         // a whole number, from 1 to a million
	Path          // of a file, relative to what names it
	Paths         // one path or a list
	Address       // host:port to listen on
	URL           // http or https, absolute, without query
)

// Section is what is configured for one adapter: checked values by the names of
// its settings. A setting that is not there has its zero value.
type Section struct {
	values map[string][]string
	voices map[string]Section
}

// NewSection makes a section of values that have been checked, and of voices by
// their names in flows.
func NewSection(values map[string][]string, voices map[string]Section) Section {
	return Section{values, voices}
}

// With is the section with another value of one setting.
func (s Section) With(name string, values ...string) Section {
	all := maps.Clone(s.values)
	if all == nil {
		all = map[string][]string{}
	}
	all[name] = values
	return Section{all, s.voices}
}

// Text returns a setting's value, of a Path the usable path.
func (s Section) Text(name string) string {
	if v := s.values[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Secrets returns the values of a Secret or Secrets.
func (s Section) Secrets(name string) []engine.Secret {
	var secrets []engine.Secret
	for _, v := range s.values[name] {
		secrets = append(secrets, engine.NewSecret(v))
	}
	return secrets
}

// Secret returns the value of a Secret.
func (s Section) Secret(name string) engine.Secret { return engine.NewSecret(s.Text(name)) }

// Bool returns the value of a Bool.
func (s Section) Bool(name string) bool {
	v, _ := ParseBool(s.Text(name))
	return v
}

// Duration returns the value of a Duration.
func (s Section) Duration(name string) time.Duration {
	d, _ := time.ParseDuration(s.Text(name))
	return d
}

// Count returns the value of a Count.
func (s Section) Count(name string) int {
	n, _ := strconv.Atoi(s.Text(name))
	return n
}

// Voices returns the sections of the platform's voices, by name. It must not be
// changed.
func (s Section) Voices() map[string]Section { return s.voices }

// ParseBool reads a Bool: true and yes, false and no.
func ParseBool(s string) (value, ok bool) {
	switch s {
	case "true", "yes":
		return true, true
	case "false", "no":
		return false, true
	}
	return false, false
}

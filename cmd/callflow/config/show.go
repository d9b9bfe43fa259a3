package config

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// hidden is what is shown of a secret.
const hidden = "***"

// Show writes the effective settings for people: name, value, where it came from.
// Secrets are hidden.
func (c *Config) Show(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, v := range c.Values {
		fmt.Fprintf(tw, "%s\t%s\t%s\n", v.Name, printable(v.show()), v.Origin)
	}
	return tw.Flush()
}

// JSON writes the effective settings for programs: a list of
//
//	{"name": "server.listen", "value": "127.0.0.1:8080", "origin": "default"}
//
// where the value of a list is a list, and a secret is "***".
func (c *Config) JSON(w io.Writer) error {
	type setting struct {
		Name   string `json:"name"`
		Value  any    `json:"value"`
		Origin string `json:"origin"`
	}
	all := make([]setting, 0, len(c.Values))
	for _, v := range c.Values {
		s := setting{Name: v.Name, Origin: v.Origin.String()}
		switch {
		case v.Hidden() || strings.Contains(v.Text(), "@"):
			s.Value = hidden
		case isList(v.Setting.Kind):
			s.Value = v.Texts()
		default:
			s.Value = v.Text()
		}
		all = append(all, s)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(all)
}

func (v Value) show() string {
	if v.Hidden() {
		if len(v.Items) > 1 {
			return fmt.Sprintf("%s (%d of them)", hidden, len(v.Items))
		}
		return hidden
	}
	if strings.Contains(v.Text(), "@") {
		return hidden // an address may hold a password
	}
	return strings.Join(v.Texts(), ", ")
}

// printable is text that does no harm on a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || 0x80 <= r && r < 0xa0 {
			return '\ufffd'
		}
		return r
	}, text)
}

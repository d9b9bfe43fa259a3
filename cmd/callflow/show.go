package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"callflow/flows"
	"callflow/flows/show"
)

func newShow(c *Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show STATE [FILE|FOLDER]",
		Short: "Say everything about one state of a flow",
		Long: `Says what a state does, each of its settings with its value and where that comes from
(the state, the flow's defaults, the language), what it says in each language, where
every outcome leads and what decides that, and who leads there. Without a file it is
the flow of the folder one stands in.

A state of a flow that is entered by another has the name of both: owner.ask.

Exit status: 0 shown, 1 the flow has errors, 2 the command line, or a file it names,
is wrong, or there is no such state.`,
		Example: `  callflow show main_menu examples/authzero
  callflow show pin --format json`,
		Args: maxArgs(2),
	}
	format := formatFlag(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if err := format.check(); err != nil {
			return err
		}
		if len(args) == 0 {
			return usagef("which state? see %q", cmd.CommandPath()+" --help")
		}
		path := "."
		if len(args) == 2 {
			path = args[1]
		}
		return c.show(args[0], path, *format)
	}
	return cmd
}

func (c *Command) show(name, path string, f format) error {
	flow, err := c.openFlow(path)
	if err != nil {
		return err
	}
	doc, _ := flows.Parse(flow.file, flow.source)
	s, err := show.Find(doc, flow.program, name, flows.Beside(diskFS{map[string][]byte{}}))
	switch {
	case errors.Is(err, show.ErrUnknown):
		return usagef("%w", err)
	case err != nil:
		return err
	case f == "json":
		return writeJSON(c.Stdout, s)
	}
	p := &page{w: c.Stdout, color: c.colorful(c.Stdout), width: widthOf(c.Stdout)}
	p.state(s)
	return p.err
}

// state prints what there is to know of a state.
func (p *page) state(s *show.State) {
	p.print("%s: %s%s\n", p.paint(strong, s.Name), s.Kind, p.paint(faint, placed(s.At)))
	if s.Does != "" {
		p.print("%s\n", s.Does)
	}
	if len(s.Settings) > 0 {
		p.print("\n%s\n", p.paint(strong, "settings"))
		p.settings(s.Settings)
	}
	if len(s.Outcomes) > 0 {
		p.print("\n%s\n", p.paint(strong, "outcomes"))
		p.outcomes(s.Outcomes)
	}
	p.print("\n%s\n", p.paint(strong, "who leads here"))
	for _, a := range s.From {
		p.print("  %s\n", strings.TrimSuffix(a.State+": "+strings.Join(a.Outcomes, ", "), ": "))
	}
	if len(s.From) == 0 {
		p.print("  nobody\n")
	}
}

func (p *page) settings(all []show.Setting) {
	width := 0
	for _, s := range all {
		width = max(width, len(s.Key))
	}
	for _, s := range all {
		from := p.paint(faint, "  ("+s.By+placed(s.At)+")")
		p.print("  %-*s  %s%s\n", width, s.Key, harmless(s.Value), from)
		for _, t := range s.Texts {
			for i, line := range t.Lines {
				label := t.Language
				if len(t.Lines) > 1 {
					label = strings.TrimSpace(fmt.Sprintf("%s %d.", label, i+1))
				}
				if label != "" {
					label += " "
				}
				p.print("  %-*s    %s%s\n", width, "", p.paint(faint, label), harmless(line))
			}
		}
	}
}

func (p *page) outcomes(all []show.Outcome) {
	name, to := 0, 0
	for _, o := range all {
		name, to = max(name, len(o.Name)), max(to, len(o.To))
	}
	for _, o := range all {
		by := o.By + placed(o.At)
		if o.As != "" {
			by += ", as " + o.As
		}
		p.print("  %-*s  %-*s  %s\n", name, o.Name, to, o.To, p.paint(faint, "("+by+")"))
	}
}

// placed is a place after what stands there.
func placed(at *show.Place) string {
	if at == nil {
		return ""
	}
	return fmt.Sprintf(" %s:%d", at.File, at.Line)
}

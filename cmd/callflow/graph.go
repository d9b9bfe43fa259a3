package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"callflow/flows/flowtest"
	"callflow/flows/graph"
)

// graphFlags is what the flags of graph say.
type graphFlags struct {
	as       string
	output   string
	all      bool
	coverage bool
}

// drawings are the forms of a picture, by the endings of their files.
var drawings = []struct {
	name, ending string
	draw         func(*graph.Graph, io.Writer) error
}{
	{"svg", ".svg", (*graph.Graph).SVG},
	{"dot", ".dot", (*graph.Graph).DOT},
	{"mermaid", ".mmd", (*graph.Graph).Mermaid},
}

func newGraph(c *Command) *cobra.Command {
	var g graphFlags
	cmd := &cobra.Command{
		Use:   "graph [FILE or FOLDER]",
		Short: "Draw a flow",
		Long: `Draws a flow: its states, and the keys and outcomes that lead from one to the
next. Questions whose answer is secret say so, protected states have a double edge,
a sub-flow is a box. Where an arrow would go back or far, the name of the state to
go to stands in its place.

Ways that every state has, such as the one after a failure, are drawn once, where
they lead to a state of the flow; --all draws each. --coverage runs the tests beside
the flow and marks what they do not reach.

The picture goes to standard output, or to the file that --output names; its ending
says which form it has, unless --as does.`,
		Example: `  callflow graph examples/authzero -o authzero.svg
  callflow graph examples/herd --as mermaid
  callflow graph examples/authzero --coverage -o covered.svg`,
		Args: maxArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := "."
			if len(args) == 1 {
				path = args[0]
			}
			return c.graph(cmd.Context(), path, g)
		},
	}
	f := cmd.Flags()
	f.StringVar(&g.as, "as", "", "the form: svg, dot or mermaid (default svg, or what the ending of --output says)")
	f.StringVarP(&g.output, "output", "o", "", "write to this `FILE`")
	f.BoolVar(&g.all, "all", false, "draw failures, limits, hanging up and asking again at every state")
	f.BoolVar(&g.coverage, "coverage", false, "run the tests beside the flow and mark what they do not reach")
	_ = cmd.RegisterFlagCompletionFunc("as", cobra.FixedCompletions([]string{"svg", "dot", "mermaid"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// form finds out what to draw.
func (g graphFlags) form() (func(*graph.Graph, io.Writer) error, error) {
	word, ending := g.as, strings.ToLower(filepath.Ext(g.output))
	if word == "" && ending == "" {
		word = "svg"
	}
	for _, d := range drawings {
		if d.name == word || word == "" && d.ending == ending {
			return d.draw, nil
		}
	}
	if word == "" {
		return nil, usagef("--output: %s ends in neither .svg, .dot nor .mmd; say which form it has with --as", g.output)
	}
	return nil, usagef("--as: found %q, expected svg, dot or mermaid", word)
}

func (c *Command) graph(ctx context.Context, path string, g graphFlags) error {
	draw, err := g.form()
	if err != nil {
		return err
	}
	flow, err := c.openFlow(path)
	if err != nil {
		return err
	}
	o := graph.Options{All: g.all}
	if g.coverage {
		cover, err := c.covered(ctx, flow)
		if err != nil {
			return err
		}
		o.Reached, o.Taken = cover.Reached, cover.Took
	}
	var picture bytes.Buffer
	if err := draw(graph.Of(flow.program.Spec(), o), &picture); err != nil {
		return err
	}
	if g.output == "" {
		_, err := c.Stdout.Write(picture.Bytes())
		return err
	}
	if err := os.WriteFile(g.output, picture.Bytes(), 0o644); err != nil {
		return usagef("the picture cannot be written: %w", err)
	}
	return nil
}

// covered runs the tests beside a flow. Those that fail have reached something too,
// but the picture would not show what it seems to.
func (c *Command) covered(ctx context.Context, flow *openedFlow) (*flowtest.Coverage, error) {
	file := strings.TrimSuffix(flow.file, filepath.Ext(flow.file)) + suiteSuffix
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		return nil, usagef("there are no tests beside the flow: %s does not exist", file)
	}
	s, err := c.openSuite(file, regexp.MustCompile(""))
	if err != nil {
		return nil, err
	}
	if err := runSuites(ctx, []*suite{s}); err != nil {
		return nil, err
	}
	if s.failed() {
		fmt.Fprintf(c.Stderr, "callflow: some tests of %s fail; %q says which\n", file, "callflow test "+file)
	}
	cover := flowtest.NewCoverage(s.flow.program)
	for _, r := range s.results {
		cover.Add(r.Transcript)
	}
	return cover, nil
}

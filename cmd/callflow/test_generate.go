package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"callflow/flows/flowtest"
)

// generated are the scenarios that were made for one flow.
type generated struct {
	flow *openedFlow
	*flowtest.Generated
	percent int // of the transitions, with the tests that were there
}

// generate writes scenarios for what the tests of flows do not cover: to a file,
// or to standard output. What no call reaches is told on standard error.
func (c *Command) generate(ctx context.Context, args []string, suites []*suite, t testFlags) error {
	flows, err := c.flowsToCover(args, suites)
	if err != nil {
		return err
	}
	if t.write != "" && len(flows) != 1 {
		return usagef("--write: %s is for one flow; found %d", t.write, len(flows))
	}
	for i, flow := range flows {
		g, err := c.generateFor(ctx, flow, suites)
		if err != nil {
			return err
		}
		if t.write != "" {
			err = c.writeGenerated(t.write, g)
		} else {
			err = c.printGenerated(g, i > 0)
		}
		if err != nil {
			return err
		}
		p := &page{w: c.Stderr}
		for _, m := range g.Missed {
			p.print("%s: not reached: %s: %s -> %s: %s\n", flow.file, m.From, m.Outcome, m.To, m.Reason)
		}
		if p.err != nil {
			return p.err
		}
	}
	return nil
}

// flowsToCover are the flows of suites, and those that arguments name.
func (c *Command) flowsToCover(args []string, suites []*suite) ([]*openedFlow, error) {
	var all []*openedFlow
	known := func(file string) bool {
		return slices.ContainsFunc(all, func(f *openedFlow) bool { return filepath.Clean(f.file) == filepath.Clean(file) })
	}
	for _, s := range suites {
		if !known(s.flow.file) {
			all = append(all, s.flow)
		}
	}
	var named []string
	for _, arg := range args {
		if !strings.HasSuffix(arg, suiteSuffix) {
			named = append(named, arg)
		}
	}
	if named == nil {
		return all, nil
	}
	files, err := flowFiles(named)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if known(file) {
			continue
		}
		flow, err := c.openFlow(file)
		switch {
		case errors.Is(err, errShown):
			return nil, usageError{errShown}
		case err != nil:
			return nil, err
		}
		if flow.program.Spec().Subflow == nil { // no call begins on one that is entered
			all = append(all, flow)
		}
	}
	return all, nil
}

func (c *Command) generateFor(ctx context.Context, flow *openedFlow, suites []*suite) (*generated, error) {
	beside, err := c.openStandins(flow.beside(standinsFile, ""), false)
	if err != nil {
		return nil, err
	}
	opts := flowtest.GenerateOptions{Beside: beside}
	cover := flowtest.NewCoverage(flow.program)
	for _, s := range suites {
		if filepath.Clean(s.flow.file) != filepath.Clean(flow.file) {
			continue
		}
		for _, test := range s.Tests {
			opts.Names = append(opts.Names, test.Name)
		}
		for _, r := range s.results {
			opts.Covered = append(opts.Covered, r.Transcript)
			cover.Add(r.Transcript)
		}
	}
	g, err := flowtest.Generate(ctx, flow.program, opts)
	if err != nil {
		return nil, fmt.Errorf("generate tests for %s: %w", flow.file, err)
	}
	for _, test := range g.Tests {
		result, err := test.Run(ctx, flow.program, test.World(nil, nil))
		if err != nil {
			return nil, fmt.Errorf("run the generated test %q: %w", test.Name, err)
		}
		cover.Add(result.Transcript)
	}
	return &generated{flow, g, cover.Percent()}, nil
}

// printGenerated prints a whole file of scenarios.
func (c *Command) printGenerated(g *generated, more bool) error {
	var b bytes.Buffer
	if more {
		b.WriteString("---\n")
	}
	if err := g.file(&b, filepath.Base(g.flow.file)); err != nil {
		return err
	}
	_, err := c.Stdout.Write(b.Bytes())
	return err
}

func (g *generated) file(b *bytes.Buffer, flow string) error {
	fmt.Fprintf(b, "# What %s does that no other test covers. Written by callflow test --generate.\nflow: %s\ntests:", g.flow.program.Flow(), flow)
	if len(g.Tests) == 0 {
		b.WriteString(" []\n")
		return nil
	}
	b.WriteByte('\n')
	return flowtest.WriteTests(b, g.Tests, 2)
}

// writeGenerated writes scenarios to a new file, or behind those of one that is
// there.
func (c *Command) writeGenerated(file string, g *generated) error {
	cannot := func(err error) error { return usagef("--write: %s cannot be written: %w", file, bare(err)) }
	if !strings.HasSuffix(file, suiteSuffix) {
		return usagef("--write: found %s, expected a name that ends in %s: others are not run", file, suiteSuffix)
	}
	var b bytes.Buffer
	src, err := os.ReadFile(file)
	switch {
	case len(g.Tests) == 0:
	case errors.Is(err, fs.ErrNotExist):
		to, err := filepath.Rel(filepath.Dir(file), g.flow.file)
		if err != nil {
			return usagef("--write: %s does not lie beside %s: %w", file, g.flow.file, err)
		}
		if err := g.file(&b, filepath.ToSlash(to)); err != nil {
			return err
		}
	case err != nil:
		return usagef("--write: %s cannot be read: %w", file, bare(err))
	default:
		indent, ok := lastList(src)
		if !ok {
			return usagef("--write: in %s, \"tests\" is not a list in lines of its own at the end; write to another file", file)
		}
		b.Write(append(bytes.TrimRight(src, "\n"), '\n', '\n'))
		if err := flowtest.WriteTests(&b, g.Tests, indent); err != nil {
			return err
		}
	}
	if b.Len() > 0 {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil { //nolint:gosec // tests, for others to read
			return cannot(err)
		}
	}
	p := &page{w: c.Stdout}
	p.print("%s: %s added; with them tests take %d%% of the transitions of %s\n", file, plural(len(g.Tests), "test"), g.percent, g.flow.file)
	return p.err
}

// lastList is where the items of a file's tests begin, when they are the last
// thing in it.
func lastList(src []byte) (indent int, ok bool) {
	var doc yaml.Node
	if yaml.Unmarshal(src, &doc) != nil || len(doc.Content) != 1 {
		return 0, false
	}
	top := doc.Content[0].Content
	if n := len(top); n < 2 || top[n-2].Value != "tests" || top[n-1].Kind != yaml.SequenceNode || top[n-1].Style&yaml.FlowStyle != 0 || len(top[n-1].Content) == 0 {
		return 0, false
	}
	return top[len(top)-1].Column - 1, true
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/flows"
	"callflow/flows/flowtest"
	"callflow/providers/identity/directory"
)

// The files beside a flow that a simulation reads.
const (
	flowFile     = "flow.yaml"
	usersFile    = "users.yaml"
	standinsFile = "standins.yaml"
)

// openedFlow is a flow that compiles, and where it was found.
type openedFlow struct {
	file    string
	source  []byte
	program *engine.Program
}

// openFlow compiles the flow of a file or a folder. What is wrong with it has
// been shown when the error is errShown.
func (c *Command) openFlow(path string) (*openedFlow, error) {
	file := path
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, usagef("there is no flow %s: %w", path, bare(err))
	case info.IsDir():
		file = filepath.Join(path, flowFile)
	}
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, usagef("the flow %s cannot be read: %w", file, bare(err))
	}
	sources := map[string][]byte{file: src}
	disk := diskFS{sources}
	program, diags := flows.CompileSource(file, src, flows.Options{Find: flows.Beside(disk)})
	for _, name := range slices.Sorted(maps.Keys(sources)) { // of sub-flows as well
		if doc, _ := flows.Parse(name, sources[name]); doc != nil {
			_, found := flows.ReadAudio(diskFS{map[string][]byte{}}, doc)
			diags = append(diags, found...)
		}
	}
	if program == nil || diags.HasErrors() {
		if err := c.showDiagnostics(diags, sources); err != nil {
			return nil, err
		}
		return nil, errShown
	}
	return &openedFlow{file: file, source: src, program: program}, nil
}

// openCallable is openFlow for a flow that a call is to begin on.
func (c *Command) openCallable(path string) (*openedFlow, error) {
	flow, err := c.openFlow(path)
	if err == nil && flow.program.Spec().Subflow != nil {
		return nil, usagef("%s is a sub-flow: other flows enter it, and no call begins on it; name one that enters it", flow.file)
	}
	return flow, err
}

// beside is a file in the flow's folder, unless another was named.
func (f *openedFlow) beside(name, named string) string {
	if named != "" {
		return named
	}
	return filepath.Join(filepath.Dir(f.file), name)
}

// showDiagnostics writes diagnostics for people to standard error.
func (c *Command) showDiagnostics(diags flows.Diagnostics, sources map[string][]byte) error {
	return diags.Render(c.Stderr, sources, c.rendering(c.Stderr))
}

// bare is an error of the file system without the path, which the message has
// already.
func bare(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// world is what a simulated flow meets. The stage is nil for the real one. Call
// done in the end.
func (c *Command) world(flow *openedFlow, s simulation) (w flowtest.World, stage *flowtest.Stage, done func(), err error) {
	done = func() {}
	if s.live {
		w, done, err = c.liveWorld(flow, s.config)
		return w, nil, done, err
	}
	beside, err := c.openStandins(flow.beside(standinsFile, s.standins), s.standins != "")
	if err != nil {
		return nil, nil, nil, err
	}
	users, err := openUsers(flow.beside(usersFile, s.users), s.users != "")
	if err != nil {
		return nil, nil, nil, err
	}
	stage = flowtest.NewStage(users, beside)
	known := flowtest.Known(flow.program.Spec())
	check := func(flag, name string) error {
		if slices.Contains(known, name) {
			return nil
		}
		return usagef("--%s: the flow uses no service %q; expected one of %s", flag, name, strings.Join(known, ", "))
	}
	for _, text := range s.slow {
		name, by, err := slowness(text)
		if err == nil {
			err = check("slow", name)
		}
		if err != nil {
			return nil, nil, nil, err
		}
		stage.Slow(name, by)
	}
	for _, name := range s.fail {
		if err := check("fail", name); err != nil {
			return nil, nil, nil, err
		}
		stage.Break(name)
	}
	return stage, stage, done, nil
}

// openStandins reads a file of stand-ins; nil when there is none and none is
// required.
func (c *Command) openStandins(file string, required bool) (*flowtest.Given, error) {
	src, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && !required {
		return nil, nil
	}
	if err != nil {
		return nil, usagef("the stand-ins %s cannot be read: %w", file, bare(err))
	}
	given, diags := flowtest.ParseStandins(file, src)
	if diags.HasErrors() {
		if err := c.showDiagnostics(diags, map[string][]byte{file: src}); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%w in %s", errShown, file)
	}
	return given, nil
}

// openUsers reads a file of users; nil when there is none and none is required.
func openUsers(file string, required bool) (runner.Authenticator, error) {
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) && !required {
		return nil, nil
	}
	users, err := directory.Open(file)
	if err != nil {
		return nil, usageError{err}
	}
	return users, nil
}

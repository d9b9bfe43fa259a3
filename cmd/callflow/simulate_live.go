package main

import (
	"fmt"
	"path/filepath"
	"slices"

	"callflow/flows/flowtest"
)

// liveWorld is the world as a configuration has it: the one named, or the one
// beside the flow. Call close in the end.
func (c *Command) liveWorld(flow *openedFlow, file string) (w flowtest.World, closing func(), err error) {
	if file == "" {
		file = filepath.Join(filepath.Dir(flow.file), configFile)
	}
	src, err := c.source([]string{file}, nil)
	if err != nil {
		return nil, nil, err
	}
	in := open(src)
	if err := c.showProblems(in); err != nil {
		return nil, nil, err
	}
	for _, name := range flow.program.Spec().Services {
		if !slices.Contains(in.options.Services, name) {
			return nil, nil, usagef("the flow uses a service %q, which %s has not got", name, file)
		}
	}
	client, err := in.client()
	if err != nil {
		return nil, nil, fmt.Errorf("services: %w", err)
	}
	live := flowtest.Live{Authenticator: in.authenticator(), Services: client, Now: c.Now}
	return live, func() { _ = client.Close() }, nil
}

package main

import "callflow/flows/flowtest"

func (c *Command) liveWorld(flow *openedFlow, file string) (flowtest.World, func(), error) {
	return nil, nil, usagef("--live: not wired")
}

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"go.uber.org/zap"

	"callflow/cmd/callflow/config"
	"callflow/engine"
	"callflow/flows"
	"callflow/flows/flowtest"
	"callflow/providers/identity/directory"
	"callflow/providers/sms"
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
	if _, ok := in.identity.(*directory.Directory); ok { // its codes are shown, and need no sender
		in.diags = slices.DeleteFunc(in.diags, func(d flows.Diagnostic) bool { return d.Code == config.CodeMissingSender })
	}
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
	done := func() { _ = client.Close() }
	live, err := in.live(flowtest.Live{Authenticator: in.authenticator(), Services: client, Now: c.Now})
	if err != nil {
		done()
		return nil, nil, err
	}
	return live, done, nil
}

// live adds codes and the search for callers to a world. A tenant sends its codes and is
// searched, whatever is in an index; codes of a directory are shown, and go nowhere.
func (in *installation) live(w flowtest.Live) (flowtest.World, error) {
	store, err := openStore(config.Store{Name: "memory"})
	if err != nil {
		return nil, err
	}
	now := w.Now
	if now == nil {
		now = time.Now
	}
	in.config.Index.Live = true
	w.Finder = in.finder(store, zap.NewNop(), now, func(string) {})
	users, ok := in.identity.(*directory.Directory)
	if !ok {
		w.Codes, err = in.codes(nil, store, zap.NewNop(), now, func(string) {})
		return w, err
	}
	key, err := hashKey(in.config, codesPurpose)
	if err != nil {
		return nil, err
	}
	to := &shown{}
	w.Codes, err = directory.NewCodes(directory.CodesDeps{Directory: users, Counters: store, Sender: to, Key: key, Now: now})
	return showing{w, to}, err
}

// showing is a world whose codes are shown.
type showing struct {
	flowtest.Live
	sent *shown
}

// SendCode sends a code nowhere, and shows it.
func (s showing) SendCode(ctx context.Context, e engine.SendCode) (engine.CodeSent, string, time.Duration) {
	s.sent.code = ""
	sent, _, took := s.Live.SendCode(ctx, e)
	return sent, s.sent.code, took
}

// shown is a sender that keeps the last code, for whoever shows it.
type shown struct{ code string }

// Name is for messages.
func (*shown) Name() string { return "simulate" }

// Send keeps a code.
func (s *shown) Send(_ context.Context, m sms.Message) (sms.Receipt, error) {
	s.code = m.Code.Reveal()
	return sms.Receipt{}, nil
}

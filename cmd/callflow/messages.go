package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"time"

	"go.uber.org/zap"

	"callflow/cmd/callflow/config"
	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers"
	"callflow/providers/sms"
	"callflow/server"
	"callflow/server/gateway"
	"callflow/server/logstream"
)

// messagesPurpose is what the key is for that numbers and codes are hashed with.
const messagesPurpose = "callflow messages"

// openSenders opens who sends messages, and who tells who carries a number.
func (in *installation) openSenders() {
	c := in.config.SMS
	if c == nil {
		return
	}
	for _, a := range c.Senders {
		for _, e := range providers.SMS() {
			if e.Name == a.Name {
				if s, ok := openVendor(in, &a, e); ok {
					in.senders = append(in.senders, s)
				}
			}
		}
	}
	for _, e := range providers.Carriers() {
		if a := c.Carriers; a != nil && e.Name == a.Name {
			in.carriers, _ = openVendor(in, a, e)
		}
	}
}

// openVendor opens one, or reports what is wrong with its settings.
func openVendor[T any](in *installation, a *config.Adapter, e providers.Entry[T]) (opened T, ok bool) {
	if in.config.Unread("sms", a.Name) || !in.complete("sms", a, e.Settings) {
		return opened, false
	}
	opened, err := e.Open(a.Section)
	if err != nil {
		in.report(a.Report("%s", strings.TrimPrefix(err.Error(), a.Name+": ")))
	}
	return opened, err == nil
}

// failover is the list of senders; nil where nobody sends messages.
func (in *installation) failover(log *zap.Logger) (*sms.Failover, error) {
	if len(in.senders) == 0 {
		return nil, nil
	}
	return sms.NewFailover(func(err error) {
		log.Warn("sender is passed over", zap.Error(err), zap.Bool("alarm", gateway.IsOurs(err)))
	}, in.senders...)
}

// gateway is what is in front of the senders; nil where there are none.
func (in *installation) gateway(senders *sms.Failover, store runner.Store, promises gateway.Promiser, log *zap.Logger, now func() time.Time, count func(string)) (*gateway.Gateway, error) {
	if senders == nil {
		return nil, nil
	}
	key, err := hashKey(in.config, messagesPurpose)
	if err != nil {
		return nil, err
	}
	host, _ := os.Hostname() // only a name in leases
	c := in.config.SMS
	return gateway.New(gateway.Deps{
		Sender: senders, Carriers: in.carriers, Store: store, Promiser: promises, Key: key, Owner: host + "." + rand.Text(),
		Allow: c.Allow, Block: c.Block, Limits: c.Limits, Region: in.config.Region, Log: log, Now: now,
		Count: func(o gateway.Outcome) { count(string(o)) },
	})
}

// inboxes are what Auth0 posts to. The gateway is nil where nobody sends messages.
func (in *installation) inboxes(g *gateway.Gateway, users logstream.Users, store runner.Store, log *zap.Logger, now func() time.Time, count func(string)) ([]server.Inbox, error) {
	var all []server.Inbox
	if c := in.config.Gateway; c != nil && g != nil {
		all = append(all, gateway.Endpoint{Gateway: g, Token: c.Token, Find: c.Find, From: c.From}.Inbox())
	}
	if c := in.config.LogStream; c != nil {
		var to logstream.Approver = nobodyAsked{}
		if g != nil {
			to = g
		}
		s, err := logstream.New(logstream.Deps{
			Tokens: c.Tokens, Rule: c.Rule, Approver: to, Users: users, Seen: store, Log: log, Now: now,
			Count: func(r logstream.Result) { count(string(r)) },
		})
		if err != nil {
			return nil, fmt.Errorf("auth0_logs: %w", err)
		}
		all = append(all, s.Inbox())
	}
	return all, nil
}

// nobodyAsked is where nobody sends messages, and so nobody wants to hear of codes.
type nobodyAsked struct{}

func (nobodyAsked) Approved(context.Context, string, time.Time) error { return nil }

// promises are a runner's, before there is one.
type promises struct{ run *runner.Runner }

// Promise promises an action, which the runner delivers.
func (p *promises) Promise(ctx context.Context, line string, a engine.Action) error {
	return p.run.Promise(ctx, line, a)
}

// Promised makes the promise of an action.
func (p *promises) Promised(line string, a engine.Action, at time.Time) (runner.Promise, error) {
	return p.run.Promised(line, a, at)
}

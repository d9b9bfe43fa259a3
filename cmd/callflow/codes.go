package main

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"go.uber.org/zap"

	"callflow/engine/runner"
	"callflow/engine/runner/budget"
	"callflow/providers/identity/auth0"
	"callflow/providers/identity/auth0/index"
	"callflow/providers/identity/candidates"
	"callflow/providers/identity/directory"
	"callflow/providers/sms"
	"callflow/server/gateway"
)

// What the keys are for that codes are counted with, and made from.
const (
	budgetPurpose = "callflow code budget"
	codesPurpose  = "callflow codes"
)

// codes sends one-time codes within their budget; nil where nobody can: the identity
// provider itself does, or for a directory whoever sends messages.
func (in *installation) codes(messages *gateway.Gateway, store runner.Store, log *zap.Logger, now func() time.Time, count func(string)) (runner.Codes, error) {
	next, ok := in.identity.(runner.Codes)
	if users, is := in.identity.(*directory.Directory); is && messages != nil {
		key, err := hashKey(in.config, codesPurpose)
		if err != nil {
			return nil, err
		}
		if next, err = directory.NewCodes(directory.CodesDeps{
			Directory: users, Counters: store, Sender: throughGateway{messages}, Key: key, Now: now,
		}); err != nil {
			return nil, err
		}
		ok = true
	}
	if !ok {
		return nil, nil
	}
	if messages != nil {
		next = messages.Codes(next, inIndex(store))
	}
	key, err := hashKey(in.config, budgetPurpose)
	if err != nil {
		return nil, err
	}
	var allow []string
	if in.config.SMS != nil {
		allow = in.config.SMS.Allow
	}
	return budget.New(budget.Deps{
		Next: next, Counters: store, Key: key, Limits: in.config.Codes, Allow: allow,
		Normalize: in.config.Region.Normalize, Log: log, Now: now,
		Counted: func(by string) { count(cmp.Or(by, "sent")) },
	})
}

// inIndex looks for second factors where the index has them: a directory says itself
// which number it was.
func inIndex(users runner.Phones) gateway.Factors {
	return func(ctx context.Context, id string) ([]string, error) {
		user, err := users.PhoneUser(ctx, id)
		if errors.Is(err, runner.ErrNotFound) {
			return nil, nil
		}
		return user.Factors, err
	}
}

// finder finds who might be calling: by the index, and where that knows nobody by the
// identity provider itself.
func (in *installation) finder(store runner.Store, log *zap.Logger, now func() time.Time, count func(string)) *candidates.Finder {
	f := &candidates.Finder{Users: store.UsersByPhone, Region: in.config.Region}
	switch users := in.identity.(type) {
	case *auth0.Provider:
		if settings := in.config.Index; settings.Live {
			live := &index.Live{
				Users: store, Source: users.Searcher(settings.LivePerSecond), Now: now, Log: log, Count: count,
				Shape: index.Shape{Region: in.config.Region, Usernames: users.Usernames()},
			}
			f.Live = live.UsersByPhone
		}
	case *directory.Directory:
		f.Live = inDirectory{users}.UsersByPhone
	}
	return f
}

// inDirectory are the users of a directory, by their numbers.
type inDirectory struct{ users *directory.Directory }

// UsersByPhone returns the users of a number, up to limit.
func (d inDirectory) UsersByPhone(_ context.Context, number string, limit int) ([]runner.PhoneUser, error) {
	var all []runner.PhoneUser
	for _, p := range d.users.ByPhone(number) {
		if len(all) < limit {
			all = append(all, runner.PhoneUser{
				ID: p.ID, Account: p.Account, Name: p.Greeting,
				Numbers: []runner.PhoneNumber{{Number: number, Kind: runner.PhoneIdentifier}},
			})
		}
	}
	return all, nil
}

// throughGateway sends codes as the gateway sends Auth0's: within its limits and its
// spend, and with reports of the right ones.
type throughGateway struct{ gateway *gateway.Gateway }

func (throughGateway) Name() string { return "gateway" }

func (t throughGateway) Send(ctx context.Context, m sms.Message) (sms.Receipt, error) {
	v := t.gateway.Deliver(ctx, gateway.Request{To: m.To, From: m.From, Text: m.Text, Code: m.Code, Channel: m.Channel, Locale: m.Locale})
	if v.Sent() {
		return sms.Receipt{Sender: v.Sender, Channel: m.Channel}, nil
	}
	f := &sms.Failure{Sender: "gateway", Kind: sms.ErrOutage, Code: string(v.Outcome), Reason: v.Reason, After: v.After}
	if s := v.Status(); s >= 400 && s < 500 && s != http.StatusUnauthorized {
		f.Kind = sms.ErrRefused
	}
	return sms.Receipt{}, f
}

package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"

	"callflow/engine"
	"callflow/providers/identity/auth0"
	"callflow/providers/identity/auth0/index"
	"callflow/providers/phone"
	"callflow/server"
	"callflow/server/logstream"
)

// keeper keeps the index of numbers current, or is nil where there is no tenant to
// read users from.
func (in *installation) keeper(users index.Users, log *zap.Logger, now func() time.Time) *index.Keeper {
	tenant, ok := in.identity.(*auth0.Provider)
	if !ok {
		return nil
	}
	settings := in.config.Index
	return &index.Keeper{
		Users:   users,
		Source:  tenant.Reader(settings.PerSecond),
		Shape:   index.Shape{Region: in.config.Region, Usernames: tenant.Usernames()},
		Factors: settings.Factors,
		Every:   settings.Every,
		Now:     now,
		Log:     log,
	}
}

// inBackground runs something until what it returns is called.
func inBackground(run func(context.Context)) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(ctx)
	}()
	return func() error {
		cancel()
		<-done
		return nil
	}
}

// Where the tenant posts news of users: Actions to the first, an event stream to the
// second. Either takes what the other does.
const (
	newsPath   = "/auth0/users"
	eventsPath = "/auth0/events"
)

// newsAgain is when the tenant is to come again with news that are not taken.
const newsAgain = 30 * time.Second

// newsInboxes are where the tenant posts news of users; none without a secret.
func newsInboxes(k *index.Keeper, secrets []engine.Secret, log *zap.Logger) []server.Inbox {
	if len(secrets) == 0 {
		return nil
	}
	take := func(ctx context.Context, body []byte) server.Taken {
		news, err := index.ParseNews(body)
		if err != nil {
			log.Warn("news of users are not understood", zap.Error(err))
			return server.Taken{Status: http.StatusBadRequest, Reason: err.Error()}
		}
		if err := k.Hear(ctx, news...); err != nil {
			log.Error("news of users are not taken", zap.Error(err))
			return server.Taken{Status: http.StatusServiceUnavailable, Reason: "try again later", After: newsAgain}
		}
		return server.Taken{Status: http.StatusNoContent}
	}
	var all []server.Inbox
	for _, path := range []string{newsPath, eventsPath} {
		all = append(all, server.Inbox{Path: path, MaxBody: index.MaxNews, Authorize: bearer(secrets), Take: take})
	}
	return all
}

// logNews are news that stand in the tenant's log.
type logNews struct{ keeper *index.Keeper }

// UserChanged has a user read again whose second factors, or whose number, changed.
func (n logNews) UserChanged(ctx context.Context, e logstream.UserEvent) error {
	if !index.IsUserID(e.UserID) {
		return nil
	}
	news := index.News{ID: e.UserID}
	if number, ok := (phone.Region{}).Normalize(e.Number); ok && e.Type == enrolled {
		news.Phone = number
	}
	return n.keeper.Hear(ctx, news)
}

// enrolled is the event whose number Auth0 does not say whole again.
const enrolled = "gd_enrollment_complete"

// bearer judges an Authorization header by secrets that it may have, in a time that
// says nothing about them.
func bearer(secrets []engine.Secret) func(string) error {
	return func(authorization string) error {
		scheme, given, _ := strings.Cut(authorization, " ")
		if !strings.EqualFold(scheme, "Bearer") || given == "" {
			return errors.New("there is no bearer secret")
		}
		right := false
		for _, s := range secrets {
			right = s.Equal(engine.NewSecret(given)) || right
		}
		if !right {
			return errors.New("the secret is none of index.secret")
		}
		return nil
	}
}

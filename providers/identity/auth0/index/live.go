package index

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.uber.org/zap"

	"callflow/engine/runner"
	"callflow/providers/sms"
)

// Searcher is where numbers are searched for: the tenant. Its errors are outages. It
// keeps to its own rate, and answers within the time that a caller waits.
type Searcher interface {
	// ByPhone are the profiles of a number, E.164, up to limit, as the Management API
	// shows them.
	ByPhone(ctx context.Context, number string, limit int) ([]json.RawMessage, error)
}

// Live looks in the tenant for callers whom the index does not know: who registered a
// moment ago, or whose news were missed. Whom it finds is in the index from then on.
type Live struct {
	Users interface {
		Store
		UsersByPhone(ctx context.Context, number string, limit int) ([]runner.PhoneUser, error)
	}
	Source Searcher
	Shape  Shape
	Now    func() time.Time
	Log    *zap.Logger
	// Count hears of every search: "found", "nobody" or "failed".
	Count func(result string)
}

// UsersByPhone searches for a number, E.164, and returns what the index says then: a
// search lags behind, so of what it shows the index may know better.
func (l *Live) UsersByPhone(ctx context.Context, number string, limit int) ([]runner.PhoneUser, error) {
	at := l.Now()
	profiles, err := l.Source.ByPhone(ctx, number, limit)
	if err != nil {
		l.Count("failed")
		return nil, err
	}
	var users []runner.PhoneUser
	for _, raw := range profiles {
		user, err := l.Shape.Profile(raw, at)
		if err != nil {
			l.Log.Warn("a profile that was searched for makes no sense and is not put into the index", zap.Error(err))
			continue
		}
		users = append(users, user)
	}
	changed := 0
	if len(users) > 0 {
		if changed, err = l.Users.PutUsers(ctx, users); err != nil {
			return nil, fmt.Errorf("save users who were searched for: %w", err)
		}
	}
	l.Log.Info("a number that is not in the index was searched for in the tenant",
		zap.String("number", sms.Masked(number)), zap.Int("users", len(users)), zap.Int("new", changed), zap.Duration("took", l.Now().Sub(at)))
	if len(users) == 0 {
		l.Count("nobody")
		return nil, nil
	}
	l.Count("found")
	return l.Users.UsersByPhone(ctx, number, limit)
}

package logstream

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/sms"
	"callflow/server"
)

// Path is where Auth0 posts to.
const Path = "/auth0/logs"

// ShortestToken is the shortest token that is taken, in bytes.
const ShortestToken = 16

const (
	// memory is how long an event that was acted on is remembered. Auth0 tries for
	// seven days.
	memory = 8 * 24 * time.Hour
	// tooOld is how old a sign-in may be for a vendor to care.
	tooOld = 10 * time.Minute
	// patience bounds the work on one request.
	patience = 20 * time.Second
)

// Approver hears of a code that was entered rightly. It is a *gateway.Gateway. An
// error means that it could not be stored.
type Approver interface {
	Approved(ctx context.Context, number string, at time.Time) error
}

// Users hears that the telephone numbers of a user may have changed. What it is told
// is a hint, at least once and in any order. An error means that it could not be
// stored.
type Users interface {
	UserChanged(ctx context.Context, e UserEvent) error
}

// UserEvent says of whom numbers may have changed.
type UserEvent struct {
	// Type is gd_enrollment_complete, gd_unenroll or scpn.
	Type   string
	UserID string
	// Number is one of them, as Auth0 has it, or "".
	Number string
	At     time.Time
}

// isUserType tells the types of events that Users hears of from others.
func isUserType(t string) bool {
	return t == "gd_enrollment_complete" || t == "gd_unenroll" || t == "scpn"
}

// Result is what became of one event.
type Result string

// The results.
const (
	Approved Result = "approved" // a sign-in, passed on
	Changed  Result = "changed"  // a user, passed on
	Repeated Result = "repeated" // passed on before
	Old      Result = "old"      // a sign-in that nobody cares for any more
	Nameless Result = "nameless" // a sign-in without a number
	Other    Result = "other"    // not for us
	Unread   Result = "unread"   // it has no type, or no id
)

// Deps is what a Stream needs. Tokens, Approver and Seen are required.
type Deps struct {
	// Tokens stand behind "Bearer " in the stream's authorization.
	Tokens   []engine.Secret
	Rule     Rule // none: DefaultRule
	Approver Approver
	Users    Users // nil: nobody hears of users
	// Seen remembers what was acted on.
	Seen runner.Counters

	Log *zap.Logger
	Now func() time.Time
	// Count hears of every event; nil: nobody does.
	Count func(Result)
}

// Stream takes events. It is safe for concurrent use.
type Stream struct{ deps Deps }

// New returns a stream over d.
func New(d Deps) (*Stream, error) {
	if len(d.Tokens) == 0 || d.Approver == nil || d.Seen == nil {
		return nil, errors.New("logstream: missing Tokens, Approver or Seen")
	}
	for _, t := range d.Tokens {
		if t.Len() < ShortestToken {
			return nil, fmt.Errorf("logstream: a token has %d bytes, expected %d at least", t.Len(), ShortestToken)
		}
	}
	if d.Rule.Types == nil && d.Rule.Connections == nil {
		d.Rule = DefaultRule()
	}
	if d.Log == nil {
		d.Log = zap.NewNop()
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Count == nil {
		d.Count = func(Result) {}
	}
	return &Stream{d}, nil
}

// Inbox is the stream's place in the server.
func (s *Stream) Inbox() server.Inbox {
	return server.Inbox{Path: Path, MaxBody: maxBody, Authorize: s.authorize, Take: s.take}
}

var errStranger = errors.New("the authorization is not the log stream's")

// authorize compares with every token, in constant time.
func (s *Stream) authorize(authorization string) error {
	given := engine.NewSecret(strings.TrimPrefix(authorization, "Bearer "))
	known := false
	for _, t := range s.deps.Tokens {
		known = given.Equal(t) || known
	}
	if !known {
		return errStranger
	}
	return nil
}

// maskedReason is what an operator has to do.
const maskedReason = "the log stream hides telephone numbers: take phone and username out of its pii_config"

// take acts on what was posted. Whatever is not stored is refused as a whole: it all
// comes again, and what was acted on is known by then.
func (s *Stream) take(ctx context.Context, body []byte) server.Taken {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	events, unread, err := Parse(body)
	switch {
	case errors.Is(err, ErrTooMany):
		return s.refuse(http.StatusRequestEntityTooLarge, err.Error())
	case err != nil:
		return s.refuse(http.StatusBadRequest, err.Error())
	}
	for _, e := range events {
		if s.deps.Rule.matches(e) && e.number() == "" && e.masked() {
			s.deps.Log.Error(maskedReason, zap.String("event", e.ID), zap.Bool("alarm", true))
			return server.Taken{Status: http.StatusUnprocessableEntity, Reason: maskedReason}
		}
	}
	for range unread {
		s.deps.Count(Unread)
	}
	if unread > 0 {
		s.deps.Log.Warn("log events have no type or no id", zap.Int("events", unread))
	}
	for _, e := range events {
		result, err := s.act(ctx, e)
		if err != nil {
			s.deps.Log.Error("log event is not stored", zap.String("event", e.ID), zap.String("type", e.Type), zap.Error(err))
			return server.Taken{Status: http.StatusServiceUnavailable, Reason: "the events could not be stored"}
		}
		s.deps.Count(result)
	}
	return server.Taken{Status: http.StatusOK}
}

func (s *Stream) refuse(status int, reason string) server.Taken {
	s.deps.Log.Warn("log stream is not understood", zap.Int("status", status), zap.String("reason", reason))
	return server.Taken{Status: status, Reason: reason}
}

// act passes an event on, once.
func (s *Stream) act(ctx context.Context, e Event) (Result, error) {
	now := s.deps.Now()
	if e.Date.IsZero() {
		e.Date = now
	}
	signIn, user := s.deps.Rule.matches(e), isUserType(e.Type) && s.deps.Users != nil && e.UserID != ""
	switch {
	case !signIn && !user:
		return Other, nil
	case signIn && e.number() == "":
		s.deps.Log.Info("sign-in without a telephone number in the log", zap.String("event", e.ID), zap.String("type", e.Type))
		return Nameless, nil
	case signIn && now.Sub(e.Date) > tooOld:
		return Old, nil
	}
	key := seenKey(e.ID)
	before, err := s.deps.Seen.Count(ctx, key, now)
	if err != nil {
		return "", fmt.Errorf("look for an event: %w", err)
	}
	if before.N > 0 {
		return Repeated, nil
	}
	result := Approved
	if signIn {
		err = s.deps.Approver.Approved(ctx, e.number(), e.Date)
	} else {
		result = Changed
		err = s.deps.Users.UserChanged(ctx, UserEvent{Type: e.Type, UserID: e.UserID, Number: first(e.Numbers), At: e.Date})
	}
	if err != nil {
		return "", err
	}
	if _, err := s.deps.Seen.Add(ctx, key, 1, now, memory); err != nil {
		return "", fmt.Errorf("remember an event: %w", err)
	}
	s.deps.Log.Info("log event", zap.String("event", e.ID), zap.String("type", e.Type), zap.String("result", string(result)), zap.String("number", sms.Masked(e.number())))
	return result, nil
}

// seenKey is what an event is remembered by. Others write the ids.
func seenKey(id string) string {
	sum := sha256.Sum256([]byte(id))
	return "auth0.log/" + hex.EncodeToString(sum[:16])
}

func first(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

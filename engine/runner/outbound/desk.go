package outbound

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"callflow/engine"
	"callflow/engine/runner"
)

// Settings are what an installation says of calls that it makes.
type Settings struct {
	// From is the number shown, and Platform who makes a call, where the order does
	// not say. Shown are the numbers that orders may have shown; none: any.
	From     string
	Shown    []string
	Platform string
	Retry    Retry
	Window   Window
	// Ring is how long a call rings, and Longest how long it may last.
	Ring, Longest time.Duration
	// PerSecond is how many calls begin in a second, by this instance.
	PerSecond int
}

// Deps is what a Desk needs. Log, Now and Tolls have defaults; without Tolls nothing is
// bounded.
type Deps struct {
	Store    Store
	Sealer   engine.Sealer
	Promiser Promiser
	Programs Programs
	// Flows are the names of those that calls can begin on, for whoever mistypes one;
	// nil: nobody is told.
	Flows     func() []string
	Platforms []Platform
	Tolls     Tolls
	// Normalize writes a number as E.164; false: it is none.
	Normalize func(number string) (string, bool)
	// Allows tells the numbers that may be called, E.164; nil: all.
	Allows func(number string) bool
	// AnswerURL and StatusURL are what a platform is given for a call.
	AnswerURL func(platform, flow, token string) string
	StatusURL func(platform, token string) string
	Nonce     func() string
	Settings  Settings
	Log       *zap.Logger
	Now       func() time.Time
}

// Desk takes orders and follows calls. It is safe for concurrent use, and several may
// share a store.
type Desk struct {
	d         Deps
	platforms map[string]Platform
	names     []string
	pace      *rate.Limiter
}

// New returns a Desk.
func New(d Deps) (*Desk, error) {
	switch {
	case d.Store == nil || d.Sealer == nil || d.Promiser == nil || d.Programs == nil || d.Normalize == nil || d.AnswerURL == nil || d.StatusURL == nil || d.Nonce == nil:
		return nil, errors.New("outbound: something that is required is missing")
	case len(d.Platforms) == 0:
		return nil, errors.New("outbound: no platform makes calls")
	}
	if wrong := d.Settings.Retry.Check(); len(wrong) > 0 {
		return nil, fmt.Errorf("outbound: retry: %w", &InvalidError{wrong})
	}
	if d.Log == nil {
		d.Log = zap.NewNop()
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	s := &d.Settings
	for _, std := range []struct {
		value    *time.Duration
		standard time.Duration
	}{{&s.Ring, 30 * time.Second}, {&s.Longest, time.Hour}} {
		if *std.value <= 0 {
			*std.value = std.standard
		}
	}
	s.PerSecond = max(s.PerSecond, 1)
	desk := &Desk{d: d, platforms: map[string]Platform{}, pace: rate.NewLimiter(rate.Limit(s.PerSecond), s.PerSecond)}
	for _, p := range d.Platforms {
		desk.platforms[p.Name()] = p
		desk.names = append(desk.names, p.Name())
	}
	if s.Platform == "" {
		s.Platform, desk.d.Settings.Platform = desk.names[0], desk.names[0]
	}
	slices.Sort(desk.names)
	return desk, nil
}

// ErrKeyReused means that another order was given under the same key.
var ErrKeyReused = errors.New("another order was given under this idempotency key")

// maxKey bounds an idempotency key, in bytes.
const maxKey = 200

// Accept takes an order: by says whose it is, and key, unless it is empty, names the
// order among theirs. fresh is false for one that was given before. Errors:
// *InvalidError, ErrKeyReused, or the store's.
func (d *Desk) Accept(ctx context.Context, by, key string, o Order) (v View, fresh bool, err error) {
	if len(key) > maxKey {
		return v, false, &InvalidError{[]Problem{{"idempotency_key", fmt.Sprintf("found %d bytes, expected at most %d", len(key), maxKey)}}}
	}
	given, err := json.Marshal(o)
	if err != nil {
		return v, false, &InvalidError{[]Problem{{"with", "expected text, numbers, true or false"}}}
	}
	sum := sha256.Sum256(given)
	if key == "" {
		key = d.d.Nonce() + d.d.Nonce()
	}
	id := callID(by, key)
	switch c, err := d.load(ctx, id); {
	case err == nil && !bytes.Equal(c.Print, sum[:]):
		return v, false, ErrKeyReused
	case err == nil:
		return c.view(), false, nil
	case !errors.Is(err, ErrNotFound):
		return v, false, err
	}
	now := d.d.Now()
	if err := d.complete(&o, now); err != nil {
		return v, false, err
	}
	c := &call{ID: id, By: by, Order: o, Created: now, Status: Queued, Next: o.At, Run: 1, Print: sum[:]}
	if err := d.enlist(ctx, c); err != nil {
		return v, false, fmt.Errorf("list call: %w", err)
	}
	// The promise before the record: with it the call is made, whatever becomes of us.
	p, err := d.promise(c, o.At, c)
	if err != nil {
		return v, false, err
	}
	if _, err := d.d.Store.Promise(ctx, p); err != nil {
		return v, false, fmt.Errorf("promise call: %w", err)
	}
	if err := d.insert(ctx, c); err != nil && !errors.Is(err, runner.ErrExists) && !errors.Is(err, runner.ErrEntombed) {
		return v, false, fmt.Errorf("save call: %w", err)
	}
	d.d.Log.Info("call ordered", zap.String("call", id), zap.String("by", by), zap.String("flow", o.Flow), zap.String("platform", o.Platform))
	return c.view(), true, nil
}

// View tells how far a call has come: ErrNotFound.
func (d *Desk) View(ctx context.Context, id string) (View, error) {
	if !isID(id) {
		return View{}, ErrNotFound
	}
	c, err := d.load(ctx, id)
	if err != nil {
		return View{}, err
	}
	return c.view(), nil
}

// Service is the name under which the outbox keeps what is to be done about calls. No
// service of a configuration can have it.
const Service = "outbound calls"

// order is what a promise says: which call, and which of its runs. The first has the
// call itself, should its record never have been written.
type order struct {
	Call   string `json:"call"`
	Run    int    `json:"run"`
	Record *call  `json:"record,omitempty"`
}

func (d *Desk) promise(c *call, at time.Time, record *call) (runner.Promise, error) {
	body, err := json.Marshal(order{c.ID, c.Run, record})
	if err != nil {
		return runner.Promise{}, err
	}
	name := recordID(c.ID) + "." + strconv.Itoa(c.Run)
	return d.d.Promiser.Promised(name, engine.Action{Fetch: engine.Fetch{Service: Service, Body: body}, Key: name}, at)
}

// lowerBase32 gives words of a-z and 2-7, which are safe in a URL's path.
var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// callID is the name of an order that somebody gave under a key.
func callID(by, key string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s %s", len(by), by, key))
	return lowerBase32.EncodeToString(sum[:16])
}

func isID(id string) bool {
	return len(id) == 26 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

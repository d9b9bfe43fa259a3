package outbound

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"

	"callflow/engine/runner"
)

// Calls that are not over are found by counters: one for each, whose key has whose order
// it is, when it was given, and the call's id. It is there before the call is, and may
// outlast it, which whoever lists finds out.
const openPrefix = "out.open."

// Bounds of a list: how many calls it has, and how long a place in it may be, in bytes.
const (
	MostListed = 100
	maxPlace   = 128
)

// settled is how long an order may be in the list without a record of its call.
const settled = time.Minute

// ownPrefix is where the calls of somebody are. Names may be anything.
func ownPrefix(by string) string {
	sum := sha256.Sum256([]byte(by))
	return openPrefix + lowerBase32.EncodeToString(sum[:10]) + "."
}

func (c *call) openKey() string {
	return fmt.Sprintf("%s%013d.%s", ownPrefix(c.By), max(c.Created.UnixMilli(), 0), c.ID)
}

// enlist puts a call into the list.
func (d *Desk) enlist(ctx context.Context, c *call) error {
	next := runner.Counter{Key: c.openKey(), N: 1, At: c.Created, Until: c.Order.Until.Add(keptOpen)}
	err := d.d.Store.Swap(ctx, runner.Counter{Key: next.Key}, next, d.d.Now())
	if errors.Is(err, runner.ErrConflict) {
		return nil // it is there
	}
	return err
}

// unlist takes a call out of the list. What stays is found by whoever lists.
func (d *Desk) unlist(ctx context.Context, key string) {
	was, err := d.d.Store.Count(ctx, key, d.d.Now())
	if err == nil && was.N > 0 {
		err = d.d.Store.Swap(ctx, was, runner.Counter{Key: key}, d.d.Now())
	}
	if err != nil && !errors.Is(err, runner.ErrConflict) {
		d.d.Log.Warn("a call that is over stays in the list for now", zap.Error(err))
	}
}

// List returns the calls of somebody that are not over, or with all those of everybody,
// in the order in which they were given, MostListed at most. It goes on behind a place
// that it has given; next is "" where nothing follows. Errors: *InvalidError, or the
// store's.
func (d *Desk) List(ctx context.Context, by string, all bool, place string) (calls []View, next string, err error) {
	if len(place) > maxPlace || strings.Trim(place, "abcdefghijklmnopqrstuvwxyz0123456789.") != "" {
		return nil, "", &InvalidError{[]Problem{{"after", "expected what next said"}}}
	}
	prefix, now := ownPrefix(by), d.d.Now()
	if all {
		prefix = openPrefix
	}
	found, err := d.d.Store.Counts(ctx, prefix, openPrefix+place, now, MostListed)
	if err != nil {
		return nil, "", fmt.Errorf("list calls: %w", err)
	}
	for _, open := range found {
		id := open.Key[strings.LastIndexByte(open.Key, '.')+1:]
		switch c, err := d.load(ctx, id); {
		case errors.Is(err, ErrNotFound):
			if now.Sub(open.At) > settled {
				d.unlist(ctx, open.Key)
			}
		case err != nil:
			return nil, "", err
		case c.Final:
			d.unlist(ctx, open.Key)
		default:
			calls = append(calls, c.view())
		}
	}
	if len(found) == MostListed {
		next = strings.TrimPrefix(found[len(found)-1].Key, openPrefix)
	}
	return calls, next, nil
}

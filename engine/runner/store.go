package runner

import (
	"context"
	"errors"
	"time"
)

// Store keeps everything that must outlive a process. Every method is safe for
// concurrent use, copies the bytes it is given, and gives up when its context
// does. Bytes that it returns stay as they are, whatever is saved later, and must
// not be written to. Instants are passed in; a store reads no clock.
//
// Whatever holds between two records is the runner's business, with one
// exception: Commit is atomic.
type Store interface {
	Sessions
	Effects
	Mailbox
	Outbox
	Counters
	Programs
	Phones
	// Expire drops what no longer matters at now: sessions and tombstones past
	// their time, effect records EffectLife after their lease, delivered promises
	// past their time, and counters whose window has passed. It does a bounded
	// amount of work and says whether more is left.
	Expire(ctx context.Context, now time.Time) (more bool, err error)
	// Ping fails while the store cannot be used.
	Ping(ctx context.Context) error
	Close() error
}

// Errors of a Store.
var (
	// ErrNotFound: there is no such record, or it has expired.
	ErrNotFound = errors.New("not found")
	// ErrExists: Insert met a live session of that id.
	ErrExists = errors.New("session exists")
	// ErrEntombed: a session of that id has ended.
	ErrEntombed = errors.New("session has ended")
	// ErrConflict: the version is not the one expected.
	ErrConflict = errors.New("version conflict")
	// ErrLeased: somebody else holds the lease.
	ErrLeased = errors.New("leased by another")
)

// Record is a saved session.
type Record struct {
	ID string
	// Version is 1 after Insert and grows by one with each Commit.
	Version int64
	Data    []byte // the session, sealed by the runner's Sealer, and in front of it what a hook is judged by
	Reply   []byte // the sealed last answer
	// Wake is when the sweeper should look at the session; zero: never.
	Wake time.Time
	// ExpiresAt is when the session may be forgotten, whatever became of it;
	// zero: never. Instants are kept to the microsecond.
	ExpiresAt time.Time
}

// Sessions are guarded by compare-and-swap.
type Sessions interface {
	// Insert saves a new session at version 1: ErrExists, ErrEntombed.
	Insert(ctx context.Context, r Record) error
	// Load returns a session: ErrNotFound, ErrEntombed.
	Load(ctx context.Context, id string) (Record, error)
	// Commit replaces the session whose version is r.Version, and puts promises
	// into the outbox, both or neither: ErrConflict, ErrNotFound, ErrEntombed.
	// The record's mail is dropped up to and including the id read. Mail that
	// stays keeps its say: Wake is then no later than what its Post asked for.
	Commit(ctx context.Context, r Record, promises []Promise, read int64) error
	// Entomb replaces the session whose version is r.Version by a tombstone that
	// lasts until r.ExpiresAt and keeps Reply: ErrConflict, ErrNotFound.
	// Its mail goes; its promises stay until they are delivered.
	Entomb(ctx context.Context, r Record, promises []Promise) error
	// Tombstone returns the last reply of a session that has ended: ErrNotFound.
	Tombstone(ctx context.Context, id string) (Record, error)
	// Due returns ids of sessions whose Wake is at or before now, earliest first.
	Due(ctx context.Context, now time.Time, limit int) ([]string, error)
	// Live counts sessions that are not entombed, by program hash where the
	// store can tell (Record has none: it counts all under "").
	Live(ctx context.Context) (int, error)
}

// EffectLife is how long an effect record is kept after its lease has passed:
// far longer than anybody waits for a result, or comes late to start the effect.
const EffectLife = 10 * time.Minute

// EffectKey names an effect: each starts once.
type EffectKey struct {
	Session  string
	Turn     int
	Position int
}

// EffectRecord says who runs an effect and what came of it.
type EffectRecord struct {
	Key     EffectKey
	Owner   string    // who holds the lease
	Lease   time.Time // until when
	Started time.Time // when it was first claimed
	Done    bool
	Result  []byte // sealed
}

// Effects are leased by whoever runs them.
type Effects interface {
	// Claim makes a record with the owner's lease where there is none and
	// returns it with claimed set. Where there is one it is returned as it is:
	// done, or running elsewhere. One that was abandoned, its lease passed, is
	// leased anew and returned with the new owner and lease; claimed stays false.
	Claim(ctx context.Context, k EffectKey, owner string, now, lease time.Time) (r EffectRecord, claimed bool, err error)
	// Finish stores the result. The first result stays: a later one is dropped
	// without an error, and what is stored is returned: ErrNotFound.
	Finish(ctx context.Context, k EffectKey, result []byte) (EffectRecord, error)
	// Effect returns a record: ErrNotFound.
	Effect(ctx context.Context, k EffectKey) (EffectRecord, error)
}

// Mail is a notice that waits for its session.
type Mail struct {
	ID   int64 // grows within a session
	Data []byte
}

// Mailbox keeps notices beside a session, without touching its version.
type Mailbox interface {
	// Post adds mail and moves the session's Wake forward to wake, if that is
	// earlier than what is set: ErrNotFound, ErrEntombed.
	Post(ctx context.Context, session string, data []byte, wake time.Time) error
	// Mail returns what was posted and not yet read by a Commit, oldest first.
	Mail(ctx context.Context, session string) ([]Mail, error)
}

// Promise is an action that will be delivered.
type Promise struct {
	// Key is the idempotency key, unique in the outbox: a second promise under
	// it changes nothing.
	Key     string
	Session string
	// Seq orders the promises of a session.
	Seq  int
	Data []byte // sealed
	// Resend is false for a service that must never see it twice.
	Resend    bool
	CreatedAt time.Time
	// NextAt is when to try; Attempts how often it was leased, this lease
	// included: an attempt that crashed counts.
	NextAt   time.Time
	Attempts int
	// Owner and Lease: who is delivering it, until when.
	Owner string
	Lease time.Time
	// Done promises are kept for their Result until they expire.
	Done      bool
	Result    []byte // sealed
	ExpiresAt time.Time
}

// Outbox delivers promises in order within a session.
type Outbox interface {
	// Promise adds one by itself, or returns the one already there.
	Promise(ctx context.Context, p Promise) (Promise, error)
	// Promised returns one by its key: ErrNotFound.
	Promised(ctx context.Context, key string) (Promise, error)
	// Lease takes the promise of that key for owner until lease: ErrLeased while
	// another's lease lasts and when it is done already (Promised has the
	// result), ErrNotFound, and ErrConflict while an earlier promise of the same
	// session is not done. An owner may renew its own lease.
	Lease(ctx context.Context, key, owner string, now, lease time.Time) (Promise, error)
	// Ready returns promises whose time has come, not done, not leased, and
	// first in their session; earliest first.
	Ready(ctx context.Context, now time.Time, limit int) ([]Promise, error)
	// Settle ends owner's lease: done with a result, or to be tried again at
	// next. ErrLeased when the lease is no longer the owner's, ErrNotFound. A
	// lease that has passed is still its owner's until somebody takes it.
	Settle(ctx context.Context, key, owner string, done bool, result []byte, next time.Time) error
	// Backlog counts promises that are not done.
	Backlog(ctx context.Context) (int, error)
}

// Counter is a count that is forgotten in time.
type Counter struct {
	Key string
	N   int // above zero, or there is no counter
	// At is whatever instant was swapped in; zero where only Add has counted.
	At time.Time
	// Until is when it is forgotten: the end of its window.
	Until time.Time
}

// Counters count within a window that starts with the first count. Instants are
// kept to the microsecond.
type Counters interface {
	// Add adds delta to the counter and returns the sum; the counter starts anew
	// when its window has passed. It never falls below zero.
	Add(ctx context.Context, key string, delta int, now time.Time, window time.Duration) (int, error)
	// Count returns the counter as it stands at now; where there is none, or its
	// window has passed, all but its key is zero.
	Count(ctx context.Context, key string, now time.Time) (Counter, error)
	// Swap puts next, whose key is the same, in the place of old if that is what
	// Count would return at now: ErrConflict. A next with N zero takes it away.
	Swap(ctx context.Context, old, next Counter, now time.Time) error
	// Counts returns the counters whose keys begin with prefix and sort behind
	// after, in the order of their keys, up to limit.
	Counts(ctx context.Context, prefix, after string, now time.Time, limit int) ([]Counter, error)
}

// Programs keeps compiled sources by their content hash, for the calls that run
// on them.
type Programs interface {
	// SaveProgram keeps source under hash; a second save changes nothing.
	SaveProgram(ctx context.Context, hash string, source []byte) error
	// LoadProgram returns it: ErrNotFound.
	LoadProgram(ctx context.Context, hash string) ([]byte, error)
}

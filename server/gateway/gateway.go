package gateway

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"callflow/engine"
	"callflow/providers/phone"
	"callflow/providers/sms"
)

// Promiser makes sure that an action is performed. It is a *runner.Runner.
type Promiser interface {
	Promise(ctx context.Context, line string, a engine.Action) error
}

// Deps is what a Gateway needs. Sender, Store, Key, Owner and Allow are required.
type Deps struct {
	// Sender sends: one sender, or a fail-over list.
	Sender sms.Sender
	// Carriers are asked where Block names carriers; nil: nobody is.
	Carriers sms.Carriers
	// Store has counters, and what became of messages.
	Store store
	// Promiser takes approvals; nil: they are not passed on.
	Promiser Promiser
	// Key hashes numbers, codes and addresses for the store, 32 bytes. Instances
	// that share a store share it.
	Key []byte
	// Owner names this instance among those that share the store, and is another
	// one after a restart.
	Owner string

	// Allow are how the numbers begin that get messages.
	Allow  []string
	Block  Block
	Limits Limits
	// Region is whose numbers may be written without their country's code.
	Region phone.Region

	Log *zap.Logger
	Now func() time.Time
	// Count hears of every verdict; nil: nobody does.
	Count func(Outcome)
}

// Gateway has messages sent. It is safe for concurrent use.
type Gateway struct {
	deps     Deps
	claims   atomic.Uint64
	carriers carriers
	alarmed  atomic.Pointer[string] // the day whose spent budget was told of
}

// New returns a gateway over d.
func New(d Deps) (*Gateway, error) {
	var missing []string
	for _, need := range []struct {
		name string
		set  bool
	}{
		{"Sender", d.Sender != nil}, {"Store", d.Store != nil}, {"Key", len(d.Key) >= sha256.Size}, {"Owner", d.Owner != ""}, {"Allow", len(d.Allow) > 0},
	} {
		if !need.set {
			missing = append(missing, need.name)
		}
	}
	if len(missing) > 0 {
		return nil, errors.New("gateway: missing " + strings.Join(missing, ", "))
	}
	if d.Log == nil {
		d.Log = zap.NewNop()
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Count == nil {
		d.Count = func(Outcome) {}
	}
	return &Gateway{deps: d, carriers: newCarriers()}, nil
}

// now is the time, as exact as a store keeps it.
func (g *Gateway) now() time.Time { return g.deps.Now().Truncate(time.Microsecond) }

// owner is a name that nobody else claims a message with.
func (g *Gateway) owner() string {
	return g.deps.Owner + "/" + strconv.FormatUint(g.claims.Add(1), 36)
}

// hash is a keyed hash of parts, which run not into each other. The first says what
// they are.
func (g *Gateway) hash(parts ...string) string {
	mac := hmac.New(sha256.New, g.deps.Key)
	for _, p := range parts {
		mac.Write(binary.BigEndian.AppendUint32(nil, uint32(len(p))))
		mac.Write([]byte(p))
	}
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

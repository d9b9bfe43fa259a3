package runner

import (
	"crypto/rand"
	"errors"
	mathrand "math/rand/v2"
	"strings"
	"time"

	"go.uber.org/zap"

	"callflow/engine"
)

// Deps is what a Runner needs. Catalog, Store, Authenticator, Services and Sealer
// are required; the rest have defaults.
type Deps struct {
	Catalog       Catalog
	Store         Store
	Authenticator Authenticator
	Services      Services
	// Codes and Finder may be nil: codes and candidates are unavailable then.
	Codes  Codes
	Finder Finder
	// Tolls may be nil: then nobody bounds the calls that flows have made.
	Tolls Tolls
	// Commander may be nil where no platform takes commands.
	Commander Commander
	// Sealer hides secrets, replies, results and promises in the store; Unsealed does
	// where the store is memory.
	Sealer engine.Sealer

	Log *zap.Logger // none: nothing is logged
	Now func() time.Time
	// Nonce makes an unguessable word of letters and digits. The default has 80
	// random bits.
	Nonce func() string
	// Jitter returns a number in [0, 1), which spreads retries.
	Jitter func() float64
	// Owner names this instance in leases. The runner adds a nonce, so that a
	// restart is another owner.
	Owner  string
	Timing Timing
}

// complete checks what is required and fills in the rest.
func (d *Deps) complete() error {
	var missing []string
	for _, need := range []struct {
		name string
		set  bool
	}{
		{"Catalog", d.Catalog != nil},
		{"Store", d.Store != nil},
		{"Authenticator", d.Authenticator != nil},
		{"Services", d.Services != nil},
		{"Sealer", d.Sealer != nil},
	} {
		if !need.set {
			missing = append(missing, need.name)
		}
	}
	if len(missing) > 0 {
		return errors.New("runner: missing " + strings.Join(missing, ", "))
	}
	if d.Log == nil {
		d.Log = zap.NewNop()
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Nonce == nil {
		d.Nonce = nonce
	}
	if d.Jitter == nil {
		d.Jitter = mathrand.Float64
	}
	d.Timing.complete()
	return nil
}

func (t *Timing) complete() {
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&t.Patience, 1500 * time.Millisecond},
		{&t.Deadline, 20 * time.Second},
		{&t.Grace, 3 * time.Second},
		{&t.Idle, 5 * time.Minute},
		{&t.Bridge, 4 * time.Hour},
		{&t.Tombstone, 24 * time.Hour},
		{&t.Lease, 30 * time.Second},
		{&t.GiveUp, 24 * time.Hour},
		{&t.Tick, time.Second},
	} {
		if *d.value <= 0 {
			*d.value = d.standard
		}
	}
	// A promise that is being sent must not look abandoned.
	t.Lease = max(t.Lease, t.Deadline+5*time.Second)
}

func nonce() string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails
	return lowerBase32.EncodeToString(b[:])
}

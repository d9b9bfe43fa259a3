package runner

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"callflow/engine"
)

// Runner performs turns. Use New. It is safe for concurrent use, and several may
// share a store.
type Runner struct {
	catalog   Catalog
	store     Store
	auth      Authenticator
	services  Services
	codes     Codes     // or nil
	finder    Finder    // or nil
	tolls     Tolls     // or nil
	commander Commander // or nil
	sealer    engine.Sealer
	log       *zap.Logger
	now       func() time.Time
	nonce     func() string
	jitter    func() float64
	owner     string
	timing    Timing

	turns    sync.Pool // of *turn
	locks    *locks
	programs *programs
	effects  flights[EffectKey]
	sends    flights[string] // by the promise's key
	// unanswered are events whose turns were put off.
	unanswered *unanswered
	doubts     *doubts

	// gate lets turns in; whatever they start joins them. stop ends the loops of
	// Run; base is the context of effects and deliveries.
	gate *gate
	stop context.CancelFunc
	run  context.Context
	kill context.CancelFunc
	base context.Context
	// idle hands work to goroutines that wait for some; idling is how many do.
	idle   chan func()
	idling atomic.Int32
}

// New returns a runner over d. It starts nothing: Run does, and each turn what it
// needs.
func New(d Deps) (*Runner, error) {
	if err := d.complete(); err != nil {
		return nil, err
	}
	r := &Runner{
		catalog: d.Catalog, store: d.Store, auth: d.Authenticator, services: d.Services, codes: d.Codes, finder: d.Finder, tolls: d.Tolls, commander: d.Commander, sealer: d.Sealer,
		log: d.Log, nonce: d.Nonce, jitter: d.Jitter, owner: d.Owner + "." + d.Nonce(), timing: d.Timing,
		// Stores keep microseconds: what is compared with them has no more.
		now:      func() time.Time { return d.Now().Truncate(time.Microsecond) },
		locks:    newLocks(),
		programs: newPrograms(),
		effects:  newFlights[EffectKey](),
		sends:    newFlights[string](),
		gate:     newGate(),
		idle:     make(chan func()),

		unanswered: newUnanswered(),
		doubts:     newDoubts(),
	}
	r.base, r.kill = context.WithCancel(context.Background())
	r.run, r.stop = context.WithCancel(r.base)
	return r, nil
}

// Close refuses new turns — their callers are held, and come back to another
// instance — ends Run, and waits for running turns, effects and deliveries. When
// ctx ends first, it cancels them; what has not even then come to an end is left,
// and the error says so.
func (r *Runner) Close(ctx context.Context) error {
	r.gate.close()
	r.stop()
	err := r.gate.wait(ctx)
	r.kill()
	if err == nil {
		return nil
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if late := r.gate.wait(last); late != nil {
		return fmt.Errorf("close runner: something still runs although it was cancelled: %w", err)
	}
	return fmt.Errorf("close runner: effects were cancelled: %w", err)
}

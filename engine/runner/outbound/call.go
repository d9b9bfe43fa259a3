package outbound

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
)

// Status is how far a call has come.
type Status string

// The statuses. ByMachine is a call that a machine answered; one that leaves a message
// is Done afterwards.
const (
	Queued    Status = "queued"
	Dialling  Status = "dialling"
	Answered  Status = "answered"
	ByMachine Status = "machine"
	Busy      Status = "busy"
	NoAnswer  Status = "no_answer"
	Failed    Status = "failed"
	Done      Status = "done"
	Cancelled Status = "cancelled"
)

// Attempt is one time that somebody was called.
type Attempt struct {
	At     time.Time `json:"at"`
	Status Status    `json:"status"`
	Reason string    `json:"reason,omitempty"`
	// Call is the platform's name for it, and Session ours.
	Call     string    `json:"call,omitempty"`
	Session  string    `json:"session,omitempty"`
	Answered time.Time `json:"answered,omitzero"`
	Ended    time.Time `json:"ended,omitzero"`
}

// View is what is told of a call. It has no values that the flow was given.
type View struct {
	ID string `json:"id"`
	// By is whose order it is.
	By         string            `json:"by,omitempty"`
	Status     Status            `json:"status"`
	Reason     string            `json:"reason,omitempty"`
	Flow       string            `json:"flow"`
	To         string            `json:"to"`
	From       string            `json:"from"`
	Platform   string            `json:"platform"`
	AnsweredBy engine.AnsweredBy `json:"answered_by,omitempty"`
	Created    time.Time         `json:"created"`
	// Next is when it is tried next, while it is queued.
	Next     time.Time `json:"next,omitzero"`
	Attempts []Attempt `json:"attempts,omitempty"`
	// Last is set when this attempt is the last, because the call was to be taken back
	// while it was dialled.
	Last bool `json:"last,omitempty"`
	// Final is set when nothing more happens.
	Final bool `json:"final"`
}

// call is the record of a call.
type call struct {
	ID      string    `json:"id"`
	By      string    `json:"by"`
	Order   Order     `json:"order"`
	Created time.Time `json:"created"`

	Status Status    `json:"status"`
	Reason string    `json:"reason,omitempty"`
	Next   time.Time `json:"next,omitzero"`
	Final  bool      `json:"final,omitempty"`
	Last   bool      `json:"last,omitempty"`
	// Run names the promise that goes on with the call: any other is out of date.
	Run      int       `json:"run"`
	Attempts []Attempt `json:"attempts,omitempty"`

	// Of the attempt at hand. Nonce is what its addresses prove themselves with, Asked
	// is set once the platform has answered, and Account and CallID are the platform's.
	Nonce      string            `json:"nonce,omitempty"`
	Asked      bool              `json:"asked,omitempty"`
	Account    string            `json:"account,omitempty"`
	CallID     string            `json:"call_id,omitempty"`
	AnsweredBy engine.AnsweredBy `json:"answered_by,omitempty"`
	// Doubt is set when nobody knows whether the platform dials, Started when the flow
	// has begun, and Beep when the machine has said what it says.
	Doubt   bool          `json:"doubt,omitempty"`
	Started bool          `json:"started,omitempty"`
	Beep    bool          `json:"beep,omitempty"`
	Longest time.Duration `json:"longest,omitempty"`
	// Outages are requests in a row that the platform did not take.
	Outages int `json:"outages,omitempty"`
	// Print identifies the order as it was given.
	Print []byte `json:"print"`

	version int64
}

// attempt is the one at hand.
func (c *call) attempt() *Attempt {
	if len(c.Attempts) == 0 {
		return &Attempt{}
	}
	return &c.Attempts[len(c.Attempts)-1]
}

// view is what is told of it.
func (c *call) view() View {
	return View{
		ID: c.ID, By: c.By, Status: c.Status, Reason: c.Reason, Flow: c.Order.Flow, To: c.Order.To, From: c.Order.From, Platform: c.Order.Platform,
		AnsweredBy: c.AnsweredBy, Created: c.Created, Next: c.Next, Attempts: c.Attempts, Last: c.Last, Final: c.Final,
	}
}

// How long records are kept: what has ended, and what still goes on after the order's
// own time.
const (
	keptEnded = 7 * 24 * time.Hour
	keptOpen  = 2 * 24 * time.Hour
)

// ErrNotFound means that there is no such call, or that it was forgotten.
var ErrNotFound = errors.New("there is no such call")

func recordID(id string) string { return "out." + id }

// load reads a call.
func (d *Desk) load(ctx context.Context, id string) (*call, error) {
	rec, err := d.d.Store.Load(ctx, recordID(id))
	sealed := rec.Data
	if errors.Is(err, runner.ErrEntombed) {
		rec, err = d.d.Store.Tombstone(ctx, recordID(id))
		sealed = rec.Reply
	}
	switch {
	case errors.Is(err, runner.ErrNotFound):
		return nil, ErrNotFound
	case err != nil:
		return nil, fmt.Errorf("load call: %w", err)
	}
	plain, err := d.d.Sealer.Open(sealed)
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", id, err)
	}
	c := &call{version: rec.Version}
	if err := json.Unmarshal(plain, c); err != nil {
		return nil, fmt.Errorf("call %s: %w", id, err)
	}
	return c, nil
}

func (d *Desk) seal(c *call) ([]byte, error) {
	plain, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return d.d.Sealer.Seal(plain)
}

// insert saves a new call.
func (d *Desk) insert(ctx context.Context, c *call) error {
	sealed, err := d.seal(c)
	if err != nil {
		return err
	}
	return d.d.Store.Insert(ctx, runner.Record{ID: recordID(c.ID), Data: sealed, ExpiresAt: c.Order.Until.Add(keptOpen)})
}

// commit saves a call with the promise of its next run, if it has one. Calls that are
// final become tombstones: nothing changes them.
func (d *Desk) commit(ctx context.Context, c *call, runs ...runner.Promise) error {
	sealed, err := d.seal(c)
	if err != nil {
		return err
	}
	now := d.d.Now()
	if c.Final {
		err = d.d.Store.Entomb(ctx, runner.Record{ID: recordID(c.ID), Version: c.version, Reply: sealed, ExpiresAt: now.Add(keptEnded)}, runs)
	} else {
		open := c.Order.Until
		if now.After(open) {
			open = now
		}
		err = d.d.Store.Commit(ctx, runner.Record{ID: recordID(c.ID), Version: c.version, Data: sealed, ExpiresAt: open.Add(keptOpen)}, runs, 0)
	}
	if err == nil {
		c.version++
	}
	return err
}

// conflicts bounds how often a change goes back to its beginning.
const conflicts = 8

// change loads a call, changes it and saves it, again after somebody else did. do
// returns whether there is anything to save, and when the call goes on by itself, or
// zero.
func (d *Desk) change(ctx context.Context, id string, do func(*call) (save bool, next time.Time, err error)) (*call, error) {
	for range conflicts {
		c, err := d.load(ctx, id)
		if err != nil {
			return nil, err
		}
		was := c.Final
		save, next, err := do(c)
		if err != nil || !save || was {
			return c, err
		}
		var runs []runner.Promise
		if !next.IsZero() && !c.Final {
			c.Run++
			p, err := d.promise(c, next, nil)
			if err != nil {
				return c, err
			}
			runs = append(runs, p)
		}
		switch err := d.commit(ctx, c, runs...); {
		case err == nil:
			if c.Final {
				d.unlist(ctx, c.openKey())
			}
			return c, nil
		case !errors.Is(err, runner.ErrConflict) && !errors.Is(err, runner.ErrEntombed):
			return c, fmt.Errorf("save call: %w", err)
		}
	}
	return nil, fmt.Errorf("call %s: %w", id, runner.ErrConflict)
}

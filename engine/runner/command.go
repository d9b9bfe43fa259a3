package runner

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"go.uber.org/zap"
)

const (
	// commandTry bounds one attempt at a command, commandLease its lease: after a
	// crash another instance goes on soon.
	commandTry   = 6 * time.Second
	commandLease = 8 * time.Second
	// commandPatience is how long a command is tried; then the call is ended, for its
	// caller hears nothing. commandGiveUp is how long that is tried.
	commandPatience = 20 * time.Second
	commandGiveUp   = time.Minute
	// commandFirst is the wait after the first failed attempt, which doubles up to
	// commandMost. It is when the outbox takes over from the turn, too.
	commandFirst = 500 * time.Millisecond
	commandMost  = 4 * time.Second
)

// command is a part of an answer's commands, as it is promised.
type command struct {
	session string
	turn    int // in which the session stands while it is carried out
	part    []byte
	last    []byte // ends the call
}

func (c command) append(dst []byte) []byte {
	dst = appendBytes(append(dst, effectFormat, savedCommand), c.session)
	dst = appendInt(dst, int64(c.turn))
	return appendBytes(appendBytes(dst, c.part), c.last)
}

func isCommand(plain []byte) bool { return len(plain) > 1 && plain[1] == savedCommand }

func parseCommand(plain []byte) (command, error) {
	r := reader{buf: plain}
	r.format(effectFormat)
	r.format(savedCommand)
	c := command{session: r.text(), turn: int(r.int()), part: r.bytes(), last: r.bytes()}
	return c, r.done()
}

// commandPromise is the promise to deliver a command. Its key tells session, turn and
// part, so that however often a hook comes, each is promised once. Each is in a line
// of its own: that a later one is there means that the platform has gone on.
func (r *Runner) commandPromise(c command, part string) (Promise, error) {
	sealed, err := r.sealer.Seal(c.append(nil))
	if err != nil {
		return Promise{}, fmt.Errorf("seal a command: %w", err)
	}
	now := r.now()
	key := c.session + "/command/" + strconv.Itoa(c.turn) + "/" + part
	return Promise{
		Key: key, Session: key, Data: sealed, Resend: true,
		CreatedAt: now, NextAt: now.Add(commandFirst), ExpiresAt: now.Add(2 * r.timing.Tombstone),
	}, nil
}

// Part delivers part n, from 1, of the commands of the answer that asked for the
// hook's turn: the platform has carried out the one before. Of another turn it
// delivers nothing. The error is the store's: the platform may tell it again.
func (r *Runner) Part(ctx context.Context, h Hook, n int) error {
	id := sessionID(&h.Call)
	if string(id[:]) != h.Token.Session || !r.gate.enter() {
		return nil
	}
	defer r.gate.leave()
	bound := after(context.WithoutCancel(ctx), storePatience)
	defer bound.cancel()
	rec, err := r.store.Load(bound, h.Token.Session)
	if errors.Is(err, ErrEntombed) {
		rec, err = r.store.Tombstone(bound, h.Token.Session)
	}
	switch {
	case errors.Is(err, ErrNotFound), err == nil && len(rec.Reply) == 0:
		return nil
	case err != nil:
		return stored("load session", err)
	}
	a, err := r.openAnswer(rec.Reply)
	if err != nil {
		return err
	}
	asks := envelope{turn: a.turn + 1, nonce: a.next}
	if c := a.reply.Commands; asks.place(h.Token) == current && 0 < n && n < len(c.Parts) {
		return r.promised(bound, command{session: h.Token.Session, turn: h.Token.Turn, part: c.Parts[n], last: c.Last}, strconv.Itoa(n))
	}
	return nil
}

// repeat answers a hook once more.
func (t *turn) repeat(sealed []byte) (Reply, Outcome, error) {
	a, err := t.r.openAnswer(sealed)
	if err != nil {
		return Reply{}, "", err
	}
	return t.repeated(a)
}

// repeated is a saved answer. Its commands are promised again, in case whoever
// answered first did not come to it.
func (t *turn) repeated(a savedAnswer) (Reply, Outcome, error) {
	if c := a.reply.Commands; len(c.Parts) > 0 {
		if err := t.r.promised(t.ctx, command{session: t.id, turn: a.turn + 1, part: c.Parts[0], last: c.Last}, "0"); err != nil {
			return Reply{}, "", err
		}
		a.reply.Commands = Commands{}
	}
	return a.reply, Repeated, nil
}

// promised makes sure that a command is promised, and on its way.
func (r *Runner) promised(ctx context.Context, c command, part string) error {
	p, err := r.commandPromise(c, part)
	if err != nil {
		return err
	}
	if p, err = r.store.Promise(ctx, p); err != nil {
		return stored("promise a command", err)
	}
	if !p.Done && p.Attempts == 0 {
		r.sendSoon(p)
	}
	return nil
}

// hangUp is the promise to end the call of a session of which nothing is heard any
// more, where its platform is told so by a command.
func (t *turn) hangUp() ([]Promise, error) {
	if len(t.rec.Reply) == 0 {
		return nil, nil
	}
	a, err := t.r.openAnswer(t.rec.Reply)
	if err != nil || len(a.reply.Commands.Last) == 0 {
		return nil, err
	}
	last := a.reply.Commands.Last
	p, err := t.r.commandPromise(command{session: t.id, turn: t.s.Turn, part: last, last: last}, "end")
	return []Promise{p}, err
}

// sendSoon begins to deliver a command that is promised. Where it cannot, the outbox
// does. The caller is inside the gate.
func (r *Runner) sendSoon(p Promise) {
	r.spawn(func() {
		ctx := after(r.base, storePatience)
		defer ctx.cancel()
		if _, err := r.sendPromise(ctx, p); err != nil && !answered(err) {
			r.log.Warn("command is left to the outbox", zap.String("key", p.Key), zap.Error(err))
		}
	})
}

// sendPromise begins to keep a promise: an action, or a command. Errors are those of
// Lease.
func (r *Runner) sendPromise(ctx context.Context, p Promise) (*flight, error) {
	plain, err := r.sealer.Open(p.Data)
	if err != nil {
		return nil, fmt.Errorf("open promise %s: %w", p.Key, err)
	}
	if !isCommand(plain) {
		return r.send(ctx, p)
	}
	c, err := parseCommand(plain)
	if err != nil {
		return nil, fmt.Errorf("promise %s: %w", p.Key, err)
	}
	now := r.now()
	f, fresh := r.sends.join(p.Key, fingerprint{}, now.Add(commandLease))
	if !fresh {
		return f, nil
	}
	leased, err := r.store.Lease(ctx, p.Key, r.owner, now, now.Add(commandLease))
	if err != nil {
		r.sends.forget(p.Key)
		f.land(nil)
		return nil, stored("lease command", err)
	}
	r.spawn(func() {
		defer r.sends.forget(p.Key)
		r.command(f, leased, c)
	})
	return f, nil
}

// command makes one attempt at a command and settles its promise.
func (r *Runner) command(f *flight, p Promise, c command) {
	done := r.attempt(p, c)
	next := r.now().Add(min(commandFirst<<min(p.Attempts-1, 8), commandMost))
	r.offer(f.deadline, func(ctx context.Context, first bool) bool {
		err := r.store.Settle(ctx, p.Key, r.owner, done, nil, next)
		if first {
			f.land(nil)
		}
		return err == nil || answered(err)
	})
}

// attempt delivers a command once, or what ends the call where the command was tried
// for too long or is refused. It returns whether nothing is left to be done.
func (r *Runner) attempt(p Promise, c command) (done bool) {
	fields := []zap.Field{zap.String("session", c.session), zap.Int("turn", c.turn), zap.String("key", p.Key), zap.Int("attempt", p.Attempts)}
	age := r.now().Sub(p.CreatedAt)
	if p.Attempts > 1 && r.moot(c) {
		r.log.Info("command is not needed any more", fields...)
		return true
	}
	if age > commandGiveUp {
		r.alarm("a call is left without its commands: the platform took none", append(fields, zap.Duration("after", age))...)
		return true
	}
	err := error(nil)
	if age <= commandPatience {
		if err = r.tellPlatform(c.part); !errors.Is(err, ErrRefused) {
			return r.told("command not delivered yet", err, fields)
		}
	}
	if len(c.last) == 0 {
		r.alarm("command is given up", append(fields, zap.Error(err))...)
		return true
	}
	r.alarm("command is given up: the call is ended", append(fields, zap.Error(err))...)
	if err = r.tellPlatform(c.last); errors.Is(err, ErrRefused) {
		r.alarm("the platform does not even end the call", append(fields, zap.Error(err))...)
		return true
	}
	return r.told("call not ended yet", err, fields)
}

// told logs why a command has to be tried again; false: it has.
func (r *Runner) told(what string, err error, fields []zap.Field) (done bool) {
	switch {
	case err == nil:
		return true
	case errors.Is(err, ErrCallOver):
		r.log.Info("command comes to a call that is over", fields...)
		return true
	case errors.Is(err, ErrCredentials):
		r.alarm(what, append(fields, zap.Error(err))...)
	default:
		r.log.Warn(what, append(fields, zap.Error(err))...)
	}
	return false
}

// tellPlatform makes one attempt.
func (r *Runner) tellPlatform(what []byte) (err error) {
	defer func() {
		if v := recovered(recover()); v != nil {
			err = v
		}
	}()
	if r.commander == nil {
		return fmt.Errorf("%w: nobody is there to deliver it", ErrRefused)
	}
	ctx := after(r.base, commandTry)
	defer ctx.cancel()
	return r.commander.Deliver(ctx, what)
}

// moot tells that the call has gone on to another turn, so that the platform must
// have had the command.
func (r *Runner) moot(c command) bool {
	ctx := after(r.base, storePatience)
	defer ctx.cancel()
	rec, err := r.store.Load(ctx, c.session)
	if err != nil {
		return false // an ended one may wait for its last words
	}
	env, _, err := parseEnvelope(rec.Data)
	return err == nil && env.turn != c.turn
}

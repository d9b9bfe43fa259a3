package runner

import (
	"context"
	"errors"
	"fmt"

	"go.uber.org/zap"

	"callflow/engine"
)

// Aside answers a hook that asks for words beside the course of the call, of the
// turn that the call stands in: the platform is doing what it was told, and goes
// on with it. Nothing is stepped and nothing saved, so that it may come as often as
// it likes. A hook of another turn, and one that cannot be answered, gets nothing
// to play. The error is not nil only when not even that could be encoded.
func (r *Runner) Aside(ctx context.Context, h Hook) (Reply, error) {
	verbs, err := r.aside(ctx, h)
	if err != nil {
		r.report("aside is not answered", h.Token.Session, err, zap.String("call", h.Call.ID))
		verbs = nil
	}
	reply, err := h.Encode(Out{Verbs: verbs})
	if err != nil {
		return Reply{}, fmt.Errorf("encode aside: %w", err)
	}
	return reply, nil
}

func (r *Runner) aside(ctx context.Context, h Hook) (verbs []engine.Verb, err error) {
	defer func() {
		if p := recovered(recover()); p != nil {
			err = p
		}
	}()
	if id := sessionID(&h.Call); string(id[:]) != h.Token.Session {
		return nil, nil
	}
	bound := after(ctx, storePatience)
	defer bound.cancel()
	rec, err := r.store.Load(bound, h.Token.Session)
	switch {
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrEntombed):
		return nil, nil
	case err != nil:
		return nil, stored("load session", err)
	}
	env, data, err := parseEnvelope(rec.Data)
	if err != nil {
		return nil, err
	}
	if env.place(h.Token) != current {
		return nil, nil
	}
	t := &turn{r: r, attempt: attempt{env: env}}
	s, err := t.openSession(data)
	if err != nil {
		return nil, err
	}
	p, err := r.program(bound, s.Flow, s.Program)
	if err != nil {
		return nil, err
	}
	return p.Aside(s, engine.Input{At: r.now(), Event: h.Event})
}

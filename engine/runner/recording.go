package runner

import (
	"context"
	"errors"
	"hash/fnv"
	"time"

	"callflow/engine"
)

// recordingTurn is the turn under which notices of recordings are kept among the
// effects. No hook has it.
const recordingTurn = -1

// recordingKey is where the notice of a recording is kept.
func recordingKey(session, id string) EffectKey {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return EffectKey{Session: session, Turn: recordingTurn, Position: int(h.Sum32())}
}

// recorded keeps a notice of a recording for the effect that waits for it, or will.
// A second notice of the same recording changes nothing.
func (r *Runner) recorded(ctx context.Context, c engine.Call, ready engine.RecordingReady) error {
	if ready.ID == "" || ready.URL == "" {
		return nil
	}
	bound := after(ctx, storePatience)
	defer bound.cancel()
	id := SessionID(c)
	switch _, err := r.store.Load(bound, id); {
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrEntombed):
		return nil // nobody waits for it
	case err != nil:
		return stored("load session", err)
	}
	sealed, err := r.sealResult(fingerprint{}, ready)
	if err != nil {
		return err
	}
	key, now := recordingKey(id, ready.ID), r.now()
	if _, _, err := r.store.Claim(bound, key, r.owner, now, now); err != nil {
		return stored("keep recording", err)
	}
	_, err = r.store.Finish(bound, key, sealed)
	return stored("keep recording", err)
}

// recording waits for the notice of a recording. None within the effect's time is
// an answer without a URL.
func (r *Runner) recording(ctx context.Context, session, id string) (engine.RecordingReady, error) {
	none := engine.RecordingReady{ID: id}
	key := recordingKey(session, id)
	for poll := pollFirst; ; poll = min(2*poll, pollMost) {
		rec, err := r.store.Effect(ctx, key)
		switch {
		case err == nil && rec.Done:
			_, ev, err := r.openResult(rec.Result)
			ready, ok := ev.(engine.RecordingReady)
			if err != nil || !ok {
				return none, err
			}
			return ready, nil
		case err != nil && !errors.Is(err, ErrNotFound) && ctx.Err() == nil:
			return none, stored("look for recording", err)
		}
		timer := time.NewTimer(poll)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return none, nil
		}
	}
}

package main

import (
	"context"
	"errors"
	"fmt"

	"callflow/cmd/callflow/config"
	"callflow/engine"
	"callflow/engine/runner"
)

// sealMark is what a durable store keeps a word under that is sealed with the current
// seal_key, so that another key is found out when the server starts, and not by callers.
const sealMark = "seal_key"

// adviceSealed is what can be done when the key is lost.
const adviceSealed = "or move the file away to start with nothing: the calls that are running are lost then, and actions not yet delivered"

// checkSealed refuses a store that was sealed with keys which are not ours: none of its
// calls could go on, and none of its actions be delivered. The word is the id of the key
// that sealed it; with a new one in front it is written anew.
func checkSealed(ctx context.Context, store runner.Phones, sealer engine.Sealer, c *config.Config) error {
	current := c.SealKeys[0].ID
	last, err := sealedBy(ctx, store, sealer)
	switch {
	case err == nil && last == current:
		return nil
	case errors.Is(err, runner.ErrSealed):
		return usageError{fmt.Errorf("what the store %s keeps %w, %s", c.Store.Target, err, adviceSealed)}
	case err != nil && !errors.Is(err, runner.ErrNotFound):
		return fmt.Errorf("the store %s: %w", c.Store.Target, err)
	}
	sealed, err := sealer.Seal([]byte(current))
	if err != nil {
		return err
	}
	if err := store.Mark(ctx, sealMark, sealed); err != nil {
		return fmt.Errorf("the store %s: %w", c.Store.Target, err)
	}
	return nil
}

// sealedBy is the id of the key that the last server sealed with which had the store:
// runner.ErrNotFound, runner.ErrSealed.
func sealedBy(ctx context.Context, store runner.Phones, sealer engine.Sealer) (string, error) {
	sealed, err := store.Marked(ctx, sealMark)
	if err != nil {
		return "", err
	}
	word, err := sealer.Open(sealed)
	return string(word), err
}

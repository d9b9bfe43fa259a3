package main

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"time"

	"go.uber.org/zap"

	"callflow/cmd/callflow/config"
	"callflow/engine/runner"
	"callflow/engine/runner/lockout"
)

// lockout puts the limits of an installation in front of its identity provider; nil
// where lock-out is off, or nobody signs callers in.
func (in *installation) lockout(store runner.Counters, log *zap.Logger, now func() time.Time) (*lockout.Lockout, error) {
	if in.config.Lockout == nil || in.identity == nil {
		return nil, nil
	}
	key, err := hashKey(in.config, lockoutPurpose)
	if err != nil {
		return nil, err
	}
	return lockout.New(lockout.Deps{
		Next: in.identity, Counters: store, Key: key, Limits: *in.config.Lockout, Log: log, Now: now,
	})
}

// lockoutPurpose is what the key is for that accounts and numbers are hashed with.
const lockoutPurpose = "callflow lock-out"

// hashKey hashes what is counted, for one purpose. It comes from the current seal
// key: with a new one, counting starts anew.
func hashKey(c *config.Config, purpose string) ([]byte, error) {
	if len(c.SealKeys) == 0 {
		key := make([]byte, sha256.Size)
		if _, err := rand.Read(key); err != nil {
			return nil, fmt.Errorf("make a throw-away key: %w", err)
		}
		return key, nil
	}
	key, err := hkdf.Key(sha256.New, c.SealKeys[0].Secret, nil, purpose, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive a key from seal_key: %w", err)
	}
	return key, nil
}

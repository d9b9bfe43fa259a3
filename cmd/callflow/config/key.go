package config

import (
	"crypto/sha256"
	"encoding/hex"

	"callflow/engine"
	"callflow/engine/runner"
)

// parseKey reads a key. Its id is a digest of it, so that nobody has to think of
// one and two keys never share it.
func parseKey(s engine.Secret) (runner.Key, bool) {
	secret, err := hex.DecodeString(s.Reveal())
	if err != nil || len(secret) != 32 {
		return runner.Key{}, false
	}
	sum := sha256.Sum256(append([]byte("callflow seal key id:"), secret...))
	return runner.Key{ID: hex.EncodeToString(sum[:6]), Secret: secret}, true
}

// keys are the keys of a value; those that are none have been reported.
func keys(v Value) []runner.Key {
	var all []runner.Key
	for _, s := range v.Secrets() {
		if k, ok := parseKey(s); ok {
			all = append(all, k)
		}
	}
	return all
}

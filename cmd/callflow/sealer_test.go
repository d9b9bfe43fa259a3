package main

import (
	"bytes"
	"testing"

	"callflow/cmd/callflow/config"
	"callflow/engine/runner"
)

// What a durable store keeps is sealed, or there is no server.
func TestSealer(t *testing.T) {
	t.Parallel()
	key := []runner.Key{{ID: "a", Secret: bytes.Repeat([]byte{1}, 32)}}
	for name, c := range map[string]struct {
		durable       bool
		keys          []runner.Key
		sealed, fails bool
	}{
		"memory":                {false, nil, false, false},
		"memory with a key":     {false, key, true, false},
		"durable":               {true, key, true, false},
		"durable without a key": {true, nil, false, true},
	} {
		in := &installation{config: &config.Config{Store: config.Store{Durable: c.durable}, SealKeys: c.keys}}
		sealer, err := in.sealer()
		if (err != nil) != c.fails {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			continue
		}
		text := []byte("what a caller said")
		kept, err := sealer.Seal(text)
		if err != nil || bytes.Contains(kept, text) == c.sealed {
			t.Errorf("%s: keeps %q (%v)", name, kept, err)
		}
	}
}

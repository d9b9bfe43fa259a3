package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

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

// sealKeyName is the setting of keys.
const sealKeyName = "seal_key"

// keyDigits is how many hexadecimal digits a key has.
const keyDigits = 64

// noKey says what keeps a text from being a key, and nothing of the text itself; and
// whether it may be several of them.
func noKey(s engine.Secret) (problem string, several bool) {
	text := []rune(s.Reveal())
	parts := strings.FieldsFunc(s.Reveal(), func(r rune) bool { return strings.ContainsRune(" \t,;", r) })
	if len(parts) > 1 {
		return fmt.Sprintf("found %d characters in %d parts, expected %d in one", len(text), len(parts), keyDigits), true
	}
	if len(text) != keyDigits {
		return fmt.Sprintf("found %d characters, expected %d", len(text), keyDigits), false
	}
	at := 0
	for at < len(text)-1 && strings.ContainsRune("0123456789abcdefABCDEF", text[at]) {
		at++
	}
	return fmt.Sprintf("character %d of %d is none of 0 to 9 and a to f", at+1, keyDigits), false
}

// severalKeysHint says how several keys are written where a value comes from.
func severalKeysHint(from OriginKind) string {
	if from == File {
		return `several keys are a list of variables with one each, the current one first: seal_key: ["${env:NEW_KEY}", "${env:OLD_KEY}"]`
	}
	return "several keys are separated by spaces, the current one first"
}

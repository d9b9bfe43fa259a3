package fake

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"callflow/engine"
)

// argon is a PIN's argon2id hash, as in a file of users of the directory.
type argon struct {
	memory, passes uint32
	threads        uint8
	salt, key      []byte
}

// What a hash may cost.
const (
	maxMemory = 128 << 10 // KiB
	maxPasses = 10
)

// parseArgon reads $argon2id$v=19$m=…,t=…,p=…$SALT$HASH. Its error holds none of it.
func parseArgon(s string) (*argon, error) {
	parts := strings.Split(s, "$")
	a := &argon{}
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != "v=19" {
		return nil, errors.New("the hash is not whole, or not argon2id")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &a.memory, &a.passes, &a.threads); err != nil {
		return nil, errors.New("the cost of the hash cannot be read")
	}
	if a.memory > maxMemory || a.passes < 1 || a.passes > maxPasses || a.threads < 1 {
		return nil, errors.New("the hash costs too much")
	}
	var saltErr, keyErr error
	a.salt, saltErr = base64.RawStdEncoding.DecodeString(parts[4])
	a.key, keyErr = base64.RawStdEncoding.DecodeString(parts[5])
	if saltErr != nil || keyErr != nil || len(a.key) < 16 || len(a.key) > 64 {
		return nil, errors.New("salt and hash are not base64 without padding")
	}
	return a, nil
}

func (a *argon) verify(pin engine.Secret) bool {
	got := argon2.IDKey([]byte(pin.Reveal()), a.salt, a.passes, a.memory, a.threads, uint32(len(a.key)))
	return subtle.ConstantTimeCompare(got, a.key) == 1
}

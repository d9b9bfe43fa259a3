package directory

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"

	"callflow/engine"
)

// phc is an argon2id hash, as the PHC string format writes it:
// $argon2id$v=19$m=19456,t=2,p=1$SALT$HASH, with base64 without padding.
type phc struct {
	memory    uint32 // KiB
	passes    uint32
	threads   uint8
	salt, key []byte
}

// standard is what Hash makes: OWASP's recommendation, some 20 ms of one core
// and 19 MiB.
var standard = phc{memory: 19456, passes: 2, threads: 1, salt: make([]byte, 16), key: make([]byte, 32)}

// What a hash may cost. A file of users is not to be able to bring the server
// down, nor a caller to wait.
const (
	maxMemory  = 128 << 10 // KiB
	maxPasses  = 10
	maxWork    = 256 << 10 // KiB times passes
	maxThreads = 8
	minSalt    = 8
	minKey     = 16
	maxBytes   = 64 // of salt and of key
)

// maxPIN bounds what Hash takes.
const maxPIN = 64

// Hash returns a hash of pin for the file of users, with a salt from random
// (crypto/rand.Reader). It refuses a PIN that cannot be entered on a keypad.
func Hash(pin engine.Secret, random io.Reader) (string, error) {
	text := pin.Reveal()
	switch {
	case text == "":
		return "", errors.New("the PIN is empty")
	case len(text) > maxPIN:
		return "", fmt.Errorf("the PIN has %d characters; %d are the most", len(text), maxPIN)
	case strings.Trim(text, "0123456789*#") != "":
		return "", errors.New("the PIN holds something else than 0-9, * and #, which no caller can enter")
	}
	h := standard
	h.salt = make([]byte, len(standard.salt))
	if _, err := io.ReadFull(random, h.salt); err != nil {
		return "", fmt.Errorf("salt: %w", err)
	}
	h.key = h.derive(pin)
	return h.String(), nil
}

// String is the hash in the PHC string format.
func (h phc) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		h.memory, h.passes, h.threads, b64.EncodeToString(h.salt), b64.EncodeToString(h.key))
}

// verify tells whether pin is the one that was hashed, in constant time.
func (h phc) verify(pin engine.Secret) bool {
	return subtle.ConstantTimeCompare(h.derive(pin), h.key) == 1
}

func (h phc) derive(pin engine.Secret) []byte {
	return argon2.IDKey([]byte(pin.Reveal()), h.salt, h.passes, h.memory, h.threads, uint32(len(h.key)))
}

// decoy returns a hash that costs the same and that nothing hashes to.
func (h phc) decoy() phc {
	h.salt = make([]byte, len(h.salt))
	h.key = make([]byte, len(h.key))
	return h
}

// parsePHC reads a hash. Its errors never hold any of s, which may be a PIN.
func parsePHC(s string) (phc, error) {
	var h phc
	parts := strings.Split(s, "$")
	switch {
	case parts[0] != "" || len(parts) == 1:
		return h, errors.New("this is not a hash; PINs are never written in clear")
	case parts[1] != "argon2id":
		return h, errors.New("this is a hash of another kind; only argon2id is understood")
	case len(parts) != 6:
		return h, errors.New("this is not a whole hash; expected $argon2id$v=19$m=…,t=…,p=…$SALT$HASH")
	case parts[2] != "v=19":
		return h, errors.New("this hash is of another version of argon2; expected v=19")
	}
	if err := h.parseCost(parts[3]); err != nil {
		return h, err
	}
	var err error
	if h.salt, err = parseBytes("salt", parts[4], minSalt); err != nil {
		return h, err
	}
	h.key, err = parseBytes("hash", parts[5], minKey)
	return h, err
}

// parseCost reads "m=19456,t=2,p=1".
func (h *phc) parseCost(s string) error {
	var n [3]uint64
	costs := strings.Split(s, ",")
	if len(costs) != len(n) {
		return errors.New("the cost of this hash is not written as m=…,t=…,p=…")
	}
	for i, name := range []string{"m=", "t=", "p="} {
		digits, ok := strings.CutPrefix(costs[i], name)
		var err error
		if n[i], err = strconv.ParseUint(digits, 10, 32); !ok || err != nil {
			return errors.New("the cost of this hash is not written as m=…,t=…,p=…")
		}
	}
	memory, passes, threads := n[0], n[1], n[2]
	switch {
	case passes < 1 || passes > maxPasses:
		return fmt.Errorf("this hash takes t=%d passes; from 1 to %d are allowed", passes, maxPasses)
	case threads < 1 || threads > maxThreads:
		return fmt.Errorf("this hash takes p=%d threads; from 1 to %d are allowed", threads, maxThreads)
	case memory < 8*threads || memory > maxMemory:
		return fmt.Errorf("this hash takes m=%d KiB; from %d to %d are allowed", memory, 8*threads, maxMemory)
	case memory*passes > maxWork:
		return fmt.Errorf("this hash keeps a caller waiting: m=%d times t=%d is more than %d", memory, passes, maxWork)
	}
	h.memory, h.passes, h.threads = uint32(memory), uint32(passes), uint8(threads)
	return nil
}

func parseBytes(what, s string, least int) ([]byte, error) {
	b, err := base64.RawStdEncoding.Strict().DecodeString(s)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the %s part of this hash is not base64 without padding", what)
	case len(b) < least || len(b) > maxBytes:
		return nil, fmt.Errorf("the %s part of this hash is %d bytes long; from %d to %d are allowed", what, len(b), least, maxBytes)
	}
	return b, nil
}

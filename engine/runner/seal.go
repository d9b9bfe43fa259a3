package runner

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Key is an AES-256 key by its id. The id is kept with what the key seals.
type Key struct {
	ID     string // 1 to 32 bytes
	Secret []byte // 32 bytes
}

// keySize is the length of a key, in bytes: AES-256.
const keySize = 32

// maxKeyID bounds the id of a key, in bytes.
const maxKeyID = 32

// ErrSealed means that bytes were sealed with a key that is not among ours, or are damaged.
var ErrSealed = errors.New("cannot be opened")

// Sealer seals with AES-256-GCM. The sealed form is the key's id behind its
// length, the nonce, and what GCM makes of the text.
type Sealer struct {
	keys   []sealKey
	random io.Reader
	open   bool // nothing is sealed
}

type sealKey struct {
	prefix []byte // length and id
	aead   cipher.AEAD
}

// NewSealer seals with the first key and opens with all of them: to rotate, put a
// new key first and take the old one out when nothing it sealed is needed any
// more. Errors name the setting, seal_key, and never a key.
func NewSealer(keys []Key, random io.Reader) (*Sealer, error) {
	if len(keys) == 0 {
		return nil, errors.New("seal_key: no key given")
	}
	s := &Sealer{random: random}
	seen := make(map[string]bool, len(keys))
	for i, k := range keys {
		switch {
		case k.ID == "" || len(k.ID) > maxKeyID:
			return nil, fmt.Errorf("seal_key: the id of key %d has %d bytes, expected 1 to %d", i+1, len(k.ID), maxKeyID)
		case seen[k.ID]:
			return nil, fmt.Errorf("seal_key: two keys have the id %q", k.ID)
		case len(k.Secret) != keySize:
			return nil, fmt.Errorf("seal_key: key %q has %d bytes, expected %d (make one with: callflow config new-key)", k.ID, len(k.Secret), keySize)
		}
		seen[k.ID] = true
		block, err := aes.NewCipher(k.Secret)
		if err != nil {
			return nil, fmt.Errorf("seal_key: key %q: %w", k.ID, err)
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, fmt.Errorf("seal_key: key %q: %w", k.ID, err)
		}
		s.keys = append(s.keys, sealKey{append([]byte{byte(len(k.ID))}, k.ID...), aead})
	}
	return s, nil
}

// Unsealed leaves everything as it is: for a store that forgets everything with the
// process, and for no other. Whoever could read its memory would find the key there.
func Unsealed() *Sealer { return &Sealer{open: true} }

// Seal hides plain. It fails only when there is no randomness.
func (s *Sealer) Seal(plain []byte) ([]byte, error) { return s.Append(nil, plain) }

// Append is Seal, at the end of dst. The two must not overlap.
func (s *Sealer) Append(dst, plain []byte) ([]byte, error) {
	if s.open {
		return append(dst, plain...), nil
	}
	k := &s.keys[0]
	dst = slices.Grow(dst, len(k.prefix)+k.aead.NonceSize()+len(plain)+k.aead.Overhead())
	dst = append(dst, k.prefix...)
	nonce := dst[len(dst) : len(dst)+k.aead.NonceSize()]
	if _, err := io.ReadFull(s.random, nonce); err != nil {
		return nil, fmt.Errorf("seal: no randomness: %w", err)
	}
	return k.aead.Seal(dst[:len(dst)+len(nonce)], nonce, plain, k.prefix), nil
}

// Open returns what was sealed: ErrSealed.
func (s *Sealer) Open(sealed []byte) ([]byte, error) { return s.appendOpen(nil, sealed) }

// appendOpen is Open, at the end of dst. The two must not overlap.
func (s *Sealer) appendOpen(dst, sealed []byte) ([]byte, error) {
	if s.open {
		return append(dst, sealed...), nil
	}
	head := 1
	if len(sealed) > 0 {
		head += int(sealed[0])
	}
	if len(sealed) < head {
		return nil, fmt.Errorf("%w: it is cut short", ErrSealed)
	}
	prefix, rest := sealed[:head], sealed[head:]
	for i := range s.keys {
		k := &s.keys[i]
		if string(k.prefix) != string(prefix) {
			continue
		}
		if len(rest) < k.aead.NonceSize() {
			return nil, fmt.Errorf("%w: it is cut short", ErrSealed)
		}
		n := k.aead.NonceSize()
		plain, err := k.aead.Open(dst, rest[:n], rest[n:], prefix)
		if err != nil {
			return nil, fmt.Errorf("%w: key %q does not fit, or the bytes are damaged; check the setting seal_key", ErrSealed, prefix[1:])
		}
		return plain, nil
	}
	return nil, fmt.Errorf("%w: it was sealed with key %q, which the setting seal_key does not have; add it behind the others", ErrSealed, prefix[1:])
}

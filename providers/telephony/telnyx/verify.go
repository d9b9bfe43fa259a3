package telnyx

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// The header fields of a signature.
const (
	SignatureHeader = "Telnyx-Signature-Ed25519"
	TimestampHeader = "Telnyx-Timestamp"
)

// signature checks Telnyx' scheme: Ed25519, in Base64, over the time in seconds, a bar
// and the raw body. There is nothing secret on our side; whoever changes the key for
// theirs could sign.
type signature struct {
	keys      []ed25519.PublicKey // none: unsigned
	tolerance time.Duration
}

func newSignature(keys []engine.Secret, tolerance time.Duration, unsigned bool) (*signature, error) {
	switch {
	case unsigned && len(keys) > 0:
		return nil, errors.New("a public key and unsigned are both set: remove unsigned, or the key if anybody may post webhooks")
	case !unsigned && len(keys) == 0:
		return nil, errors.New("no public key is set: anybody could post webhooks; set public_key, or unsigned: true if that is meant")
	case tolerance < 0:
		return nil, fmt.Errorf("tolerance: found %s, expected a positive duration, such as 300s", tolerance)
	case tolerance == 0:
		tolerance = telephony.DefaultTolerance
	}
	s := &signature{tolerance: tolerance}
	for i, k := range keys {
		key, err := base64.StdEncoding.DecodeString(k.Reveal())
		if err != nil || len(key) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("public key %d is not 32 bytes in Base64: copy it from the portal, Account Settings, Keys & Credentials, Public Key", i+1)
		}
		s.keys = append(s.keys, key)
	}
	return s, nil
}

func (s *signature) verify(r telephony.Request, at time.Time) error {
	if len(s.keys) == 0 {
		return nil
	}
	signed, stamp := r.Header.Get(SignatureHeader), r.Header.Get(TimestampHeader)
	switch {
	case signed == "":
		return fmt.Errorf("%w: the header %s is missing", telephony.ErrUnsigned, SignatureHeader)
	case stamp == "":
		return fmt.Errorf("%w: the header %s is missing", telephony.ErrUnsigned, TimestampHeader)
	}
	sig, err := base64.StdEncoding.Strict().DecodeString(signed)
	seconds, notTime := strconv.ParseUint(stamp, 10, 40)
	if err != nil || len(sig) != ed25519.SignatureSize || notTime != nil {
		return fmt.Errorf("%w: %s is not 64 bytes in Base64, or %s no time in seconds", telephony.ErrSignature, SignatureHeader, TimestampHeader)
	}
	text := make([]byte, 0, len(stamp)+1+len(r.Body))
	text = append(append(append(text, stamp...), '|'), r.Body...)
	if !s.match(text, sig) {
		return fmt.Errorf("%w: %s is not the signature of %s, a bar and the body under the configured public key",
			telephony.ErrSignature, SignatureHeader, TimestampHeader)
	}
	if age := at.Sub(time.Unix(int64(seconds), 0)); age > s.tolerance || age < -s.tolerance {
		return fmt.Errorf("%w: signed %s ago, allowed are %s either way; check the clocks of both sides",
			telephony.ErrStale, age.Round(time.Second), s.tolerance)
	}
	return nil
}

func (s *signature) match(text, sig []byte) bool {
	for _, k := range s.keys {
		if ed25519.Verify(k, text, sig) {
			return true
		}
	}
	return false
}

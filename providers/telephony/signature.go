package telephony

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"time"

	"callflow/engine"
)

// DefaultTolerance is how far a signature's time may be from ours where nothing
// else is configured.
const DefaultTolerance = 300 * time.Second

// maxSignatures bounds the v1 parts that are looked at in one header.
const maxSignatures = 8

// SignatureConfig says how requests are signed.
type SignatureConfig struct {
	// Header is the name of the header field.
	Header string
	// Secrets are all accepted: keep the old one beside the new while the
	// platform changes over.
	Secrets []engine.Secret
	// Tolerance is how old, or how far ahead, a signature may be. Zero: 300 s.
	Tolerance time.Duration
	// Unsigned switches the check off. It must stand alone: with secrets beside
	// it nobody could tell what is meant.
	Unsigned bool
}

// Signature checks the scheme that jambonz and our own contract share:
//
//	t=SECONDS,v1=HEX
//
// where HEX is the HMAC-SHA256 of SECONDS, a full stop and the raw body. A
// header may carry several v1; one that matches one secret is enough. The same
// signature is accepted as often as it comes, because a platform's retry is byte
// for byte the first delivery; that a repeat changes nothing is the turn's
// business.
type Signature struct {
	header    string
	tolerance time.Duration
	keys      []*key // none: unsigned
}

// NewSignature checks c.
func NewSignature(c SignatureConfig) (*Signature, error) {
	s := &Signature{
		header:    textproto.CanonicalMIMEHeaderKey(c.Header),
		tolerance: c.Tolerance,
	}
	switch {
	case c.Unsigned && len(c.Secrets) > 0:
		return nil, errors.New("a secret and unsigned are both set: remove unsigned, or the secret if anybody may post webhooks")
	case !c.Unsigned && len(c.Secrets) == 0:
		return nil, errors.New("no secret is set: anybody could post webhooks; set secret, or unsigned: true if that is meant")
	case c.Tolerance < 0:
		return nil, fmt.Errorf("tolerance: found %s, expected a positive duration, such as 300s", c.Tolerance)
	case c.Tolerance == 0:
		s.tolerance = DefaultTolerance
	}
	for i, secret := range c.Secrets {
		if secret.Len() == 0 {
			return nil, fmt.Errorf("secret %d is empty: check where it is read from", i+1)
		}
		s.keys = append(s.keys, newKey(secret))
	}
	return s, nil
}

// Verify checks r, which arrived at the instant at.
func (s *Signature) Verify(r Request, at time.Time) error {
	if len(s.keys) == 0 {
		return nil
	}
	header := r.Header[s.header]
	if len(header) == 0 {
		return fmt.Errorf("%w: the header %s is missing", ErrUnsigned, s.header)
	}
	var seconds string
	var sums [maxSignatures][sha256.Size]byte
	n := 0
	for _, line := range header {
		for part := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			switch {
			case name == "t" && seconds == "":
				seconds = value
			case name == "v1" && n < maxSignatures && hex.DecodedLen(len(value)) == sha256.Size:
				if _, err := hex.Decode(sums[n][:], []byte(value)); err == nil {
					n++
				}
			}
		}
	}
	t, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || len(seconds) > 12 || n == 0 {
		return fmt.Errorf("%w: the header %s is not of the form t=SECONDS,v1=HEX", ErrSignature, s.header)
	}
	if !s.match(seconds, r.Body, sums[:n]) {
		return fmt.Errorf("%w: no v1 in %s is the HMAC-SHA256 of t, a full stop and the body under the configured secret",
			ErrSignature, s.header)
	}
	if age := at.Sub(time.Unix(t, 0)); age > s.tolerance || age < -s.tolerance {
		return fmt.Errorf("%w: signed %s ago, allowed are %s either way; check the clocks of both sides",
			ErrStale, age.Round(time.Second), s.tolerance)
	}
	return nil
}

func (s *Signature) match(seconds string, body []byte, sums [][sha256.Size]byte) bool {
	for _, k := range s.keys {
		want := k.sum(seconds, body)
		for i := range sums {
			if hmac.Equal(want[:], sums[i][:]) {
				return true
			}
		}
	}
	return false
}

// Sign returns the header's value for body, as the platform would send it.
func Sign(secret engine.Secret, at time.Time, body []byte) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	sum := newKey(secret).sum(seconds, body)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(sum[:])
}

// key is a secret with its hashes: setting up an HMAC costs more than a short
// body does, and a hash that is reset keeps what it worked out from the key.
type key struct{ macs sync.Pool }

// mac is one hash and the room it works in.
type mac struct {
	hash hash.Hash
	buf  [64]byte
}

func newKey(secret engine.Secret) *key {
	return &key{macs: sync.Pool{New: func() any {
		return &mac{hash: hmac.New(sha256.New, []byte(secret.Reveal()))}
	}}}
}

// sum is the HMAC of seconds, a full stop and body.
func (k *key) sum(seconds string, body []byte) (sum [sha256.Size]byte) {
	m := k.macs.Get().(*mac)
	m.hash.Reset()
	m.hash.Write(append(append(m.buf[:0], seconds...), '.'))
	m.hash.Write(body)
	copy(sum[:], m.hash.Sum(m.buf[:0]))
	k.macs.Put(m)
	return sum
}

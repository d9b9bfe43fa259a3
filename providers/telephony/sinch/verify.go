package sinch

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// The header fields of a signed event: "application KEY:SIGNATURE", and when it was
// signed.
const (
	Header     = "Authorization"
	timeHeader = "X-Timestamp"
	typeHeader = "Content-Type"
)

// maxHeader is the longest header field that is looked at, in bytes.
const maxHeader = 1024

// signature checks events.
type signature struct {
	key       string // "": any
	tolerance time.Duration
	macs      []*telephony.MAC // none: unsigned
}

func newSignature(c Config) (*signature, error) {
	s := &signature{key: c.Key, tolerance: c.Tolerance}
	switch {
	case c.Unsigned && len(c.Secrets) > 0:
		return nil, errors.New("a secret and unsigned are both set: remove unsigned, or the secret if anybody may post webhooks")
	case !c.Unsigned && len(c.Secrets) == 0:
		return nil, errors.New("no secret is set: anybody could post webhooks; set secret, or unsigned: true if that is meant")
	case c.Tolerance < 0:
		return nil, fmt.Errorf("tolerance: found %s, expected a positive duration, such as 300s", c.Tolerance)
	case c.Tolerance == 0:
		s.tolerance = telephony.DefaultTolerance
	}
	for i, secret := range c.Secrets {
		raw, err := base64.RawStdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/", "=", "").Replace(secret.Reveal()))
		if err != nil || len(raw) == 0 {
			return nil, fmt.Errorf("secret %d is not the Base64 text that Sinch shows: check where it is read from", i+1)
		}
		s.macs = append(s.macs, telephony.NewMAC(sha256.New, engine.NewSecret(string(raw))))
	}
	return s, nil
}

func (s *signature) verify(r telephony.Request, at time.Time) error {
	if len(s.macs) == 0 {
		return nil
	}
	fields := r.Header[Header]
	if len(fields) == 0 || fields[0] == "" {
		return fmt.Errorf("sinch: %w: the header %s is missing; have the application sign its callbacks", telephony.ErrUnsigned, Header)
	}
	scheme, pair, _ := strings.Cut(fields[0], " ")
	key, sum, ok := strings.Cut(pair, ":")
	switch {
	case len(fields) > 1 || len(fields[0]) > maxHeader || !strings.EqualFold(scheme, "application") || !ok:
		return mismatch("the header " + Header + " is not application KEY:SIGNATURE")
	case s.key != "" && key != s.key:
		return mismatch("the event is of another application: check key")
	}
	signed := r.Header[timeHeader]
	if len(signed) != 1 || len(signed[0]) > maxHeader {
		return mismatch("the header " + timeHeader + " is missing")
	}
	when, err := time.Parse(time.RFC3339, signed[0])
	if err != nil {
		return mismatch("the header " + timeHeader + " is no time")
	}
	if !s.match(text(r, signed[0]), sum) {
		return mismatch("the header " + Header + " is not signed with a configured application secret; check that public_url is the address that Sinch was given")
	}
	if age := at.Sub(when); age > s.tolerance || age < -s.tolerance {
		return fmt.Errorf("sinch: %w: signed %s ago, allowed are %s either way; check the clocks of both sides",
			telephony.ErrStale, age.Round(time.Second), s.tolerance)
	}
	return nil
}

// text is what is signed: the method, the MD5 of the body, its type, the time and the
// path, a line each.
func text(r telephony.Request, signed string) []byte {
	sum := md5.Sum(r.Body)
	path := ""
	if r.URL != nil {
		path = r.URL.EscapedPath()
	}
	kind := ""
	if k := r.Header[typeHeader]; len(k) > 0 {
		kind = k[0]
	}
	b := make([]byte, 0, 256)
	b = append(append(b, strings.ToUpper(r.Method)...), '\n')
	if len(r.Body) > 0 {
		b = base64.StdEncoding.AppendEncode(b, sum[:])
	}
	b = append(append(append(b, '\n'), kind...), '\n')
	b = append(append(append(b, "x-timestamp:"...), signed...), '\n')
	return append(b, path...)
}

// match tells whether sum is the signature of text. It is compared as it is written,
// so that no second spelling of it counts.
func (s *signature) match(text []byte, sum string) bool {
	var raw [sha256.Size]byte
	var want [44]byte // of 32 bytes, in Base64
	found := 0
	for _, m := range s.macs {
		base64.StdEncoding.Encode(want[:], m.Sum(raw[:0], text))
		found |= subtle.ConstantTimeCompare(want[:], []byte(sum))
	}
	return found == 1
}

func mismatch(why string) error { return fmt.Errorf("sinch: %w: %s", telephony.ErrSignature, why) }

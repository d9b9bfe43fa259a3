package signalwire

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"callflow/engine"
	"callflow/providers/telephony"
)

// signature checks X-Signalwire-Signature: an HMAC-SHA1, in hex, of the URL and the raw
// body under the signing key; or the same with SHA-256 in a header of its own.
type signature struct {
	sha1, sha256 []*telephony.MAC // none: unsigned
	passwords    [][sha256.Size]byte
}

func newSignature(keys, passwords []engine.Secret, unsigned bool) (*signature, error) {
	switch {
	case unsigned && len(keys) > 0:
		return nil, errors.New("a signing key and unsigned are both set: remove unsigned, or the key if anybody may post webhooks")
	case !unsigned && len(keys) == 0:
		return nil, errors.New("no signing key is set: anybody could post webhooks; set signing_key, or unsigned: true if that is meant")
	}
	s := &signature{}
	for i, k := range keys {
		if k.Len() == 0 {
			return nil, fmt.Errorf("signing key %d is empty: check where it is read from", i+1)
		}
		s.sha1 = append(s.sha1, telephony.NewMAC(sha1.New, k))
		s.sha256 = append(s.sha256, telephony.NewMAC(sha256.New, k))
	}
	if len(passwords) == 0 {
		passwords = keys
	}
	for i, p := range passwords {
		if p.Len() == 0 {
			return nil, fmt.Errorf("status password %d is empty: check where it is read from", i+1)
		}
		s.passwords = append(s.passwords, sha256.Sum256([]byte(p.Reveal())))
	}
	return s, nil
}

func (s *signature) verify(r telephony.Request) error {
	if len(s.sha1) == 0 {
		return nil
	}
	header, with := strings.TrimSpace(r.Header.Get(Header)), s.sha1
	if header == "" {
		header, with = strings.TrimSpace(r.Header.Get(Header256)), s.sha256
	}
	if header == "" && r.Route == telephony.RouteNotice {
		return s.verifyPassword(r.Header)
	}
	if header == "" {
		return fmt.Errorf("%w: the header %s is missing", telephony.ErrUnsigned, Header)
	}
	text := append(append(make([]byte, 0, 256+len(r.Body)), address(r.URL)...), r.Body...)
	var sum, encoded []byte
	for _, k := range with {
		sum = k.Sum(sum[:0], text)
		encoded = hex.AppendEncode(encoded[:0], sum)
		if subtle.ConstantTimeCompare(encoded, []byte(header)) == 1 {
			return nil
		}
	}
	return fmt.Errorf("%w: %s is not the HMAC of this URL and body under the configured signing key; "+
		"check that public_url is the address that SignalWire was given", telephony.ErrSignature, Header)
}

// verifyPassword checks the password of a status webhook, whoever's name stands before
// it.
func (s *signature) verifyPassword(h http.Header) error {
	given := h.Get("Authorization")
	if given == "" {
		return fmt.Errorf("%w: a status webhook has to bring a password; set its URL to https://callflow:PASSWORD@…/v1/signalwire/status", telephony.ErrUnsigned)
	}
	encoded, basic := strings.CutPrefix(given, "Basic ")
	plain, err := base64.StdEncoding.DecodeString(encoded)
	_, password, _ := strings.Cut(string(plain), ":")
	got := sha256.Sum256([]byte(password))
	if basic && err == nil {
		for _, want := range s.passwords {
			if subtle.ConstantTimeCompare(got[:], want[:]) == 1 {
				return nil
			}
		}
	}
	return fmt.Errorf("%w: the password of a status webhook is not the configured one", telephony.ErrSignature)
}

// address is the URL as it is signed.
func address(u *url.URL) string {
	if u == nil {
		return ""
	}
	plain := *u
	plain.User, plain.Fragment, plain.RawFragment = nil, "", ""
	return plain.String()
}

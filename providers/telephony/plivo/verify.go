package plivo

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Bounds of what is looked at in the headers.
const (
	maxSignatures = 8
	maxNonce      = 256
)

// signature checks X-Plivo-Signature-V3: the Base64 of an HMAC-SHA256, under the
// account's auth token, of the URL, the form's pairs and a nonce.
type signature struct {
	keys []*telephony.MAC // none: unsigned
}

func newSignature(tokens []engine.Secret, unsigned bool) (*signature, error) {
	switch {
	case unsigned && len(tokens) > 0:
		return nil, errors.New("an auth token and unsigned are both set: remove unsigned, or the token if anybody may post webhooks")
	case !unsigned && len(tokens) == 0:
		return nil, errors.New("no auth token is set: anybody could post webhooks; set auth_token, or unsigned: true if that is meant")
	}
	s := &signature{}
	for i, t := range tokens {
		if t.Len() == 0 {
			return nil, fmt.Errorf("auth token %d is empty: check where it is read from", i+1)
		}
		s.keys = append(s.keys, telephony.NewMAC(sha256.New, t))
	}
	return s, nil
}

func (s *signature) verify(r telephony.Request) error {
	if len(s.keys) == 0 {
		return nil
	}
	given := signatures(r.Header)
	if len(given) == 0 {
		return fmt.Errorf("%w: the header %s is missing", telephony.ErrUnsigned, Header)
	}
	nonce := r.Header.Get(NonceHeader)
	if nonce == "" || len(nonce) > maxNonce {
		return fmt.Errorf("%w: the header %s is missing or longer than %d bytes", telephony.ErrSignature, NonceHeader, maxNonce)
	}
	text, err := signedText(r)
	if err != nil {
		return fmt.Errorf("%w: %w", telephony.ErrSignature, err)
	}
	text = append(append(text, '.'), nonce...)
	var sum, encoded []byte
	for _, k := range s.keys {
		sum = k.Sum(sum[:0], text)
		encoded = base64.StdEncoding.AppendEncode(encoded[:0], sum)
		for _, g := range given {
			if subtle.ConstantTimeCompare(encoded, []byte(g)) == 1 {
				return nil
			}
		}
	}
	return fmt.Errorf("%w: %s is not the HMAC-SHA256 of this URL, form and nonce under the configured auth token; "+
		"check that public_url is the address that Plivo was given", telephony.ErrSignature, Header)
}

// signatures are those of a request: where an account has two tokens, a header has two
// of them.
func signatures(h http.Header) (all []string) {
	for _, name := range []string{Header, MainHeader} {
		for one := range strings.SplitSeq(h.Get(name), ",") {
			if one = strings.TrimSpace(one); one != "" && len(all) < maxSignatures {
				all = append(all, one)
			}
		}
	}
	return all
}

// signedText is what is signed before the nonce: the address; its query, plain and
// sorted; and the form's names and values, sorted. The form of a GET is its query.
func signedText(r telephony.Request) ([]byte, error) {
	var text []byte
	var query []telephony.Field
	if u := r.URL; u != nil {
		bare := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
		text = append(make([]byte, 0, len(u.Path)+len(u.RawQuery)+len(r.Body)+128), bare.String()...)
		query, _ = telephony.ReadForm(u.RawQuery) // a broken one is for Decode to refuse
	}
	for i, f := range sorted(query) {
		sep := byte('&')
		if i == 0 {
			sep = '?'
		}
		text = append(append(append(append(text, sep), f.Name...), '='), f.Value...)
	}
	if r.Method == http.MethodGet {
		return text, nil
	}
	if len(r.Body) > 0 && !telephony.IsForm(r.Header) {
		return nil, errors.New("the body is not a form")
	}
	form, _ := telephony.ReadForm(string(r.Body))
	for i, f := range sorted(form) {
		if i == 0 {
			sep := byte('.')
			if len(query) == 0 {
				sep = '?'
			}
			text = append(text, sep)
		}
		text = append(append(text, f.Name...), f.Value...)
	}
	return text, nil
}

// sorted sorts the fields of a form by name and value.
func sorted(fields []telephony.Field) []telephony.Field {
	slices.SortFunc(fields, func(a, b telephony.Field) int {
		if n := strings.Compare(a.Name, b.Name); n != 0 {
			return n
		}
		return strings.Compare(a.Value, b.Value)
	})
	return fields
}

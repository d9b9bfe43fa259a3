package twilio

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
	"slices"
	"strings"

	"callflow/engine"
	"callflow/providers/telephony"
)

// bodyParam is the query parameter that holds the SHA-256 of a body that is not a
// form: the URL is signed, and the body through it.
const bodyParam = "bodySHA256"

// signature checks X-Twilio-Signature: the Base64 of an HMAC-SHA1, under the
// account's auth token, of the URL and the form's pairs.
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
		s.keys = append(s.keys, telephony.NewMAC(sha1.New, t))
	}
	return s, nil
}

func (s *signature) verify(r telephony.Request) error {
	if len(s.keys) == 0 {
		return nil
	}
	header := r.Header[Header]
	if len(header) == 0 || header[0] == "" {
		return fmt.Errorf("%w: the header %s is missing", telephony.ErrUnsigned, Header)
	}
	tail, err := signedPairs(r)
	if err != nil {
		return fmt.Errorf("%w: %w", telephony.ErrSignature, err)
	}
	var text, sum, encoded []byte
	for _, address := range addresses(r.URL) {
		text = append(append(text[:0], address...), tail...)
		for _, k := range s.keys {
			sum = k.Sum(sum[:0], text)
			encoded = base64.StdEncoding.AppendEncode(encoded[:0], sum)
			if subtle.ConstantTimeCompare(encoded, []byte(header[0])) == 1 {
				return nil
			}
		}
	}
	return fmt.Errorf("%w: %s is not the HMAC-SHA1 of this URL and form under the configured auth token; "+
		"check that public_url is the address that Twilio was given", telephony.ErrSignature, Header)
}

// signedPairs is what is signed after the URL: the form's names and values, sorted,
// each pair once. Of a GET and of a body that is in the URL by its hash, that is
// nothing.
func signedPairs(r telephony.Request) ([]byte, error) {
	if sum, ok := queryValue(r.URL, bodyParam); ok {
		want, err := hex.DecodeString(sum)
		got := sha256.Sum256(r.Body)
		if err != nil || subtle.ConstantTimeCompare(want, got[:]) != 1 {
			return nil, fmt.Errorf("%s in the URL is not the hash of the body", bodyParam)
		}
		return nil, nil
	}
	if r.Method == http.MethodGet {
		return nil, nil
	}
	if len(r.Body) > 0 && !telephony.IsForm(r.Header) {
		return nil, fmt.Errorf("the body is not a form, and the URL has no %s", bodyParam)
	}
	form, _ := telephony.ReadForm(string(r.Body)) // a broken one is for Decode to refuse
	slices.SortFunc(form, func(a, b telephony.Field) int {
		if n := strings.Compare(a.Name, b.Name); n != 0 {
			return n
		}
		return strings.Compare(a.Value, b.Value)
	})
	text := make([]byte, 0, len(r.Body))
	for i, p := range form {
		if i == 0 || p != form[i-1] {
			text = append(append(text, p.Name...), p.Value...)
		}
	}
	return text, nil
}

// addresses are the ways in which Twilio may have written the URL: as it is, and
// with the scheme's own port added or left out.
func addresses(u *url.URL) []string {
	if u == nil {
		return []string{""}
	}
	plain := *u
	plain.Fragment, plain.RawFragment = "", ""
	all := []string{plain.String()}
	own := map[string]string{"https": "443", "http": "80"}[u.Scheme]
	switch port := u.Port(); {
	case own == "":
	case port == "":
		plain.Host += ":" + own
		all = append(all, plain.String())
	default:
		// The package of Twilio leaves any port out, so that a proxy on another one
		// is no hindrance.
		plain.Host = strings.TrimSuffix(plain.Host, ":"+port)
		all = append(all, plain.String())
	}
	return all
}

// queryValue is a parameter of the URL, and whether it is there.
func queryValue(u *url.URL, name string) (string, bool) {
	if u == nil {
		return "", false
	}
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		if value, ok := strings.CutPrefix(part, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

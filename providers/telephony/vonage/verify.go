package vonage

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Header carries the signature, after the word Bearer.
const Header = "Authorization"

// maxToken is the longest token that is looked at, in bytes. Vonage's have some 450.
const maxToken = 4096

// key is a signature secret, and the account that it belongs to where it is said.
type key struct {
	account string // an API key; "": any account
	secret  []byte
}

func newKeys(c Config) ([]key, time.Duration, error) {
	tolerance := c.Tolerance
	switch {
	case c.Unsigned && len(c.Secrets) > 0:
		return nil, 0, errors.New("a signature_secret and unsigned are both set: remove unsigned, or the secret if anybody may post webhooks")
	case !c.Unsigned && len(c.Secrets) == 0:
		return nil, 0, errors.New("no secret is set: anybody could post webhooks; set signature_secret, or unsigned: true if that is meant")
	case tolerance < 0:
		return nil, 0, fmt.Errorf("tolerance: found %s, expected a positive duration, such as 300s", tolerance)
	case tolerance == 0:
		tolerance = telephony.DefaultTolerance
	}
	var keys []key
	for i, s := range c.Secrets {
		k := newKey(s)
		if len(k.secret) == 0 {
			return nil, 0, fmt.Errorf("signature_secret %d is empty: check where it is read from", i+1)
		}
		keys = append(keys, k)
	}
	return keys, tolerance, nil
}

// newKey reads SECRET or ACCOUNT:SECRET, where ACCOUNT is an API key: eight small
// letters and digits.
func newKey(s engine.Secret) key {
	account, secret, cut := strings.Cut(s.Reveal(), ":")
	if !cut || !isAccount(account) {
		return key{secret: []byte(s.Reveal())}
	}
	return key{account, []byte(secret)}
}

func isAccount(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return len(s) == 8
}

// Verify checks the JWT of r. Vonage signs nearly always: what came without a
// signature is refused with ErrAgain beside ErrUnsigned, so that it is sent again
// with one.
//
// A GET has no body that the token could be bound to. All that stands in its query
// is then vouched for by whoever could read a token of the last minutes; POST as the
// answer method closes that gap.
func (c *Codec) Verify(r telephony.Request, at time.Time) error {
	if len(c.keys) == 0 {
		return nil
	}
	fields := r.Header[Header]
	if len(fields) == 0 {
		return unsigned("the header " + Header + " is missing")
	}
	scheme, token, _ := strings.Cut(fields[0], " ")
	switch {
	case len(fields) > 1:
		return mismatch("the header " + Header + " comes more than once")
	case !strings.EqualFold(scheme, "Bearer") || token == "":
		return unsigned("the header " + Header + " has no bearer token")
	case len(token) > maxToken:
		return mismatch("the token is too long")
	}
	signed, sum := token, ""
	if dot := strings.LastIndexByte(token, '.'); dot >= 0 {
		signed, sum = token[:dot], token[dot+1:]
	}
	head, body, _ := strings.Cut(signed, ".")
	if err := checkHead(head); err != nil {
		return err
	}
	claims, err := parseClaims(body)
	if err != nil {
		return err
	}
	if !c.signs(signed, sum, claims.account) {
		return mismatch("the token is not signed with a configured signature secret (which is not the API secret)")
	}
	if err := claims.checkBody(r); err != nil {
		return err
	}
	if age := at.Sub(claims.issued); age > c.tolerance || age < -c.tolerance {
		return fmt.Errorf("vonage: %w: signed %s ago, allowed are %s either way; check the clocks of both sides",
			telephony.ErrStale, age.Round(time.Second), c.tolerance)
	}
	return nil
}

// signs tells whether a key of that account makes this signature. It is compared as
// it is written, so that no second spelling of it counts.
func (c *Codec) signs(signed, sum, account string) bool {
	var raw [sha256.Size]byte
	var want [43]byte // of 32 bytes, in Base64 without padding
	found := 0
	for _, k := range c.keys {
		if k.account != "" && k.account != account {
			continue
		}
		mac := hmac.New(sha256.New, k.secret)
		mac.Write([]byte(signed))
		base64.RawURLEncoding.Encode(want[:], mac.Sum(raw[:0]))
		if hmac.Equal(want[:], []byte(sum)) {
			found++
		}
	}
	return found > 0
}

// checkHead holds the algorithm to HS256: a token that chooses its own could choose
// none.
func checkHead(s string) error {
	data, err := decode(s)
	if err != nil {
		return err
	}
	algorithms, good := 0, false
	err = telephony.ReadObject(data, func(name []byte, value telephony.Value) error {
		switch string(name) {
		case "alg":
			algorithms++
			good = value.Is("HS256")
		case "crit":
			return errors.New("it has extensions that must be understood")
		}
		return nil
	})
	if err != nil || algorithms != 1 || !good {
		return mismatch("the token's algorithm is not HS256")
	}
	return nil
}

// claims are what we read of a token.
type claims struct {
	account string
	issued  time.Time
	hash    telephony.Value // of the body; nil: not there
}

func parseClaims(s string) (c claims, err error) {
	data, err := decode(s)
	if err != nil {
		return c, err
	}
	dated := false
	seen := map[string]bool{}
	err = telephony.ReadObject(data, func(name []byte, value telephony.Value) error {
		if seen[string(name)] {
			return errors.New("a claim stands twice")
		}
		seen[string(name)] = true
		switch string(name) {
		case "api_key":
			c.account, _ = value.Text()
		case "payload_hash":
			c.hash = value
		case "iat":
			var seconds float64
			if seconds, dated = value.Number(); !dated || seconds < 0 || seconds > 1e12 {
				return errors.New("iat is no time")
			}
			c.issued = time.Unix(int64(seconds), 0)
		}
		return nil
	})
	switch {
	case err != nil:
		return c, mismatch("the token's claims cannot be read: " + err.Error())
	case !dated:
		return c, mismatch("the token does not say when it was issued (iat)")
	}
	return c, nil
}

// checkBody holds the token to the request it came with.
func (c claims) checkBody(r telephony.Request) error {
	if c.hash == nil {
		if r.Method == http.MethodGet && len(r.Body) == 0 {
			return nil
		}
		return mismatch("the token does not cover the body (payload_hash)")
	}
	sum := sha256.Sum256(r.Body)
	var want [2 * sha256.Size]byte
	hex.Encode(want[:], sum[:])
	if got, ok := c.hash.Text(); !ok || !hmac.Equal([]byte(got), want[:]) {
		return mismatch("payload_hash is not the SHA-256 of the body")
	}
	return nil
}

func decode(s string) ([]byte, error) {
	data, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, mismatch("the bearer token is not a JWT")
	}
	return data, nil
}

func mismatch(why string) error { return fmt.Errorf("vonage: %w: %s", telephony.ErrSignature, why) }

func unsigned(why string) error {
	return fmt.Errorf("vonage: %w: %s; %w", telephony.ErrUnsigned, why, telephony.ErrAgain)
}

package gateway

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwt"

	"callflow/engine"
)

// Token says which tokens Auth0 signs its requests with.
type Token struct {
	// Keys are what they are signed with: several while the secret changes.
	Keys []engine.Secret
	// Subject and Audience are those of the connection's gateway_authentication.
	Subject, Audience string
}

const (
	// tokenSkew is how far Auth0's clock may be from ours.
	tokenSkew = time.Minute
	// maxToken bounds a token, in bytes.
	maxToken = 8 << 10
	// ShortestKey is the shortest key that is taken, in bytes: a shorter one is
	// guessed.
	ShortestKey = 16
)

// ParseKey gives the key that a secret is: its bytes, or what they mean in base64url
// where the connection says that it is encoded.
func ParseKey(secret engine.Secret, encoded bool) (engine.Secret, error) {
	key := secret.Reveal()
	if encoded {
		plain, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(key, "="))
		if err != nil {
			return engine.Secret{}, errors.New("is not base64url: letters, digits, - and _")
		}
		key = string(plain)
	}
	if len(key) < ShortestKey {
		return engine.Secret{}, fmt.Errorf("is a key of %d bytes; expected %d at least", len(key), ShortestKey)
	}
	return engine.NewSecret(key), nil
}

// Errors of Verify, which never say what was sent.
var (
	errNoToken  = errors.New("there is no bearer token")
	errBadToken = errors.New("the token is none that we signed for, or has had its time")
)

// Verify judges an Authorization header: a JWT, signed with HS256 and nothing else,
// of the right subject and audience, and within its times where it has any.
func (t Token) Verify(authorization string, now time.Time) error {
	scheme, raw, ok := strings.Cut(authorization, " ")
	raw = strings.TrimSpace(raw)
	// Other forms of a signed text are none of a JWT's.
	if !ok || !strings.EqualFold(scheme, "Bearer") || raw == "" {
		return errNoToken
	}
	if len(raw) > maxToken || strings.Count(raw, ".") != 2 || strings.ContainsAny(raw, "{\" \t") || !isHS256(raw) {
		return errBadToken
	}
	for _, key := range t.Keys {
		if key.Len() == 0 {
			continue
		}
		claims, err := jwt.ParseString(raw,
			jwt.WithKey(jwa.HS256, []byte(key.Reveal())),
			jwt.WithValidate(true),
			jwt.WithClock(jwt.ClockFunc(func() time.Time { return now })),
			jwt.WithAcceptableSkew(tokenSkew),
			jwt.WithSubject(t.Subject),
			jwt.WithAudience(t.Audience),
		)
		if err == nil {
			return inTime(claims, now)
		}
	}
	return errBadToken
}

// inTime judges what is read as "no end" elsewhere: an end at the beginning of 1970.
func inTime(claims jwt.Token, now time.Time) error {
	if _, ends := claims.Get(jwt.ExpirationKey); ends && !claims.Expiration().Add(tokenSkew).After(now) {
		return errBadToken
	}
	return nil
}

// isHS256 tells whether a token says of itself that it is signed with HS256, and asks
// for nothing that has to be understood besides.
func isHS256(raw string) bool {
	head, _, _ := strings.Cut(raw, ".")
	text, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		return false
	}
	var header struct {
		Alg  string          `json:"alg"`
		Crit json.RawMessage `json:"crit"`
	}
	return json.Unmarshal(text, &header) == nil && header.Alg == jwa.HS256.String() && header.Crit == nil
}

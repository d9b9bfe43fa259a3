package fake

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/lestrrat-go/jwx/v2/jwt"
)

// key signs tokens.
type key struct {
	id      string
	private *rsa.PrivateKey
	public  jwk.Key
}

func makeKey(private *rsa.PrivateKey, serial int) (key, error) {
	public, err := jwk.FromRaw(private.Public())
	if err != nil {
		return key{}, fmt.Errorf("fake: %w", err)
	}
	k := key{id: fmt.Sprintf("fake-key-%d", serial), private: private, public: public}
	for name, value := range map[string]any{jwk.KeyIDKey: k.id, jwk.AlgorithmKey: jwa.RS256, jwk.KeyUsageKey: "sig"} {
		if err := public.Set(name, value); err != nil {
			return key{}, fmt.Errorf("fake: %w", err)
		}
	}
	return k, nil
}

// sign makes a token of claims; headers may change the key's id.
func sign(claims map[string]any, alg jwa.SignatureAlgorithm, with any, id string) (string, error) {
	token := jwt.New()
	for name, value := range claims {
		if err := token.Set(name, value); err != nil {
			return "", fmt.Errorf("fake: claim %s: %w", name, err)
		}
	}
	headers := jws.NewHeaders()
	if err := headers.Set(jws.KeyIDKey, id); err != nil {
		return "", fmt.Errorf("fake: %w", err)
	}
	out, err := jwt.Sign(token, jwt.WithKey(alg, with, jws.WithProtectedHeaders(headers)))
	return string(out), err
}

// idToken makes the ID token of a user, as it should be or as a fault has it.
func (t *Tenant) idToken(u *User, f Kind) (string, error) {
	t.mu.Lock()
	k := t.keys[len(t.keys)-1]
	t.mu.Unlock()
	now := t.config.Now()
	claims := map[string]any{
		"iss": "https://" + t.config.Domain + "/", "aud": t.config.ClientID, "sub": u.ID,
		"iat": now.Unix(), "exp": now.Add(10 * time.Hour).Unix(),
	}
	alg, with := jwa.RS256, any(k.private)
	switch f {
	case WrongAudience:
		claims["aud"] = "another-client"
	case WrongIssuer:
		claims["iss"] = "https://another-tenant.auth0.test/"
	case WrongSubject:
		claims["sub"] = "auth0|somebody-else"
	case NoSubject:
		delete(claims, "sub")
	case Expired:
		claims["iat"], claims["exp"] = now.Add(-2*time.Hour).Unix(), now.Add(-time.Hour).Unix()
	case NoExpiry:
		delete(claims, "exp")
	case Future:
		claims["iat"], claims["exp"] = now.Add(time.Hour).Unix(), now.Add(2*time.Hour).Unix()
	case WrongKey, UnknownKey:
		t.mu.Lock()
		other, err := t.newKey()
		t.mu.Unlock()
		if err != nil {
			return "", err
		}
		with = other
		if f == UnknownKey {
			k.id = "nobody-knows-this-key"
		}
	case HS256:
		alg, with = jwa.HS256, []byte(t.config.ClientSecret.Reveal())
	case Confused:
		der, err := x509.MarshalPKIXPublicKey(k.private.Public())
		if err != nil {
			return "", fmt.Errorf("fake: %w", err)
		}
		alg, with = jwa.HS256, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	case Unsigned:
		return unsigned(claims)
	}
	token, err := sign(claims, alg, with, k.id)
	if f == Encrypted {
		token = strings.Replace(token, ".", ".AAAA.AAAA.", 1)
	}
	return token, err
}

// unsigned makes a token that says that nobody signed it.
func unsigned(claims map[string]any) (string, error) {
	token := jwt.New()
	for name, value := range claims {
		if err := token.Set(name, value); err != nil {
			return "", fmt.Errorf("fake: claim %s: %w", name, err)
		}
	}
	out, err := jwt.Sign(token, jwt.WithInsecureNoSignature())
	return string(out), err
}

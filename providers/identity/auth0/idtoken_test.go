package auth0

import (
	"crypto/rand"
	"crypto/rsa"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/lestrrat-go/jwx/v2/jwt"

	"callflow/engine"
)

// verifier is a provider that has its keys, and a token that it takes.
func verifier(t testing.TB) (p *Provider, good string) {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, minBits)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_800_000_000, 0)
	p, err = New(Config{
		Domain: "bank.eu.auth0.com", ClientID: "the-client", ClientSecret: engine.NewSecret("s"),
		BaseURL: "http://127.0.0.1:1", Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	p.keys.known, p.keys.fetched = map[string]*rsa.PublicKey{"k": &private.PublicKey}, now

	token, err := jwt.NewBuilder().Issuer(p.config.issuer()).Audience([]string{"the-client"}).Subject("auth0|1").
		IssuedAt(now).Expiration(now.Add(time.Hour)).Build()
	if err != nil {
		t.Fatal(err)
	}
	headers := jws.NewHeaders()
	if err := headers.Set(jws.KeyIDKey, "k"); err != nil {
		t.Fatal(err)
	}
	signed, err := jwt.Sign(token, jwt.WithKey(jwa.RS256, private, jws.WithProtectedHeaders(headers)))
	if err != nil {
		t.Fatal(err)
	}
	return p, string(signed)
}

// No token but the tenant's own is taken, whatever is made of it.
func FuzzVerify(f *testing.F) {
	p, good := verifier(f)
	if sub, err := p.verify(f.Context(), good); sub != "auth0|1" || err != nil {
		f.Fatalf("the good token is refused: %v", err)
	}
	parts := strings.Split(good, ".")
	f.Add(good)
	f.Add(parts[0] + "." + parts[1] + ".")
	f.Add("eyJhbGciOiJub25lIn0." + parts[1] + ".")
	f.Add(`{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`)
	f.Add("..")
	f.Add("")
	f.Fuzz(func(t *testing.T, raw string) {
		sub, err := p.verify(t.Context(), raw)
		if err == nil && sub != "auth0|1" {
			t.Errorf("%q names %q", raw, sub)
		}
		if err != nil && len(raw) > 20 && strings.Contains(err.Error(), raw) {
			t.Errorf("the error shows the token: %v", err)
		}
	})
}

// A token for several applications has to say that we asked for it.
func TestAuthorizedParty(t *testing.T) {
	t.Parallel()
	private, err := rsa.GenerateKey(rand.Reader, minBits)
	if err != nil {
		t.Fatal(err)
	}
	p, _ := verifier(t)
	p.keys.known["k2"] = &private.PublicKey
	now := p.config.Now()
	for _, tt := range []struct {
		audience []string
		azp      any
		good     bool
	}{
		{[]string{"the-client"}, nil, true},
		{[]string{"the-client"}, "the-client", true},
		{[]string{"the-client"}, "another", false},
		{[]string{"the-client", "another"}, nil, false},
		{[]string{"the-client", "another"}, "another", false},
		{[]string{"the-client", "another"}, "the-client", true},
		{[]string{"another"}, "the-client", false},
		{nil, nil, false},
	} {
		b := jwt.NewBuilder().Issuer(p.config.issuer()).Audience(tt.audience).Subject("auth0|1").IssuedAt(now).Expiration(now.Add(time.Hour))
		if tt.azp != nil {
			b = b.Claim("azp", tt.azp)
		}
		token, err := b.Build()
		if err != nil {
			t.Fatal(err)
		}
		headers := jws.NewHeaders()
		if err := headers.Set(jws.KeyIDKey, "k2"); err != nil {
			t.Fatal(err)
		}
		signed, err := jwt.Sign(token, jwt.WithKey(jwa.RS256, private, jws.WithProtectedHeaders(headers)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.verify(t.Context(), string(signed)); (err == nil) != tt.good {
			t.Errorf("for %v, asked by %v: %v; want good %v", tt.audience, tt.azp, err, tt.good)
		}
	}
}

// Of a tenant's keys only those are used that may sign ID tokens, and are long
// enough.
func TestUsableKeys(t *testing.T) {
	t.Parallel()
	set := jwk.NewSet()
	add := func(bits int, fields map[string]any) {
		t.Helper()
		private, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			t.Fatal(err)
		}
		key, err := jwk.FromRaw(private.Public())
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range fields {
			if err := key.Set(name, value); err != nil {
				t.Fatal(err)
			}
		}
		if err := set.AddKey(key); err != nil {
			t.Fatal(err)
		}
	}
	add(2048, map[string]any{"kid": "good", "alg": "RS256", "use": "sig"})
	add(2048, map[string]any{"kid": "bare"})
	add(2048, map[string]any{"kid": "encrypts", "use": "enc"})
	add(2048, map[string]any{"kid": "other", "alg": "PS512"})
	add(2048, map[string]any{"alg": "RS256"})
	add(1024, map[string]any{"kid": "short"})
	secret, err := jwk.FromRaw([]byte("a shared secret"))
	if err != nil {
		t.Fatal(err)
	}
	if err := secret.Set("kid", "shared"); err != nil {
		t.Fatal(err)
	}
	if err := set.AddKey(secret); err != nil {
		t.Fatal(err)
	}
	got := usable(set)
	if len(got) != 2 || got["good"] == nil || got["bare"] == nil {
		t.Errorf("usable are %d keys: %v", len(got), got)
	}
}

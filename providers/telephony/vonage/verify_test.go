package vonage

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

// sign puts a token on a request, as Vonage does.
func sign(r *telephony.Request, secret engine.Secret, at time.Time, account string) {
	sum := sha256.Sum256(r.Body)
	bearer(r, token(`{"typ":"JWT","alg":"HS256"}`, fmt.Sprintf(
		`{"iat":%d,"jti":"c4e9a3f2-6a1e-4a61-9c7d-9a3d6c2f7b10","iss":"Vonage","payload_hash":"%s","api_key":"%s","application_id":"aaaaaaaa-bbbb-cccc-dddd-0123456789ab"}`,
		at.Unix(), hex.EncodeToString(sum[:]), account), secret))
}

func bearer(r *telephony.Request, token string) {
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Set(Header, "Bearer "+token)
}

func token(head, claims string, secret engine.Secret) string {
	signed := base64.RawURLEncoding.EncodeToString([]byte(head)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// The vector of the reference: the vendor's own package accepts it.
const (
	vectorBody  = `{"from":"6591110000","to":"6531589999","uuid":"aaaaaaaa-bbbb-cccc-dddd-0123456789ab","conversation_uuid":"CON-aaaaaaaa-bbbb-cccc-dddd-0123456789ab","dtmf":{"digits":"4471","timed_out":false},"timestamp":"2026-11-21T10:30:16.315Z"}`
	vectorToken = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpYXQiOjE3OTUyNTcwMTYsImp0aSI6ImM0ZTlhM2YyLTZhMWUtNGE2MS05YzdkLTlhM2Q2YzJmN2IxMCIsImlzcyI6IlZvbmFnZSIsInBheWxvYWRfaGFzaCI6IjdlYWM3Y2IwMTM2OGJiMzJlNmE0YmUyNjA0NTUwNTU1NjIwMWNjNGY1Mjg5MzA0N2I4MDExZDBiM2MxNjcwM2IiLCJhcGlfa2V5IjoiYTFiMmMzZDQiLCJhcHBsaWNhdGlvbl9pZCI6ImFhYWFhYWFhLWJiYmItY2NjYy1kZGRkLTAxMjM0NTY3ODlhYiJ9.GNOqKxjqcN-jTYefeXBkbKzqOEFa0M6a8bL2bXyZZr0"
)

func TestVerifyVector(t *testing.T) {
	at := time.Unix(1795257016, 0)
	claimed, err := parseClaims(strings.Split(vectorToken, ".")[1])
	if hash, _ := claimed.hash.Text(); err != nil || hash != "7eac7cb01368bb32e6a4be26045505556201cc4f52893047b8011d0b3c16703b" ||
		claimed.account != "a1b2c3d4" || !claimed.issued.Equal(at) {
		t.Errorf("the claims are %s, %+v, %v", hash, claimed, err)
	}
	for _, secret := range []string{"sig_secret", "a1b2c3d4:sig_secret"} {
		codec := newCodec(t, Config{Secrets: []engine.Secret{engine.NewSecret(secret)}})
		r := telephony.Request{Route: telephony.RouteTurn, Method: http.MethodPost, Body: []byte(vectorBody)}
		bearer(&r, vectorToken)
		if err := codec.Verify(r, at); err != nil {
			t.Errorf("%s: %v", secret, err)
		}
		if in, err := codec.Decode(r); err != nil || codectest.Describe(in.Event) != "digits 4471 unknown" {
			t.Errorf("%s: %v, %v", codectest.Describe(in.Event), in, err)
		}
		r.Body = []byte(strings.Replace(vectorBody, "4471", "4472", 1))
		if err := codec.Verify(r, at); !errors.Is(err, telephony.ErrSignature) {
			t.Errorf("a changed body: %v", err)
		}
	}
}

// TestVerify: what a token may not be.
func TestVerify(t *testing.T) {
	const (
		head  = `{"typ":"JWT","alg":"HS256"}`
		empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	)
	secret, at := codectest.Current(), codectest.At()
	body := `{"conversation_uuid":"CON-1"}`
	sum := sha256.Sum256([]byte(body))
	hash := hex.EncodeToString(sum[:])
	claims := fmt.Sprintf(`{"iat":%d,"api_key":"a1b2c3d4","payload_hash":"%s"}`, at.Unix(), hash)
	dated := func(rest string) string { return fmt.Sprintf(`{"iat":%d%s}`, at.Unix(), rest) }
	good := token(head, claims, secret)
	parts := strings.Split(good, ".")
	mine := Config{Secrets: []engine.Secret{engine.NewSecret("a1b2c3d4:" + secret.Reveal())}}
	other := Config{Secrets: []engine.Secret{engine.NewSecret("d4c3b2a1:" + secret.Reveal())}}
	both := Config{Secrets: append(other.Secrets, codectest.Foreign(), mine.Secrets[0])}
	plain := Config{Secrets: []engine.Secret{secret}}
	for _, tt := range []struct {
		name         string
		config       Config
		method, body string
		fields       []string
		want         error
	}{
		{"good", plain, "POST", body, []string{"Bearer " + good}, nil},
		{"small letters", plain, "POST", body, []string{"bearer " + good}, nil},
		{"another order of the head", plain, "POST", body, []string{"Bearer " + token(`{"alg":"HS256","typ":"JWT"}`, claims, secret)}, nil},
		{"a float", plain, "POST", body, []string{"Bearer " + token(head, fmt.Sprintf(`{"iat":%d.5,"payload_hash":"%s"}`, at.Unix(), hash), secret)}, nil},
		{"its account's secret", mine, "POST", body, []string{"Bearer " + good}, nil},
		{"one of several", both, "POST", body, []string{"Bearer " + good}, nil},
		{"another account's secret", other, "POST", body, []string{"Bearer " + good}, telephony.ErrSignature},
		{"no account, with a secret of one", mine, "POST", body, []string{"Bearer " + token(head, dated(`,"payload_hash":"`+hash+`"`), secret)}, telephony.ErrSignature},

		{"nothing", plain, "POST", body, nil, telephony.ErrUnsigned},
		{"a password", plain, "POST", body, []string{"Basic YTpi"}, telephony.ErrUnsigned},
		{"an empty token", plain, "POST", body, []string{"Bearer "}, telephony.ErrUnsigned},
		{"two", plain, "POST", body, []string{"Bearer " + good, "Bearer " + good}, telephony.ErrSignature},

		{"alg none", plain, "POST", body, []string{"Bearer " + token(`{"typ":"JWT","alg":"none"}`, claims, secret)}, telephony.ErrSignature},
		{"alg none, no signature", plain, "POST", body, []string{"Bearer " + strings.Join(strings.Split(token(`{"alg":"none"}`, claims, secret), ".")[:2], ".") + "."}, telephony.ErrSignature},
		{"alg RS256", plain, "POST", body, []string{"Bearer " + token(`{"typ":"JWT","alg":"RS256"}`, claims, secret)}, telephony.ErrSignature},
		{"alg hs256", plain, "POST", body, []string{"Bearer " + token(`{"typ":"JWT","alg":"hs256"}`, claims, secret)}, telephony.ErrSignature},
		{"two algs", plain, "POST", body, []string{"Bearer " + token(`{"alg":"none","alg":"HS256"}`, claims, secret)}, telephony.ErrSignature},
		{"no alg", plain, "POST", body, []string{"Bearer " + token(`{"typ":"JWT"}`, claims, secret)}, telephony.ErrSignature},
		{"crit", plain, "POST", body, []string{"Bearer " + token(`{"alg":"HS256","crit":["b64"],"b64":false}`, claims, secret)}, telephony.ErrSignature},

		{"no signature", plain, "POST", body, []string{"Bearer " + parts[0] + "." + parts[1] + "."}, telephony.ErrSignature},
		{"two parts", plain, "POST", body, []string{"Bearer " + parts[0] + "." + parts[1]}, telephony.ErrSignature},
		{"four parts", plain, "POST", body, []string{"Bearer " + good + "." + parts[2]}, telephony.ErrSignature},
		{"padding", plain, "POST", body, []string{"Bearer " + good + "="}, telephony.ErrSignature},
		{"another spelling of the signature", plain, "POST", body, []string{"Bearer " + respelt(good)}, telephony.ErrSignature},
		{"too long", plain, "POST", body, []string{"Bearer " + strings.Repeat("a", maxToken+1)}, telephony.ErrSignature},
		{"no JSON", plain, "POST", body, []string{"Bearer " + token(head, `iat`, secret)}, telephony.ErrSignature},

		{"no payload_hash", plain, "POST", body, []string{"Bearer " + token(head, dated(""), secret)}, telephony.ErrSignature},
		{"null payload_hash", plain, "POST", body, []string{"Bearer " + token(head, dated(`,"payload_hash":null`), secret)}, telephony.ErrSignature},
		{"two payload_hashes", plain, "POST", body, []string{"Bearer " + token(head, dated(`,"payload_hash":"`+empty+`","payload_hash":"`+hash+`"`), secret)}, telephony.ErrSignature},
		{"payload_hash in capitals", plain, "POST", body, []string{"Bearer " + token(head, dated(`,"payload_hash":"`+strings.ToUpper(hash)+`"`), secret)}, telephony.ErrSignature},
		{"payload_hash of nothing", plain, "POST", body, []string{"Bearer " + token(head, dated(`,"payload_hash":"`+empty+`"`), secret)}, telephony.ErrSignature},
		{"no body, no payload_hash", plain, "POST", "", []string{"Bearer " + token(head, dated(""), secret)}, telephony.ErrSignature},

		{"GET", plain, "GET", "", []string{"Bearer " + token(head, dated(""), secret)}, nil},
		{"GET with the hash of nothing", plain, "GET", "", []string{"Bearer " + token(head, dated(`,"payload_hash":"`+empty+`"`), secret)}, nil},
		{"GET with the token of a POST", plain, "GET", "", []string{"Bearer " + good}, telephony.ErrSignature},
		{"GET with a body", plain, "GET", body, []string{"Bearer " + token(head, dated(""), secret)}, telephony.ErrSignature},

		{"no iat", plain, "POST", body, []string{"Bearer " + token(head, `{"payload_hash":"`+hash+`"}`, secret)}, telephony.ErrSignature},
		{"iat is a word", plain, "POST", body, []string{"Bearer " + token(head, `{"iat":"now","payload_hash":"`+hash+`"}`, secret)}, telephony.ErrSignature},
		{"iat before time", plain, "POST", body, []string{"Bearer " + token(head, `{"iat":-1e30,"payload_hash":"`+hash+`"}`, secret)}, telephony.ErrSignature},
		{"iat after time", plain, "POST", body, []string{"Bearer " + token(head, `{"iat":1e12,"payload_hash":"`+hash+`"}`, secret)}, telephony.ErrStale},
		{"milliseconds", plain, "POST", body, []string{"Bearer " + token(head, fmt.Sprintf(`{"iat":%d000,"payload_hash":"%s"}`, at.Unix(), hash), secret)}, telephony.ErrSignature},
	} {
		codec := newCodec(t, tt.config)
		r := telephony.Request{Method: tt.method, Body: []byte(tt.body), URL: &url.URL{}, Header: http.Header{}}
		if tt.fields != nil {
			r.Header[Header] = tt.fields
		}
		err := codec.Verify(r, at)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
		if again := errors.Is(err, telephony.ErrAgain); again != errors.Is(err, telephony.ErrUnsigned) {
			t.Errorf("%s: to be sent again: %v", tt.name, again)
		}
		if err != nil && strings.Contains(err.Error(), secret.Reveal()) {
			t.Errorf("%s: the message shows the secret: %v", tt.name, err)
		}
	}
}

// respelt writes the same signature differently: the last letter of 43 has two bits
// that stand for nothing.
func respelt(token string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(letters, token[len(token)-1])
	return token[:len(token)-1] + letters[last^1:last^1+1]
}

func TestNewKey(t *testing.T) {
	for _, tt := range []struct{ s, account, secret string }{
		{"plain", "", "plain"},
		{"a1b2c3d4:plain", "a1b2c3d4", "plain"},
		{"A1B2C3D4:plain", "", "A1B2C3D4:plain"},
		{"short:plain", "", "short:plain"},
		{"a1b2c3d4:pl:ain", "a1b2c3d4", "pl:ain"},
	} {
		if k := newKey(engine.NewSecret(tt.s)); k.account != tt.account || string(k.secret) != tt.secret {
			t.Errorf("%s: %q, %q", tt.s, k.account, k.secret)
		}
	}
}

func TestNew(t *testing.T) {
	secret := []engine.Secret{engine.NewSecret("s")}
	for _, tt := range []struct {
		name string
		c    Config
		said string
	}{
		{"nothing", Config{}, "no secret is set"},
		{"both", Config{Secrets: secret, Unsigned: true}, "both set"},
		{"empty secret", Config{Secrets: append(secret, engine.Secret{})}, "signature_secret 2 is empty"},
		{"an account without a secret", Config{Secrets: []engine.Secret{engine.NewSecret("a1b2c3d4:")}}, "signature_secret 1 is empty"},
		{"tolerance", Config{Secrets: secret, Tolerance: -1}, "tolerance"},
		{"style", Config{Secrets: secret, Voices: map[string]Voice{"Karen": {Style: 100}}}, "voices: Karen: style is 100"},
	} {
		if _, err := New(tt.c); err == nil || !strings.Contains(err.Error(), tt.said) {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.said)
		}
	}
	if n, err := ParseStyle("x"); err == nil {
		t.Errorf("style x is %d", n)
	}
}

// FuzzVerify: whatever the token is, it is refused unless it is the one that was
// made, and nothing panics.
func FuzzVerify(f *testing.F) {
	codec := newCodec(f, Config{Secrets: []engine.Secret{engine.NewSecret("sig_secret")}})
	f.Add(vectorToken)
	f.Add("a.b.c")
	f.Add("..")
	f.Add(token(`{"alg":"none"}`, `{"iat":1795257016}`, engine.NewSecret("x")))
	f.Add(token(`{"alg":"HS256"}`, `{"iat":1e400,"payload_hash":{}}`, engine.NewSecret("sig_secret")))
	f.Fuzz(func(t *testing.T, token string) {
		r := telephony.Request{Method: http.MethodPost, Body: []byte(vectorBody), Header: http.Header{Header: {"Bearer " + token}}}
		err := codec.Verify(r, time.Unix(1795257016, 0))
		switch {
		case err == nil && token != vectorToken:
			t.Errorf("%q is accepted", token)
		case err != nil && !errors.Is(err, telephony.ErrSignature) && !errors.Is(err, telephony.ErrUnsigned) && !errors.Is(err, telephony.ErrStale):
			t.Errorf("%q: %v", token, err)
		}
	})
}

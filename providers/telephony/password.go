package telephony

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"callflow/engine"
)

// PasswordParam is the query parameter of our URL that holds the secret of a
// platform that signs nothing.
const PasswordParam = "key"

// passwordHeader is the field of basic authentication.
const passwordHeader = "Authorization"

// maxPassword bounds what is compared, in bytes.
const maxPassword = 4096

// Password checks requests of platforms that sign nothing: they show a secret, in
// the URL that they were given (?key=SECRET), or by basic authentication. Whoever
// reads it can post what they like, so it belongs behind https, and a list of the
// platform's networks beside it. Nothing is said of the body, nor of the time.
type Password struct {
	user    string
	secrets [][sha256.Size]byte // none: unsigned
}

// NewPassword checks secrets, of which any will do; user is the name that basic
// authentication comes with. unsigned switches the check off.
func NewPassword(user string, secrets []engine.Secret, unsigned bool) (*Password, error) {
	switch {
	case unsigned && len(secrets) > 0:
		return nil, errors.New("a secret and unsigned are both set: remove unsigned, or the secret if anybody may post webhooks")
	case !unsigned && len(secrets) == 0:
		return nil, errors.New("no secret is set: anybody could post webhooks; set secret, or unsigned: true if that is meant")
	}
	p := &Password{user: user}
	for i, s := range secrets {
		if s.Len() == 0 {
			return nil, fmt.Errorf("secret %d is empty: check where it is read from", i+1)
		}
		p.secrets = append(p.secrets, sha256.Sum256([]byte(s.Reveal())))
	}
	return p, nil
}

// Verify checks that r shows the secret.
func (p *Password) Verify(r Request) error {
	if len(p.secrets) == 0 {
		return nil
	}
	shown, from, err := p.shown(r)
	if err != nil {
		return err
	}
	sum, good := sha256.Sum256([]byte(shown)), 0
	for i := range p.secrets {
		good |= subtle.ConstantTimeCompare(sum[:], p.secrets[i][:])
	}
	if good != 1 {
		return fmt.Errorf("%w: %s is not a configured secret", ErrSignature, from)
	}
	return nil
}

// shown is the secret that r shows, and where.
func (p *Password) shown(r Request) (secret, from string, err error) {
	if fields := r.Header[passwordHeader]; len(fields) > 0 {
		const scheme = "Basic "
		if len(fields) > 1 || len(fields[0]) > maxPassword || len(fields[0]) < len(scheme) || !strings.EqualFold(fields[0][:len(scheme)], scheme) {
			return "", "", fmt.Errorf("%w: the header %s is no basic authentication", ErrSignature, passwordHeader)
		}
		pair, err := base64.StdEncoding.Strict().DecodeString(fields[0][len(scheme):])
		user, password, ok := strings.Cut(string(pair), ":")
		if err != nil || !ok || user != p.user {
			return "", "", fmt.Errorf("%w: the header %s is not of the user %q", ErrSignature, passwordHeader, p.user)
		}
		return password, "the password", nil
	}
	if value, ok := Param(r.URL, PasswordParam); ok && len(value) <= maxPassword {
		if secret, err = url.QueryUnescape(value); err == nil && secret != "" {
			return secret, PasswordParam + " in the URL", nil
		}
	}
	return "", "", fmt.Errorf("%w: neither %s in the URL nor basic authentication is there", ErrUnsigned, PasswordParam)
}

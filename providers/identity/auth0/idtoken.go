package auth0

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/lestrrat-go/jwx/v2/jwt"

	"callflow/engine/runner"
)

// skew is how far Auth0's clock may be from ours.
const skew = time.Minute

// fooled is an ID token that is not what it should be: it proves nothing, and
// somebody has to look. Nothing of the token is shown.
func fooled(why string) error {
	return &outage{doing: "ID token", advice: why, cause: runner.ErrSetup}
}

// verify returns whom an ID token names, if the tenant made it for us and it has
// not expired.
//
// The SDK's own check is not used: it lets a token without exp and an answer
// without a token pass, and when the tenant has changed its keys it throws the
// token away, so that the caller would be logged in twice.
func (p *Provider) verify(ctx context.Context, raw string) (sub string, err error) {
	token := []byte(raw)
	if bytes.Count(token, []byte(".")) != 2 {
		return "", fooled("it is no signed token")
	}
	message, err := jws.Parse(token, jws.WithCompact())
	if err != nil || len(message.Signatures()) != 1 {
		return "", fooled("it is no signed token")
	}
	header := message.Signatures()[0].ProtectedHeaders()
	if header.Algorithm() != jwa.RS256 {
		return "", fooled("it is not signed with RS256; set the application's JSON Web Token Signature Algorithm to RS256, under Advanced Settings, OAuth")
	}
	key, err := p.keys.key(ctx, header.KeyID())
	if err != nil {
		return "", err
	}
	if key == nil {
		return "", fooled("it is signed with a key that the tenant does not publish")
	}
	claims, err := jwt.Parse(token,
		jwt.WithKey(jwa.RS256, key),
		jwt.WithValidate(true),
		jwt.WithClock(jwt.ClockFunc(p.config.Now)),
		jwt.WithAcceptableSkew(skew),
		jwt.WithIssuer(p.config.issuer()),
		jwt.WithAudience(p.config.ClientID),
		jwt.WithRequiredClaim(jwt.ExpirationKey),
		jwt.WithRequiredClaim(jwt.IssuedAtKey),
		jwt.WithRequiredClaim(jwt.SubjectKey))
	if err != nil {
		return "", fooled(fault(err))
	}
	if azp, there := claims.Get("azp"); (there || len(claims.Audience()) > 1) && azp != p.config.ClientID {
		return "", fooled("it was made for another application")
	}
	if claims.Subject() == "" {
		return "", fooled("it names nobody")
	}
	return claims.Subject(), nil
}

// fault says what is wrong with a token, in our own words: the library's may show
// what the token says.
func fault(err error) string {
	type known struct {
		is   error
		text string
	}
	faults := []known{
		{jwt.ErrTokenExpired(), "it has expired"},
		{jwt.ErrTokenNotYetValid(), "it is not valid yet; check this machine's clock"},
		{jwt.ErrInvalidIssuedAt(), "it was issued in the future; check this machine's clock"},
		{jwt.ErrInvalidIssuer(), "another tenant made it"},
		{jwt.ErrInvalidAudience(), "it was made for another application"},
		{jwt.ErrRequiredClaim(), "it lacks exp, iat or sub"},
		{jwt.ErrMissingRequiredClaim(""), "it lacks exp, iat or sub"},
	}
	i := slices.IndexFunc(faults, func(f known) bool { return errors.Is(err, f.is) })
	if i < 0 {
		return "its signature is wrong"
	}
	return faults[i].text
}

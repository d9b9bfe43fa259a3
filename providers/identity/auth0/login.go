package auth0

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/auth0/go-auth0/authentication"
	"github.com/auth0/go-auth0/authentication/oauth"
	"go.uber.org/zap"

	"callflow/engine"
)

// realmGrant is the password grant that names its connection: the plain one uses
// whatever the tenant has for its Default Directory.
const realmGrant = "http://auth0.com/oauth/grant-type/password-realm"

// login checks a PIN. The result is authenticated with an ID token, which is not
// verified yet, challenge with a token for the second factor, or another answer
// without one.
func (p *Provider) login(ctx context.Context, username string, pin engine.Secret) (result engine.SignIn, token string, err error) {
	ctx, cancel := context.WithTimeout(ctx, p.config.Timeout)
	defer cancel()
	err = p.logins.do(ctx, doingLogin, func(ctx context.Context, n *note) error {
		var tokens oauth.TokenSet
		err := p.auth.Request(ctx, http.MethodPost, p.auth.URI("oauth", "token"), url.Values{
			"grant_type":    {realmGrant},
			"realm":         {p.config.Realm},
			"scope":         {"openid"}, // without it there is no ID token
			"username":      {username},
			"password":      {pin.Reveal()},
			"client_id":     {p.config.ClientID},
			"client_secret": {p.config.ClientSecret.Reveal()},
		}, &tokens)
		if err != nil {
			var answer *authentication.Error
			if errors.As(err, &answer) {
				token = answer.GetMFAToken()
			}
			result, err = p.unlogged(n, err)
			return err
		}
		if n.status != http.StatusOK || tokens.IDToken == "" {
			return fooled("Auth0's answer has none")
		}
		result, token = engine.SignInAuthenticated, tokens.IDToken
		return nil
	})
	return result, token, err
}

const doingLogin = "password login"

// unlogged tells what Auth0's refusal means.
func (p *Provider) unlogged(n *note, err error) (engine.SignIn, error) {
	var answer *authentication.Error
	if !errors.As(err, &answer) {
		return "", lost(doingLogin, n, err)
	}
	r := rowOf(n.status, codeOf(answer.Err), answer.Message)
	if r.result != "" {
		level := zap.InfoLevel
		if r.result == engine.SignInDenied || r.result == engine.SignInChallenge {
			level = zap.DebugLevel // which is what happens all day
		}
		p.told(level, doingLogin, n, answer.Err, string(r.result))
		return r.result, nil
	}
	switch {
	case r.wait:
		return "", p.logins.hold(doingLogin, n)
	case r.setup != nil:
		return "", &outage{doing: doingLogin, status: n.status, code: codeOf(answer.Err), advice: r.advice, cause: r.setup}
	default:
		return "", lost(doingLogin, n, err)
	}
}

package auth0

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/auth0/go-auth0/authentication"
	"github.com/auth0/go-auth0/authentication/mfa"
	"github.com/auth0/go-auth0/authentication/oauth"
	"go.uber.org/zap"

	"callflow/engine"
	"callflow/engine/lazy"
	"callflow/engine/runner"
)

var _ runner.Codes = (*Provider)(nil)

// The grants that codes are exchanged by.
const (
	codeGrant = "http://auth0.com/oauth/grant-type/passwordless/otp"
	oobGrant  = "http://auth0.com/oauth/grant-type/mfa-oob"
	otpGrant  = "http://auth0.com/oauth/grant-type/mfa-otp"
)

// pending is what a sign-in leaves behind that asks for a second factor.
type pending struct {
	Token   string // mfa_token
	Account string
	User    string // who is expected, or ""
}

// handle is what a code is checked by.
type handle struct {
	Grant   string
	Number  string   `json:",omitempty"`
	Session string   `json:",omitempty"` // of /otp/challenge
	OOB     string   `json:",omitempty"`
	Pending *pending `json:",omitempty"`
}

func secretJSON(v any) engine.Secret {
	b, _ := json.Marshal(v) // of texts only: it cannot fail
	return engine.NewSecret(string(b))
}

// SendCode starts a passwordless sign-in, or challenges a second factor. It is
// tried once: a connection that breaks may have delivered it.
func (p *Provider) SendCode(ctx context.Context, e engine.SendCode) (engine.CodeSent, error) {
	ctx, cancel := context.WithTimeout(ctx, p.config.Timeout)
	defer cancel()
	if e.Pending.Len() > 0 {
		return p.challenge(ctx, e)
	}
	body := map[string]any{
		"client_id": p.config.ClientID, "client_secret": p.config.ClientSecret.Reveal(),
		"phone_number": e.Number,
	}
	h, path := handle{Grant: codeGrant, Number: e.Number}, []string{"passwordless", "start"}
	switch {
	case p.config.OTP:
		path = []string{"otp", "challenge"}
		body["connection"], body["delivery_method"] = p.config.Realm, "text"
		if e.Channel == engine.ChannelVoice {
			body["delivery_method"] = "voice"
		}
	case e.Channel == engine.ChannelVoice:
		return engine.CodeSent{}, &outage{doing: doingStart, advice: "a passwordless connection cannot speak codes: set codes to otp", cause: runner.ErrSetup}
	default:
		body["connection"], body["send"] = p.config.SMSConnection, "code"
		body["authParams"] = map[string]string{"scope": "openid"}
	}
	var got struct {
		AuthSession string `json:"auth_session"`
	}
	sent := engine.CodeSent{Result: engine.CodeSentOn, Ending: ending(e.Number)}
	nobody := false
	began := time.Now()
	err := p.starts.do(ctx, doingStart, func(ctx context.Context, n *note) error {
		err := p.auth.Request(ctx, http.MethodPost, p.auth.URI(path...), body, &got)
		if err == nil {
			return nil
		}
		var answer *authentication.Error
		if !errors.As(err, &answer) {
			return lost(doingStart, n, err)
		}
		r := sendRowOf(n.status, answer.Err, answer.Message)
		switch {
		case r.result != "":
			p.told(zap.InfoLevel, doingStart, n, answer.Err, string(r.result))
			nobody = r.result == engine.CodeSentOn
			sent.Result = r.result
			return nil
		case r.wait:
			return p.starts.hold(doingStart, n)
		case r.advice != "":
			return &outage{doing: doingStart, status: n.status, code: codeOf(answer.Err), advice: r.advice, cause: r.setup}
		}
		return lost(doingStart, n, err)
	})
	switch {
	case err != nil:
		return engine.CodeSent{}, err
	case sent.Result != engine.CodeSentOn:
		return engine.CodeSent{Result: sent.Result}, nil
	case nobody:
		if err := p.sends.rest(ctx, time.Since(began)); err != nil {
			return engine.CodeSent{}, lost(doingStart, &note{}, err)
		}
	default:
		p.sends.add(time.Since(began))
	}
	if h.Session = got.AuthSession; p.config.OTP && h.Session == "" && !nobody {
		return engine.CodeSent{}, &outage{doing: doingStart, advice: "Auth0's answer has no auth_session"}
	}
	sent.Handle = secretJSON(h)
	return sent, nil
}

// SentCode is a code that counts as sent. Only a passwordless one can be checked
// without Auth0's answer.
func (p *Provider) SentCode(e engine.SendCode) engine.CodeSent {
	if e.Pending.Len() > 0 || p.config.OTP || e.Number == "" {
		return engine.CodeSent{Result: engine.CodeSentUnavailable}
	}
	return engine.CodeSent{Result: engine.CodeSentOn, Handle: secretJSON(handle{Grant: codeGrant, Number: e.Number}), Ending: ending(e.Number)}
}

// ending is how a number ends, of which Auth0 shows no more than four digits.
func ending(number string) string {
	if len(number) < 2 || strings.Trim(number[len(number)-2:], "0123456789") != "" {
		return ""
	}
	return number[len(number)-2:]
}

// challenge asks for a second factor: a code to a telephone, or else from an app.
func (p *Provider) challenge(ctx context.Context, e engine.SendCode) (engine.CodeSent, error) {
	rejected := engine.CodeSent{Result: engine.CodeSentRejected}
	var want pending
	if err := json.Unmarshal([]byte(e.Pending.Reveal()), &want); err != nil || want.Token == "" {
		return rejected, nil
	}
	var all []mfa.ListAuthenticatorsResponse
	refused := false
	err := p.factors.do(ctx, doingFactor, func(ctx context.Context, n *note) (err error) {
		all, err = p.auth.MFA.ListAuthenticators(ctx, want.Token)
		refused, err = p.unchallenged(n, err)
		return err
	})
	if err != nil || refused {
		return rejected, err
	}
	channel := "sms"
	if e.Channel == engine.ChannelVoice {
		channel = "voice"
	}
	fits := func(a mfa.ListAuthenticatorsResponse) bool {
		// The line that is calling is busy.
		busy := channel == "voice" && ending(a.Name) == ending(e.From)
		return a.Active && a.AuthenticatorType == "oob" && a.OOBChannel == channel && !busy
	}
	i := slices.IndexFunc(all, fits)
	if i < 0 {
		if slices.ContainsFunc(all, func(a mfa.ListAuthenticatorsResponse) bool { return a.Active && a.AuthenticatorType == "otp" }) {
			return engine.CodeSent{Result: engine.CodeSentOn, Handle: secretJSON(handle{Grant: otpGrant, Pending: &want})}, nil
		}
		return rejected, nil
	}
	var got *mfa.ChallengeResponse
	err = p.factors.do(ctx, doingFactor, func(ctx context.Context, n *note) (err error) {
		got, err = p.auth.MFA.Challenge(ctx, mfa.ChallengeRequest{MFAToken: want.Token, ChallengeType: "oob", AuthenticatorID: all[i].ID})
		refused, err = p.unchallenged(n, err)
		return err
	})
	switch {
	case err != nil || refused:
		return rejected, err
	case got == nil || got.OOBCode == "":
		return engine.CodeSent{}, &outage{doing: doingFactor, advice: "Auth0's answer has no oob_code"}
	}
	return engine.CodeSent{
		Result: engine.CodeSentOn, Handle: secretJSON(handle{Grant: oobGrant, OOB: got.OOBCode, Pending: &want}), Ending: ending(all[i].Name),
	}, nil
}

// unchallenged tells a refusal from an outage. What Auth0 says of the user, or of a
// sign-in that is too old, is a refusal.
func (p *Provider) unchallenged(n *note, err error) (refused bool, _ error) {
	var answer *authentication.Error
	switch {
	case err == nil:
		return false, nil
	case !errors.As(err, &answer):
		return false, lost(doingFactor, n, err)
	}
	r := sendRowOf(n.status, answer.Err, answer.Message)
	switch {
	case r.wait:
		return false, limitedUser(doingFactor, n)
	case r.setup != nil && slices.Contains(factorRefusals, answer.Err), r.result != "":
		p.told(zap.InfoLevel, doingFactor, n, answer.Err, string(engine.CodeSentRejected))
		return true, nil
	case r.advice != "":
		return false, &outage{doing: doingFactor, status: n.status, code: codeOf(answer.Err), advice: r.advice, cause: r.setup}
	}
	return false, lost(doingFactor, n, err)
}

// limitedUser is a limit on second factors, which Auth0 counts for each user and each
// sign-in: nobody else waits for it.
func limitedUser(doing string, n *note) *outage {
	return &outage{doing: doing, status: n.status, code: "too_many_requests", advice: "this user's second factor was asked for too often; others go on"}
}

// factorRefusals are Auth0's words for somebody who has no such factor, or who took too
// long.
var factorRefusals = []string{"invalid_grant", "expired_token", "unsupported_challenge_type", "mfa_registration_required", "association_required"}

// CheckCode exchanges a code. What counts is what counts for a PIN: a 200, with an
// ID token that verifies and names the user who is expected.
func (p *Provider) CheckCode(ctx context.Context, e engine.CheckCode) (engine.CodeChecked, error) {
	var h handle
	if err := json.Unmarshal([]byte(e.Handle.Reveal()), &h); err != nil {
		return engine.CodeChecked{Result: engine.CodeExpired}, nil
	}
	if err := p.keys.ready(ctx); err != nil {
		return engine.CodeChecked{}, err
	}
	if _, err := p.tokens.access(ctx); err != nil {
		return engine.CodeChecked{}, err
	}
	form := url.Values{
		"grant_type": {h.Grant}, "scope": {"openid"},
		"client_id": {p.config.ClientID}, "client_secret": {p.config.ClientSecret.Reveal()},
	}
	code := e.Code.Reveal()
	switch {
	case h.Grant == codeGrant && h.Session != "":
		form.Set("auth_session", h.Session)
		form.Set("otp", code)
	case h.Grant == codeGrant:
		form.Set("username", h.Number)
		form.Set("otp", code)
		form.Set("realm", p.config.SMSConnection)
	case h.Pending == nil:
		return engine.CodeChecked{Result: engine.CodeExpired}, nil
	default:
		form.Set("mfa_token", h.Pending.Token)
		if h.Grant == oobGrant {
			form.Set("oob_code", h.OOB)
			form.Set("binding_code", code)
		} else {
			form.Set("otp", code)
		}
	}
	result, idToken, err := p.exchange(ctx, form)
	if err != nil || result != engine.CodeVerified {
		return engine.CodeChecked{Result: result}, err
	}
	sub, err := p.verify(ctx, idToken)
	if err != nil {
		return engine.CodeChecked{}, err
	}
	return p.whose(ctx, h, sub)
}

// whose is what an exchange has proved.
func (p *Provider) whose(ctx context.Context, h handle, sub string) (engine.CodeChecked, error) {
	if h.Pending != nil {
		if h.Pending.User != "" && sub != h.Pending.User {
			return engine.CodeChecked{}, fooled("it names another user than the one who was looked up")
		}
		in, err := p.confirm(ctx, h.Pending.Account, sub)
		switch {
		case err != nil:
			return engine.CodeChecked{}, err
		case in.Result == engine.SignInLocked:
			return engine.CodeChecked{Result: engine.CodeLocked}, nil
		case in.Result != engine.SignInAuthenticated:
			return engine.CodeChecked{Result: engine.CodeDenied}, nil
		}
		return engine.CodeChecked{Result: engine.CodeVerified, Principal: &in.Principal}, nil
	}
	user, ok, err := p.read(ctx, sub)
	switch {
	case err != nil:
		return engine.CodeChecked{}, err
	case !ok:
		return engine.CodeChecked{Result: engine.CodeVerified, Phone: h.Number}, nil
	case user.id != sub:
		return engine.CodeChecked{}, &outage{doing: "profile", advice: "Auth0 sent the profile of another user", cause: runner.ErrSetup}
	case user.blocked:
		return engine.CodeChecked{Result: engine.CodeLocked}, nil
	}
	account, _ := user.account.(string)
	if p.config.Lookup == LookupUsername {
		account = user.username
	}
	return engine.CodeChecked{
		Result: engine.CodeVerified, Phone: h.Number,
		Principal: &engine.Principal{Account: account, ID: sub, Greeting: user.greeting},
	}, nil
}

// What is under way.
const (
	doingStart  = "sending of a code"
	doingFactor = "second factor"
	doingCode   = "check of a code"
)

// usedUp are the texts, the only sign there is, of codes that cannot be entered
// any more.
var usedUp = lazy.Regexp(`(?i)expired|maximum number of attempts|malformed mfa_token`)

// exchange makes one exchange at the token end-point.
func (p *Provider) exchange(ctx context.Context, form url.Values) (result engine.CodeResult, idToken string, err error) {
	ctx, cancel := context.WithTimeout(ctx, p.config.Timeout)
	defer cancel()
	err = p.logins.do(ctx, doingCode, func(ctx context.Context, n *note) error {
		var tokens oauth.TokenSet
		err := p.auth.Request(ctx, http.MethodPost, p.auth.URI("oauth", "token"), form, &tokens)
		if err == nil {
			if n.status != http.StatusOK || tokens.IDToken == "" {
				return fooled("Auth0's answer has none")
			}
			result, idToken = engine.CodeVerified, tokens.IDToken
			return nil
		}
		var answer *authentication.Error
		if !errors.As(err, &answer) {
			return lost(doingCode, n, err)
		}
		switch {
		case n.status < 500 && (answer.Err == "expired_token" || answer.Err == "invalid_grant" && usedUp().MatchString(answer.Message)):
			result = engine.CodeExpired
			p.told(zap.InfoLevel, doingCode, n, answer.Err, string(result))
			return nil
		case answer.Err == "invalid_grant" && n.status < 500:
			result = engine.CodeDenied
			p.told(zap.DebugLevel, doingCode, n, answer.Err, string(result))
			return nil
		case n.status == http.StatusBadRequest && answer.Err == "access_denied": // a factor's owner refused
			result = engine.CodeDenied
			p.told(zap.InfoLevel, doingCode, n, answer.Err, string(result))
			return nil
		}
		r := rowOf(n.status, codeOf(answer.Err), answer.Message)
		switch {
		case r.result == engine.SignInLocked:
			result = engine.CodeLocked
		case r.result == engine.SignInDenied:
			result = engine.CodeDenied
		case r.result != "":
			return &outage{doing: doingCode, status: n.status, code: codeOf(answer.Err), advice: "a code asks for another factor, which is not possible by telephone", cause: runner.ErrSetup}
		case r.wait && form.Has("mfa_token"):
			return limitedUser(doingCode, n)
		case r.wait:
			return p.logins.hold(doingCode, n)
		case r.setup != nil:
			return &outage{doing: doingCode, status: n.status, code: codeOf(answer.Err), advice: "check that the Passwordless OTP and MFA grants are switched on, and the connection", cause: r.setup}
		default:
			return lost(doingCode, n, err)
		}
		p.told(zap.InfoLevel, doingCode, n, answer.Err, string(result))
		return nil
	})
	return result, idToken, err
}

package auth0

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/auth0/go-auth0/authentication"
	"github.com/auth0/go-auth0/authentication/mfa"
	"github.com/auth0/go-auth0/authentication/oauth"

	"callflow/engine"
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
	err := p.logins.do(ctx, doingStart, func(ctx context.Context, n *note) error {
		err := p.auth.Request(ctx, http.MethodPost, p.auth.URI(path...), body, &got)
		if err == nil {
			return nil
		}
		var answer *authentication.Error
		if !errors.As(err, &answer) {
			return lost(doingStart, n, err)
		}
		code := answer.Err
		switch {
		case n.status == http.StatusBadRequest && code == "bad.phone_number":
			sent = engine.CodeSent{Result: engine.CodeSentRejected}
		case n.status == http.StatusTooManyRequests:
			return p.logins.hold(doingStart, n)
		case n.status == http.StatusBadRequest && code == "sms_provider_error":
			return &outage{doing: doingStart, status: n.status, code: codeOf(code), advice: "the sender of messages failed"}
		case n.status == http.StatusUnauthorized:
			return &outage{doing: doingStart, status: n.status, code: codeOf(code), advice: "check client_id and client_secret", cause: runner.ErrCredentials}
		case n.status < 500:
			return &outage{doing: doingStart, status: n.status, code: strings.ReplaceAll(codeOf(strings.ReplaceAll(code, ".", "_")), "bad_", "bad "), advice: "check the connection, and that it is switched on for the application", cause: runner.ErrSetup}
		default:
			return lost(doingStart, n, err)
		}
		return nil
	})
	if err != nil {
		return engine.CodeSent{}, err
	}
	if h.Session = got.AuthSession; p.config.OTP && h.Session == "" && sent.Result == engine.CodeSentOn {
		return engine.CodeSent{}, &outage{doing: doingStart, advice: "Auth0's answer has no auth_session"}
	}
	if sent.Result == engine.CodeSentOn {
		sent.Handle = secretJSON(h)
	}
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
	err := p.logins.do(ctx, doingFactor, func(ctx context.Context, n *note) (err error) {
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
	err = p.logins.do(ctx, doingFactor, func(ctx context.Context, n *note) (err error) {
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

// unchallenged tells a refusal from an outage.
func (p *Provider) unchallenged(n *note, err error) (refused bool, _ error) {
	var answer *authentication.Error
	switch {
	case err == nil:
		return false, nil
	case !errors.As(err, &answer):
		return false, lost(doingFactor, n, err)
	case n.status == http.StatusTooManyRequests:
		return false, p.logins.hold(doingFactor, n)
	case n.status >= 500:
		return false, lost(doingFactor, n, err)
	case answer.Err == "invalid_client":
		return false, &outage{doing: doingFactor, status: n.status, code: answer.Err, advice: "check client_id and client_secret", cause: runner.ErrCredentials}
	case answer.Err == "unauthorized_client":
		return false, &outage{doing: doingFactor, status: n.status, code: answer.Err, advice: "switch on the MFA grant under Advanced Settings, Grant Types", cause: runner.ErrSetup}
	}
	return true, nil
}

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
var usedUp = regexp.MustCompile(`(?i)expired|maximum number of attempts|malformed mfa_token`)

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
		case n.status < 500 && (answer.Err == "expired_token" || answer.Err == "invalid_grant" && usedUp.MatchString(answer.Message)):
			result = engine.CodeExpired
			return nil
		case answer.Err == "invalid_grant" && n.status < 500:
			result = engine.CodeDenied
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
		case r.wait:
			return p.logins.hold(doingCode, n)
		case r.setup != nil:
			return &outage{doing: doingCode, status: n.status, code: codeOf(answer.Err), advice: "check that the Passwordless OTP and MFA grants are switched on, and the connection", cause: r.setup}
		default:
			return lost(doingCode, n, err)
		}
		return nil
	})
	return result, idToken, err
}

package auth0

import (
	"net/http"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"callflow/engine"
	"callflow/engine/lazy"
	"callflow/engine/runner"
)

// The texts that are looked at: the same codes mean other things with other texts.
var (
	noSignUp    = lazy.Regexp(`(?i)\bsign-? ?up\b`)
	gatewayDoor = lazy.Regexp(`(?i)^authentication failed while calling the SMS gateway`)
	gatewayLate = lazy.Regexp(`(?i)^timeout while calling the SMS gateway`)
	gatewaySaid = lazy.Regexp(`(?i)while calling the SMS gateway: ([1-5][0-9]{2})\b`)
)

// sendRows are the refusals of a passwordless start, in either way, and of a second
// factor's challenge; the first that fits counts.
var sendRows = [...]row[engine.CodeSending]{
	{statuses: []int{http.StatusTooManyRequests}, wait: true},
	{statuses: []int{http.StatusBadRequest}, codes: []string{"bad.phone_number"}, result: engine.CodeSentRejected},
	// Nobody has the number, and nobody may know: it counts as sent, and every code
	// is wrong.
	{statuses: []int{http.StatusBadRequest}, codes: []string{"bad.connection"}, text: noSignUp, result: engine.CodeSentOn},
	{
		statuses: []int{http.StatusBadRequest}, codes: []string{"bad.connection"}, setup: runner.ErrSetup,
		advice: "check sms_connection: it is the name of a connection under Authentication, Passwordless, that is switched on for the application",
	},
	{
		statuses: []int{http.StatusBadRequest}, codes: []string{"invalid_connection"}, setup: runner.ErrSetup,
		advice: "check realm: it is the name of a connection under Authentication, Database, whose users have a Phone Number as identifier, and which is switched on for the application",
	},
	{
		statuses: []int{http.StatusBadRequest}, codes: []string{"bad.client_id"}, setup: runner.ErrCredentials,
		advice: "check client_id",
	},
	{
		statuses: []int{http.StatusBadRequest}, codes: []string{"sms_provider_error"}, text: gatewayDoor, setup: runner.ErrCredentials,
		advice: "the SMS gateway refuses Auth0's token: its subject, audience and secret have to be those of the connection, under Authentication, Passwordless, SMS",
	},
	{
		statuses: []int{http.StatusBadRequest}, codes: []string{"sms_provider_error"}, text: gatewayLate,
		advice: "the SMS gateway did not answer in time",
	},
	{
		statuses: []int{http.StatusBadRequest}, codes: []string{"sms_provider_error"},
		advice: "the sender of messages failed",
	},
	{
		statuses: refused, codes: []string{"invalid_client"}, setup: runner.ErrCredentials,
		advice: "check client_id and client_secret",
	},
	{
		statuses: refused, codes: []string{"unauthorized_client"}, setup: runner.ErrSetup,
		advice: "the application may not use the grants of codes: switch on Passwordless OTP, and MFA for second factors, under Advanced Settings, Grant Types",
	},
	{
		statuses: refused, codes: []string{"mfa_required"}, setup: runner.ErrSetup,
		advice: "Auth0 asks for a second factor before it sends a code, which is not possible by telephone",
	},
	{statuses: refused, codes: []string{"access_denied", "unauthorized", "blocked_user"}, result: engine.CodeSentRejected},
	{codes: []string{"temporarily_unavailable"}},
}

// sendRowOf finds the row of a refusal to send a code.
func sendRowOf(status int, code, text string) row[engine.CodeSending] {
	r := rowIn(sendRows[:], status, code, text, "Auth0 does not understand the request: check domain, and the connection")
	if said := gatewaySaid().FindStringSubmatch(text); said != nil && code == "sms_provider_error" && r.setup == nil {
		r.advice = "the SMS gateway answered " + said[1]
	}
	return r
}

// told logs Auth0's refusal of a caller: its word, which names nobody, and what it was
// taken for.
func (p *Provider) told(level zapcore.Level, doing string, n *note, code, outcome string) {
	p.log.Load().Log(level, "Auth0 refuses",
		zap.String("doing", doing), zap.Int("status", n.status), zap.String("code", codeOf(code)), zap.String("outcome", outcome))
}

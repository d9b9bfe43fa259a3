package auth0

import (
	"net/http"
	"regexp"
	"slices"

	"callflow/engine"
	"callflow/engine/lazy"
	"callflow/engine/runner"
)

// row is what one refusal means: an answer, or an outage.
type row[R ~string] struct {
	statuses []int // none: any
	codes    []string
	text     func() *regexp.Regexp // nil: any

	result R     // "": an outage
	wait   bool  // a rate limit
	setup  error // a sentinel: somebody has to see to it
	advice string
}

// blockedText is the one text that is looked at: the same codes mean other things
// with other texts.
var blockedText = lazy.Regexp(`(?i)\b(user is blocked|blocked user)\b`)

// refused are the statuses with which Auth0 refuses a user.
var refused = []int{http.StatusUnauthorized, http.StatusForbidden}

// rows are the refusals of the password grant; the first that fits counts. Codes are
// compared, not texts, which Auth0 changes.
var rows = [...]row[engine.SignIn]{
	{statuses: []int{http.StatusForbidden}, codes: []string{"invalid_grant"}, result: engine.SignInDenied},
	{statuses: []int{http.StatusTooManyRequests}, codes: []string{"too_many_attempts", "too_many_logins"}, result: engine.SignInLocked},
	{statuses: []int{http.StatusTooManyRequests}, wait: true},
	{statuses: refused, codes: []string{"unauthorized", "access_denied"}, text: blockedText, result: engine.SignInLocked},
	{statuses: refused, codes: []string{"blocked_user"}, result: engine.SignInLocked},
	{statuses: refused, codes: []string{"unauthorized", "access_denied"}, result: engine.SignInDenied},
	{statuses: refused, codes: []string{"password_leaked"}, result: engine.SignInLocked},
	{statuses: refused, codes: []string{"mfa_required"}, result: engine.SignInChallenge},
	{
		statuses: refused, codes: []string{"requires_verification", "requires_validation"}, setup: runner.ErrSetup,
		advice: "Auth0 wants a captcha, which nobody can solve by telephone: switch Bot Detection off for this application, under Security, Attack Protection",
	},
	{
		statuses: refused, codes: []string{"invalid_client"}, setup: runner.ErrCredentials,
		advice: "check client_id and client_secret",
	},
	{
		statuses: refused, codes: []string{"unauthorized_client"}, setup: runner.ErrSetup,
		advice: "the application may not use the Password grant: switch it on under Advanced Settings, Grant Types",
	},
	{
		statuses: []int{http.StatusBadRequest}, codes: []string{"invalid_request"}, setup: runner.ErrSetup,
		advice: "check realm: it is the name of a database connection that is switched on for the application",
	},
	{
		statuses: []int{http.StatusBadRequest}, codes: []string{"invalid_scope"}, setup: runner.ErrSetup,
		advice: "the application may not ask for the scope openid",
	},
	{
		statuses: []int{http.StatusNotFound, http.StatusMethodNotAllowed}, setup: runner.ErrSetup,
		advice: "there is no such end-point: check the domain",
	},
	{
		codes: []string{"unsupported_grant_type"}, setup: runner.ErrSetup,
		advice: "the tenant does not know the password-realm grant: check the domain",
	},
	{
		statuses: []int{http.StatusNotImplemented}, setup: runner.ErrSetup,
		advice: "the tenant does not know the password-realm grant: check the domain",
	},
	{codes: []string{"temporarily_unavailable"}},
}

// rowOf finds the row of a refusal to sign somebody in.
func rowOf(status int, code, text string) row[engine.SignIn] {
	return rowIn(rows[:], status, code, text, "an answer that is not known here")
}

// rowIn finds the row of a refusal. What is not in the table is an outage; if it is
// Auth0's word, and not its trouble, somebody has to see to it, by the advice for what
// is unknown.
func rowIn[R ~string](rows []row[R], status int, code, text, unknown string) row[R] {
	for _, r := range rows {
		if (len(r.statuses) == 0 || slices.Contains(r.statuses, status)) &&
			(len(r.codes) == 0 || slices.Contains(r.codes, code)) &&
			(r.text == nil || r.text().MatchString(text)) {
			return r
		}
	}
	if status >= 500 {
		return row[R]{}
	}
	return row[R]{setup: runner.ErrSetup, advice: unknown}
}

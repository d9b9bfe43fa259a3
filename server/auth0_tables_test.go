package server_test

import (
	"strings"
	"testing"
	"time"

	"callflow/engine/runner/lockout"
	"callflow/providers/identity/auth0"
	"callflow/providers/identity/auth0/fake"
)

// auth0Row is one row of what Auth0 says, and what becomes of it: for the caller, in the
// store and in the log.
type auth0Row struct {
	says    string // in the words of Auth0's documentation
	fault   string // what makes the tenant say so
	account string // "": the one who can sign in
	script  string // "": the account and the PIN
	hears   string // last
	counted string
	logged  string // "": nothing about Auth0
	alarm   bool
	asked   map[fake.Endpoint]int // how often, where it matters

	tenant   func(*fake.Config)
	provider func(*auth0.Config)
}

func playRows(t *testing.T, rows []auth0Row) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.says, func(t *testing.T) {
			t.Parallel()
			l := newTenantLine(t, tenantOptions{tenant: row.tenant, provider: row.provider, fault: row.fault})
			account, script := row.account, row.script
			if account == "" {
				account = tenantAccount
			}
			if script == "" {
				script = "1 " + account + "# " + tenantPIN
			}
			hears, all := l.call(script)
			if hears != row.hears {
				t.Errorf("the caller hears %q, expected %q at the end", all, row.hears)
			}
			if got := l.counted(); got != row.counted {
				t.Errorf("counted is %q, expected %q", got, row.counted)
			}
			logged, alarm := l.told()
			if !strings.Contains(logged, row.logged) || row.logged == "" && logged != "" {
				t.Errorf("logged is %q, expected %q", logged, row.logged)
			}
			if alarm != row.alarm {
				t.Errorf("alarm: %v, expected %v: %s", alarm, row.alarm, logged)
			}
			for at, n := range row.asked {
				if got := l.tenant.Count(at); got != n {
					t.Errorf("Auth0 was asked for %s %d times, expected %d", at, got, n)
				}
			}
		})
	}
}

// What the lock-out and the budget count.
const (
	nothing = ""
	refused = "account 1, number 1, trunk 1"
	sentOne = "codes/caller 1, codes/line 1, codes/number 1"
	factor  = "codes/caller 1, codes/line 1"
)

// told is a line of the log about a refusal.
func refusal(doing, status, code, outcome string) string {
	return `{"message":"Auth0 refuses","doing":"` + doing + `","status":` + status + `,"code":"` + code + `","outcome":"` + outcome + `"}`
}

// Errors of the password grant: what Auth0 says to an account and a PIN.
func TestAuth0PasswordErrors(t *testing.T) {
	t.Parallel()
	login := map[fake.Endpoint]int{fake.Login: 1}
	r := func(status, code, outcome string) string { return refusal("password login", status, code, outcome) }
	short := func(c *auth0.Config) { c.Timeout = 300 * time.Millisecond }
	playRows(t, []auth0Row{
		{says: "200 and an ID token", hears: "Welcome Ana.", asked: login},
		{says: "403 invalid_grant: wrong user or PIN", script: "1 4711001# 00000", hears: "Denied.", counted: refused, logged: r("403", "invalid_grant", "denied"), asked: login},
		{says: "429 too_many_attempts: brute-force block, or suspicious IP", fault: "login=429:too_many_attempts", hears: "Locked.", counted: refused, logged: r("429", "too_many_attempts", "locked"), asked: login},
		{says: "429 too_many_logins: the same user too often", fault: "login=429:too_many_logins", hears: "Locked.", counted: refused, logged: r("429", "too_many_logins", "locked"), asked: login},
		{says: "429 too_many_requests, with headers", fault: "login=429:30s", hears: "Call later.", counted: nothing, logged: "429 too_many_requests: Auth0's rate limit is reached: try again in 30s", asked: login},
		{says: "429 too_many_requests, without headers", fault: "login=429-bare", hears: "Call later.", counted: nothing, logged: "429 too_many_requests: Auth0's rate limit is reached: try again in 1s", asked: login},
		{says: "403 unauthorized, user is blocked", account: "4711004", hears: "Locked.", counted: refused, logged: r("403", "unauthorized", "locked"), asked: login},
		{says: "401 unauthorized, user is blocked", fault: "login=401:unauthorized:user is blocked", hears: "Locked.", counted: refused, logged: r("401", "unauthorized", "locked"), asked: login},
		{says: "403 access_denied, Blocked user", fault: "login=403:access_denied:Blocked user", hears: "Locked.", counted: refused, logged: r("403", "access_denied", "locked"), asked: login},
		{says: "401 blocked_user", fault: "login=401:blocked_user", hears: "Locked.", counted: refused, logged: r("401", "blocked_user", "locked"), asked: login},
		{says: "200, and a profile that is blocked", fault: "user=blocked", hears: "Locked.", counted: refused, asked: login},
		{says: "403 access_denied, other texts: an Action refused", fault: "login=403:access_denied:Not from here", hears: "Denied.", counted: refused, logged: r("403", "access_denied", "denied"), asked: login},
		{says: "401 unauthorized, other texts", fault: "login=401:unauthorized:Not from here", hears: "Denied.", counted: refused, logged: r("401", "unauthorized", "denied"), asked: login},
		{says: "401 password_leaked", account: "4711005", hears: "Locked.", counted: refused, logged: r("401", "password_leaked", "locked"), asked: login},
		{says: "403 mfa_required, and mfa_token", account: "4711002", script: "1 4711002# 73915 " + tenantCode, hears: "Welcome Leo.", counted: factor, logged: r("403", "mfa_required", "challenge"), asked: login},
		{says: "401 requires_verification: a captcha", fault: "login=401:requires_verification", hears: "Call later.", counted: nothing, logged: "switch Bot Detection off", alarm: true, asked: login},
		{says: "403 requires_validation, its other spelling", fault: "login=403:requires_validation", hears: "Call later.", counted: nothing, logged: "403 requires_validation", alarm: true, asked: login},
		{says: "401 invalid_client: our id or secret", fault: "login=401:invalid_client", hears: "Call later.", counted: nothing, logged: "401 invalid_client: check client_id and client_secret", alarm: true, asked: login},
		{says: "403 unauthorized_client: the grant is not enabled", fault: "login=403:unauthorized_client", hears: "Call later.", counted: nothing, logged: "403 unauthorized_client: the application may not use the Password grant", alarm: true, asked: login},
		{says: "400 invalid_request", fault: "login=400:invalid_request", hears: "Call later.", counted: nothing, logged: "400 invalid_request: check realm", alarm: true, asked: login},
		{says: "400 invalid_request: the wrong connection", provider: func(c *auth0.Config) { c.Realm = "Other" }, hears: "Call later.", counted: nothing, logged: "400 invalid_request: check realm", alarm: true, asked: login},
		{says: "400 invalid_scope", fault: "login=400:invalid_scope", hears: "Call later.", counted: nothing, logged: "400 invalid_scope", alarm: true, asked: login},
		{says: "404 endpoint_disabled", fault: "login=404:endpoint_disabled", hears: "Call later.", counted: nothing, logged: "404 endpoint_disabled: there is no such end-point", alarm: true, asked: login},
		{says: "405", fault: "login=405:method_not_allowed", hears: "Call later.", counted: nothing, logged: "405 method_not_allowed", alarm: true, asked: login},
		{says: "501 unsupported_grant_type", fault: "login=501:unsupported_grant_type", hears: "Call later.", counted: nothing, logged: "501 unsupported_grant_type", alarm: true, asked: login},
		{says: "500", fault: "login=500", hears: "Call later.", counted: nothing, logged: "500", asked: login},
		{says: "503 temporarily_unavailable", fault: "login=503:temporarily_unavailable", hears: "Call later.", counted: nothing, logged: "503: Auth0 is in trouble", asked: login},
		{says: "network: the connection drops", fault: "login=drop", hears: "Call later.", counted: nothing, logged: "password login: the connection was closed before there was an answer: EOF", asked: login},
		{says: "network: cut off in the answer", fault: "login=cut", hears: "Call later.", counted: nothing, logged: "password login: ", asked: login},
		{says: "deadline", fault: "login=slow:30s", provider: short, hears: "Call later.", counted: nothing, logged: "password login: no answer in time", asked: login},
		{says: "garbage", fault: "login=garbage", hears: "Call later.", counted: nothing, logged: "password login: 200: the answer cannot be read", asked: login},
		{says: "200 without an ID token", fault: "login=no-id-token", hears: "Call later.", counted: nothing, logged: "ID token: Auth0's answer has none", alarm: true, asked: login},
		{says: "an error nobody has heard of", fault: "login=418:teapot", hears: "Call later.", counted: nothing, logged: "418 teapot: an answer that is not known here", alarm: true, asked: login},
	})
}

// What follows mfa_required: list, challenge, code, authenticator app.
func TestAuth0SecondFactors(t *testing.T) {
	t.Parallel()
	const sms, app = "1 4711002# 73915 ", "1 4711003# 73915 "
	list := func(status, code string) string { return refusal("second factor", status, code, "rejected") }
	check := func(status, code, outcome string) string { return refusal("check of a code", status, code, outcome) }
	once := map[fake.Endpoint]int{fake.Login: 1, fake.Exchange: 1}
	wrong := "codes/caller 1, codes/line 1, codes/wrong 1"
	playRows(t, []auth0Row{
		{says: "code by SMS: mfa-oob, binding_code", script: sms + tenantCode, hears: "Welcome Leo.", counted: factor, logged: "mfa_required", asked: once},
		{says: "authenticator app: mfa-otp, otp", script: app + fake.AppCode, hears: "Welcome Mia.", counted: factor, logged: "mfa_required", asked: map[fake.Endpoint]int{fake.Code: 0, fake.Exchange: 1}},
		{says: "403 invalid_grant, Invalid binding_code.", script: sms + wrongCode, hears: "Your code.", counted: wrong, logged: check("403", "invalid_grant", "denied"), asked: once},
		{says: "403 invalid_grant, Invalid otp_code.", script: app + wrongCode + " " + fake.AppCode, hears: "Welcome Mia.", counted: wrong, logged: check("403", "invalid_grant", "denied"), asked: map[fake.Endpoint]int{fake.Exchange: 2}},
		{says: "403 invalid_grant, Malformed mfa_token, of the list", fault: "factors=403:invalid_grant:Malformed mfa_token", script: sms, hears: "No code for you.", counted: factor, logged: list("403", "invalid_grant")},
		{says: "401 expired_token, mfa_token is expired", fault: "factors=401:expired_token:mfa_token is expired", script: sms, hears: "No code for you.", counted: factor, logged: list("401", "expired_token")},
		{says: "401 expired_token, of the exchange", fault: "exchange=401:expired_token", script: sms + tenantCode, hears: "Too late.", counted: factor, logged: check("401", "expired_token", "expired"), asked: once},
		{says: "403 invalid_grant, Malformed mfa_token, of the exchange", fault: "exchange=403:invalid_grant:Malformed mfa_token", script: sms + tenantCode, hears: "Too late.", counted: factor, logged: check("403", "invalid_grant", "expired"), asked: once},
		{says: "unsupported_challenge_type: not enrolled", fault: "code=403:unsupported_challenge_type", script: sms, hears: "No code for you.", counted: factor, logged: list("403", "unsupported_challenge_type")},
		{says: "mfa_registration_required", fault: "factors=403:mfa_registration_required", script: sms, hears: "No code for you.", counted: factor, logged: list("403", "mfa_registration_required")},
		{says: "400 access_denied, MFA Authorization rejected.", fault: "exchange=400:access_denied:MFA Authorization rejected.", script: sms + tenantCode, hears: "Your code.", counted: wrong, logged: check("400", "access_denied", "denied"), asked: once},
		{says: "429 of the challenge: a text an hour", fault: "code=429:30s", script: sms, hears: "Call later.", counted: nothing, logged: "second factor: 429 too_many_requests"},
		{says: "429 of the exchange: 12 a minute", fault: "exchange=429-bare", script: sms + tenantCode, hears: "Call later.", counted: factor, logged: "check of a code: 429 too_many_requests", asked: once},
		{says: "429 too_many_attempts: 10 wrong codes", fault: "exchange=429:too_many_attempts", script: sms + tenantCode, hears: "Locked.", counted: factor, logged: check("429", "too_many_attempts", "locked"), asked: once},
		{says: "401 invalid_client", fault: "code=401:invalid_client", script: sms, hears: "Call later.", counted: nothing, logged: "401 invalid_client: check client_id", alarm: true},
		{says: "403 unauthorized_client: the MFA grant is not enabled", script: sms + tenantCode, tenant: noMFAGrant, hears: "Call later.", counted: factor, logged: "403 unauthorized_client: check that the Passwordless OTP and MFA grants", alarm: true},
		{says: "503", fault: "factors=503", script: sms, hears: "Call later.", counted: nothing, logged: "second factor: 503: Auth0 is in trouble"},
		{says: "the connection drops while a code is sent", fault: "code=drop", script: sms, hears: "Call later.", counted: nothing, logged: "second factor: the connection was closed before there was an answer: EOF", asked: map[fake.Endpoint]int{fake.Code: 1}},
		{says: "200 without an ID token: the SDK would not see it", fault: "exchange=no-id-token", script: sms + tenantCode, hears: "Call later.", counted: factor, logged: "ID token: Auth0's answer has none", alarm: true, asked: once},
		{says: "200 with the ID token of another user", fault: "exchange=wrong-sub", script: sms + tenantCode, provider: byMetadata, hears: "Call later.", counted: factor, logged: "it names another user", alarm: true, asked: once},
	})
}

func noMFAGrant(c *fake.Config) {
	c.Settings.Application = map[string]any{"grant_types": []string{"client_credentials", "http://auth0.com/oauth/grant-type/password-realm"}}
}

func byMetadata(c *auth0.Config) { c.Lookup = auth0.LookupAppMetadata }

// Passwordless by SMS: the start, the exchange, and the newer start for databases.
func TestAuth0Passwordless(t *testing.T) {
	t.Parallel()
	const code, right = "2 ", "2 " + tenantCode
	start := func(status, code, outcome string) string {
		return refusal("sending of a code", status, code, outcome)
	}
	check := func(status, code, outcome string) string { return refusal("check of a code", status, code, outcome) }
	otp := func(c *auth0.Config) { c.OTP = true }
	closed := func(c *fake.Config) { c.Users = c.Users[1:] }
	once := map[fake.Endpoint]int{fake.Code: 1}
	both := map[fake.Endpoint]int{fake.Code: 1, fake.Exchange: 1}
	wrong := sentOne + ", codes/wrong 1"
	playRows(t, []auth0Row{
		{says: "start 200, exchange 200", script: right, hears: "Welcome Ana.", counted: sentOne, asked: both},
		{says: "start 200, exchange 200, of a number that nobody had", script: right, tenant: closed, hears: "Your number is proved.", counted: sentOne, asked: both},
		{says: "start 400 bad.phone_number", fault: "code=400:bad.phone_number", script: code, hears: "No code for you.", counted: sentOne, logged: start("400", "bad.phone_number", "rejected"), asked: once},
		{says: "start 400 bad.connection: missing, unknown, disabled", script: code, provider: func(c *auth0.Config) { c.SMSConnection = "sms-custom-wt" }, hears: "Call later.", counted: nothing, logged: "400 bad.connection: check sms_connection", alarm: true, asked: once},
		{says: "start 400 bad.connection: sign-up refused", fault: "code=400:bad.connection:Public signup is disabled", script: "2 " + wrongCode, tenant: closed, hears: "Your code.", counted: wrong, logged: start("400", "bad.connection", "sent"), asked: both},
		{says: "start 400 bad.client_id", fault: "code=400:bad.client_id", script: code, hears: "Call later.", counted: nothing, logged: "400 bad.client_id: check client_id", alarm: true, asked: once},
		{says: "start 400 bad.authParams", fault: "code=400:bad.authParams", script: code, hears: "Call later.", counted: nothing, logged: "400 bad.authParams: Auth0 does not understand the request", alarm: true, asked: once},
		{says: "start 400 bad.request", fault: "code=400:bad.request", script: code, hears: "Call later.", counted: nothing, logged: "400 bad.request: Auth0 does not understand the request", alarm: true, asked: once},
		{says: "start 400 bad.tenant", fault: "code=400:bad.tenant", script: code, hears: "Call later.", counted: nothing, logged: "400 bad.tenant: Auth0 does not understand the request", alarm: true, asked: once},
		{says: "start 400 sms_provider_error", fault: "code=400:sms_provider_error", script: code, hears: "Call later.", counted: nothing, logged: "400 sms_provider_error: the sender of messages failed", asked: once},
		{says: "start 429: 50 an hour for the whole line, with headers", fault: "code=429:30s", script: code, hears: "Call later.", counted: nothing, logged: "sending of a code: 429 too_many_requests: Auth0's rate limit is reached: try again in 30s", asked: once},
		{says: "start 429, without headers", fault: "code=429-bare", script: code, hears: "Call later.", counted: nothing, logged: "try again in 1s", asked: once},
		{says: "start 503", fault: "code=503", script: code, hears: "Call later.", counted: nothing, logged: "sending of a code: 503: Auth0 is in trouble", asked: once},
		{says: "start: the connection drops", fault: "code=drop", script: code, hears: "Call later.", counted: nothing, logged: "sending of a code: the connection was closed before there was an answer: EOF", asked: once},
		{says: "start: deadline", fault: "code=slow:30s", script: code, provider: func(c *auth0.Config) { c.Timeout = 300 * time.Millisecond }, hears: "Call later.", counted: nothing, logged: "sending of a code: no answer in time", asked: once},
		{says: "start: garbage", fault: "code=garbage", script: code, hears: "Call later.", counted: nothing, logged: "sending of a code: 200: the answer cannot be read", asked: once},

		{says: "exchange 403 invalid_grant, Wrong phone number or verification code.", script: "2 " + wrongCode + " " + tenantCode, hears: "Welcome Ana.", counted: wrong, logged: check("403", "invalid_grant", "denied"), asked: map[fake.Endpoint]int{fake.Code: 1, fake.Exchange: 2}},
		{says: "exchange 403 invalid_grant, The verification code has expired.", fault: "exchange=403:invalid_grant:The verification code has expired. Please try to login again.", script: right, hears: "Too late.", counted: sentOne, logged: check("403", "invalid_grant", "expired"), asked: both},
		{says: "exchange 403 invalid_grant, You've reached the maximum number of attempts.", fault: "exchange=403:invalid_grant:You've reached the maximum number of attempts. Please try to login again.", script: right, hears: "Too late.", counted: sentOne, logged: check("403", "invalid_grant", "expired"), asked: both},
		{says: "exchange 403 invalid_grant, an unknown text: wrong, and after three the end", fault: "exchange=403:invalid_grant:Something new.", script: right + " " + tenantCode + " " + tenantCode + " " + tenantCode, hears: "Denied.", counted: sentOne + ", codes/wrong 3", logged: check("403", "invalid_grant", "denied"), asked: map[fake.Endpoint]int{fake.Exchange: 3}},
		{says: "exchange 429 too_many_attempts", fault: "exchange=429:too_many_attempts", script: right, hears: "Locked.", counted: sentOne, logged: check("429", "too_many_attempts", "locked"), asked: both},
		{says: "exchange 429 too_many_requests", fault: "exchange=429:30s", script: right, hears: "Call later.", counted: sentOne, logged: "check of a code: 429 too_many_requests", asked: both},
		{says: "exchange 403 unauthorized_client: Passwordless OTP is not enabled", script: right, tenant: noMFAGrant, hears: "Call later.", counted: sentOne, logged: "403 unauthorized_client: check that the Passwordless OTP and MFA grants", alarm: true, asked: both},
		{says: "exchange 403 mfa_required", fault: "exchange=403:mfa_required", script: right, hears: "Call later.", counted: sentOne, logged: "403 mfa_required: a code asks for another factor", alarm: true, asked: both},
		{says: "exchange 403 unauthorized, user is blocked", fault: "exchange=403:unauthorized:user is blocked", script: right, hears: "Locked.", counted: sentOne, logged: check("403", "unauthorized", "locked"), asked: both},
		{says: "exchange: the connection drops", fault: "exchange=drop", script: right, hears: "Call later.", counted: sentOne, logged: "check of a code: the connection was closed before there was an answer: EOF", asked: both},
		{says: "exchange: garbage", fault: "exchange=garbage", script: right, hears: "Call later.", counted: sentOne, logged: "check of a code: 200: the answer cannot be read", asked: both},
		{says: "exchange 200 without an ID token", fault: "exchange=no-id-token", script: right, hears: "Call later.", counted: sentOne, logged: "ID token: Auth0's answer has none", alarm: true, asked: both},

		{says: "otp/challenge 200", script: right, provider: otp, hears: "Welcome Ana.", counted: sentOne, asked: both},
		{says: "otp/challenge 400 invalid_connection", script: code, provider: func(c *auth0.Config) { c.OTP, c.Realm = true, "Other" }, hears: "Call later.", counted: nothing, logged: "400 invalid_connection: check realm", alarm: true, asked: once},
		{says: "otp/challenge 400 invalid_request", fault: "code=400:invalid_request", script: code, provider: otp, hears: "Call later.", counted: nothing, logged: "400 invalid_request: Auth0 does not understand", alarm: true, asked: once},
		{says: "otp/challenge 401 invalid_client", fault: "code=401:invalid_client", script: code, provider: otp, hears: "Call later.", counted: nothing, logged: "401 invalid_client: check client_id and client_secret", alarm: true, asked: once},
		{says: "otp/challenge 403 unauthorized_client", fault: "code=403:unauthorized_client", script: code, provider: otp, hears: "Call later.", counted: nothing, logged: "switch on Passwordless OTP", alarm: true, asked: once},
		{says: "otp/challenge 403 access_denied", fault: "code=403:access_denied", script: code, provider: otp, hears: "No code for you.", counted: sentOne, logged: start("403", "access_denied", "rejected"), asked: once},
		{says: "otp/challenge 403 mfa_required", fault: "code=403:mfa_required", script: code, provider: otp, hears: "Call later.", counted: nothing, logged: "403 mfa_required", alarm: true, asked: once},
		{says: "otp/challenge 429 with X-RateLimit-* and Retry-After", fault: "code=429:10s", script: code, provider: otp, hears: "Call later.", counted: nothing, logged: "try again in 10s", asked: once},
	})
}

// The limit on codes is not one on sign-ins: while it lasts, PINs are checked.
func TestAuth0LimitsAreApart(t *testing.T) {
	t.Parallel()
	l := newTenantLine(t, tenantOptions{fault: "code=429:1h"})
	for range 3 {
		if heard, _ := l.call("2 "); heard != "Call later." {
			t.Errorf("a code: %q", heard)
		}
	}
	if n := l.tenant.Count(fake.Code); n != 1 {
		t.Errorf("Auth0 was asked for %d codes while its limit held", n)
	}
	if heard, _ := l.call("1 " + tenantAccount + "# " + tenantPIN); heard != "Welcome Ana." {
		t.Errorf("a PIN: %q", heard)
	}
	if got := l.counted(); got != nothing {
		t.Errorf("counted is %q", got)
	}
}

// Whoever tires the limits on their own second factor holds up nobody else's.
func TestAuth0LimitsOfOneUser(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"code=429:1h*1", "exchange=429:1h*1"} {
		l := newTenantLine(t, tenantOptions{fault: fault})
		if heard, _ := l.call("1 4711002# " + tenantPIN + " " + tenantCode); heard != "Call later." {
			t.Errorf("%s: the one who is limited hears %q", fault, heard)
		}
		if heard, _ := l.call("1 4711003# " + tenantPIN + " " + fake.AppCode); heard != "Welcome Mia." {
			t.Errorf("%s: another's second factor: %q", fault, heard)
		}
		if heard, _ := l.call("1 " + tenantAccount + "# " + tenantPIN); heard != "Welcome Ana." {
			t.Errorf("%s: a PIN: %q", fault, heard)
		}
		if logged, _ := l.told(); !strings.Contains(logged, "429 too_many_requests: this user's second factor") {
			t.Errorf("%s: logged is %s", fault, logged)
		}
	}
}

// Known and unknown numbers hear the same where nobody can sign up, and wait as long.
func TestAuth0SameWords(t *testing.T) {
	t.Parallel()
	l := newTenantLine(t, tenantOptions{})
	l.tenant.Install("connections", map[string]any{"name": "sms", "strategy": "sms", "options": map[string]any{"disable_signup": true}})
	_, known := l.call("2 " + wrongCode)
	_, unknown := l.callFrom("+61400000000", "2 "+wrongCode)
	if known != unknown || !strings.Contains(known, "That is wrong.") {
		t.Errorf("a known number hears %q, an unknown one %q", known, unknown)
	}
	if n := l.tenant.Starts(); n != 1 {
		t.Errorf("%d codes were sent", n)
	}
}

// Redialling resets no count, and what is locked stays so without Auth0 being asked.
func TestAuth0Redialled(t *testing.T) {
	t.Parallel()
	l := newTenantLine(t, tenantOptions{})
	for i := range 5 {
		want := "Denied."
		if i >= lockout.Defaults().Account.Free {
			want = "Locked."
		}
		if heard, _ := l.call("1 " + tenantAccount + "# 00000"); heard != want {
			t.Errorf("attempt %d hears %q, expected %q", i+1, heard, want)
		}
	}
	asked := l.tenant.Count(fake.Login)
	if heard, _ := l.call("1 " + tenantAccount + "# " + tenantPIN); heard != "Locked." {
		t.Errorf("the right PIN hears %q", heard)
	}
	if n := l.tenant.Count(fake.Login); n != asked {
		t.Error("Auth0 was asked about an account that is locked")
	}
}

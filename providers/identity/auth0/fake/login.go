package fake

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"time"

	"callflow/engine"
)

const (
	passwordGrant = "password"
	realmGrant    = "http://auth0.com/oauth/grant-type/password-realm"
)

// login answers the password grants.
func (t *Tenant) login(w http.ResponseWriter, r *http.Request, form map[string]string) {
	if !t.client(w, r, form) {
		return
	}
	switch {
	case form["grant_type"] == "":
		authError(w, http.StatusBadRequest, "invalid_request", "Missing required parameter: grant_type")
		return
	case slices.Contains(codeGrants, form["grant_type"]):
		if !t.granted(form["grant_type"]) {
			authError(w, http.StatusForbidden, "unauthorized_client", "Grant type '"+form["grant_type"]+"' not allowed for the client.")
			return
		}
		if user, ok := t.exchange(w, form); ok {
			t.give(w, user, form, Exchange)
		}
		return
	case form["grant_type"] != realmGrant && form["grant_type"] != passwordGrant:
		authError(w, http.StatusNotImplemented, "unsupported_grant_type", "Unsupported grant type: "+form["grant_type"])
		return
	case form["grant_type"] == realmGrant && form["realm"] != t.config.Realm:
		authError(w, http.StatusBadRequest, "invalid_request", "unknown realm: "+form["realm"])
		return
	case form["username"] == "" || form["password"] == "":
		authError(w, http.StatusBadRequest, "invalid_request", "Missing required parameter: username or password")
		return
	}
	user, status, code, text := t.check(form["username"], engine.NewSecret(form["password"]))
	t.noteLogin(logType(code), form["username"], user)
	if code == "mfa_required" {
		reply(w, status, map[string]string{"error": code, "error_description": text, "mfa_token": t.challenged(*user)})
		return
	}
	if code != "" {
		authError(w, status, code, text)
		return
	}
	t.give(w, user, form, Login)
}

// logType is what an answer to a PIN is in the log.
func logType(code string) string {
	switch code {
	case "":
		return "sepft"
	case "mfa_required":
		return "mfar"
	case "too_many_attempts":
		return "limit_wc"
	case "password_leaked":
		return "pwd_leak"
	}
	return "fepft"
}

// give gives out the tokens of a login, or of an exchange.
func (t *Tenant) give(w http.ResponseWriter, user *User, form map[string]string, at Endpoint) {
	body := map[string]any{"access_token": "fake-access-token-" + rand.Text(), "expires_in": int(t.config.Life / time.Second), "token_type": "Bearer"}
	scope, asked := form["scope"]
	if !asked {
		scope = "openid profile email address phone"
	}
	body["scope"] = scope
	fault, _ := t.take(at, lies)
	if slices.Contains(strings.Fields(scope), "openid") && fault.Kind != NoToken {
		token, err := t.idToken(user, fault.Kind)
		if err != nil {
			authError(w, http.StatusInternalServerError, "", "The token cannot be signed.")
			return
		}
		body["id_token"] = token
	}
	reply(w, http.StatusOK, body)
}

// check compares a PIN and says what speaks against the user; "" is nothing.
func (t *Tenant) check(name string, pin engine.Secret) (u *User, status int, code, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.IndexFunc(t.records, func(r *record) bool {
		return r.user.Connection == t.config.Realm && r.user.answersTo(name)
	})
	if i < 0 {
		return nil, http.StatusForbidden, "invalid_grant", "Wrong email or password."
	}
	r := t.records[i]
	user := r.user
	switch {
	case t.config.Attempts > 0 && r.wrong >= t.config.Attempts:
		return nil, http.StatusTooManyRequests, "too_many_attempts",
			"Your account has been blocked after multiple consecutive login attempts."
	case !user.knows(pin):
		r.wrong++
		return nil, http.StatusForbidden, "invalid_grant", "Wrong email or password."
	case user.Blocked:
		return nil, http.StatusForbidden, "unauthorized", "user is blocked"
	case user.Leaked:
		return nil, http.StatusUnauthorized, "password_leaked", "This login has been blocked because the password was found in a breach."
	case user.MFA:
		r.wrong = 0
		return &user, http.StatusForbidden, "mfa_required", "Multifactor authentication required"
	}
	r.wrong = 0
	return &user, http.StatusOK, "", ""
}

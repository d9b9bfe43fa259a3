package fake

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwk"

	"callflow/engine"
)

// maxForm bounds a request's body, in bytes.
const maxForm = 64 << 10

// ServeHTTP answers as the tenant does.
func (t *Tenant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/fake/exports/") {
		t.download(w, r)
		return
	}
	if strings.HasPrefix(r.URL.Path, "/fake/") {
		t.control(w, r)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	form, err := readForm(r)
	at, serve := t.route(r, form)
	t.mu.Lock()
	t.counts[at]++
	t.mu.Unlock()
	h := w.Header()
	h.Set("X-RateLimit-Limit", "100")
	h.Set("X-RateLimit-Remaining", "99")
	h.Set("X-RateLimit-Reset", strconv.FormatInt(t.config.Now().Add(time.Second).Unix(), 10))
	if t.spoil(w, r, at) {
		return
	}
	switch {
	case err != nil:
		authError(w, http.StatusBadRequest, "invalid_request", "The body cannot be read.")
	case serve == nil:
		apiError(w, http.StatusNotFound, "", "The requested resource does not exist.")
	default:
		serve(w, r, form)
	}
}

// handler answers a request whose form has been read.
type handler func(w http.ResponseWriter, r *http.Request, form map[string]string)

// route says what a request asks for.
func (t *Tenant) route(r *http.Request, form map[string]string) (Endpoint, handler) {
	switch path := r.URL.Path; {
	case path == "/oauth/token" && r.Method == http.MethodPost:
		if form["grant_type"] == "client_credentials" {
			return Token, t.token
		}
		if slices.Contains(codeGrants, form["grant_type"]) {
			return Exchange, t.login
		}
		return Login, t.login
	case path == "/passwordless/start" && r.Method == http.MethodPost:
		return Code, t.start
	case path == "/otp/challenge" && r.Method == http.MethodPost:
		return Code, t.otpChallenge
	case path == "/mfa/challenge" && r.Method == http.MethodPost:
		return Code, t.mfaChallenge
	case path == "/api/v2/jobs/users-exports" && r.Method == http.MethodPost:
		return Export, t.export
	case t.resource(r) != nil:
		return Setup, t.resource(r)
	case r.Method != http.MethodGet:
		return nothing, nil
	case path == "/mfa/authenticators":
		return Factors, t.authenticators
	case strings.HasPrefix(path, "/api/v2/jobs/"):
		return Export, t.job
	case strings.HasPrefix(path, "/api/v2/users/") && strings.HasSuffix(path, "/authentication-methods"):
		return Methods, t.methods
	case path == "/.well-known/jwks.json":
		return Keys, t.jwks
	case path == "/.well-known/openid-configuration":
		return metadata, t.configuration
	case path == "/api/v2/users":
		return Search, t.users
	case strings.HasPrefix(path, "/api/v2/users/"):
		return Profile, t.user
	}
	return nothing, t.settings(r.URL.Path)
}

// readForm reads a body as JSON or a form, as /oauth/token does both.
func readForm(r *http.Request) (map[string]string, error) {
	form := map[string]string{}
	if r.Method != http.MethodPost || strings.HasPrefix(r.URL.Path, "/api/v2/") {
		return form, nil // the Management API has bodies of other shapes
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		var all map[string]any
		err := json.NewDecoder(r.Body).Decode(&all)
		for name, value := range all {
			if text, ok := value.(string); ok {
				form[name] = text
			}
		}
		return form, err
	}
	if err := r.ParseForm(); err != nil {
		return form, err
	}
	for name := range r.PostForm {
		form[name] = r.PostForm.Get(name)
	}
	return form, nil
}

// spoil answers in place of the tenant, if a fault says so.
func (t *Tenant) spoil(w http.ResponseWriter, r *http.Request, at Endpoint) bool {
	if f, ok := t.take(at, []Kind{Slow}); ok {
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return true
		}
	}
	f, ok := t.take(at, []Kind{Status, Limit, Bare, Drop, Cut, Garbage, Move})
	if !ok {
		return false
	}
	fail := apiError
	if slices.Contains([]Endpoint{Token, Login, Code, Factors, Exchange}, at) {
		fail = authError
	}
	h := w.Header()
	switch f.Kind {
	case Status:
		fail(w, f.Code, f.Error, f.Text)
	case Limit:
		h.Set("X-RateLimit-Remaining", "0")
		h.Set("X-RateLimit-Reset", strconv.FormatInt(t.config.Now().Add(f.Delay).Unix(), 10))
		h.Set("Retry-After", strconv.Itoa(int(f.Delay/time.Second)))
		fail(w, http.StatusTooManyRequests, "too_many_requests", "Global limit has been reached")
	case Bare:
		for _, name := range []string{"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} {
			h.Del(name)
		}
		fail(w, http.StatusTooManyRequests, "too_many_requests", "Global limit has been reached")
	case Garbage:
		h.Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>Sign in to the hotel's network</title>"))
	case Move:
		http.Redirect(w, r, "https://login.example.com/", http.StatusTemporaryRedirect)
	case Cut:
		h.Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"access_token":"`))
		panic(http.ErrAbortHandler)
	case Drop:
		panic(http.ErrAbortHandler)
	}
	return true
}

// reply writes JSON.
func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may have gone
}

// authError is an error of the Authentication API.
func authError(w http.ResponseWriter, status int, code, text string) {
	if code == "" {
		code = "server_error"
	}
	reply(w, status, map[string]string{"error": code, "error_description": text})
}

// apiError is an error of the Management API.
func apiError(w http.ResponseWriter, status int, code, text string) {
	body := map[string]any{"statusCode": status, "error": http.StatusText(status), "message": text}
	if code != "" {
		body["errorCode"] = code
	}
	reply(w, status, body)
}

func (t *Tenant) jwks(w http.ResponseWriter, _ *http.Request, _ map[string]string) {
	set := jwk.NewSet()
	t.mu.Lock()
	for _, k := range t.keys {
		_ = set.AddKey(k.public) // they differ
	}
	t.mu.Unlock()
	reply(w, http.StatusOK, set)
}

func (t *Tenant) configuration(w http.ResponseWriter, _ *http.Request, _ map[string]string) {
	base := "https://" + t.config.Domain + "/"
	reply(w, http.StatusOK, map[string]any{
		"issuer":                                base,
		"token_endpoint":                        base + "oauth/token",
		"jwks_uri":                              base + ".well-known/jwks.json",
		"id_token_signing_alg_values_supported": []string{"HS256", "RS256"},
	})
}

// client checks who asks for a token: Basic or in the body.
func (t *Tenant) client(w http.ResponseWriter, r *http.Request, form map[string]string) bool {
	id, secret := form["client_id"], form["client_secret"]
	if user, pass, ok := r.BasicAuth(); ok {
		id, secret = user, pass
	}
	if id == t.config.ClientID && engine.NewSecret(secret).Equal(t.config.ClientSecret) {
		return true
	}
	authError(w, http.StatusUnauthorized, "invalid_client", "Unauthorized")
	return false
}

// token gives out a management token.
func (t *Tenant) token(w http.ResponseWriter, r *http.Request, form map[string]string) {
	if !t.client(w, r, form) {
		return
	}
	if form["audience"] != t.audience {
		authError(w, http.StatusForbidden, "access_denied", "Service not enabled within domain: "+form["audience"])
		return
	}
	t.mu.Lock()
	now := t.config.Now()
	for token, i := range t.issued {
		if !now.Before(i.expires) {
			delete(t.issued, token)
		}
	}
	k := t.keys[len(t.keys)-1]
	t.serial++
	claims := map[string]any{
		"iss": "https://" + t.config.Domain + "/", "aud": t.audience, "sub": t.config.ClientID + "@clients", "azp": t.config.ClientID,
		"iat": now.Unix(), "exp": now.Add(t.config.Life).Unix(), "gty": "client-credentials",
		"scope": strings.Join(t.config.Scopes, " "), "jti": strconv.Itoa(t.serial),
	}
	t.mu.Unlock()
	token, err := sign(claims, "RS256", k.private, k.id)
	if err != nil {
		authError(w, http.StatusInternalServerError, "", "The token cannot be signed.")
		return
	}
	t.mu.Lock()
	t.issued[token] = issued{expires: now.Add(t.config.Life), scopes: t.config.Scopes}
	t.mu.Unlock()
	reply(w, http.StatusOK, map[string]any{
		"access_token": token, "expires_in": int(t.config.Life / time.Second),
		"scope": claims["scope"], "token_type": "Bearer",
	})
}

// allowed checks the management token of a request.
func (t *Tenant) allowed(w http.ResponseWriter, r *http.Request, scope string) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		apiError(w, http.StatusUnauthorized, "", "Missing authentication")
		return false
	}
	t.mu.Lock()
	i, known := t.issued[token]
	t.mu.Unlock()
	if !known || !t.config.Now().Before(i.expires) {
		apiError(w, http.StatusUnauthorized, "", "Invalid token")
		return false
	}
	if !slices.Contains(i.scopes, scope) {
		apiError(w, http.StatusForbidden, "insufficient_scope", "Insufficient scope, expected any of: "+scope)
		return false
	}
	return true
}

// users answers a search.
func (t *Tenant) users(w http.ResponseWriter, r *http.Request, _ map[string]string) {
	if !t.allowed(w, r, scopeUsers) {
		return
	}
	params := r.URL.Query()
	q, err := parseQuery(params.Get("q"))
	if err != nil || params.Get("search_engine") != "v3" {
		apiError(w, http.StatusBadRequest, "invalid_query_string", "The query is not understood, or the search_engine is not v3.")
		return
	}
	perPage, err := strconv.Atoi(params.Get("per_page"))
	if err != nil || perPage < 0 || perPage > 100 {
		perPage = 50
	}
	lag, _ := t.take(Search, []Kind{Lag})
	found := t.search(q, lag)
	if _, ok := t.take(Search, []Kind{Other}); ok {
		found = t.other(q.matches)
	}
	total := len(found)
	found = found[:min(perPage, total)]
	for i := range found {
		found[i] = pick(found[i], params.Get("fields"))
	}
	if params.Get("include_totals") != "true" {
		reply(w, http.StatusOK, found)
		return
	}
	reply(w, http.StatusOK, map[string]any{"start": 0, "limit": perPage, "length": len(found), "total": total, "users": found})
}

// user answers with one profile.
func (t *Tenant) user(w http.ResponseWriter, r *http.Request, _ map[string]string) {
	if !t.allowed(w, r, scopeUsers) {
		return
	}
	id := strings.TrimPrefix(r.URL.Path, "/api/v2/users/")
	is := func(p map[string]any) bool { return p["user_id"] == id }
	found := t.search(query{{"user_id", id}}, Fault{})
	if _, ok := t.take(Profile, []Kind{Other}); ok {
		found = t.other(is)
	}
	if len(found) == 0 {
		apiError(w, http.StatusNotFound, "inexistent_user", "The user does not exist.")
		return
	}
	if _, ok := t.take(Profile, []Kind{NowBlocked}); ok {
		found[0]["blocked"] = true
	}
	reply(w, http.StatusOK, pick(found[0], r.URL.Query().Get("fields")))
}

// pick leaves the fields that were asked for.
func pick(p map[string]any, fields string) map[string]any {
	if fields == "" {
		return p
	}
	out := map[string]any{}
	for name := range strings.SplitSeq(fields, ",") {
		if v, ok := p[name]; ok {
			out[name] = v
		}
	}
	return out
}

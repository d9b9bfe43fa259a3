package fake

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"callflow/engine/lazy"
)

const (
	codeGrant = "http://auth0.com/oauth/grant-type/passwordless/otp"
	oobGrant  = "http://auth0.com/oauth/grant-type/mfa-oob"
	otpGrant  = "http://auth0.com/oauth/grant-type/mfa-otp"
	codeLife  = 3 * time.Minute
	mfaLife   = 10 * time.Minute
	codeTries = 3
)

// codeGrants are the grants that codes are exchanged by.
var codeGrants = []string{codeGrant, oobGrant, otpGrant}

// SMSConnection is the passwordless connection that a tenant has by itself, until one
// of this name is made.
const SMSConnection = "sms"

// AppCode is what an authenticator app shows.
const AppCode = "424242"

// sentCode is a code on its way: the newest of a number, or of a session.
type sentCode struct {
	code, number string
	tries        int
	until        time.Time
	delivery     string
	// fate is what became of it with the tenant's phone provider; "": it has none.
	fate string
}

// waiting is a sign-in that asks for a second factor.
type waiting struct {
	user  User
	until time.Time
	oob   string // the newest oob_code
}

// codes are those of a tenant, under its lock.
type codes struct {
	sent    map[string]*sentCode // by number, auth_session or oob_code
	waiting map[string]*waiting  // by mfa_token
	starts  int
}

// Sent is the newest code of a number, and how it was delivered: "text" or "voice";
// "" if there is none.
func (t *Tenant) Sent(number string) (code, delivery string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.codes.sent {
		if c.number == number {
			return c.code, c.delivery
		}
	}
	return "", ""
}

// newest are the newest codes, each behind its number.
func (t *Tenant) newest() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := []string{}
	for _, c := range t.codes.sent {
		line := c.number + " " + c.code + " " + c.delivery
		if c.fate != "" {
			line += ", " + c.fate
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

// Starts are how many codes were sent.
func (t *Tenant) Starts() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.codes.starts
}

// send makes a code. The tenant is locked.
func (t *Tenant) send(key, number, delivery string) *sentCode {
	t.codes.starts++
	if t.codes.sent == nil {
		t.codes.sent = map[string]*sentCode{}
	}
	for k, c := range t.codes.sent {
		if c.number == number {
			delete(t.codes.sent, k) // only the newest works
		}
	}
	code := fmt.Sprintf("%06d", 100_000+t.codes.starts*7919%900_000)
	t.codes.sent[key] = &sentCode{code: code, number: number, until: t.config.Now().Add(codeLife), delivery: delivery}
	return t.codes.sent[key]
}

var e164 = lazy.Regexp(`^\+[0-9]{1,15}$`)

// start answers /passwordless/start, whose errors are of a family of their own.
func (t *Tenant) start(w http.ResponseWriter, r *http.Request, form map[string]string) {
	fail := func(code, text string) {
		reply(w, http.StatusBadRequest, map[string]any{"statusCode": http.StatusBadRequest, "error": code, "error_description": text})
	}
	number := form["phone_number"]
	connection := t.smsConnection(form["connection"])
	options, _ := connection["options"].(map[string]any)
	switch {
	case form["client_id"] != t.config.ClientID:
		fail("bad.client_id", "Invalid client id")
		return
	case connection == nil:
		fail("bad.connection", "Connection does not exist or is disabled")
		return
	case !e164().MatchString(number):
		fail("bad.phone_number", "String does not match pattern: ^\\+[0-9]{1,15}$")
		return
	case options["disable_signup"] == true && !t.has(number):
		fail("bad.connection", "Public signup is disabled")
		return
	}
	t.mu.Lock()
	sent := t.send(number, number, "text")
	t.noteCode(form["connection"], number)
	if options["gateway_url"] == nil {
		t.notify(sent)
	}
	code := sent.code
	t.mu.Unlock()
	if problem := t.throughGateway(r.Context(), options, number, code); problem != "" {
		fail("sms_provider_error", problem)
		return
	}
	reply(w, http.StatusOK, map[string]any{"_id": "6492b5a7", "phone_number": number, "phone_verified": true})
}

// otpChallenge answers /otp/challenge.
func (t *Tenant) otpChallenge(w http.ResponseWriter, r *http.Request, form map[string]string) {
	if !t.client(w, r, form) {
		return
	}
	if form["connection"] != t.config.Realm {
		authError(w, http.StatusBadRequest, "invalid_connection", "unknown connection")
		return
	}
	session := "session-" + rand.Text()
	t.mu.Lock()
	t.notify(t.send(session, form["phone_number"], form["delivery_method"]))
	t.mu.Unlock()
	reply(w, http.StatusOK, map[string]string{"auth_session": session})
}

// challenged keeps a sign-in that asks for a second factor, and gives its token.
func (t *Tenant) challenged(u User) string {
	token := "Fe26.2*" + rand.Text()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.codes.waiting == nil {
		t.codes.waiting = map[string]*waiting{}
	}
	t.codes.waiting[token] = &waiting{user: u, until: t.config.Now().Add(mfaLife)}
	return token
}

// waiter finds the sign-in of an mfa_token; what is wrong with it is answered.
func (t *Tenant) waiter(w http.ResponseWriter, token string) *waiting {
	t.mu.Lock()
	at, ok := t.codes.waiting[token]
	now := t.config.Now()
	t.mu.Unlock()
	switch {
	case !ok:
		authError(w, http.StatusForbidden, "invalid_grant", "Malformed mfa_token")
	case now.After(at.until):
		authError(w, http.StatusUnauthorized, "expired_token", "mfa_token is expired")
	default:
		return at
	}
	return nil
}

// authenticators answers /mfa/authenticators: SMS and voice to the user's number,
// else an app.
func (t *Tenant) authenticators(w http.ResponseWriter, r *http.Request, _ map[string]string) {
	at := t.waiter(w, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if at == nil {
		return
	}
	if len(at.user.Phones) == 0 {
		reply(w, http.StatusOK, []map[string]any{{"id": "totp|dev_1", "authenticator_type": "otp", "active": true}})
		return
	}
	number := at.user.Phones[0]
	name := strings.Repeat("X", len(number)-4) + number[len(number)-4:]
	reply(w, http.StatusOK, []map[string]any{
		{"id": "sms|dev_0", "authenticator_type": "oob", "oob_channel": "sms", "active": false, "name": "XXXXXXXX0000"},
		{"id": "sms|dev_1", "authenticator_type": "oob", "oob_channel": "sms", "active": true, "name": name},
		{"id": "voice|dev_1", "authenticator_type": "oob", "oob_channel": "voice", "active": true, "name": name},
		{"id": "recovery-code|dev_1", "authenticator_type": "recovery-code", "active": true},
	})
}

// mfaChallenge answers /mfa/challenge.
func (t *Tenant) mfaChallenge(w http.ResponseWriter, r *http.Request, form map[string]string) {
	if !t.client(w, r, form) {
		return
	}
	at := t.waiter(w, form["mfa_token"])
	if at == nil {
		return
	}
	if len(at.user.Phones) == 0 || form["challenge_type"] != "oob" {
		authError(w, http.StatusForbidden, "unsupported_challenge_type", "User is not enrolled.")
		return
	}
	channel, _, _ := strings.Cut(form["authenticator_id"], "|")
	t.mu.Lock()
	at.oob = "Fe26.oob*" + strconv.Itoa(t.codes.starts)
	t.notify(t.send(at.oob, at.user.Phones[0], channel))
	t.note("gd_send_"+channel, map[string]any{"user_id": at.user.ID})
	t.mu.Unlock()
	reply(w, http.StatusOK, map[string]string{"challenge_type": "oob", "oob_code": at.oob, "binding_method": "prompt"})
}

// exchange answers the grants of codes: who it is, or what is wrong.
func (t *Tenant) exchange(w http.ResponseWriter, form map[string]string) (*User, bool) {
	grant, key, code := form["grant_type"], form["username"], form["otp"]
	if form["auth_session"] != "" {
		key = form["auth_session"]
	}
	wrong := "Wrong phone number or verification code."
	var at *waiting
	if grant != codeGrant {
		if at = t.waiter(w, form["mfa_token"]); at == nil {
			return nil, false
		}
		key, code, wrong = form["oob_code"], form["binding_code"], "Invalid binding_code."
	}
	if grant == otpGrant {
		good := form["otp"] == AppCode
		came := "s"
		if !good {
			came = "f"
		}
		t.mu.Lock()
		t.noteExchange(came, grant, map[string]any{"user_id": at.user.ID})
		t.mu.Unlock()
		if !good {
			authError(w, http.StatusForbidden, "invalid_grant", "Invalid otp_code.")
			return nil, false
		}
		return &at.user, true
	}
	t.mu.Lock()
	c := t.codes.sent[key]
	text := ""
	switch {
	case c == nil:
		text = wrong
	case t.config.Now().After(c.until):
		text = "The verification code has expired. Please try to login again."
	case c.tries >= codeTries:
		text = "You've reached the maximum number of attempts. Please try to login again."
	case c.code != code:
		c.tries++
		text = wrong
	default:
		delete(t.codes.sent, key) // good once
	}
	user := &User{}
	switch {
	case at != nil:
		user = &at.user
	case c != nil:
		user = t.byNumber(c.number)
	}
	event := map[string]any{"user_id": user.ID}
	if at == nil {
		event["connection"], event["strategy"], event["user_name"] = cmp.Or(form["realm"], SMSConnection), "sms", key
	}
	if text != "" {
		t.noteExchange("f", grant, event)
	} else {
		t.noteExchange("s", grant, event)
	}
	t.mu.Unlock()
	if text != "" {
		authError(w, http.StatusForbidden, "invalid_grant", text)
		return nil, false
	}
	return user, true
}

// has tells whether somebody has a number.
func (t *Tenant) has(number string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.records, func(r *record) bool { return slices.Contains(r.user.Phones, number) })
}

// byNumber is the user of a number; nobody's makes a new one. The tenant is locked.
func (t *Tenant) byNumber(number string) *User {
	i := slices.IndexFunc(t.records, func(r *record) bool { return slices.Contains(r.user.Phones, number) })
	if i >= 0 {
		u := t.records[i].user
		return &u
	}
	return &User{ID: "sms|" + strings.TrimPrefix(number, "+")}
}

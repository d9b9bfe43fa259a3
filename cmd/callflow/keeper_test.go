package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/identity/auth0/fake"
)

// TestServeNews tells a server of users, as Actions and event streams do, and looks
// up whose numbers are what.
func TestServeNews(t *testing.T) {
	t.Parallel()
	const secret = "a-secret-of-the-actions"
	f, env := tenant(t, fake.Settings{})
	flow := write(t, "flow.yaml", "callflow: 1\nflow: x\nstart: end\nstates:\n  end: { hangup: }\n")
	env = append(env, "CALLFLOW_FLOWS="+flow, "CALLFLOW_INDEX_SECRET=another-secret-is-the-new-one "+secret, "CALLFLOW_INDEX_FACTORS=yes", "CALLFLOW_INDEX_PER_SECOND=1000", "CALLFLOW_AUTH0_LOGS_TOKEN=a-token-of-the-log-stream")
	srv := background(t, env, "serve", "--server-listen", "127.0.0.1:0", "--platforms-generic-unsigned")
	// A connection that is not to be kept is closed at once when a body is refused, and the
	// answer may be lost with it.
	kept := &http.Transport{}
	defer kept.CloseIdleConnections()
	post := func(path, authorization, body string, want int) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+srv.addr+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if authorization != "" {
			req.Header.Set("Authorization", authorization)
		}
		res, err := (&http.Client{Transport: kept}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s %s %s: answered %d, expected %d", path, authorization, body, res.StatusCode, want)
		}
	}
	found := func(number string, want string) {
		t.Helper()
		text := ""
		for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			res, err := (&http.Client{Transport: apart}).Get("http://" + srv.addr + "/api/lookup?phone=%2B" + number)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if text = string(body); res.StatusCode == http.StatusOK && strings.Contains(text, want) {
				return
			}
		}
		t.Errorf("%s: %s; expected %s", number, text, want)
	}
	f.Put(fake.User{ID: "auth0|7", Account: "700", PIN: engine.NewSecret("1234"), Phones: []string{"+61412345678"}, Factors: []string{"+12025550123"}})
	hint := `{"user_id":"auth0|7","phone_number":"+61499999999"}`
	post("/auth0/users", "", hint, http.StatusUnauthorized)
	post("/auth0/users", "Bearer "+secret+"x", hint, http.StatusUnauthorized)
	post("/auth0/users", secret, hint, http.StatusUnauthorized)
	post("/auth0/users", "Bearer "+secret, `{"user_id":17}`, http.StatusBadRequest)
	post("/auth0/users", "Bearer "+secret, `{"user_id":"`+strings.Repeat("x", 1<<20)+`"}`, http.StatusRequestEntityTooLarge)
	post("/auth0/users", "Bearer "+secret, hint, http.StatusNoContent)
	found("61412345678", `"account":"700"`)
	found("12025550123", `"mfa"`)
	found("61499999999", `"users":[]`) // a hint is believed in nothing but whom it is about

	// The log tells of an enrolment, with the number that Auth0 masks from then on.
	f.Script(fake.Fault{At: fake.Methods, Kind: fake.Masked})
	f.Put(fake.User{ID: "auth0|7", Account: "700", PIN: engine.NewSecret("1234"), Phones: []string{"+61412345678"}, Factors: []string{"+12025550123", "+12025557777"}})
	post("/auth0/logs", "Bearer a-token-of-the-log-stream", `[{"log_id":"1","data":{"log_id":"1","date":"`+time.Now().UTC().Format(time.RFC3339)+`","type":"gd_enrollment_complete","user_id":"auth0|7","details":{"authenticator":{"phone_number":"+12025557777"},"enrollment":{"user_id":"auth0|7","phone_number":"+12025557777"}}}}]`, http.StatusOK)
	found("12025557777", `"mfa"`)
	found("12025550123", `"mfa"`)

	f.Remove("auth0|7")
	gone := `{"id":"evt_1","specversion":"1.0","type":"user.deleted","data":{"object":{"user_id":"auth0|7"}}}`
	post("/auth0/events", "Bearer another-secret-is-the-new-one", gone, http.StatusNoContent)
	post("/auth0/events", "Bearer another-secret-is-the-new-one", strings.Replace(gone, "deleted", "created", 1), http.StatusNoContent) // late
	found("61412345678", `"users":[]`)
	srv.stop()
	if log := srv.stderr.String(); strings.Contains(log, secret) || !strings.Contains(log, "none of index.secret") {
		t.Errorf("the log:\n%s", log)
	}
}

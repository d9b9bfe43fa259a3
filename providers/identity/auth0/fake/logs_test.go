package fake

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callflow/engine"
)

// streamed is a receiver of log streams. It refuses the first so many requests.
type streamed struct {
	refuse int
	bodies []string
	auth   []string
}

func (s *streamed) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	status := http.StatusOK
	if s.refuse > 0 {
		s.refuse--
		status = http.StatusServiceUnavailable
	} else {
		s.bodies, s.auth = append(s.bodies, string(body)), append(s.auth, r.Header.Get("Authorization"))
	}
	return &http.Response{StatusCode: status, Body: http.NoBody, Request: r}, nil
}

// types are the types of the events of a body.
func types(t *testing.T, body string) (all []string) {
	t.Helper()
	lines := json.NewDecoder(strings.NewReader(strings.Trim(strings.ReplaceAll(body, `},{"data"`, `} {"data"`), "[]")))
	for {
		var e struct {
			ID   string `json:"log_id"`
			Data struct {
				ID   string `json:"log_id"`
				Type string `json:"type"`
			} `json:"data"`
		}
		if err := lines.Decode(&e); err != nil {
			return all
		}
		if e.ID == "" || e.ID != e.Data.ID {
			t.Errorf("the ids are %q and %q", e.ID, e.Data.ID)
		}
		all = append(all, e.Data.Type)
	}
}

// What happens goes to log streams twice, the newest first, until it is taken.
func TestLogStreams(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		format string
		refuse int
		bodies []int // how many events each has
	}{
		{"JSONARRAY", 0, []int{6, 6}},
		{"JSONARRAY", 2, []int{6, 6}},
		{"JSONARRAY", 3, []int{6}}, // given up once
		{"JSONLINES", 0, []int{6, 6}},
		{"JSONOBJECT", 1, []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
	} {
		t.Run(fmt.Sprint(tt.format, " ", tt.refuse), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got := &streamed{refuse: tt.refuse}
				const pin, number = "739128405617", "+61412345678"
				f, err := New(Config{
					Users: []User{{Account: "1", PIN: engine.NewSecret(pin), Phones: []string{number}}},
					Now:   time.Now, Logs: &http.Client{Transport: got},
				})
				if err != nil {
					t.Fatal(err)
				}
				for i, status := range []string{"active", "paused"} {
					f.Install("log-streams", map[string]any{
						"name": fmt.Sprint(i), "type": "http", "status": status,
						"sink": map[string]any{"httpEndpoint": "https://ivr.example.com/auth0/logs", "httpAuthorization": "Bearer verbatim", "httpContentFormat": tt.format},
					})
				}
				post := func(path string, form ...string) {
					t.Helper()
					all := url.Values{"client_id": {DefaultClientID}, "client_secret": {DefaultSecret}}
					for i := 0; i < len(form); i += 2 {
						all.Set(form[i], form[i+1])
					}
					r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(all.Encode()))
					r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
					f.ServeHTTP(httptest.NewRecorder(), r)
				}
				login := func(pin string) {
					post("/oauth/token", "grant_type", realmGrant, "realm", DefaultRealm, "username", "1", "password", pin, "scope", "openid")
				}
				exchange := func(code string) {
					post("/oauth/token", "grant_type", codeGrant, "realm", "sms", "username", number, "otp", code, "scope", "openid")
				}
				login(pin)
				login("000000000000")
				post("/passwordless/start", "connection", "sms", "phone_number", number)
				code, _ := f.Sent(number)
				exchange("000000")
				exchange(code)
				login(pin)
				time.Sleep(time.Minute)
				if err := f.Close(); err != nil {
					t.Fatal(err)
				}
				want := []string{"sepft", "s", "fepotpft", "cs", "fepft", "sepft"}
				if len(got.bodies) != len(tt.bodies) {
					t.Fatalf("%d bodies, expected %d: %q", len(got.bodies), len(tt.bodies), got.bodies)
				}
				var all []string
				for i, body := range got.bodies {
					found := types(t, body)
					if len(found) != tt.bodies[i] {
						t.Errorf("body %d has %d events, expected %d: %s", i, len(found), tt.bodies[i], body)
					}
					all = append(all, found...)
					for _, secret := range []string{pin, code, DefaultSecret} {
						if strings.Contains(body, secret) {
							t.Errorf("%s is shown: %s", secret, body)
						}
					}
					if got.auth[i] != "Bearer verbatim" {
						t.Errorf("it is authorized by %q", got.auth[i])
					}
				}
				if len(all) == 2*len(want) {
					want = slices.Concat(want, want)
				}
				if !slices.Equal(all, want) {
					t.Errorf("the events are %v, expected %v", all, want)
				}
				if whole := strings.Join(got.bodies, ""); !strings.Contains(whole, `"phone_number":"`+number) || !strings.Contains(whole, `"user_name":"`+number) {
					t.Errorf("nobody is said to have had a code: %s", whole)
				}
			})
		})
	}
}

// Nothing is kept for streams that nobody posts to.
func TestNoLogs(t *testing.T) {
	t.Parallel()
	f, err := New(Config{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.note("sepft", nil); len(f.logs.waiting) > 0 {
		t.Errorf("%d events wait", len(f.logs.waiting))
	}
}

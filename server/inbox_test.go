package server_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap/zapcore"

	"callflow/server"
)

// mailbox takes what is posted with the right word.
func mailbox(taken server.Taken) option {
	return func(d *server.Deps) {
		d.Inboxes = append(d.Inboxes, server.Inbox{
			Path: "/auth0/sms", MaxBody: 100,
			Authorize: func(authorization string) error {
				if authorization != "Bearer right" {
					return errors.New("the word is wrong")
				}
				return nil
			},
			Take: func(_ context.Context, body []byte) server.Taken {
				if string(body) == "panic" {
					panic("326162")
				}
				return taken
			},
		})
	}
}

func TestInbox(t *testing.T) {
	t.Parallel()
	right := []string{"Authorization", "Bearer right"}
	for name, tt := range map[string]struct {
		taken  server.Taken
		method string
		body   string
		header []string
		status int
		want   string
		after  string
	}{
		"taken":          {server.Taken{Status: 200}, "POST", "x", right, 200, "", ""},
		"not taken":      {server.Taken{Status: 429, Reason: `limi"ted`, After: 1500 * time.Millisecond}, "POST", "x", right, 429, `{"error":"limi\"ted"}`, "2"},
		"no word":        {server.Taken{Status: 200}, "POST", "x", nil, 401, "", ""},
		"a wrong word":   {server.Taken{Status: 200}, "POST", "x", []string{"Authorization", "Bearer wrong"}, 401, "", ""},
		"too long":       {server.Taken{Status: 200}, "POST", strings.Repeat("x", 101), right, 413, "", ""},
		"as long as may": {server.Taken{Status: 200}, "POST", strings.Repeat("x", 100), right, 200, "", ""},
		"long, unknown":  {server.Taken{Status: 200}, "POST", strings.Repeat("x", 101), nil, 401, "", ""},
		"another method": {server.Taken{Status: 200}, "GET", "", right, 405, "", ""},
		"a panic":        {server.Taken{Status: 200}, "POST", "panic", right, 500, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, mailbox(tt.taken))
			w := b.do(tt.method, "/auth0/sms", []byte(tt.body), tt.header...)
			if w.Code != tt.status || w.Body.String() != tt.want || w.Header().Get("Retry-After") != tt.after {
				t.Errorf("HTTP %d %q %v", w.Code, w.Body, w.Header())
			}
			for _, e := range b.logs.All() {
				if strings.Contains(e.Message, "326162") {
					t.Errorf("the log has what was thrown: %v", e)
				}
			}
		})
	}
}

// Two Authorization headers are none: proxies differ in which one they mean.
func TestInboxTwoWords(t *testing.T) {
	t.Parallel()
	b := newBench(t, mailbox(server.Taken{Status: 200}))
	r := mustRequest(t, http.MethodPost, publicURL+"/auth0/sms", "x")
	r.Header["Authorization"] = []string{"Bearer right", "Bearer right"}
	resp, err := b.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body.Close(); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("HTTP %d", resp.StatusCode)
	}
	if b.logs.FilterLevelExact(zapcore.WarnLevel).Len() != 1 {
		t.Error("it is not logged")
	}
}

func TestInboxPaths(t *testing.T) {
	t.Parallel()
	b := newBench(t, mailbox(server.Taken{Status: 200}))
	if got := b.srv.InboxURLs(); len(got) != 1 || got[0] != publicURL+"/auth0/sms" {
		t.Errorf("%q", got)
	}
	take := func(context.Context, []byte) server.Taken { return server.Taken{Status: 200} }
	allow := func(string) error { return nil }
	for name, all := range map[string][]server.Inbox{
		"no path":   {{Authorize: allow, Take: take}},
		"of hooks":  {{Path: "/v1/generic/calls", Authorize: allow, Take: take}},
		"a pattern": {{Path: "/auth0/:x", Authorize: allow, Take: take}},
		"twice":     {{Path: "/a", Authorize: allow, Take: take}, {Path: "/a", Authorize: allow, Take: take}},
		"open":      {{Path: "/a", Take: take}},
		"deaf":      {{Path: "/a", Authorize: allow}},
	} {
		d := server.Deps{Runner: b.run, Codecs: codecs(t), Flows: func() []string { return nil }, Ping: b.store.Ping, PublicURL: publicURL, Inboxes: all}
		if _, err := server.New(d); err == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
}

func mustRequest(t *testing.T, method, url, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

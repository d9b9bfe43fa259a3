package auth0

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/identity/auth0/fake"
)

// fetch downloads an export from a byte on, behind what is there.
func fetch(t *testing.T, p *Provider, e Export, have string) (string, error) {
	t.Helper()
	var file bytes.Buffer
	err := p.Fetch(t.Context(), e, int64(len(have)), func(at, _ int64) (io.Writer, error) {
		file.WriteString(have[:at])
		return &file, nil
	})
	return file.String(), err
}

func TestExport(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	f, p := tenantOf(t, fake.Config{
		Scopes: fake.AllScopes(), Now: func() time.Time { return now }, Life: 100 * time.Hour,
		Users: []fake.User{{ID: "auth0|1", Account: "007", PIN: engine.NewSecret("1234"), Phones: []string{"+61412345678"}}},
	})
	e, err := p.StartExport(t.Context(), "")
	if err != nil || e.ID == "" || e.Status != "pending" || !e.CreatedAt.Equal(now) {
		t.Fatalf("%+v, %v", e, err)
	}
	id := e.ID
	for range 3 {
		if e, err = p.Export(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if e.Status != ExportDone || e.Percent != 100 {
		t.Fatalf("%+v", e)
	}
	whole, err := fetch(t, p, e, "")
	if err != nil || !strings.HasPrefix(whole, "\x1f\x8b") {
		t.Fatalf("%q, %v", whole, err)
	}
	for have, what := range map[string]string{whole[:20]: "half", whole: "all", "x" + whole + "yz": "more"} {
		if got, err := fetch(t, p, e, have); err != nil || what == "half" && got != whole || !strings.HasSuffix(got, whole) {
			t.Errorf("with %s of it there: %q, %v", what, got, err)
		}
	}
	f.Script(fake.Fault{At: fake.Download, Kind: fake.Cut, Times: 2}) // a connection that was kept is tried again by itself
	if _, err := fetch(t, p, e, ""); !errors.Is(err, ErrLink) {
		t.Errorf("a broken download is %v", err)
	}
	now = now.Add(61 * time.Second)
	if _, err := fetch(t, p, e, ""); !errors.Is(err, ErrLink) || strings.Contains(err.Error(), "key=") {
		t.Errorf("an old link is %v", err)
	}
	if e, err = p.Export(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if got, err := fetch(t, p, e, ""); err != nil || got != whole {
		t.Errorf("a new link: %v", err)
	}
	now = now.Add(25 * time.Hour)
	if _, err := p.Export(t.Context(), id); !errors.Is(err, runner.ErrNotFound) || e.Alive(now) {
		t.Errorf("after a day it is %v", err)
	}
	if _, err := p.StartExport(t.Context(), "nowhere"); err == nil || !strings.Contains(err.Error(), `no connection "nowhere"`) {
		t.Errorf("%v", err)
	}
	if _, err := p.StartExport(t.Context(), fake.DefaultRealm); err != nil {
		t.Error(err)
	}
	// The answer is lost: a second job is not started behind the first.
	before := f.Count(fake.Export)
	f.Script(fake.Fault{At: fake.Export, Kind: fake.Drop, Times: 1})
	if _, err := p.StartExport(t.Context(), ""); err == nil || f.Count(fake.Export) != before+1 {
		t.Errorf("%v after %d requests", err, f.Count(fake.Export)-before)
	}
	if _, err := fetch(t, p, Export{link: "file:///etc/passwd"}, ""); err == nil {
		t.Error("any link is followed")
	}
}

// An export is asked for as the recorded one was, and its answer understood.
func TestRecordedExport(t *testing.T) {
	t.Parallel()
	real := exchange(t, recorded(t, "TestJobManager_ExportUsers.yaml"), http.MethodPost, "/api/v2/jobs/users-exports")
	var asked map[string]any
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/oauth/token" {
			_, _ = io.WriteString(w, `{"access_token":"t","expires_in":86400,"scope":"read:users","token_type":"Bearer"}`)
			return
		}
		if r.Method != real.Request.Method || !strings.HasSuffix(real.Request.URL, r.URL.Path) {
			w.WriteHeader(http.StatusTeapot)
		}
		_ = json.NewDecoder(r.Body).Decode(&asked)
		w.WriteHeader(real.Response.Code)
		_, _ = io.WriteString(w, real.Response.Body)
	}))
	defer srv.Close()
	p, err := New(Config{Domain: "go-auth0-dev.eu.auth0.com", ClientID: "c", ClientSecret: engine.NewSecret("s"), BaseURL: srv.URL, Lookup: LookupUsername})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	e, err := p.StartExport(t.Context(), "con_ftSSLHb0O7rcUGmF")
	if err != nil || e.ID != "job_iSjvljNtsTMmSpRW" || e.Status != "pending" || e.CreatedAt.Year() != 2023 {
		t.Errorf("%+v, %v", e, err)
	}
	var want map[string]any
	if err := json.Unmarshal([]byte(real.Request.Body), &want); err != nil {
		t.Fatal(err)
	}
	for name := range asked {
		if want[name] == nil {
			t.Errorf("the request has %s, which the recorded one has not", name)
		}
	}
	fields, _ := json.Marshal(asked["fields"])
	if asked["connection_id"] != want["connection_id"] || asked["format"] != "json" || !strings.Contains(string(fields), `{"export_as":"account_number","name":"username"}`) {
		t.Errorf("asked for %v", asked)
	}
}

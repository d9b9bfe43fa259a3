package server_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"callflow/engine/runner"
	"callflow/engine/runner/outbound"
	"callflow/providers/store/bolt"
	"callflow/server"
)

// Tokens besides the dialler's: another's, and that of somebody who watches the server.
const (
	otherDialler = "cf_other"
	overseer     = "cf_overseer"
)

func moreDiallers() []server.Token {
	return []server.Token{
		{Name: "billing", Hash: sha256.Sum256([]byte(otherDialler)), Roles: []string{server.RoleDialler}},
		{Name: "operator", Hash: sha256.Sum256([]byte(overseer)), Roles: []string{server.RoleDialler, server.RoleMonitor}},
	}
}

// listed asks which calls are not over.
func (l *callLine) listed(token, query string) (ids []string, next string) {
	l.t.Helper()
	w := l.do(http.MethodGet, "/api/calls"+query, nil, "Authorization", "Bearer "+token)
	var got struct {
		Calls []outbound.View `json:"calls"`
		Next  string          `json:"next"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 || !strings.Contains(w.Body.String(), `"calls":[`) {
		l.t.Fatalf("%d %s", w.Code, w.Body)
	}
	for _, v := range got.Calls {
		ids = append(ids, v.ID)
	}
	return ids, got.Next
}

// cancel takes a call back.
func (l *callLine) cancel(token, id string) (status int, body string) {
	l.t.Helper()
	w := l.do(http.MethodDelete, "/api/calls/"+id, nil, "Authorization", "Bearer "+token)
	return w.Code, w.Body.String()
}

const inAnHour = `{"flow":"reminder","to":"+61412345678","with":{"name":"Maria"},"at":"2026-11-23T11:00:00Z"}`

// What waits is listed for whoever ordered it, and taken back.
func TestCallsAreListedAndTakenBack(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.InfoLevel)
	l := newCallLine(t, "jambonz", func(d *outbound.Deps, _ *exchange) { d.Log = zap.New(core) })
	if ids, next := l.listed(dialler, ""); len(ids) != 0 || next != "" {
		t.Errorf("%v %s", ids, next)
	}
	first := l.must(inAnHour)
	l.clock.add(time.Second)
	second := l.must(inAnHour)
	if ids, _ := l.listed(dialler, ""); fmt.Sprint(ids) != fmt.Sprint([]string{first.ID, second.ID}) {
		t.Errorf("%v", ids)
	}
	for token, want := range map[string]int{otherDialler: 0, overseer: 2} {
		if ids, _ := l.listed(token, ""); len(ids) != want {
			t.Errorf("%s: %v", token, ids)
		}
	}
	// Whoever guesses a key knows the call's name, and sees it as little as in the list.
	for token, want := range map[string]int{dialler: http.StatusOK, otherDialler: http.StatusForbidden, overseer: http.StatusOK} {
		w := l.do(http.MethodGet, "/api/calls/"+first.ID, nil, "Authorization", "Bearer "+token)
		if w.Code != want || (want == http.StatusForbidden) == strings.Contains(w.Body.String(), "+61412345678") {
			t.Errorf("%s: %d %s", token, w.Code, w.Body)
		}
	}
	for _, c := range []struct {
		token, id string
		status    int
		says      string
	}{
		{otherDialler, first.ID, http.StatusForbidden, "another token"},
		{"cf_agent", first.ID, http.StatusForbidden, "not one of a dialler"},
		{"nobody", first.ID, http.StatusUnauthorized, "a token is needed"},
		{dialler, strings.Repeat("a", 26), http.StatusNotFound, "no such call"},
		{dialler, "x", http.StatusNotFound, "no such call"},
		{dialler, first.ID, http.StatusOK, `"status":"cancelled"`},
		{dialler, first.ID, http.StatusOK, `"status":"cancelled"`}, // again
		{overseer, second.ID, http.StatusOK, `"by":"crm"`},
	} {
		if status, body := l.cancel(c.token, c.id); status != c.status || !strings.Contains(body, c.says) {
			t.Errorf("%s, %s: %d %s", c.token, c.id, status, body)
		}
	}
	l.clock.add(2 * time.Hour)
	l.settle()
	if ids, _ := l.listed(dialler, ""); len(ids) != 0 || len(l.x.asked) != 0 {
		t.Errorf("%v, %d calls", ids, len(l.x.asked))
	}
	if v := l.view(first.ID); v.Status != outbound.Cancelled || !v.Final {
		t.Errorf("%+v", v)
	}
	audit := logs.FilterMessage("audit: call cancelled").All()
	if len(audit) != 2 || audit[1].ContextMap()["by"] != "operator" || audit[1].ContextMap()["ordered_by"] != "crm" || audit[1].ContextMap()["call"] != second.ID {
		t.Errorf("%v", audit)
	}
	if w := l.do(http.MethodGet, "/api/calls?after=%22x", nil, "Authorization", "Bearer "+dialler); w.Code != http.StatusBadRequest {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A call that is being dialled goes on, and is not tried again; one that somebody has
// answered, or that is over, says so.
func TestCallsThatCannotBeTakenBack(t *testing.T) {
	t.Parallel()
	l := newCallLine(t, "jambonz", func(_ *outbound.Deps, x *exchange) { x.outcomes = []string{"ringing 180"} })
	v := l.must(`{"flow":"reminder","to":"+61412345678","retry":{"attempts":3,"busy":"5m"}}`)
	l.settle()
	for range 2 {
		if status, body := l.cancel(dialler, v.ID); status != http.StatusConflict || !strings.Contains(body, "may ring already") {
			t.Errorf("%d %s", status, body)
		}
	}
	if ids, _ := l.listed(dialler, ""); len(ids) != 1 {
		t.Errorf("%v", ids)
	}
	l.x.bench.tellStage("jambonz", l.x.asked[0], callOf(v, "call-1"), "busy 486")
	l.clock.add(time.Hour)
	l.settle()
	if v = l.view(v.ID); v.Status != outbound.Busy || !v.Final || !v.Last || len(l.x.asked) != 1 {
		t.Errorf("%+v, %d calls", v, len(l.x.asked))
	}
	if status, body := l.cancel(dialler, v.ID); status != http.StatusConflict || !strings.Contains(body, "over already: busy") {
		t.Errorf("%d %s", status, body)
	}
	answered := newCallLine(t, "jambonz", nil)
	v = answered.must(anOrder)
	answered.settle()
	if status, body := answered.cancel(dialler, v.ID); status != http.StatusConflict || !strings.Contains(body, "over already: done") {
		t.Errorf("%d %s", status, body)
	}
}

// A call that was to be taken back while a platform that is out was asked is not made
// later.
func TestACallIsTakenBackWhileThePlatformIsOut(t *testing.T) {
	t.Parallel()
	l := newCallLine(t, "jambonz", nil)
	var v outbound.View
	l.x.statuses = []int{http.StatusServiceUnavailable}
	l.x.before = func() {
		if status, _ := l.cancel(dialler, v.ID); status != http.StatusConflict {
			t.Errorf("%d", status)
		}
	}
	v = l.must(anOrder)
	l.settle()
	l.clock.add(time.Hour)
	l.settle()
	if v = l.view(v.ID); v.Status != outbound.Cancelled || len(l.x.asked) != 1 {
		t.Errorf("%+v, %d calls", v, len(l.x.asked))
	}
}

// The list goes on page by page, over a store of any kind, and forgets what is over.
func TestManyCallsAreListed(t *testing.T) {
	t.Parallel()
	store, err := bolt.Open(filepath.Join(t.TempDir(), "calls.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	clock := &callClock{at: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)}
	l := openCallLine(t, "jambonz", store, clock, nil)
	const many = outbound.MostListed + 5
	for i := range many {
		if _, _, err := l.desk.Accept(t.Context(), "crm", fmt.Sprint("k", i), outbound.Order{Flow: "reminder", To: "+61412345678", At: clock.now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		clock.add(time.Millisecond)
	}
	first, next := l.listed(dialler, "")
	rest, end := l.listed(dialler, "?after="+next)
	if len(first) != outbound.MostListed || len(rest) != many-outbound.MostListed || next == "" || end != "" || first[0] == rest[0] {
		t.Errorf("%d %q, %d %q", len(first), next, len(rest), end)
	}
	// One whose promise was never given, because the process stopped, goes in time.
	stray := "out.open." + strings.Repeat("a", 16) + ".0000000000000." + strings.Repeat("b", 26)
	if err := store.Swap(t.Context(), runner.Counter{Key: stray}, runner.Counter{Key: stray, N: 1, At: clock.now(), Until: clock.now().Add(time.Hour)}, clock.now()); err != nil {
		t.Fatal(err)
	}
	clock.add(2 * time.Minute)
	if ids, _ := l.listed(overseer, ""); len(ids) != outbound.MostListed-1 {
		t.Errorf("%d", len(ids))
	}
	if c, err := store.Count(t.Context(), stray, clock.now()); err != nil || c.N != 0 {
		t.Errorf("%+v %v", c, err)
	}
}

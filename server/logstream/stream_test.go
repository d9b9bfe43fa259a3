package logstream_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/store/memory"
	"callflow/server/logstream"
)

const (
	number = "+12223334444"
	token  = "a-token-of-enough-bytes"
)

// listener is the gateway and the index of users.
type listener struct {
	approved []string
	users    []string
	err      error
}

func (l *listener) Approved(_ context.Context, number string, _ time.Time) error {
	if l.err == nil {
		l.approved = append(l.approved, number)
	}
	return l.err
}

func (l *listener) UserChanged(_ context.Context, e logstream.UserEvent) error {
	if l.err == nil {
		l.users = append(l.users, e.Type+" "+e.UserID+" "+e.Number)
	}
	return l.err
}

type bench struct {
	*listener
	stream  *logstream.Stream
	counted map[logstream.Result]int
	logs    *observer.ObservedLogs
	store   runner.Store
}

func newBench(t testing.TB, rule logstream.Rule) *bench {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	b := &bench{listener: &listener{}, counted: map[logstream.Result]int{}, logs: logs, store: memory.New()}
	var err error
	b.stream, err = logstream.New(logstream.Deps{
		Tokens: []engine.Secret{engine.NewSecret(token), engine.NewSecret("an-older-" + token)}, Rule: rule,
		Approver: b.listener, Users: b.listener, Seen: b.store, Log: zap.New(core),
		Count: func(r logstream.Result) { b.counted[r]++ },
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// event is one as Auth0 sends it, with fields replaced; nil takes one away.
func event(id string, at time.Time, with map[string]any) string {
	data := map[string]any{
		"log_id": id, "date": at.UTC().Format("2006-01-02T15:04:05.000Z"), "type": "s", "description": "Successful login",
		"connection": "sms", "connection_id": "con_1", "strategy": "sms", "strategy_type": "passwordless", "client_id": "c",
		"ip": "203.0.113.7", "user_id": "sms|60f1", "user_name": number, "tenant_name": "tenant", "details": map[string]any{"x": 1},
	}
	for name, value := range with {
		if data[name] = value; value == nil {
			delete(data, name)
		}
	}
	text, _ := json.Marshal(map[string]any{"log_id": id, "data": data})
	return string(text)
}

func (b *bench) post(t testing.TB, body string) int {
	t.Helper()
	return b.stream.Inbox().Take(t.Context(), []byte(body)).Status
}

func TestFormats(t *testing.T) {
	t.Parallel()
	now := time.Now()
	one, two := event("1", now, nil), event("2", now, map[string]any{"user_name": "+61412345678"})
	both := []string{number, "+61412345678"}
	var data struct{ Data json.RawMessage }
	if err := json.Unmarshal([]byte(one), &data); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		body   string
		status int
		want   []string
	}{
		"an array":                {"[" + one + "," + two + "]", 200, both},
		"lines":                   {one + "\n" + two + "\n", 200, both},
		"lines of Windows":        {one + "\r\n" + two, 200, both},
		"one object":              {" \n" + one, 200, both[:1]},
		"wrapped":                 {`{"logs":[` + one + "," + two + `]}`, 200, both},
		"the data alone":          {string(data.Data), 200, both[:1]},
		"an array on each line":   {"[" + one + "]\n[" + two + "]", 200, both},
		"with things in between":  {`[null, 1, "x", {}, {"data":[]}, ` + one + `]`, 200, both[:1]},
		"an empty array":          {"[]", 200, nil},
		"nothing":                 {"", 400, nil},
		"blanks":                  {" \n", 400, nil},
		"a number":                {"1", 400, nil},
		"a text":                  {`"x"`, 400, nil},
		"cut off":                 {"[" + one + ",", 400, nil},
		"something behind":        {one + "x", 400, nil},
		"too many":                {"[" + strings.Repeat("{},", 2000) + "{}]", 413, nil},
		"too many, one each line": {strings.Repeat("{}\n", 2001), 413, nil},
		"too many, wrapped":       {`{"logs":[` + strings.Repeat("{},", 2000) + "{}]}", 413, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, logstream.Rule{})
			if status := b.post(t, tt.body); status != tt.status || !slices.Equal(b.approved, tt.want) {
				t.Errorf("answered %d, approved %q; expected %d, %q", status, b.approved, tt.status, tt.want)
			}
		})
	}
}

func TestRule(t *testing.T) {
	t.Parallel()
	now := time.Now()
	type fields = map[string]any
	for name, tt := range map[string]struct {
		rule logstream.Rule
		with fields
		want logstream.Result
	}{
		"a login":                    {want: logstream.Approved},
		"an exchange":                {with: fields{"type": "seacft"}, want: logstream.Approved},
		"a password":                 {with: fields{"connection": "db", "strategy": "auth0", "user_id": "auth0|1", "user_name": "a@example.com"}, want: logstream.Other},
		"a failed exchange":          {with: fields{"type": "fepotpft"}, want: logstream.Other},
		"a code that was sent":       {with: fields{"type": "cs"}, want: logstream.Other},
		"by the strategy":            {with: fields{"connection": "our-sms"}, want: logstream.Approved},
		"by the user's id":           {with: fields{"connection": nil, "strategy": nil}, want: logstream.Approved},
		"the number in the details":  {with: fields{"user_name": nil, "details": fields{"body": fields{"phone_number": number}}}, want: logstream.Approved},
		"the number on top of them":  {with: fields{"user_name": "maria", "details": fields{"phone_number": number}}, want: logstream.Approved},
		"no number":                  {with: fields{"user_name": "maria"}, want: logstream.Nameless},
		"details that are a text":    {with: fields{"details": "x", "user_name": number}, want: logstream.Approved},
		"a user name that is none":   {with: fields{"user_name": 5}, want: logstream.Nameless},
		"no date":                    {with: fields{"date": nil}, want: logstream.Approved},
		"a date that is none":        {with: fields{"date": 5}, want: logstream.Approved},
		"too old":                    {with: fields{"date": now.Add(-11 * time.Minute).UTC().Format(time.RFC3339)}, want: logstream.Old},
		"not too old":                {with: fields{"date": now.Add(-9 * time.Minute).UTC().Format(time.RFC3339)}, want: logstream.Approved},
		"no type":                    {with: fields{"type": nil}, want: logstream.Unread},
		"another type":               {rule: logstream.Rule{Types: []string{"seotpft"}, Connections: []string{"sms"}}, want: logstream.Other},
		"another connection":         {rule: logstream.Rule{Types: []string{"s"}, Connections: []string{"codes"}}, with: fields{"connection": "codes", "strategy": "x", "user_id": "x|1"}, want: logstream.Approved},
		"a pattern that is none":     {rule: logstream.Rule{Types: []string{"[", "s"}, Connections: []string{"sms"}}, want: logstream.Approved},
		"a phone of a second factor": {with: fields{"type": "gd_enrollment_complete", "user_id": "auth0|1", "details": fields{"authenticator": fields{"phone_number": number}}}, want: logstream.Changed},
		"one that was taken away":    {with: fields{"type": "gd_unenroll", "user_id": nil, "details": fields{"enrollment": fields{"user_id": "auth0|1"}}}, want: logstream.Changed},
		"another number":             {with: fields{"type": "scpn"}, want: logstream.Changed},
		"another number, but whose":  {with: fields{"type": "scpn", "user_id": nil}, want: logstream.Other},
		"another number, weeks ago":  {with: fields{"type": "scpn", "date": "2021-01-01T00:00:00Z"}, want: logstream.Changed},
		"another number, masked":     {with: fields{"type": "scpn", "details": fields{"phone_number": "+1****"}}, want: logstream.Changed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, tt.rule)
			status := b.post(t, event("1", now, tt.with))
			if status != 200 || len(b.counted) != 1 || b.counted[tt.want] != 1 {
				t.Errorf("answered %d, counted %v; expected one %s", status, b.counted, tt.want)
			}
			if (len(b.approved) == 1) != (tt.want == logstream.Approved) || (len(b.users) == 1) != (tt.want == logstream.Changed) {
				t.Errorf("approved %q, users %q", b.approved, b.users)
			}
			for _, e := range b.logs.All() {
				if strings.Contains(fmt.Sprint(e.ContextMap()), number) {
					t.Errorf("the log has the number: %v", e)
				}
			}
		})
	}
}

func TestUserEvents(t *testing.T) {
	t.Parallel()
	b := newBench(t, logstream.Rule{})
	b.post(t, event("1", time.Now(), map[string]any{"type": "gd_unenroll", "user_id": nil, "details": map[string]any{"enrollment": map[string]any{"user_id": "auth0|1", "phone_number": number}}}))
	if want := []string{"gd_unenroll auth0|1 " + number}; !slices.Equal(b.users, want) {
		t.Errorf("%q, expected %q", b.users, want)
	}
}

// The same event for a week is acted on once; while nothing can be stored it is not
// acknowledged.
func TestDeliveredAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, logstream.Rule{})
		at := time.Now()
		changed := map[string]any{"type": "scpn"}
		body := "[" + event("2", at, changed) + "," + event("1", at, nil) + "]"
		b.err = errors.New("no store")
		if status := b.post(t, body); status != 503 {
			t.Errorf("answered %d while nothing is stored", status)
		}
		b.err = nil
		for range 3 {
			if status := b.post(t, body); status != 200 {
				t.Errorf("answered %d", status)
			}
		}
		for range 7 {
			time.Sleep(24 * time.Hour)
			if _, err := b.store.Expire(t.Context(), time.Now()); err != nil {
				t.Fatal(err)
			}
			b.post(t, body)
		}
		if len(b.approved) != 1 || len(b.users) != 1 {
			t.Errorf("approved %q, users %q", b.approved, b.users)
		}
	})
}

// A stream that hides numbers is refused as a whole, with what is to be done.
func TestMasked(t *testing.T) {
	t.Parallel()
	for _, with := range []map[string]any{
		{"user_name": "+1222***4444"},
		{"user_name": "5c1b0f9f8a7d6e2b"},
		{"user_name": "XXXXXXXX0123"},
		{"user_name": nil, "details": map[string]any{"body": map[string]any{"phone_number": "**********"}}},
	} {
		b := newBench(t, logstream.Rule{})
		taken := b.stream.Inbox().Take(t.Context(), []byte("["+event("1", time.Now(), nil)+","+event("2", time.Now(), with)+"]"))
		if taken.Status != 422 || !strings.Contains(taken.Reason, "pii_config") || len(b.approved) != 0 {
			t.Errorf("%v: %+v, approved %q", with, taken, b.approved)
		}
		if b.logs.FilterField(zap.Bool("alarm", true)).Len() != 1 {
			t.Errorf("%v: no alarm", with)
		}
	}
}

func TestAuthorization(t *testing.T) {
	t.Parallel()
	b := newBench(t, logstream.Rule{})
	for given, ok := range map[string]bool{
		"Bearer " + token: true, token: true, "Bearer an-older-" + token: true,
		"": false, "Bearer ": false, "Bearer": false, "Bearer " + token + "x": false, "Basic " + token: false, "Bearer x": false,
	} {
		if err := b.stream.Inbox().Authorize(given); (err == nil) != ok {
			t.Errorf("%q: %v", given, err)
		}
	}
	if _, err := logstream.New(logstream.Deps{Tokens: []engine.Secret{engine.NewSecret("short")}, Approver: b, Seen: b.store}); err == nil {
		t.Error("a short token is taken")
	}
}

// FuzzTake: whatever is posted is answered, approves E.164 numbers alone, and reads
// the same twice.
func FuzzTake(f *testing.F) {
	for _, s := range []string{
		event("1", time.Now(), nil), "[" + event("1", time.Now(), map[string]any{"type": "scpn"}) + "]", `{"logs":[{}]}`, `{"logs":1}`, "[[", "[{}]\n[{}]",
		`{"type":"s","_id":"1","user_id":"sms|1","user_name":"+12223334444"}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		b := newBench(t, logstream.Rule{})
		status := b.post(t, body)
		for _, n := range b.approved {
			if len(n) < 8 || n[0] != '+' || strings.Trim(n[1:], "0123456789") != "" {
				t.Errorf("approved %q", n)
			}
		}
		before := len(b.approved) + len(b.users)
		if again := b.post(t, body); again != status || len(b.approved)+len(b.users) != before {
			t.Errorf("answered %d, then %d; %d, then %d were passed on", status, again, before, len(b.approved)+len(b.users))
		}
	})
}

package index_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"callflow/engine/runner"
	"callflow/providers/identity/auth0/index"
	"callflow/providers/store/memory"
)

// searcher answers a search.
type searcher struct {
	found []string
	err   error
}

func (s searcher) ByPhone(context.Context, string, int) ([]json.RawMessage, error) {
	var all []json.RawMessage
	for _, raw := range s.found {
		all = append(all, json.RawMessage(raw))
	}
	return all, s.err
}

// TestLive puts whom it finds into the index, and believes the index where that knows
// better: a search lags.
func TestLive(t *testing.T) {
	t.Parallel()
	const number = "+61412345678"
	put := func(t *testing.T, store *memory.Store, users ...runner.PhoneUser) {
		t.Helper()
		if _, err := store.PutUsers(t.Context(), users); err != nil {
			t.Fatal(err)
		}
	}
	later := time.Date(2026, 10, 2, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		known  []runner.PhoneUser
		source searcher
		want   string
	}{
		"nobody":             {nil, searcher{}, ""},
		"one":                {nil, searcher{found: []string{profile("auth0|1", number, "2026-10-01T10:00:00Z")}}, "auth0|1"},
		"several":            {nil, searcher{found: []string{profile("auth0|1", number, "2026-10-01T10:00:00Z"), profile("sms|2", number, "2026-10-01T10:00:00Z")}}, "auth0|1 sms|2"},
		"one makes no sense": {nil, searcher{found: []string{`{"user_id":7}`, `[]`, profile("sms|2", number, "2026-10-01T10:00:00Z")}}, "sms|2"},
		"gone meanwhile":     {[]runner.PhoneUser{{ID: "auth0|1", UpdatedAt: later, Deleted: true}}, searcher{found: []string{profile("auth0|1", number, "2026-10-01T10:00:00Z")}}, ""},
		"another number": {
			[]runner.PhoneUser{{ID: "auth0|1", UpdatedAt: later, Numbers: []runner.PhoneNumber{{Number: "+61412345679"}}}},
			searcher{found: []string{profile("auth0|1", number, "2026-10-01T10:00:00Z")}},
			"",
		},
		"newer than the index": {
			[]runner.PhoneUser{{ID: "auth0|1", UpdatedAt: later, Numbers: []runner.PhoneNumber{{Number: "+61412345679"}}}},
			searcher{found: []string{profile("auth0|1", number, "2026-10-03T10:00:00Z")}},
			"auth0|1",
		},
		"down": {nil, searcher{err: errors.New("down")}, "error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := memory.New()
			defer store.Close()
			put(t, store, c.known...)
			var counted []string
			core, log := observer.New(zap.DebugLevel)
			l := &index.Live{Users: store, Source: c.source, Shape: index.Shape{Region: australia(t)}, Now: now, Log: zap.New(core), Count: func(r string) { counted = append(counted, r) }}
			users, err := l.UsersByPhone(t.Context(), number, 20)
			var got []string
			for _, u := range users {
				got = append(got, u.ID)
			}
			if err != nil {
				got = []string{"error"}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%q, %v; want %q", got, err, c.want)
			}
			if len(counted) != 1 || (counted[0] == "failed") != (err != nil) {
				t.Errorf("counted %q", counted)
			}
			said := log.FilterMessageSnippet("a number that is not in the index").All()
			if len(said) != 1 && err == nil {
				t.Errorf("%d lines tell of one search", len(said))
			}
			for _, line := range log.All() {
				fields, _ := json.Marshal(line.ContextMap())
				if strings.Contains(line.Message+string(fields), "2345678") {
					t.Errorf("the number is in the log: %s %s", line.Message, fields)
				}
			}
			again, err := store.UsersByPhone(t.Context(), number, 20)
			if err != nil || len(again) != len(users) {
				t.Errorf("the index has %d users, found were %d, %v", len(again), len(users), err)
			}
		})
	}
}

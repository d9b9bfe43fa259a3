package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"callflow/cmd/callflow/config"
	"callflow/engine/runner/lockout"
)

// clearedLockout is the answer to whoever cleared one.
type clearedLockout struct {
	Was     lockout.Entry `json:"was"`
	Cleared bool          `json:"cleared"`
}

// offerLockouts lets operators see and clear lock-outs.
func offerLockouts(mux *http.ServeMux, locks *lockout.Lockout) {
	answer := func(w http.ResponseWriter, v any, err error) {
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v) // whoever asked has gone
	}
	offer := func(pattern string, handle http.HandlerFunc) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if locks == nil {
				http.Error(w, "nobody is locked out here: lockout is off, or nobody signs callers in", http.StatusNotFound)
				return
			}
			handle(w, r)
		})
	}
	offer("GET /lockouts", func(w http.ResponseWriter, r *http.Request) {
		list, err := locks.List(r.Context(), r.FormValue("all") != "")
		answer(w, list, err)
	})
	offer("GET /lockouts/key", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, locks.Fingerprint(), nil)
	})
	offer("POST /lockouts/clear", func(w http.ResponseWriter, r *http.Request) {
		was, ok, err := locks.Clear(r.Context(), lockout.ID(r.FormValue("id")), r.FormValue("by"))
		answer(w, clearedLockout{was, ok}, err)
	})
}

// askLockouts are the lock-outs of the server that has a store. Its errors may be
// errNoServer.
type askLockouts config.Store

// List asks for the list.
func (a askLockouts) List(ctx context.Context, all bool) (list []lockout.Entry, err error) {
	query := url.Values{}
	if all {
		query.Set("all", "yes")
	}
	err = a.ask(ctx, http.MethodGet, "/lockouts", query, &list)
	return list, err
}

// key asks for the fingerprint of what accounts and numbers are hashed with.
func (a askLockouts) key(ctx context.Context) (fingerprint string, err error) {
	err = a.ask(ctx, http.MethodGet, "/lockouts/key", nil, &fingerprint)
	return fingerprint, err
}

// Clear asks for one to be cleared.
func (a askLockouts) Clear(ctx context.Context, id lockout.ID, by string) (lockout.Entry, bool, error) {
	var got clearedLockout
	err := a.ask(ctx, http.MethodPost, "/lockouts/clear", url.Values{"id": {string(id)}, "by": {by}}, &got)
	return got.Was, got.Cleared, err
}

func (a askLockouts) ask(ctx context.Context, method, path string, query url.Values, answer any) error {
	body, err := ask(ctx, config.Store(a), method, path, query)
	if err != nil {
		return err
	}
	defer body.Close()
	return readAnswer(config.Store(a), body, answer)
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"callflow/cmd/callflow/config"
	"callflow/engine/runner"
)

// maxUsers bounds what an operator sends at once, in bytes: a batch of an import
// has two thousand users.
const maxUsers = 32 << 20

// offerPhones lets operators fill the index of numbers, and look in it.
func offerPhones(mux *http.ServeMux, phones runner.Phones) {
	answer := func(w http.ResponseWriter, v any, err error) {
		switch {
		case errors.Is(err, runner.ErrNotFound):
			http.Error(w, err.Error(), http.StatusNotFound)
		case err != nil:
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		default:
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(v) // whoever asked has gone
		}
	}
	mux.HandleFunc("GET /phones/users", func(w http.ResponseWriter, r *http.Request) {
		limit, err := strconv.Atoi(r.FormValue("limit"))
		if err != nil {
			http.Error(w, "limit is a number", http.StatusBadRequest)
			return
		}
		var users []runner.PhoneUser
		if number := r.FormValue("number"); number != "" {
			users, err = phones.UsersByPhone(r.Context(), number, limit)
		} else {
			users, err = phones.PhoneUsers(r.Context(), r.FormValue("after"), limit)
		}
		answer(w, users, err)
	})
	mux.HandleFunc("GET /phones/user", func(w http.ResponseWriter, r *http.Request) {
		user, err := phones.PhoneUser(r.Context(), r.FormValue("id"))
		answer(w, user, err)
	})
	mux.HandleFunc("POST /phones/users", func(w http.ResponseWriter, r *http.Request) {
		var users []runner.PhoneUser
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxUsers)).Decode(&users); err != nil {
			http.Error(w, "the users cannot be read", http.StatusBadRequest)
			return
		}
		changed, err := phones.PutUsers(r.Context(), users)
		answer(w, changed, err)
	})
	mux.HandleFunc("GET /phones/mark", func(w http.ResponseWriter, r *http.Request) {
		value, err := phones.Marked(r.Context(), r.FormValue("name"))
		answer(w, value, err)
	})
	mux.HandleFunc("POST /phones/mark", func(w http.ResponseWriter, r *http.Request) {
		var value []byte
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&value); err != nil {
			http.Error(w, "the mark cannot be read", http.StatusBadRequest)
			return
		}
		answer(w, true, phones.Mark(r.Context(), r.URL.Query().Get("name"), value))
	})
}

// phoneDesk is what operators do with the index of numbers.
type phoneDesk interface {
	PutUsers(ctx context.Context, users []runner.PhoneUser) (int, error)
	UsersByPhone(ctx context.Context, number string, limit int) ([]runner.PhoneUser, error)
	PhoneUser(ctx context.Context, id string) (runner.PhoneUser, error)
	PhoneUsers(ctx context.Context, after string, limit int) ([]runner.PhoneUser, error)
	Mark(ctx context.Context, name string, value []byte) error
	Marked(ctx context.Context, name string) ([]byte, error)
}

// askPhones is the index of the server that has a store. Its errors may be
// errNoServer.
type askPhones config.Store

// PutUsers sends users.
func (a askPhones) PutUsers(ctx context.Context, users []runner.PhoneUser) (changed int, err error) {
	err = a.ask(ctx, http.MethodPost, "/phones/users", nil, users, &changed)
	return changed, err
}

// UsersByPhone asks who has a number.
func (a askPhones) UsersByPhone(ctx context.Context, number string, limit int) (users []runner.PhoneUser, err error) {
	err = a.ask(ctx, http.MethodGet, "/phones/users", url.Values{"number": {number}, "limit": {strconv.Itoa(limit)}}, nil, &users)
	return users, err
}

// PhoneUser asks for a user by id: runner.ErrNotFound.
func (a askPhones) PhoneUser(ctx context.Context, id string) (user runner.PhoneUser, err error) {
	err = a.ask(ctx, http.MethodGet, "/phones/user", url.Values{"id": {id}}, nil, &user)
	return user, err
}

// PhoneUsers asks for users in the order of their ids.
func (a askPhones) PhoneUsers(ctx context.Context, after string, limit int) (users []runner.PhoneUser, err error) {
	err = a.ask(ctx, http.MethodGet, "/phones/users", url.Values{"after": {after}, "limit": {strconv.Itoa(limit)}}, nil, &users)
	return users, err
}

// Mark has a mark kept.
func (a askPhones) Mark(ctx context.Context, name string, value []byte) error {
	var done bool
	return a.ask(ctx, http.MethodPost, "/phones/mark", url.Values{"name": {name}}, value, &done)
}

// Marked asks for a mark: runner.ErrNotFound.
func (a askPhones) Marked(ctx context.Context, name string) (value []byte, err error) {
	err = a.ask(ctx, http.MethodGet, "/phones/mark", url.Values{"name": {name}}, nil, &value)
	return value, err
}

func (a askPhones) ask(ctx context.Context, method, path string, query url.Values, send, answer any) error {
	var body io.Reader
	if method == http.MethodPost {
		text, err := json.Marshal(send)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	got, err := askWith(ctx, config.Store(a), method, path, query, body)
	if err != nil {
		return err
	}
	defer got.Close()
	return readAnswer(config.Store(a), got, answer)
}

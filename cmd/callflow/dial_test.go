package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callflow/engine/runner/outbound"
)

// Whoever stops waiting hears what stays ordered, and, before the server has answered,
// that nobody knows.
func TestDialIsInterrupted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at   string // the method of the request during which it happens
		said string
		err  string
	}{
		"before the answer": {http.MethodPost, "", "interrupted before the server has answered"},
		"while it waits":    {http.MethodGet, "the call stays ordered", errShown.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if _, err := io.Copy(io.Discard, r.Body); err != nil {
					t.Error(err)
				}
				if r.Method == c.at {
					interrupt()
					<-r.Context().Done()
					return
				}
				fmt.Fprint(w, `{"id":"abc","status":"dialling"}`)
			}))
			defer api.Close()
			var stdout bytes.Buffer
			cmd := &Command{Stdout: &stdout, Now: time.Now}
			err := cmd.dial(ctx, callDesk{base: api.URL, client: &http.Client{Timeout: dialTimeout}}, dialOrder{order: outbound.Order{Flow: "f", To: "+61412345678"}})
			if err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(stdout.String(), c.said) {
				t.Errorf("%v\n%s", err, &stdout)
			}
			if c.at == http.MethodGet && !errors.Is(err, errShown) {
				t.Errorf("%v", err)
			}
		})
	}
}

// A server that is asked too much is asked again when it says, and given up where that
// is too late or too often.
func TestDialIsPutOff(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		after string // what Retry-After says
		often int    // how often the server puts it off
		asked int
		err   string
	}{
		"twice":          {"1", 2, 3, ""},
		"for long":       {"60", 1, 1, "too many requests"},
		"without a time": {"", 1, 1, "too many requests"},
		"always":         {"1", 1 << 20, maxAsked, "too many requests"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				server := answering(func(r *http.Request) (int, http.Header, string) {
					asked++
					if body, err := io.ReadAll(r.Body); err != nil || string(body) != "body" || r.Header.Get("Idempotency-Key") != "key" {
						t.Errorf("asked with %q and the key %q (%v)", body, r.Header.Get("Idempotency-Key"), err)
					}
					if asked <= c.often {
						return http.StatusTooManyRequests, http.Header{"Retry-After": {c.after}}, `{"error":"too many requests"}`
					}
					return http.StatusOK, nil, `{"id":"abc"}`
				})
				v, err := callDesk{base: "http://localhost", client: &http.Client{Transport: server}}.ask(t.Context(), http.MethodPost, "/api/calls", "key", []byte("body"))
				if asked != c.asked || c.err == "" && (err != nil || v.ID != "abc") || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
					t.Errorf("asked %d times: %+v, %v", asked, v, err)
				}
			})
		})
	}
}

// Whoever stops waiting for a server that is asked too much hears that it has taken
// nothing, or, of a call that is ordered, that it stays so.
func TestDialIsInterruptedWhilePutOff(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at        string // the method of the request that is put off
		said, err string
	}{
		"before it is ordered": {http.MethodPost, "", "it has taken nothing"},
		"while it waits":       {http.MethodGet, "the call stays ordered", errShown.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			server := answering(func(r *http.Request) (int, http.Header, string) {
				if r.Method == c.at {
					return http.StatusTooManyRequests, http.Header{"Retry-After": {"9"}}, `{"error":"too many requests"}`
				}
				return http.StatusOK, nil, `{"id":"abc","status":"dialling"}`
			})
			client := &http.Client{Transport: interrupting{server, c.at, interrupt}}
			var stdout bytes.Buffer
			err := (&Command{Stdout: &stdout, Now: time.Now}).dial(ctx, callDesk{base: "http://localhost", client: client}, dialOrder{order: outbound.Order{Flow: "f", To: "+61412345678"}})
			if err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(stdout.String(), c.said) {
				t.Errorf("%v\n%s", err, &stdout)
			}
		})
	}
}

// interrupting interrupts when an answer to a method has been read.
type interrupting struct {
	answering
	at        string
	interrupt func()
}

func (i interrupting) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := i.answering.RoundTrip(r)
	if r.Method == i.at {
		resp.Body = closing{resp.Body, i.interrupt}
	}
	return resp, err
}

type closing struct {
	io.Reader
	closed func()
}

func (c closing) Close() error {
	c.closed()
	return nil
}

// answering is a server without a network.
type answering func(*http.Request) (int, http.Header, string)

func (f answering) RoundTrip(r *http.Request) (*http.Response, error) {
	status, header, body := f(r)
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// A line about a call says what there is to know, and no time that has come already.
func TestProgress(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.Local)
	for want, v := range map[string]outbound.View{
		"queued":                           {Status: outbound.Queued, Created: at, Next: at},
		"queued until 2026-11-23 09:05:00": {Status: outbound.Queued, Created: at, Next: at.Add(5 * time.Minute)},
		"dialling (attempt 2)":             {Status: outbound.Dialling, Attempts: make([]outbound.Attempt, 2)},
		"dialling, and is not tried again": {Status: outbound.Dialling, Last: true},
		"busy":                             {Status: outbound.Busy, Last: true, Final: true},
		"failed: it could not be made":     {Status: outbound.Failed, Reason: "it could not be made", Final: true},
	} {
		if got := progress(v); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

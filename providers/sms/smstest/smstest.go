package smstest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/sms"
)

// The message that is sent, and what must not be seen of it.
const (
	Number = "+61412345678"
	Code   = "326162"
	Text   = "Your code is 326162. Ünïcode \"quoted\" & <b>\n{to}"
	Secret = "s3cr3t-of-the-vendor"
)

// Message is the message that is sent.
func Message() sms.Message {
	return sms.Message{To: Number, Text: engine.NewSecret(Text), Code: engine.NewSecret(Code), Key: "key-1", IP: "203.0.113.7", Locale: "en-AU"}
}

// Answer is one answer of the vendor's.
type Answer struct {
	Name   string
	Status int
	Header map[string]string
	Body   string
	// Kind is the failure it means; nil: the message was taken, with this ID.
	Kind error
	ID   string
}

// Suite is a sender under test. Its secrets are Secret.
type Suite struct {
	// New makes the sender for a vendor at a URL.
	New func(t *testing.T, url string) sms.Sender
	// Check looks at the request of a message as the vendor gets it.
	Check func(t *testing.T, r *http.Request, body []byte)
	// Answers are in the vendor's own shapes. The first takes the message.
	Answers []Answer
}

// Run holds a sender to the contract.
func Run(t *testing.T, s Suite) {
	t.Helper()
	for _, a := range s.Answers {
		t.Run(a.Name, func(t *testing.T) {
			t.Parallel()
			got, calls, err := s.send(t, a, true)
			check(t, a, got, err)
			if calls != 1 {
				t.Errorf("the vendor got %d requests for one message", calls)
			}
		})
	}
	for _, a := range []Answer{
		{Name: "an error page", Status: 500, Body: "<html>oops</html>", Kind: sms.ErrOutage},
		{Name: "a bad gateway", Status: 502, Kind: sms.ErrOutage},
		{Name: "too many, without saying how long", Status: 429, Kind: sms.ErrOutage},
		{Name: "too many, for long", Status: 429, Header: map[string]string{"Retry-After": "3600"}, Kind: sms.ErrOutage},
		{Name: "unauthorized, without a word", Status: 401, Kind: runner.ErrCredentials},
		{Name: "moved", Status: 302, Header: map[string]string{"Location": "https://example.com/"}, Kind: runner.ErrSetup},
	} {
		t.Run(a.Name, func(t *testing.T) {
			t.Parallel()
			got, calls, err := s.send(t, a, false)
			check(t, a, got, err)
			if calls != 1 {
				t.Errorf("the vendor got %d requests for one message", calls)
			}
		})
	}
	t.Run("too many, for a moment", func(t *testing.T) {
		t.Parallel()
		var calls atomic.Int32
		good := s.Answers[0]
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if calls.Add(1) == 1 {
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			write(w, good)
		}))
		defer server.Close()
		got, err := s.New(t, server.URL).Send(t.Context(), Message())
		check(t, good, got, err)
	})
	t.Run("a connection that drops", func(t *testing.T) {
		t.Parallel()
		var calls atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			calls.Add(1)
			_, _ = io.Copy(io.Discard, r.Body)
			panic(http.ErrAbortHandler)
		}))
		defer server.Close()
		_, err := s.New(t, server.URL).Send(t.Context(), Message())
		var f *sms.Failure
		if !errors.As(err, &f) || !errors.Is(err, sms.ErrOutage) || !f.Maybe {
			t.Errorf("got %v, expected an outage in which the message may have been sent", err)
		}
		if n := calls.Load(); n != 1 {
			t.Errorf("one dropped connection made %d messages", n)
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.NotFoundHandler())
		server.Close()
		_, err := s.New(t, server.URL).Send(t.Context(), Message())
		var f *sms.Failure
		if !errors.As(err, &f) || !errors.Is(err, sms.ErrOutage) || f.Maybe {
			t.Errorf("got %v, expected an outage in which nothing was sent", err)
		}
		silent(t, err)
	})
	t.Run("too slow", func(t *testing.T) {
		t.Parallel()
		release := make(chan struct{})
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
		defer server.Close()
		defer close(release)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := s.New(t, server.URL).Send(ctx, Message())
		if !errors.Is(err, sms.ErrOutage) {
			t.Errorf("got %v, expected an outage", err)
		}
		silent(t, err)
	})
	t.Run("an endless answer", func(t *testing.T) {
		t.Parallel()
		_, _, err := s.send(t, Answer{Status: 200, Body: strings.Repeat("x", 1<<20)}, false)
		if err == nil {
			t.Error("a megabyte of nothing was taken for a receipt")
		}
		silent(t, err)
	})
}

// send sends the message to a vendor that gives one answer.
func (s Suite) send(t *testing.T, a Answer, look bool) (sms.Receipt, int32, error) {
	t.Helper()
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if look {
			s.Check(t, r, body)
		}
		write(w, a)
	}))
	defer server.Close()
	sender := s.New(t, server.URL)
	got, err := sender.Send(t.Context(), Message())
	if err == nil && got.Sender != sender.Name() {
		t.Errorf("the receipt names %q, the sender is %q", got.Sender, sender.Name())
	}
	return got, calls.Load(), err
}

func write(w http.ResponseWriter, a Answer) {
	for k, v := range a.Header {
		w.Header().Set(k, v)
	}
	w.WriteHeader(a.Status)
	_, _ = io.WriteString(w, a.Body)
}

func check(t *testing.T, a Answer, got sms.Receipt, err error) {
	t.Helper()
	if a.Kind == nil {
		if err != nil || got.ID != a.ID {
			t.Errorf("got %+v, %v; expected the id %q", got, err, a.ID)
		}
		return
	}
	var f *sms.Failure
	if !errors.As(err, &f) || !errors.Is(err, a.Kind) {
		t.Errorf("got %v, expected %q", err, a.Kind)
	}
	silent(t, err)
}

// silent checks that an error tells nothing that a log must not hold.
func silent(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	for _, hidden := range []string{Code, Secret, "12345678", "Your code"} {
		if strings.Contains(err.Error(), hidden) {
			t.Errorf("the error holds %q: %v", hidden, err)
		}
	}
}

package sender

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"callflow/engine/runner"
	"callflow/providers/telephony"
)

// commanded is a platform that takes commands.
type commanded struct {
	telephony.Codec
	address string
}

func (commanded) Name() string { return "desk" }

func (c commanded) API() (string, http.Header) {
	return c.address, http.Header{"Authorization": {"Bearer k3y"}}
}

func (commanded) Judge(status int, body []byte) error {
	switch {
	case status/100 == 2:
		return nil
	case string(body) == "over":
		return telephony.ErrCallOver
	case status == http.StatusUnauthorized:
		return telephony.ErrNotOurs
	case status/100 == 4:
		return telephony.ErrRefused
	}
	return errors.New("later")
}

func command(t *testing.T) []byte {
	t.Helper()
	b, err := telephony.Command{Platform: "desk", Key: "s1.3.ab", Method: http.MethodPost, Path: "/calls/c1/actions/speak", Body: []byte(`{"payload":"<4471>"}`)}.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDeliver(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   error // nil: delivered
		later  bool  // another error: try again
	}{
		{"taken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }, nil, false},
		{"over", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = io.WriteString(w, "over")
		}, runner.ErrCallOver, false},
		{"refused", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnprocessableEntity) }, runner.ErrRefused, false},
		{"not ours", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, runner.ErrCredentials, false},
		{"failing", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, nil, true},
		{"elsewhere", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://evil.example.com/", http.StatusTemporaryRedirect)
		}, nil, true},
		{"dropped", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, nil, true},
		{"slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, nil, true},
		{"endless", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 1<<20)) }, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				if r.Method != http.MethodPost || r.URL.Path != "/v2/calls/c1/actions/speak" || r.Header.Get("Authorization") != "Bearer k3y" ||
					r.Header.Get("Content-Type") != "application/json" || string(body) != `{"payload":"<4471>"}` {
					t.Errorf("got %s %s %v %s", r.Method, r.URL, r.Header, body)
				}
				tt.answer(w, r)
			}))
			t.Cleanup(srv.Close)
			s := New([]telephony.Codec{commanded{address: srv.URL + "/v2"}}, nil)
			limit := time.Minute
			if tt.name == "slow" {
				limit = 500 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			var counted []string
			s.Count = func(outcome string) { counted = append(counted, outcome) }
			err := s.Deliver(ctx, command(t))
			final := errors.Is(err, runner.ErrCallOver) || errors.Is(err, runner.ErrRefused) || errors.Is(err, runner.ErrCredentials)
			if want := map[error]string{runner.ErrCallOver: "over", runner.ErrRefused: "refused", runner.ErrCredentials: "credentials", nil: "delivered"}[tt.want]; len(counted) != 1 || counted[0] != want && !tt.later || tt.later && counted[0] != "failed" {
				t.Errorf("counted %q", counted)
			}
			switch {
			case tt.later && (err == nil || final), !tt.later && !errors.Is(err, tt.want), !tt.later && tt.want == nil && err != nil:
				t.Errorf("got %v, want %v (later: %v)", err, tt.want, tt.later)
			case err != nil && (strings.Contains(err.Error(), "4471") || strings.Contains(err.Error(), "k3y") || strings.Contains(err.Error(), "/c1/")):
				t.Errorf("the error shows too much: %v", err)
			}
		})
	}
}

func TestDeliverNonsense(t *testing.T) {
	t.Parallel()
	s := New([]telephony.Codec{commanded{address: "http://127.0.0.1:1"}}, nil)
	for _, bad := range []string{"", "{}", `{"platform":"desk"}`, `{"platform":"other","method":"POST","path":"/x"}`, `{"platform":"desk","method":"PO ST","path":"/x"}`} {
		if err := s.Deliver(t.Context(), []byte(bad)); !errors.Is(err, runner.ErrRefused) {
			t.Errorf("%s: got %v, want ErrRefused", bad, err)
		}
	}
}

// TestDeliverFirst: what stands before a command is sent before it; what is refused of it
// is passed over, and what fails has all of it sent again.
func TestDeliverFirst(t *testing.T) {
	t.Parallel()
	one := func(action string) telephony.Command {
		return telephony.Command{Platform: "desk", Key: action, Method: http.MethodPost, Path: "/" + action}
	}
	for _, tt := range []struct {
		name, answers string // of pause, beep and speak
		got, counted  string
		err           error
		later         bool
	}{
		{"all taken", "200 200 200", "/pause /beep /speak", "delivered", nil, false},
		{"one refused", "422 200 200", "/pause /beep /speak", "refused delivered", nil, false},
		{"all refused", "422 422 422", "/pause /beep /speak", "refused refused refused", runner.ErrRefused, false},
		{"one fails", "200 502 200", "/pause /beep", "failed", nil, true},
		{"not ours", "401 200 200", "/pause", "credentials", runner.ErrCredentials, false},
	} {
		answers := strings.Fields(tt.answers)
		var got, counted []string
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			status, _ := strconv.Atoi(answers[len(got)])
			got = append(got, r.URL.Path)
			w.WriteHeader(status)
		}))
		s := New([]telephony.Codec{commanded{address: srv.URL}}, nil)
		s.Count = func(outcome string) { counted = append(counted, outcome) }
		speak := one("speak")
		speak.First = []telephony.Command{one("pause"), one("beep")}
		kept, err := speak.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		err = s.Deliver(t.Context(), kept)
		srv.Close()
		if strings.Join(got, " ") != tt.got || strings.Join(counted, " ") != tt.counted || tt.err != nil && !errors.Is(err, tt.err) || (err != nil) != (tt.later || tt.err != nil) {
			t.Errorf("%s: sent %q, counted %q: %v", tt.name, got, counted, err)
		}
	}
	foreign := one("speak")
	foreign.First = []telephony.Command{{Platform: "other", Method: http.MethodPost, Path: "/pause"}}
	if kept, err := foreign.Append(nil); err != nil {
		t.Error(err)
	} else if _, err := telephony.ParseCommand(kept); err == nil {
		t.Error("a command with one of another platform before it is read")
	}
}

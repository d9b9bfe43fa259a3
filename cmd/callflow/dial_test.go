package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
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
			err := cmd.dial(ctx, cmd.newDesk(api.URL), dialOrder{order: outbound.Order{Flow: "f", To: "+61412345678"}})
			if err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(stdout.String(), c.said) {
				t.Errorf("%v\n%s", err, &stdout)
			}
			if c.at == http.MethodGet && !errors.Is(err, errShown) {
				t.Errorf("%v", err)
			}
		})
	}
}

// A server that is asked too much is asked again, ever less often and not before it says,
// and given up after two minutes.
func TestDialIsPutOff(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method string
		after  string // what Retry-After says
		often  int    // how often the server puts it off
		late   bool   // pauses are as long as chance makes them
		asked  int
		took   time.Duration
		err    string
	}{
		"twice":             {http.MethodPost, "1", 2, false, 3, 3 * time.Second, ""},
		"longer":            {http.MethodPost, "60", 1, false, 2, time.Minute, ""},
		"without a time":    {http.MethodPost, "", 3, false, 4, 7 * time.Second, ""},
		"for no time":       {http.MethodDelete, "0", 1, false, 2, time.Second, ""},
		"often":             {http.MethodDelete, "1", 6, false, 7, 31 * time.Second, ""},
		"always":            {http.MethodPost, "1", 1 << 20, false, 18, 119 * time.Second, errAskedTooMuch.Error()},
		"always for longer": {http.MethodPost, "60", 1 << 20, false, 3, 2 * time.Minute, errAskedTooMuch.Error()},
		"too long":          {http.MethodDelete, "121", 1, false, 1, 0, errAskedTooMuch.Error()},
		"by chance":         {http.MethodPost, "4", 2, true, 3, 10 * time.Second, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				var stderr bytes.Buffer
				desk := quietDesk(&Command{Stderr: &stderr}, func(r *http.Request) (int, http.Header, string) {
					asked++
					if body, err := io.ReadAll(r.Body); err != nil || string(body) != "body" || r.Method != c.method || r.Header.Get("Idempotency-Key") != "key" {
						t.Errorf("asked %s with %q and the key %q (%v)", r.Method, body, r.Header.Get("Idempotency-Key"), err)
					}
					if asked <= c.often {
						return putOff(c.after)
					}
					return http.StatusOK, nil, `{"id":"abc"}`
				})
				if c.late {
					desk.jitter = func(most time.Duration) time.Duration { return most }
				}
				began := time.Now()
				v, err := desk.ask(t.Context(), c.method, "/api/calls", "key", []byte("body"))
				if took := time.Since(began); asked != c.asked || took != c.took {
					t.Errorf("asked %d times in %s, want %d in %s", asked, took, c.asked, c.took)
				}
				if c.err == "" && (err != nil || v.ID != "abc") || c.err != "" && (err == nil || err.Error() != c.err) {
					t.Errorf("%+v, %v", v, err)
				}
				want := ""
				if c.asked > 1 {
					want = "callflow: the server is asked too much; waiting\n"
				}
				if stderr.String() != want {
					t.Errorf("said %q, want %q", &stderr, want)
				}
			})
		})
	}
}

// A list of several pages waits for each, and says so once.
func TestDialListIsPutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		var stderr bytes.Buffer
		desk := quietDesk(&Command{Stderr: &stderr}, func(r *http.Request) (int, http.Header, string) {
			switch asked++; {
			case asked%2 == 1:
				return putOff("1")
			case r.URL.RawQuery == "":
				return http.StatusOK, nil, `{"calls":[{"id":"a"}],"next":"p2"}`
			}
			return http.StatusOK, nil, `{"calls":[{"id":"b"}]}`
		})
		list, err := desk.list(t.Context())
		if err != nil || len(list) != 2 || asked != 4 {
			t.Errorf("asked %d times: %+v, %v", asked, list, err)
		}
		if n := strings.Count(stderr.String(), "waiting"); n != 1 {
			t.Errorf("said %q", &stderr)
		}
	})
}

// An ordered call is followed as long as the server answers, and ever less often while it
// is asked too much. Whoever does not follow it any more hears what becomes of it.
func TestDialFollows(t *testing.T) {
	t.Parallel()
	const (
		dialling = `{"id":"abc","status":"dialling"}`
		done     = `{"id":"abc","status":"done","final":true}`
		stays    = "\nno longer waiting; the call stays ordered. To see how it gets on, callflow dial list; to take it back, callflow dial cancel abc"
	)
	type answer struct {
		status int // zero: none
		often  int
		body   string
		after  string
	}
	for name, c := range map[string]struct {
		answers []answer
		last    time.Duration // when it is asked for the last time
		err     string        // how it begins
		end     string        // how it ends
	}{
		"to its end":           {[]answer{{200, 3, dialling, ""}, {200, 1, done, ""}}, 4 * time.Second, "", ""},
		"asked too much":       {[]answer{{429, 2, "", "1"}, {200, 1, done, ""}}, 7 * time.Second, "", ""},
		"without a time":       {[]answer{{429, 1, "", ""}, {200, 1, done, ""}}, 3 * time.Second, "", ""},
		"stays slow":           {[]answer{{429, 1, "", "1"}, {200, 2, dialling, ""}, {200, 1, done, ""}}, 7 * time.Second, "", ""},
		"when it says":         {[]answer{{429, 1, "", "20"}, {200, 1, done, ""}}, 21 * time.Second, "", ""},
		"no slower than that":  {[]answer{{429, 100, "", "3600"}, {200, 1, done, ""}}, 3001 * time.Second, "", ""},
		"refused for long":     {[]answer{{503, 1000, `{"error":"calls cannot be read"}`, ""}, {502, 1000, "", ""}, {200, 1, done, ""}}, 2001 * time.Second, "", ""},
		"away for a while":     {[]answer{{0, 29, "", ""}, {200, 1, done, ""}}, 30 * time.Second, "", ""},
		"away when it is slow": {[]answer{{429, 10, "", "30"}, {0, 1, "", ""}, {200, 1, done, ""}}, 331 * time.Second, "", ""},
		"away for good":        {[]answer{{0, 1000, "", ""}}, 31 * time.Second, "no server answers at http://localhost", stays},
		"forbidden":            {[]answer{{403, 1, `{"error":"the token is not one of a dialler"}`, ""}}, time.Second, "http://localhost: the token is not", stays},
		"unreadable":           {[]answer{{200, 1, "{", ""}}, time.Second, "http://localhost: the answer cannot be read", stays},
		"lost":                 {[]answer{{404, 1, `{"error":"there is no such call"}`, ""}}, time.Second, "call abc was ordered, and the server does not know it any more", "callflow dial list shows"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began, asked := time.Now(), time.Duration(0)
				var stdout, stderr bytes.Buffer
				cmd := &Command{Stdout: &stdout, Stderr: &stderr, Now: time.Now}
				left := slices.Clone(c.answers)
				desk := quietDesk(cmd, func(r *http.Request) (int, http.Header, string) {
					if r.Method == http.MethodPost {
						return http.StatusAccepted, nil, dialling
					}
					asked = time.Since(began)
					if left[0].often == 0 {
						left = left[1:]
					}
					left[0].often--
					header := http.Header{}
					if left[0].after != "" {
						header.Set("Retry-After", left[0].after)
					}
					return left[0].status, header, left[0].body
				})
				err := cmd.dial(t.Context(), desk, dialOrder{order: outbound.Order{Flow: "f", To: "+61412345678"}})
				if asked != c.last {
					t.Errorf("asked for the last time after %s, want %s", asked, c.last)
				}
				if c.err == "" && (err != nil || !strings.HasSuffix(stdout.String(), "\ndone\n")) {
					t.Errorf("%v\n%s", err, &stdout)
				}
				if c.err != "" && (err == nil || !strings.HasPrefix(err.Error(), c.err) || !strings.HasSuffix(err.Error(), c.end)) {
					t.Errorf("%v\n%s", err, &stdout)
				}
				if stderr.Len() > 0 {
					t.Errorf("said %q", &stderr)
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
			cmd := &Command{Stdout: &stdout, Stderr: io.Discard, Now: time.Now}
			desk := cmd.newDesk("http://localhost")
			desk.client = client
			err := cmd.dial(ctx, desk, dialOrder{order: outbound.Order{Flow: "f", To: "+61412345678"}})
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

// quietDesk is a server without a network, and whoever asks it leaves nothing to chance.
func quietDesk(c *Command, server answering) callDesk {
	desk := c.newDesk("http://localhost")
	desk.client = &http.Client{Transport: server}
	desk.jitter = func(time.Duration) time.Duration { return 0 }
	return desk
}

// putOff is the answer of a server that is asked too much.
func putOff(after string) (int, http.Header, string) {
	return http.StatusTooManyRequests, http.Header{"Retry-After": {after}}, `{"error":"too many requests"}`
}

// answering is a server without a network. Without a status it does not answer.
type answering func(*http.Request) (int, http.Header, string)

func (f answering) RoundTrip(r *http.Request) (*http.Response, error) {
	status, header, body := f(r)
	if status == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// A line about a call says what there is to know, and no time that has come already.
func TestProgress(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.Local)
	for want, v := range map[string]outbound.View{
		"queued":                           {Status: outbound.Queued, Created: at, Next: at},
		"queued until 2026-11-23 09:05:00": {Status: outbound.Queued, Created: at, Next: at.Add(5 * time.Minute)},
		"queued: waits for its turn":       {Status: outbound.Queued, Created: at, Next: at.Add(2 * time.Second), Reason: outbound.WaitsForTurn}, // at a time that moves
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

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"callflow/cmd/callflow/config"
	"callflow/engine/runner/outbound"
	"callflow/flows"
	"callflow/providers/retryafter"
)

// tokenEnv is where a token for the API stands in the environment.
const tokenEnv = "CALLFLOW_TOKEN"

// deskFlags say whose API is meant.
type deskFlags struct{ server, tokenFile string }

func (d *deskFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&d.server, "server", "", "the `URL` of the server; left out, the configuration's server.listen")
	cmd.Flags().StringVar(&d.tokenFile, "token-file", "", "a `FILE` with the token for the API")
}

// open finds the server that a command line means. Its configuration is read where the
// URL is not given.
func (d *deskFlags) open(c *Command, args []string) (callDesk, error) {
	desk := c.newDesk(d.server)
	desk.token, _ = c.lookup(tokenEnv)
	if d.tokenFile != "" {
		text, err := os.ReadFile(d.tokenFile)
		if err != nil {
			return desk, usagef("--token-file: %w", bare(err))
		}
		desk.token = strings.TrimSpace(string(text))
	}
	if desk.base != "" {
		return desk, checkServer(desk)
	}
	src, err := c.source(args, nil)
	if err != nil {
		return desk, err
	}
	// Of all that it says only the address counts: its secrets are the server's.
	conf, diags := config.Load(src)
	broken := slices.ContainsFunc(diags, func(d flows.Diagnostic) bool { return d.Code == flows.CodeSyntaxError })
	if broken || conf.Listen == "" || conf.Unread("server") {
		return desk, usagef("the configuration has mistakes; see %q", "callflow config")
	}
	desk.base = "http://" + reachable(conf.Listen)
	return desk, checkServer(desk)
}

// callDesk is the API of a server.
type callDesk struct {
	base, token string
	client      *http.Client
	// jitter is a time from zero up to the one that it is given.
	jitter func(time.Duration) time.Duration
	// waiting is called whenever a server that is asked too much is waited for.
	waiting func()
}

// newDesk is the API of the server at a URL. It says once that a server is waited for.
func (c *Command) newDesk(base string) callDesk {
	return callDesk{
		base: base, client: &http.Client{Timeout: dialTimeout}, jitter: anyUnder,
		waiting: sync.OnceFunc(func() { fmt.Fprintln(c.Stderr, "callflow: the server is asked too much; waiting") }),
	}
}

// checkServer keeps a token off the open network.
func checkServer(d callDesk) error {
	u, err := url.Parse(d.base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return usagef("--server: found %q, expected a URL such as https://ivr.example.com", d.base)
	}
	ip := net.ParseIP(u.Hostname())
	if local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback(); u.Scheme == "http" && !local && d.token != "" {
		return usagef("--server: a token is not sent to %s in clear: use https", u.Host)
	}
	return nil
}

// reachable is where a server on this machine is asked that listens on an address.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return listen
}

// ask sends one request about a call.
func (d callDesk) ask(ctx context.Context, method, path, key string, body []byte) (v outbound.View, err error) {
	return v, d.send(ctx, method, path, key, body, &v)
}

// attempt sends one request. later is how long a server wants to be left alone that is
// asked too much, and zero where it is not.
func (d callDesk) attempt(ctx context.Context, method, path, key string, body []byte, into any) (later time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(d.base, "/")+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	if d.token != "" {
		req.Header.Set("Authorization", "Bearer "+d.token)
	}
	resp, err := d.client.Do(req)
	if err != nil {
		return 0, &unreachableError{d.base, err}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return 0, &unreachableError{d.base, err}
	}
	if resp.StatusCode/100 == 2 {
		if err := json.Unmarshal(text, into); err != nil {
			return 0, fmt.Errorf("%s: the answer cannot be read; is it a callflow server?", d.base)
		}
		return 0, nil
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		later = max(retryafter.Wait(resp.Header, time.Now()), firstPause)
	}
	return later, &refusedError{resp.StatusCode, d.refused(resp.StatusCode, text)}
}

// refusedError is a server's answer that it did not do what it was asked for.
type refusedError struct {
	status int
	err    error
}

func (e *refusedError) Error() string { return e.err.Error() }

func (e *refusedError) Unwrap() error { return e.err }

// passing tells whether the same request may be answered later.
func (e *refusedError) passing() bool {
	return e.status == http.StatusTooManyRequests || e.status >= http.StatusInternalServerError
}

// refused says in words why a server did not take a request.
func (d callDesk) refused(status int, text []byte) error {
	var said struct {
		Error    string             `json:"error"`
		Problems []outbound.Problem `json:"problems"`
	}
	_ = json.Unmarshal(text, &said) // what is none has no words
	switch {
	case status == http.StatusUnauthorized:
		if d.token == "" {
			return fmt.Errorf("%s: a token is needed: set %s to one of a dialler, or name its file with --token-file", d.base, tokenEnv)
		}
		return fmt.Errorf("%s: the server does not know the token; check %s, or --token-file", d.base, tokenEnv)
	case status == http.StatusForbidden && said.Error != "":
		return fmt.Errorf("%s: %s", d.base, said.Error)
	case status == http.StatusNotFound && said.Error == "":
		return fmt.Errorf("%s makes no calls: its configuration has no section dial", d.base)
	case len(said.Problems) > 0:
		err := &outbound.InvalidError{Problems: said.Problems}
		return fmt.Errorf("%s: %w", said.Error, err)
	case status >= http.StatusInternalServerError && said.Error != "":
		return fmt.Errorf("%s answers with HTTP %d: %s", d.base, status, said.Error)
	case said.Error != "":
		return errors.New(said.Error)
	}
	return fmt.Errorf("%s answers with HTTP %d", d.base, status)
}

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
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"callflow/cmd/callflow/config"
	"callflow/engine/runner/outbound"
)

// tokenEnv is where a token for the API stands in the environment.
const tokenEnv = "CALLFLOW_TOKEN"

// The pace at which dial asks how a call gets on, and how long a server may be away
// meanwhile.
const (
	dialEvery    = time.Second
	dialPatience = 30 * time.Second
	dialTimeout  = 15 * time.Second
)

// dialOrder is a command line of dial.
type dialOrder struct {
	order            outbound.Order
	with             []string
	machine          string
	attempts         int
	busy, unanswered time.Duration
	at               string
	key, server      string
	tokenFile        string
	detach           bool
}

func newDial(c *Command) *cobra.Command {
	var d dialOrder
	cmd := &cobra.Command{
		Use:   "dial NUMBER [CONFIG|FOLDER]",
		Short: "Call somebody with a flow",
		Long: `Orders a call from the server that runs a configuration, waits for it, and prints how
it gets on. The server's section dial says who is called, when, and what it may cost;
its platform makes the call, and whoever answers meets the flow.

Ctrl-C stops waiting; the call goes on. The same --key orders the same call: once,
however often the command is run.

The server is asked at its server.listen, or at --server. Where its API has tokens, one
of a dialler stands in ` + tokenEnv + `, or in the file of --token-file.

Exit status: 0 when the call was answered and is over, 1 when it was not.`,
		Example: `  callflow dial +61412345678 --flow reminder --with name=Maria
  callflow dial +61412345678 --flow reminder --machine leave_message --message message
  callflow dial +61412345678 /etc/callflow.yaml --flow reminder --attempts 3 --busy 5m --no-answer 30m --detach`,
	}
	f := cmd.Flags()
	f.StringVar(&d.order.Flow, "flow", "", "the `FLOW`; left out, the only one")
	f.StringArrayVar(&d.with, "with", nil, "a value of one of the flow's variables, as `NAME=VALUE`; several times")
	f.StringVar(&d.order.From, "from", "", "the `NUMBER` of yours to show; left out, dial.from")
	f.StringVar(&d.order.Platform, "platform", "", "the `PLATFORM` that makes the call; left out, dial.platform")
	f.StringVar(&d.order.Language, "language", "", "the `LANGUAGE` in which the flow begins")
	f.StringVar(&d.machine, "machine", "", "what becomes of a call that a machine answers: hang_up, continue, leave_message; left out, nobody finds out")
	f.StringVar(&d.order.Message, "message", "", "the `STATE` of the flow that leaves a message")
	f.IntVar(&d.attempts, "attempts", 0, "how often to call; left out, dial.retry.attempts")
	f.DurationVar(&d.busy, "busy", 0, "how long after a line that was busy to call again")
	f.DurationVar(&d.unanswered, "no-answer", 0, "how long after nobody answered to call again")
	f.StringVar(&d.order.Zone, "time-zone", "", "the `PLACE` by whose clocks people may be called, such as Australia/Sydney")
	f.StringVar(&d.at, "at", "", "the `TIME` to call, such as 2026-11-23T09:00:00+11:00")
	f.StringVar(&d.key, "key", "", "a `WORD` that names the order: the same is the same call")
	f.StringVar(&d.server, "server", "", "the `URL` of the server; left out, the configuration's server.listen")
	f.StringVar(&d.tokenFile, "token-file", "", "a `FILE` with the token for the API")
	f.BoolVar(&d.detach, "detach", false, "do not wait: print the call's id")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 || len(args) > 2 {
			return usagef("name the number to call, and perhaps a configuration; see %q", cmd.CommandPath()+" --help")
		}
		d.order.To = args[0]
		desk, err := d.desk(c, args[1:])
		if err != nil {
			return err
		}
		if err := d.complete(); err != nil {
			return err
		}
		return c.dial(cmd.Context(), desk, d)
	}
	return cmd
}

// complete makes the order of the flags.
func (d *dialOrder) complete() error {
	d.order.Machine = outbound.Machine(d.machine)
	for _, pair := range d.with {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return usagef("--with: found %q, expected NAME=VALUE", pair)
		}
		if d.order.With == nil {
			d.order.With = map[string]any{}
		}
		d.order.With[name] = value
	}
	if d.attempts > 0 || d.busy > 0 || d.unanswered > 0 {
		d.order.Retry = &outbound.Retry{Attempts: d.attempts, Busy: outbound.Wait(d.busy), NoAnswer: outbound.Wait(d.unanswered)}
	}
	if d.at != "" {
		at, err := time.Parse(time.RFC3339, d.at)
		if err != nil {
			return usagef("--at: found %q, expected a time such as 2026-11-23T09:00:00+11:00", d.at)
		}
		d.order.At = at
	}
	return nil
}

// callDesk is the API of a server.
type callDesk struct {
	base, token string
	client      *http.Client
}

// desk finds the server that the command line means.
func (d *dialOrder) desk(c *Command, args []string) (callDesk, error) {
	desk := callDesk{base: d.server, client: &http.Client{Timeout: dialTimeout}}
	desk.token, _ = c.lookup(tokenEnv)
	if d.tokenFile != "" {
		text, err := os.ReadFile(d.tokenFile)
		if err != nil {
			return desk, usagef("--token-file: %w", bare(err))
		}
		desk.token = strings.TrimSpace(string(text))
	}
	if desk.base != "" && d.order.Flow != "" && len(args) == 0 {
		return desk, checkServer(desk)
	}
	src, err := c.source(args, nil)
	if err != nil {
		return desk, err
	}
	conf, diags := config.Load(src)
	if diags.HasErrors() {
		return desk, usagef("the configuration has mistakes; see %q", "callflow config")
	}
	if desk.base == "" {
		desk.base = "http://" + reachable(conf.Listen)
	}
	if d.order.Flow == "" {
		in := open(src)
		if in.bundle == nil || len(in.bundle.Routable()) != 1 {
			return desk, usagef("--flow is missing: there are several flows")
		}
		d.order.Flow = in.bundle.Routable()[0]
	}
	return desk, checkServer(desk)
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

// ask sends one request.
func (d callDesk) ask(ctx context.Context, method, path, key string, body []byte) (v outbound.View, err error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(d.base, "/")+path, bytes.NewReader(body))
	if err != nil {
		return v, err
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
		return v, &unreachableError{d.base, err}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return v, &unreachableError{d.base, err}
	}
	if resp.StatusCode/100 == 2 {
		if err := json.Unmarshal(text, &v); err != nil {
			return v, fmt.Errorf("%s: the answer cannot be read; is it a callflow server?", d.base)
		}
		return v, nil
	}
	return v, d.refused(resp.StatusCode, text)
}

// unreachableError is a server that does not answer.
type unreachableError struct {
	base string
	err  error
}

func (e *unreachableError) Error() string {
	return fmt.Sprintf("no server answers at %s; is callflow serve running?", e.base)
}

func (e *unreachableError) Unwrap() error { return e.err }

// refused says in words why a server did not take a request.
func (d callDesk) refused(status int, text []byte) error {
	var said struct {
		Error    string             `json:"error"`
		Problems []outbound.Problem `json:"problems"`
	}
	_ = json.Unmarshal(text, &said) // what is none has no words
	switch {
	case status == http.StatusUnauthorized:
		return fmt.Errorf("%s: a token is needed: set %s to one of a dialler", d.base, tokenEnv)
	case status == http.StatusNotFound && said.Error == "":
		return fmt.Errorf("%s makes no calls: its configuration has no section dial", d.base)
	case len(said.Problems) > 0:
		err := &outbound.InvalidError{Problems: said.Problems}
		return fmt.Errorf("%s: %w", said.Error, err)
	case status >= http.StatusInternalServerError:
		return &unreachableError{d.base, fmt.Errorf("HTTP %d: %s", status, said.Error)}
	case said.Error != "":
		return errors.New(said.Error)
	}
	return fmt.Errorf("%s answers with HTTP %d", d.base, status)
}

// dial orders a call and waits for it.
func (c *Command) dial(ctx context.Context, desk callDesk, d dialOrder) error {
	body, err := json.Marshal(d.order)
	if err != nil {
		return err
	}
	v, err := desk.ask(ctx, http.MethodPost, "/api/calls", d.key, body)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.Stdout, "call %s\n", v.ID)
	if d.detach {
		return nil
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	told, heard := "", c.Now()
	for {
		if line := progress(v); line != told {
			fmt.Fprintln(c.Stdout, line)
			told = line
		}
		if v.Final {
			break
		}
		if wait(ctx, dialEvery) != nil {
			fmt.Fprintf(c.Stdout, "no longer waiting; the call goes on. How it gets on: GET /api/calls/%s\n", v.ID)
			return nil
		}
		next, err := desk.ask(ctx, http.MethodGet, "/api/calls/"+v.ID, "", nil)
		var away *unreachableError
		switch {
		case err == nil:
			v, heard = next, c.Now()
		case ctx.Err() != nil: // the next wait says so
		case errors.As(err, &away) && c.Now().Sub(heard) < dialPatience: // it may be starting anew
		default:
			return err
		}
	}
	if v.Status != outbound.Done {
		return errShown
	}
	return nil
}

// progress is a line about how a call gets on.
func progress(v outbound.View) string {
	line := string(v.Status)
	if v.Status == outbound.Queued && !v.Next.IsZero() {
		line += " until " + v.Next.Local().Format("2006-01-02 15:04:05")
	}
	if n := len(v.Attempts); n > 1 {
		line += fmt.Sprintf(" (attempt %d)", n)
	}
	if v.Reason != "" {
		line += ": " + v.Reason
	}
	return line
}

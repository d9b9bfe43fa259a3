package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"callflow/engine/runner/outbound"
)

// How often dial asks how a call gets on, how seldom at most where the server is asked too
// much, and how long a server may be away meanwhile.
const (
	dialEvery    = time.Second
	dialSlowest  = 30 * time.Second
	dialPatience = 30 * time.Second
	dialTimeout  = 15 * time.Second
)

// dialOrder is a command line of dial.
type dialOrder struct {
	order     outbound.Order
	with      []string
	machine   string
	retry     dialRetry
	at, until string
	key       string
	detach    bool
	api       deskFlags
}

func newDial(c *Command) *cobra.Command {
	var d dialOrder
	cmd := &cobra.Command{
		Use:   "dial NUMBER [CONFIG|FOLDER]",
		Short: "Call somebody with a flow",
		Long: `Orders a call from the server that runs a configuration, waits for it, and prints how
it gets on. The server's section dial says who is called, when, and what it may cost;
its platform makes the call, and whoever answers meets the flow.

A token may ask 5 times a second, and 20 times at once: where many commands run beside
each other, they wait for their turn, each for two minutes at most.

Ctrl-C stops waiting, and the call stays ordered: "callflow dial cancel" takes it back.
The same --key orders the same call: once, however often the command is run.

Whoever is not reached is called again, --attempts times in all: so long after a line
that was busy, after nobody answered, after a call that did not come about, or after a
machine ended it. What the flags leave out is as dial.retry says; 0s is never. A number
that is none, or that rejects calls, is not called again.

The server is asked at its server.listen, or at --server. Where its API has tokens, one
of a dialler stands in ` + tokenEnv + `, or in the file of --token-file.

Exit status: 0 when the call was answered and is over, 1 when it was not, or when nobody
waited for that; with --detach, 0 when it was ordered.`,
		Example: `  callflow dial +61412345678 --flow reminder --with name=Maria
  callflow dial +61412345678 --flow reminder --machine leave_message --message message
  callflow dial +61412345678 --flow reminder --machine hang_up --after-machine 2h --attempts 2
  callflow dial +61412345678 /etc/callflow.yaml --flow reminder --attempts 3 --busy 5m --no-answer 30m --detach`,
	}
	cmd.AddCommand(newDialList(c), newDialCancel(c))
	f := cmd.Flags()
	f.StringVar(&d.order.Flow, "flow", "", "the `FLOW`; left out, the only one")
	f.StringArrayVar(&d.with, "with", nil, "a value of one of the flow's variables, as `NAME=VALUE`; several times")
	f.StringVar(&d.order.From, "from", "", "the `NUMBER` of yours to show; left out, dial.from")
	f.StringVar(&d.order.Platform, "platform", "", "the `PLATFORM` that makes the call; left out, dial.platform")
	f.StringVar(&d.order.Language, "language", "", "the `LANGUAGE` in which the flow begins")
	f.StringVar(&d.machine, "machine", "", "what becomes of a call that a machine answers: hang_up, continue, leave_message; left out, nobody finds out")
	f.StringVar(&d.order.Message, "message", "", "the `STATE` of the flow that leaves a message")
	d.retry.add(f)
	f.StringVar(&d.order.Zone, "time-zone", "", "the `PLACE` by whose clocks people may be called, such as Australia/Sydney")
	f.StringVar(&d.at, "at", "", "the `TIME` to call, such as 2026-11-23T09:00:00+11:00")
	f.StringVar(&d.until, "until", "", "the `TIME` from which on it is too late; left out, a day later")
	f.StringVar(&d.key, "key", "", "a `WORD` that names the order: the same is the same call")
	d.api.flags(cmd)
	f.BoolVar(&d.detach, "detach", false, "do not wait: print the call's id")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 || len(args) > 2 {
			return usagef("name the number to call, and perhaps a configuration; see %q", cmd.CommandPath()+" --help")
		}
		d.order.To = args[0]
		if err := d.complete(c, args[1:]); err != nil {
			return err
		}
		desk, err := d.api.open(c, args[1:])
		if err != nil {
			return err
		}
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return c.dial(ctx, desk, d)
	}
	return cmd
}

// complete makes the order of the flags.
func (d *dialOrder) complete(c *Command, args []string) error {
	if d.order.Flow == "" {
		if err := d.onlyFlow(c, args); err != nil {
			return err
		}
	}
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
	var err error
	if d.order.Retry, err = d.retry.given(); err != nil {
		return err
	}
	for _, t := range []struct {
		flag, text string
		into       *time.Time
	}{{"--at", d.at, &d.order.At}, {"--until", d.until, &d.order.Until}} {
		if t.text == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, t.text)
		if err != nil {
			return usagef("%s: found %q, expected a time such as 2026-11-23T09:00:00+11:00", t.flag, t.text)
		}
		*t.into = at
	}
	return nil
}

// onlyFlow finds the flow of a configuration that has one.
func (d *dialOrder) onlyFlow(c *Command, args []string) error {
	src, err := c.source(args, nil)
	if err != nil {
		return err
	}
	in := open(src)
	switch {
	case in.bundle == nil:
		return usagef("--flow is missing, and the configuration's flows have mistakes; see %q", "callflow check")
	case len(in.bundle.Routable()) != 1:
		return usagef("--flow is missing: expected one of %s", strings.Join(in.bundle.Routable(), ", "))
	}
	d.order.Flow = in.bundle.Routable()[0]
	return nil
}

// dial orders a call and waits for it, until ctx ends.
func (c *Command) dial(ctx context.Context, desk callDesk, d dialOrder) error {
	body, err := json.Marshal(d.order)
	if err != nil {
		return err
	}
	v, err := desk.ask(ctx, http.MethodPost, "/api/calls", d.key, body)
	var away *unreachableError
	switch {
	case errors.As(err, &away) && ctx.Err() != nil:
		return errors.New(`interrupted before the server has answered: the call may be ordered; "callflow dial list" shows it then`)
	case err != nil:
		return err
	}
	fmt.Fprintf(c.Stdout, "call %s\n", v.ID)
	if d.detach {
		return nil
	}
	id := v.ID
	var refused *refusedError
	switch v, err = c.follow(ctx, desk, v); {
	case errors.As(err, &refused) && refused.status == http.StatusNotFound: // it has lost its store
		return fmt.Errorf("call %s was ordered, and the server does not know it any more: %w; what is ordered, callflow dial list shows", id, err)
	case err != nil:
		return fmt.Errorf("%w\nno longer waiting; %s", err, staysOrdered(id))
	case !v.Final:
		fmt.Fprintf(c.Stdout, "no longer waiting; %s\n", staysOrdered(id))
		return errShown
	case v.Status != outbound.Done:
		return errShown
	}
	return nil
}

// staysOrdered tells whoever stops waiting what becomes of the call.
func staysOrdered(id string) string {
	return "the call stays ordered. To see how it gets on, callflow dial list; to take it back, callflow dial cancel " + id
}

// follow tells how a call gets on until it is over, or nobody wants to know any more. A
// server that answers, and be it that it cannot tell now, is asked again.
func (c *Command) follow(ctx context.Context, desk callDesk, v outbound.View) (outbound.View, error) {
	told, heard, every := "", c.Now(), dialEvery
	for {
		if line := progress(v); line != told {
			fmt.Fprintln(c.Stdout, line)
			told = line
		}
		if v.Final || wait(ctx, spread(every, desk.jitter)) != nil {
			return v, nil
		}
		var (
			next    outbound.View
			away    *unreachableError
			refused *refusedError
		)
		later, err := desk.attempt(ctx, http.MethodGet, "/api/calls/"+v.ID, "", nil, &next)
		if later > 0 {
			every = min(max(2*every, later), dialSlowest)
		}
		switch {
		case err == nil:
			v, heard = next, c.Now()
		case ctx.Err() != nil: // the next wait says so
		case errors.As(err, &refused) && refused.passing():
			heard = c.Now()
		case errors.As(err, &away) && c.Now().Sub(heard) < every+dialPatience: // it may be starting anew
		default:
			return v, err
		}
	}
}

// progress is a line about how a call gets on.
func progress(v outbound.View) string {
	line := string(v.Status)
	if v.Status == outbound.Queued && v.Next.After(v.Created) && v.Reason != outbound.WaitsForTurn {
		line += " until " + v.Next.Local().Format("2006-01-02 15:04:05")
	}
	if n := len(v.Attempts); n > 1 {
		line += fmt.Sprintf(" (attempt %d)", n)
	}
	if v.Last && !v.Final {
		line += ", and is not tried again"
	}
	if v.Reason != "" {
		line += ": " + v.Reason
	}
	return line
}

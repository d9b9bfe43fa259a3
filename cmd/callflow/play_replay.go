package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/server/capture"
)

// replayed is what --format json prints of a call that was recorded.
type replayed struct {
	Platform   string         `json:"platform"`
	Hooks      []replayedHook `json:"hooks"`
	Recorded   int            `json:"recorded"`
	Difference string         `json:"difference,omitempty"`
	Error      string         `json:"error,omitempty"`
}

type replayedHook struct {
	Path     string            `json:"path"`
	Status   int               `json:"status"`
	Same     bool              `json:"same"`
	Commands []replayedCommand `json:"commands,omitempty"`
}

// replayedCommand is one that the server sent to the platform's API, and how that
// answered.
type replayedCommand struct {
	Path   string `json:"path"`
	Status int    `json:"status"`
	Same   bool   `json:"same"`
}

// playTimeout is how long an answer may take.
const playTimeout = 20 * time.Second

// replay plays a recorded call, and compares the answers with those it had.
func (c *Command) replay(ctx context.Context, l loadTest, file string, args []string, standins string, f format) error {
	base, err := url.Parse(l.url)
	switch {
	case l.url == "":
	case len(args) > 0 || standins != "":
		return usagef("--url: the server there has its own configuration; leave out --url to play the call here, or else %s", cmp.Or(strings.Join(args, " "), "--standins"))
	case err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "":
		return usagef("--url: found %q, expected where the server is, such as http://127.0.0.1:8080", l.url)
	}
	in, err := os.Open(file)
	if err != nil {
		return usagef("--replay: %s: %w", file, bare(err))
	}
	defer in.Close()
	recorded, err := capture.Read(in)
	if err != nil {
		return usagef("--replay: %s: %w", file, err)
	}
	if len(recorded) == 0 {
		return usagef("--replay: %s has no call in it", file)
	}
	r := capture.Replay{URL: l.url, Client: &http.Client{
		Timeout:       playTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if l.url == "" {
		if l.secretEnv != "" {
			return usagef("--secret-env: a call that is played here is not signed; it is for --url")
		}
		if standins == "" { // which say otherwise than the recording
			r.Outcomes = capture.NewOutcomes(recorded)
		}
		here, err := c.stage(args, recorded[0].Platform, recorded[0].Experiment, standins, r.Outcomes)
		if err != nil {
			return err
		}
		defer here.done()
		defer func() {
			for _, missing := range here.stage.Missing() {
				fmt.Fprintf(c.Stderr, "callflow: %s\n", missing)
			}
		}()
		r.URL, r.Client.Transport, r.API = stageURL, within{here}, here.api
	}
	// As long as the recorded one, of characters that every platform has in its ids.
	r.ID = newCallID(len(recorded[0].Call))
	if l.secretEnv != "" {
		header, ok := map[string]string{"jambonz": "Jambonz-Signature", "generic": "Callflow-Signature"}[recorded[0].Platform]
		if !ok {
			return usagef("--secret-env: hooks of %s are replayed unsigned: let the server take them with --platforms-%s-unsigned", recorded[0].Platform, recorded[0].Platform)
		}
		secret, ok := c.lookup(l.secretEnv)
		if !ok || secret == "" {
			return usagef("--secret-env: the environment variable %s is not set", l.secretEnv)
		}
		r.Sign = func(req *http.Request, body []byte) {
			req.Header.Set(header, telephony.Sign(engine.NewSecret(secret), c.Now(), body))
		}
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	commands := slices.ContainsFunc(recorded, func(e capture.Exchange) bool { return len(e.Commands) > 0 })
	if l.url != "" {
		closed, err := c.listenAPI(ctx, recorded[0].Platform, commands, l.api, func(key engine.Secret) http.Handler {
			r.API = capture.NewAPI(key)
			return r.API
		})
		if err != nil {
			return err
		}
		defer closed()
	}
	report := replayed{Platform: recorded[0].Platform, Hooks: []replayedHook{}, Recorded: len(recorded)}
	played, failed := r.Play(ctx, recorded)
	for _, p := range played {
		hook := replayedHook{Path: pathOnly(p.Exchange.Request.URL), Status: p.Status, Same: p.Difference == "" || len(p.Commands) > 0}
		for _, c := range p.Commands {
			hook.Commands = append(hook.Commands, replayedCommand{pathOnly(c.Command.Path), c.Command.Status, c.Difference == ""})
		}
		report.Hooks = append(report.Hooks, hook)
		report.Difference = p.Difference
	}
	if failed != nil {
		report.Error = reason(failed)
	}
	if f == "json" {
		err = writeJSON(c.Stdout, report)
	} else {
		p := &page{w: c.Stdout, color: c.colorful(c.Stdout), width: widthOf(c.Stdout)}
		err = p.replayed(&report)
	}
	if err != nil {
		return err
	}
	if report.Difference != "" || report.Error != "" {
		return errShown
	}
	return nil
}

func (p *page) replayed(r *replayed) error {
	verdict := func(same bool, other string) string {
		if same {
			return "the same"
		}
		return p.paint(alarm, other)
	}
	commands := 0
	for _, h := range r.Hooks {
		p.print("%s  %d  %s\n", harmless(h.Path), h.Status, verdict(h.Same, "another answer"))
		for _, c := range h.Commands {
			p.print("  %s  %d  %s\n", harmless(c.Path), c.Status, verdict(c.Same, "another command"))
		}
		commands += len(h.Commands)
	}
	switch {
	case r.Error != "":
		p.print("\n%s\n", p.paint(alarm, harmless(r.Error)))
	case r.Difference != "":
		var lines []string
		for line := range strings.SplitSeq(r.Difference, "\n") {
			lines = append(lines, harmless(line))
		}
		p.print("\n%s\n", strings.Join(lines, "\n"))
	case commands > 0:
		p.print("\n%s, all answered as recorded, with %s as recorded\n", plural(len(r.Hooks), "webhook"), plural(commands, "command"))
	default:
		p.print("\n%s, all answered as recorded\n", plural(len(r.Hooks), "webhook"))
	}
	return p.err
}

// newCallID is a call's id of a length.
func newCallID(length int) string {
	id := ""
	for len(id) < length {
		id += runID()
	}
	return id[:length]
}

package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/time/rate"

	"callflow/engine"
	"callflow/flows"
	"callflow/flows/flowtest"
	"callflow/providers/telephony/player"
)

// platformPlayer plays a call as one platform does.
type platformPlayer struct {
	name string
	play func(context.Context, player.Options) player.Result
	// commands: the server tells it by commands what to do. signs: it signs by a key of
	// which the server has the public half.
	commands, signs bool
}

func platformPlayers() []platformPlayer {
	return []platformPlayer{
		{name: "generic", play: player.Generic},
		{name: "jambonz", play: player.Jambonz},
		{name: "twilio", play: player.Twilio},
		{name: "vonage", play: player.Vonage},
		{name: "tropo", play: player.Tropo},
		{name: "sinch", play: player.Sinch},
		{name: "eightx8", play: player.EightX8},
		{name: "plivo", play: player.Plivo},
		{name: "signalwire", play: player.SignalWire},
		{name: "telnyx", play: player.Telnyx, commands: true, signs: true},
		{name: "texml", play: player.TeXML, signs: true},
	}
}

// loadTest is what the flags of load say.
type loadTest struct {
	url, platform, flow, secretEnv string
	script                         string
	calls, concurrency             int
	duration                       time.Duration // instead of calls
	rate                           float64
	from, to                       string
	dials                          []string
	stdin                          bool
	masked                         []int // moves
	api                            platformAPI
}

// maxLoad bounds --duration: every hook is counted until the end.
const maxLoad = 24 * time.Hour

func newLoad(c *Command) *cobra.Command {
	var l loadTest
	cmd := &cobra.Command{
		Use:   "load",
		Short: "Play many whole calls at a server, as a platform does",
		Long: `Plays whole calls at a server, as a platform does: it posts signed webhooks,
carries out the documents that come back, answers questions from a script, follows
redirects and tells of the end of each call. Prompts take no time, and nobody waits
for silence: this is about the server.

` + flowtest.ScriptHelp + `

--url is where the server is; the hooks of the platform are under it. The secret
that signs is taken from an environment variable, never from the command line.

` + apiHelp + `

A call "ended early" when the flow hung up before the script was used up: the rest of
it came to no question.

Exit status: 0 every call was played to its end, 1 some were not, or all of them ended
early, 2 the command line is wrong.`,
		Example: `  callflow load --url http://127.0.0.1:8080 --platform jambonz --flow authzero \
      --dtmf '12345# 1234 1 9' --calls 1000 --concurrency 20
  callflow load --url https://ivr.example.com --platform generic --secret-env GENERIC_SECRET \
      --to +61255500100 --dtmf '1 00042 1' --duration 1m --rate 10 --format json`,
		Args: noArgs,
	}
	format := formatFlag(cmd)
	f := cmd.Flags()
	f.StringVar(&l.url, "url", "", "the server's `URL` (required)")
	f.StringVar(&l.platform, "platform", "generic", "whom to play: "+strings.Join(playerNames(), ", "))
	f.StringVar(&l.flow, "flow", "", "the `FLOW` to call; left out, the called number chooses it")
	f.StringVar(&l.secretEnv, "secret-env", "", "the environment variable `NAME` that has the secret; left out, nothing is signed")
	f.StringVar(&l.script, "dtmf", "", "what each caller does, as a `SCRIPT`")
	f.IntVar(&l.calls, "calls", 100, "how many calls to play")
	f.DurationVar(&l.duration, "duration", 0, "how long calls begin, instead of --calls: those that run then are played to their end")
	f.IntVar(&l.concurrency, "concurrency", 10, "how many at the same time, at most")
	f.Float64Var(&l.rate, "rate", 0, "how many begin in a second, at most; 0: as many as can")
	f.StringVar(&l.from, "from", "+15550100", "the callers' `NUMBER`")
	f.StringVar(&l.to, "to", "+15550199", "the `NUMBER` that is called")
	f.StringSliceVar(&l.dials, "dial", nil, "how transfers end, in the platform's words, in order")
	l.api.flags(f)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := format.check(); err != nil {
			return err
		}
		if l.duration != 0 {
			if f.Changed("calls") {
				return usagef("--calls and --duration are both given: one of them says when it is enough")
			}
			if l.duration < 0 || l.duration > maxLoad {
				return usagef("--duration takes a length of time up to %s, such as 30s or 5m", maxLoad)
			}
			l.calls = math.MaxInt32
		}
		return c.load(cmd.Context(), l, *format)
	}
	return cmd
}

func (c *Command) load(ctx context.Context, l loadTest, f format) error {
	play, options, err := c.loadOptions(l)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	closed, err := c.openAPI(ctx, play, l.api, &options)
	if err != nil {
		return err
	}
	defer closed()
	report := c.playAll(ctx, l, play, options)
	if f == "json" {
		err = writeJSON(c.Stdout, report)
	} else {
		err = report.print(c.Stdout)
	}
	if err != nil {
		return err
	}
	if report.unreached != nil {
		return noServer(l.url, report.unreached)
	}
	if report.Calls.Played < report.Calls.Wanted || report.Calls.Played == 0 || report.Calls.Refused+report.Calls.Broken > 0 || report.allEarly() {
		return errShown
	}
	return nil
}

// loadOptions checks the flags, and makes of them what every call has in common.
func (c *Command) loadOptions(l loadTest) (platformPlayer, player.Options, error) {
	fail := func(format string, args ...any) (platformPlayer, player.Options, error) {
		return platformPlayer{}, player.Options{}, usagef(format, args...)
	}
	players := platformPlayers()
	var names []string
	for _, p := range players {
		names = append(names, p.name)
	}
	i := slices.Index(names, l.platform)
	if i < 0 {
		hint := ""
		if s := flows.Suggest(l.platform, names); s != "" {
			hint = "; " + s
		}
		return fail("--platform: found %q, expected %s%s", l.platform, strings.Join(names, " or "), hint)
	}
	base, err := url.Parse(l.url)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return fail("--url: found %q, expected where the server is, such as http://127.0.0.1:8080", l.url)
	}
	if l.calls < 1 || l.concurrency < 1 || l.rate < 0 {
		return fail("--calls and --concurrency take numbers from 1 on, --rate none below 0")
	}
	script, err := moves(l.script)
	if err != nil {
		return fail("--dtmf: %w", err)
	}
	root := strings.TrimRight(base.String(), "/") + "/v1/" + l.platform
	o := player.Options{
		URL:       root + "/calls",
		StatusURL: root + "/status",
		Call:      player.Call{Account: "load", From: l.from, To: l.to},
		Script:    script,
		Dials:     l.dials,
		Now:       c.Now,
		Wait:      wait,
		Client: &http.Client{
			Transport: &http.Transport{
				MaxIdleConns:        l.concurrency,
				MaxIdleConnsPerHost: l.concurrency,
				IdleConnTimeout:     time.Minute,
			},
			// A platform follows no redirect, and a redirect would carry keys elsewhere.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	if l.flow != "" {
		o.URL += "/" + url.PathEscape(l.flow)
	}
	if l.secretEnv != "" {
		secret, ok := c.lookup(l.secretEnv)
		if !ok || secret == "" {
			return fail("--secret-env: the environment variable %s is not set", l.secretEnv)
		}
		o.Secret = engine.NewSecret(secret)
		if players[i].signs {
			fmt.Fprintf(c.Stderr, "callflow: signed for the public key %s\n", player.TelnyxPublicKey(o.Secret))
		}
	}
	return players[i], o, nil
}

// wait lets time pass.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// playAll plays all calls and counts.
func (c *Command) playAll(ctx context.Context, l loadTest, p platformPlayer, o player.Options) *loadReport {
	var (
		tally   = newTally()
		workers sync.WaitGroup
		calls   = make(chan int)
		begun   = c.Now()
		limit   = rate.NewLimiter(rate.Inf, 1)
		run     = runID()
	)
	if l.rate > 0 {
		limit = rate.NewLimiter(rate.Limit(l.rate), 1)
	}
	for range min(l.concurrency, l.calls) {
		workers.Go(func() {
			for n := range calls {
				mine := o
				mine.Call.ID = fmt.Sprintf("load-%s-%d", run, n)
				mine.Observe = tally.exchange
				tally.call(p.play(ctx, mine))
			}
		})
	}
	beginning, enough := ctx, func() {}
	if l.duration > 0 {
		beginning, enough = context.WithTimeout(ctx, l.duration)
	}
	handed := 0
	for n := range l.calls {
		if limit.Wait(beginning) != nil || beginning.Err() != nil {
			break
		}
		select {
		case calls <- n:
			handed++
			continue
		case <-beginning.Done():
		}
		break
	}
	enough()
	close(calls)
	workers.Wait()
	o.Client.CloseIdleConnections()
	wanted := l.calls
	if l.duration > 0 {
		wanted = handed
	}
	return tally.report(wanted, c.Now().Sub(begun), ctx.Err() != nil)
}

// runID keeps the calls of one run apart from those of another: a call's id is
// never used twice.
func runID() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// reason is an error as it is counted: without what differs from call to call.
func reason(err error) string {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	switch {
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	}
	return err.Error()
}

package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"go.uber.org/zap"

	"callflow/engine/runner"
	"callflow/flows"
	"callflow/providers/phone"
	"callflow/providers/telephony"
	"callflow/server/capture"
)

// Runner takes turns. It is a *runner.Runner.
type Runner interface {
	Start(context.Context, runner.Start) (runner.Reply, runner.Outcome, error)
	Turn(context.Context, runner.Hook) (runner.Reply, runner.Outcome, error)
	Aside(context.Context, runner.Hook) (runner.Reply, error)
	Part(context.Context, runner.Hook, int) error
	Notice(context.Context, runner.Notice) error
	Run(context.Context)
	Close(context.Context) error
}

// Deps is what a Server needs. Runner, Codecs, Flows, Ping and PublicURL are
// required; the rest have defaults.
type Deps struct {
	Runner Runner
	Codecs []telephony.Codec
	// Commander delivers what platforms are told that take nothing from an answer; nil:
	// there is none among them.
	Commander runner.Commander
	// Flows are the names of the flows that are live.
	Flows func() []string
	// Numbers say which flow answers a called number. Region is that of numbers
	// without their country's code.
	Numbers []Number
	Region  phone.Region
	// Flow answers calls to numbers that Numbers has not got; "": nobody does, and
	// the caller is told so.
	Flow string
	// Language is what callers are spoken to in where nothing else is known.
	Language string
	// Media are the media folders of flows, by the flow's name.
	Media map[string]fs.FS
	// Audio are the recordings that flows play, as verbs name them: FLOW/FILE.
	Audio map[string]*flows.Audio
	// Lookup lets agents look up whose a number is; nil: nobody can.
	Lookup *Lookup
	// Metrics are read by whoever may, as Lookup says; nil: nobody does.
	Metrics *Metrics
	// Calls lets programs have calls made; nil: nobody can.
	Calls *Calls
	// Inboxes are what an identity provider posts to.
	Inboxes []Inbox
	// Capture keeps calls as fixtures; nil: none.
	Capture *capture.Recorder
	// Ping fails while the store cannot be used.
	Ping func(context.Context) error
	// From are the networks that a platform's hooks come from, by its name; one that
	// is not there: from anywhere. An IPv4 network is not written as an IPv6 one.
	From map[string][]netip.Prefix
	// Proxies are in front of the server: from their networks, X-Forwarded-For says
	// where a hook comes from.
	Proxies []netip.Prefix
	// PublicURL is how platforms reach the server: "https://ivr.example.com".
	PublicURL string

	Log    *zap.Logger
	Now    func() time.Time
	Limits Limits
}

// Limits bound what a stranger can cost. Zero values get the defaults.
type Limits struct {
	Body       int64         // 64 KiB: longer ones are refused
	ReadHeader time.Duration // 5s
	Read       time.Duration // 10s: of a whole request
	Write      time.Duration // 30s: from its head to the end of the answer
	Idle       time.Duration // 2m: of a connection that is kept
	// Linger is how long the server still accepts calls after it has stopped saying
	// that it is ready, so that whoever balances load can take notice. Zero: it
	// stops accepting at once.
	Linger time.Duration
	// Drain bounds how long running turns, and then effects that callers were
	// promised, may take once the server is told to stop: 25s.
	Drain time.Duration
}

func (l *Limits) complete() {
	if l.Body <= 0 {
		l.Body = 64 << 10
	}
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&l.ReadHeader, 5 * time.Second},
		{&l.Read, 10 * time.Second},
		{&l.Write, 30 * time.Second},
		{&l.Idle, 2 * time.Minute},
		{&l.Drain, 25 * time.Second},
	} {
		if *d.value <= 0 {
			*d.value = d.standard
		}
	}
}

// complete checks what is required and fills in the rest.
func (d *Deps) complete() (*url.URL, error) {
	var missing []string
	for _, need := range []struct {
		name string
		set  bool
	}{
		{"Runner", d.Runner != nil}, {"Codecs", len(d.Codecs) > 0}, {"Flows", d.Flows != nil}, {"Ping", d.Ping != nil},
	} {
		if !need.set {
			missing = append(missing, need.name)
		}
	}
	if len(missing) > 0 {
		return nil, errors.New("server: missing " + strings.Join(missing, ", "))
	}
	d.PublicURL = strings.TrimRight(d.PublicURL, "/")
	public, err := url.Parse(d.PublicURL)
	if err != nil || public.Scheme != "http" && public.Scheme != "https" || public.Host == "" || public.RawQuery != "" || public.Fragment != "" {
		return nil, fmt.Errorf("server: the public URL is %q, expected one such as https://ivr.example.com", d.PublicURL)
	}
	if d.Log == nil {
		d.Log = zap.NewNop()
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Language == "" {
		d.Language = "en"
	}
	d.Limits.complete()
	return public, nil
}

package main

import (
	"cmp"
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"callflow/cmd/callflow/config"
	"callflow/engine"
	"callflow/engine/runner"
	"callflow/flows/flowtest"
	"callflow/providers"
	"callflow/providers/identity/directory"
	"callflow/providers/telephony"
	"callflow/providers/telephony/sender"
	"callflow/server"
	"callflow/server/capture"
)

// stageURL is where the flows of a stage are, for nobody but the recorded call.
const stageURL = "http://stage.invalid"

// staged is a server in this process that listens nowhere, on which one recorded call is
// played. Of a configuration it has the flows, the words and how the platform is set up;
// sign-ins, codes and services are stand-ins, and nothing leaves the process.
type staged struct {
	*server.Server
	stage *flowtest.Stage
	// api takes the commands of a platform that takes them.
	api  *capture.API
	done func()
}

// stageKey is what commands are sent with; nobody but the stage's own API hears it.
const stageKey = "stage"

// stage opens a server for a recorded call: of a platform, to a flow. Where outcomes are
// known, they are those of the stand-ins; nil: none are.
func (c *Command) stage(args []string, platform, flow, standins string, outcomes *capture.Outcomes) (*staged, error) {
	src, err := c.source(args, nil)
	if err != nil {
		return nil, err
	}
	in := open(src)
	if in.bundle == nil || in.bundle.Flows[flow] == nil {
		if err := c.showProblems(in); err != nil {
			return nil, err
		}
		return nil, usagef("--replay: the call is one of the flow %q, which the configuration has not", flow)
	}
	codec, err := in.openUnsigned(platform)
	if err != nil {
		return nil, err
	}
	file := in.bundle.Files[flow]
	beside, err := c.openStandins(cmp.Or(standins, filepath.Join(filepath.Dir(file), standinsFile)), standins != "")
	if err != nil {
		return nil, err
	}
	who, err := in.somebody(file, beside)
	if err != nil {
		return nil, err
	}
	if beside == nil {
		beside = &flowtest.Given{}
	}
	beside.Users = nil // their PINs are not in a recording
	world := &standIns{outcomes: outcomes, stage: flowtest.NewStage(anybody{who}, beside), code: engine.NewSecret(cmp.Or(beside.Code, flowtest.UsualCode))}
	api := capture.NewAPI(engine.NewSecret(stageKey))
	commander := sender.New([]telephony.Codec{codec}, within{api})
	store, err := openStore(config.Store{Name: "memory"})
	if err != nil {
		return nil, err
	}
	run, err := runner.New(runner.Deps{
		Catalog: programs{in.bundle, in.options}, Store: store, Sealer: runner.Unsealed(),
		Authenticator: world, Services: world, Codes: world, Finder: world, Tolls: letThrough{in.config.Calls.Limits.Longest}, Commander: commander, Now: c.Now,
	})
	if err != nil {
		return nil, err
	}
	media, closeMedia, err := in.media()
	if err != nil {
		return nil, err
	}
	ended := inBackground(run.Run) // a call that nobody hears of any more is ended too
	done := func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = ended()
		_ = run.Close(ctx) // what is left of the call is nobody's
		_ = closeMedia()
	}
	srv, err := server.New(server.Deps{
		Runner: run, Codecs: []telephony.Codec{codec}, Commander: commander, Flows: in.bundle.Routable, Flow: flow, Region: in.config.Region,
		Language: in.bundle.Flows[flow].Spec().Languages[0], Media: media, Audio: in.bundle.Audio,
		Ping: func(context.Context) error { return nil }, PublicURL: stageURL, Log: zap.NewNop(), Now: c.Now,
	})
	if err != nil {
		done()
		return nil, err
	}
	return &staged{srv, world.stage, api, done}, nil
}

// letThrough lets every call through that a flow has made, for in a recording the numbers
// were replaced; none is to last longer than the configuration lets it.
type letThrough struct{ longest time.Duration }

// Dial lets a transfer begin.
func (l letThrough) Dial(_ context.Context, c runner.Dialling) (runner.Passage, error) {
	limit := l.longest
	if c.Limit > 0 {
		limit = min(limit, c.Limit)
	}
	return runner.Passage{To: c.To, Limit: limit}, nil
}

// Ended has nothing to give back.
func (letThrough) Ended(context.Context, runner.Dialling) error { return nil }

// CallBack lets a call back be promised.
func (letThrough) CallBack(context.Context, runner.Dialling) (runner.Passage, error) {
	return runner.Passage{}, nil
}

// within sends requests to a handler of this process.
type within struct{ http.Handler }

// RoundTrip has the handler answer a request.
func (h within) RoundTrip(r *http.Request) (*http.Response, error) {
	inner := r.Clone(r.Context())
	inner.RequestURI, inner.RemoteAddr = r.URL.RequestURI(), "127.0.0.1:1"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, inner)
	return w.Result(), nil
}

// openUnsigned opens a platform as it is set up, for hooks that nobody has signed.
func (in *installation) openUnsigned(platform string) (telephony.Codec, error) {
	entries := providers.Telephony()
	i := slices.IndexFunc(entries, func(e providers.Entry[telephony.Codec]) bool { return e.Name == platform })
	if i < 0 {
		return nil, usagef("--replay: the call is of the platform %q, which there is not", platform)
	}
	var section providers.Section
	for _, a := range in.config.Platforms {
		if a.Name == platform {
			section = a.Section
		}
	}
	section = section.With("unsigned", "yes")
	for _, s := range entries[i].Settings {
		switch {
		case s.Kind == providers.Secrets:
			section = section.With(s.Name)
		case s.Required:
			section = section.With(s.Name, stageKey)
		}
	}
	return entries[i].Open(section)
}

// somebody is who is signed in: the first user of the stand-ins, of the configuration or
// beside the flow, whose account the stand-ins of services know. Without one it is nobody.
func (in *installation) somebody(flow string, beside *flowtest.Given) (engine.Principal, error) {
	if beside != nil && len(beside.Users) > 0 {
		return beside.Users[0].Principal(), nil
	}
	users, ok := in.identity.(*directory.Directory)
	if file := filepath.Join(filepath.Dir(flow), usersFile); !ok && exists(file) {
		var err error
		if users, err = directory.Open(file); err != nil {
			return engine.Principal{}, usageError{err}
		}
	}
	if users == nil || len(users.Users()) == 0 {
		return engine.Principal{}, nil
	}
	return users.Users()[0].Principal(), nil
}

// anybody is signed in as somebody, whatever they entered: in a recording it was replaced.
type anybody struct{ who engine.Principal }

// Authenticate signs in as somebody, or where there is nobody under the account entered.
func (a anybody) Authenticate(_ context.Context, e engine.Authenticate) (engine.SignedIn, error) {
	who := a.who
	if who.Account == "" {
		who = engine.Principal{Account: e.Account, ID: e.Account, Greeting: e.Account}
	}
	return engine.SignedIn{Result: engine.SignInAuthenticated, Principal: who}, nil
}

// standIns answer effects as they were answered when the call was recorded, and those that
// the recording does not know as a stage does: its answers take the time that they are
// given.
type standIns struct {
	outcomes *capture.Outcomes
	mu       sync.Mutex
	stage    *flowtest.Stage
	code     engine.Secret
}

// recorded is the result that an effect had, else that of a stage.
func recorded[T engine.Event](ctx context.Context, s *standIns, e engine.Effect, ask func() (T, time.Duration)) (T, error) {
	result, known, err := s.outcomes.Next(ctx, e)
	if answer, ok := result.(T); known && (ok || err != nil) {
		return answer, err
	}
	return answerOf(ctx, s, ask)
}

// answerOf asks the stage, and waits as long as the answer takes.
func answerOf[T any](ctx context.Context, s *standIns, ask func() (T, time.Duration)) (T, error) {
	s.mu.Lock()
	answer, took := ask()
	s.mu.Unlock()
	if took > 0 {
		if err := wait(ctx, took); err != nil {
			return answer, err
		}
	}
	return answer, nil
}

// Authenticate signs in as given, else anybody.
func (s *standIns) Authenticate(ctx context.Context, e engine.Authenticate) (engine.SignedIn, error) {
	return recorded(ctx, s, e, func() (engine.SignedIn, time.Duration) { return s.stage.Authenticate(ctx, e) })
}

// SendCode sends nothing.
func (s *standIns) SendCode(ctx context.Context, e engine.SendCode) (engine.CodeSent, error) {
	return recorded(ctx, s, e, func() (engine.CodeSent, time.Duration) {
		sent, _, took := s.stage.SendCode(ctx, e)
		return sent, took
	})
}

// SentCode is that it was sent, of a code of which nobody knows.
func (s *standIns) SentCode(engine.SendCode) engine.CodeSent {
	return engine.CodeSent{Result: engine.CodeSentUnavailable}
}

// CheckCode checks as given; else any code is right, for in a recording it was replaced.
func (s *standIns) CheckCode(ctx context.Context, e engine.CheckCode) (engine.CodeChecked, error) {
	e.Code = s.code
	return recorded(ctx, s, e, func() (engine.CodeChecked, time.Duration) { return s.stage.CheckCode(ctx, e) })
}

// Identify finds whom it is given.
func (s *standIns) Identify(ctx context.Context, e engine.Identify) (engine.Identified, error) {
	return recorded(ctx, s, e, func() (engine.Identified, time.Duration) { return s.stage.Identify(ctx, e) })
}

// Request answers as given.
func (s *standIns) Request(ctx context.Context, r engine.Request) (engine.Answered, error) {
	return recorded(ctx, s, r, func() (engine.Answered, time.Duration) { return s.stage.Request(ctx, r) })
}

// Action answers as given.
func (s *standIns) Action(ctx context.Context, a engine.Action) (engine.Answered, bool, error) {
	answer, err := recorded(ctx, s, a, func() (engine.Answered, time.Duration) { return s.stage.Action(ctx, a) })
	return answer, true, err
}

// Idempotent is true, for stand-ins know a key again, but for an action of which nobody
// knew what became of it.
func (s *standIns) Idempotent(service string) bool {
	return !s.outcomes.Doubtful(service) && s.stage.Idempotent(service)
}

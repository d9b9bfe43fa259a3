package flowtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
)

// Stage is a World of stand-ins. It serves one call and is not safe for
// concurrent use.
type Stage struct {
	layers []*Given
	behind runner.Authenticator
	slow   map[string]time.Duration
	broken map[string]bool
	used   map[*Standin]int
	// done are actions that were taken, by their key: sent again, they get the
	// same answer and change nothing.
	done    map[string]engine.Answered
	missing []string
	signIns int // that were asked for
	codes   codes
}

// NewStage makes a world of what is given: of several layers, the first that
// has an answer gives it. Sign-ins that no layer has users for go to behind; nil
// makes them unavailable.
func NewStage(behind runner.Authenticator, layers ...*Given) *Stage {
	layers = slices.DeleteFunc(slices.Clone(layers), func(g *Given) bool { return g == nil })
	return &Stage{
		layers: layers, behind: behind,
		slow: map[string]time.Duration{}, broken: map[string]bool{},
		used: map[*Standin]int{}, done: map[string]engine.Answered{},
	}
}

// SignInName stands for sign-ins where a service is named.
const SignInName = "sign_in"

// Slow delays every answer of a service, or of sign-ins.
func (s *Stage) Slow(service string, by time.Duration) { s.slow[service] = by }

// Break makes a service, or sign-ins, give no answer at all.
func (s *Stage) Break(service string) { s.broken[service] = true }

// Missing are the requests, in order, that nothing was given for.
func (s *Stage) Missing() []string { return s.missing }

// Records are the ends of recordings that are given.
func (s *Stage) Records() []engine.RecordResult {
	for _, g := range s.layers {
		if g.Records != nil {
			return g.Records
		}
	}
	return nil
}

// Queues are what becomes of those who wait in a queue, as given.
func (s *Stage) Queues() []QueueEnd {
	for _, g := range s.layers {
		if g.Queues != nil {
			return g.Queues
		}
	}
	return nil
}

// KeysOnly tells that the platform is given as one that does not listen.
func (s *Stage) KeysOnly() bool {
	return slices.ContainsFunc(s.layers, func(g *Given) bool { return g.KeysOnly })
}

// Dials are the ends of transfers that are given.
func (s *Stage) Dials() []engine.DialResult {
	for _, g := range s.layers {
		if g.Dials != nil {
			return g.Dials
		}
	}
	return nil
}

// Authenticate signs in as given, else with the first users there are.
func (s *Stage) Authenticate(ctx context.Context, a engine.Authenticate) (engine.SignedIn, time.Duration) {
	took := s.slow[SignInName]
	if s.broken[SignInName] {
		return engine.SignedIn{Result: engine.SignInUnavailable}, took
	}
	if in := s.nextSignIn(); in != nil {
		took += in.Delay
		if in.Result != "" {
			signed := engine.SignedIn{Result: in.Result}
			if in.Result == engine.SignInChallenge {
				signed.Pending = engine.NewSecret(handleUser + a.Account)
			}
			return signed, took
		}
	}
	for _, g := range s.layers {
		if g.Users != nil {
			return signIn(g.Users, a), took
		}
	}
	if s.behind == nil {
		s.lack("nobody can sign in: no users are given, here or in a users.yaml beside the flow")
		return engine.SignedIn{Result: engine.SignInUnavailable}, took
	}
	in, err := s.behind.Authenticate(ctx, a)
	if err != nil {
		in = engine.SignedIn{Result: engine.SignInUnavailable}
	}
	return in, took
}

// nextSignIn is the answer that is given for this sign-in, or nil.
func (s *Stage) nextSignIn() *SignInStandin {
	for _, g := range s.layers {
		if g.SignIn == nil {
			continue
		}
		n := s.signIns
		s.signIns++
		for i := range g.SignIn {
			if in := &g.SignIn[i]; in.Times == 0 || n < in.Times {
				return in
			}
			n -= g.SignIn[i].Times
		}
		return nil
	}
	return nil
}

func signIn(users []User, a engine.Authenticate) engine.SignedIn {
	i := slices.IndexFunc(users, func(u User) bool { return u.Account == a.Account })
	switch {
	case i < 0 || !users[i].PIN.Equal(a.PIN):
		return engine.SignedIn{Result: engine.SignInDenied}
	case users[i].Locked:
		return engine.SignedIn{Result: engine.SignInLocked}
	}
	u := users[i]
	if u.Factor {
		return engine.SignedIn{Result: engine.SignInChallenge, Pending: engine.NewSecret(handleUser + u.Account)}
	}
	return engine.SignedIn{Result: engine.SignInAuthenticated, Principal: u.Principal()}
}

// Request answers a request.
func (s *Stage) Request(_ context.Context, r engine.Request) (engine.Answered, time.Duration) {
	return s.answer(r.Fetch, false)
}

// Action answers an action. One that was taken before is not taken again.
func (s *Stage) Action(_ context.Context, a engine.Action) (engine.Answered, time.Duration) {
	if answer, again := s.done[a.Key]; again {
		return answer, 0
	}
	answer, took := s.answer(a.Fetch, true)
	if answer.Result == engine.AnswerDone {
		s.done[a.Key] = answer
	}
	return answer, took
}

// Idempotent is true: stand-ins know a key again.
func (s *Stage) Idempotent(string) bool { return true }

func (s *Stage) answer(f engine.Fetch, action bool) (engine.Answered, time.Duration) {
	failed := engine.Answered{Result: engine.AnswerError}
	if action {
		failed.Result = engine.AnswerPending
	}
	took := s.slow[f.Service]
	if s.broken[f.Service] {
		failed.Detail = "no connection"
		return failed, took
	}
	in := s.find(f)
	if in == nil {
		what := fmt.Sprintf("nothing is given for %s %s of service %q", f.Method, f.Path, f.Service)
		s.lack(what + "; say in a standins.yaml beside the flow, or in a test, what it answers")
		failed.Detail = "nothing is given for it"
		return failed, took
	}
	s.used[in]++
	took += in.Delay
	limit := f.Timeout
	if limit > 0 && took > limit {
		failed.Detail = "timed out after " + limit.String()
		return failed, limit
	}
	if in.Fail {
		failed.Detail = "no connection"
		return failed, took
	}
	if in.Lost {
		failed.Detail = "the connection broke"
		if action {
			failed.Result = engine.AnswerUnknown
		}
		return failed, took
	}
	verdict := runner.Judge(in.Status)
	answer := engine.Answered{Result: verdict.Request, Detail: fmt.Sprintf("HTTP %d", in.Status)}
	if action {
		answer.Result = verdict.Action
	}
	if answer.Result == engine.AnswerOK || answer.Result == engine.AnswerDone {
		answer.Body = in.Body
	}
	return answer, took
}

// find is the first stand-in for a request that still answers.
func (s *Stage) find(f engine.Fetch) *Standin {
	for _, g := range s.layers {
		list := g.Services[f.Service]
		for i := range list {
			in := &list[i]
			if in.matches(f.Method, f.Path) && (in.Times == 0 || s.used[in] < in.Times) {
				return in
			}
		}
	}
	return nil
}

func (s *Stage) lack(what string) {
	if !slices.Contains(s.missing, what) {
		s.missing = append(s.missing, what)
	}
}

// matches tells whether a stand-in is for a request.
func (in *Standin) matches(method, path string) bool {
	if in.Method != method {
		return false
	}
	if !strings.Contains(in.Path, "?") {
		path, _, _ = strings.Cut(path, "?")
	}
	want, got := strings.Split(in.Path, "/"), strings.Split(path, "/")
	return slices.EqualFunc(want, got, func(w, g string) bool { return w == "*" || w == g })
}

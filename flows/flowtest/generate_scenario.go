package flowtest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"callflow/engine"
)

// write makes a scenario of the way to and through a trial, and keeps it when it
// passes and covers what is new.
func (g *generator) write(e *edge, news []goal) error {
	return g.keep(g.scenario(e), e, news)
}

// keep completes a scenario of a trial, and keeps it when it passes and covers what
// is new.
func (g *generator) keep(s *Scenario, e *edge, news []goal) error {
	s.Name = g.name(news)
	length := 0
	for _, step := range s.Steps {
		length += len(step.Moves)
	}
	if err := g.expect(s, e); err != nil {
		return err
	}
	result, err := s.Run(g.ctx, g.program, s.World(nil, nil))
	if err != nil {
		return err
	}
	if result.Failure != nil {
		return nil // the way there is not the same when it is written down
	}
	found := map[goal]bool{}
	for _, goal := range g.goals(result.Transcript.Entries) {
		found[goal] = true
	}
	if !slices.ContainsFunc(news, func(n goal) bool { return found[n] && !g.covered[n] }) {
		return nil
	}
	for goal := range found {
		g.covered[goal] = true
	}
	g.take(result.Transcript.Entries)
	g.names[s.Name] = true
	g.tests = append(g.tests, &generatedTest{s, length})
	return nil
}

// scenario is a call along the way to a trial and through it.
func (g *generator) scenario(last *edge) *Scenario {
	var way []*edge
	for e := last; e != nil; e = e.from.edge {
		way = append(way, e)
	}
	slices.Reverse(way)
	s := &Scenario{Call: last.from.Call, At: last.from.at}
	var before Script
	var answers []gave
	var signs []signed
	var identified identity
	for i, e := range way {
		answers = append(answers, e.world.gave...)
		signs = append(signs, e.world.signed...)
		identified.add(e.world.identity)
		s.Given.Dials = append(s.Given.Dials, e.dials...)
		s.Given.Records = append(s.Given.Records, e.records...)
		s.Given.Queues = append(s.Given.Queues, e.queues...)
		if i < len(way)-1 {
			before = append(before, e.moves...)
		}
	}
	s.Given.Services = arranged(answers)
	s.Given.SignIn, s.Given.Users = signedIn(signs)
	identified.give(&s.Given)
	if len(before) > 0 {
		s.Steps = append(s.Steps, Step{Word: stepPress, Moves: before})
	}
	if moves := last.moves; len(moves) > 0 {
		step := Step{Word: stepPress, Moves: moves}
		switch {
		case len(moves) == 1 && moves[0].Hangup && moves[0].Keys.Len() == 0:
			step.Word = stepHangup
		case len(moves) == 1 && moves[0].Say.Len() > 0:
			step.Word = stepSay
		case !slices.ContainsFunc(moves, func(m Move) bool { return !m.silent() }):
			step.Word = stepSilence
		}
		s.Steps = append(s.Steps, step)
	}
	return s
}

// arranged are answers in the order in which they were given: each as often as it
// was, and the last of each request for good.
func arranged(answers []gave) map[string][]Standin {
	if len(answers) == 0 {
		return nil
	}
	all := map[string][]Standin{}
	for _, a := range answers {
		list := all[a.service]
		last := -1
		for i := range list {
			if list[i].Method == a.Method && list[i].Path == a.Path {
				last = i
			}
		}
		if last >= 0 && alike(list[last], a.Standin) {
			list[last].Times++
			continue
		}
		in := a.Standin
		in.Times = 1
		all[a.service] = append(list, in)
	}
	for _, list := range all {
		for i := range list {
			if !slices.ContainsFunc(list[i+1:], func(o Standin) bool { return o.Method == list[i].Method && o.Path == list[i].Path }) {
				list[i].Times = 0
			}
		}
	}
	return all
}

func alike(a, b Standin) bool {
	return a.Status == b.Status && a.Fail == b.Fail && a.Lost == b.Lost && a.Delay == b.Delay && bytes.Equal(a.Body, b.Body)
}

// signedIn are the answers to sign-ins in order, and who could sign in.
func signedIn(signs []signed) ([]SignInStandin, []User) {
	var answers []SignInStandin
	var users []User
	plain := true
	for _, s := range signs {
		plain = plain && s.SignInStandin == SignInStandin{}
		if s.Result == "" && !slices.ContainsFunc(users, func(u User) bool { return u.Account == s.user.Account }) {
			users = append(users, s.user)
		}
		if n := len(answers); n > 0 && answers[n-1].Result == s.Result && answers[n-1].Delay == s.Delay {
			answers[n-1].Times++
			continue
		}
		in := s.SignInStandin
		in.Times = 1
		answers = append(answers, in)
	}
	if plain {
		return nil, users
	}
	answers[len(answers)-1].Times = 0
	return answers, users
}

// expect plays a scenario and writes down what is heard after its last move, where
// the call is then, and what was done.
func (g *generator) expect(s *Scenario, e *edge) error {
	world := s.World(nil, nil)
	r := &running{player: New(g.program, Options{World: world, Call: s.Call, At: s.At, Dials: world.Dials(), Records: world.Records(), Queues: world.Queues(), KeysOnly: world.KeysOnly()}), world: world}
	if err := r.player.Start(g.ctx); err != nil {
		return err
	}
	for i := range s.Steps {
		if failure, err := r.step(g.ctx, &s.Steps[i]); err != nil || failure != nil {
			return err
		}
	}
	// A transfer, or a recording, comes to its end only where it is the last thing that happens.
	if len(e.dials)+len(e.records)+len(e.queues) > 0 {
		if err := r.dial(g.ctx, Move{}); err != nil {
			return err
		}
	}
	state, how := r.player.session.State, r.player.how()
	q, waits := r.player.Question()
	where := Step{Word: stepAt, State: state}
	if how != Waiting {
		where = Step{Word: stepEnded, How: how}
	}
	heard := r.heard()
	switch {
	case waits && q.Busy():
		// To look where the call is would end the transfer.
		where = Step{}
	case len(e.dials)+len(e.records)+len(e.queues) > 0:
		s.Steps = append(s.Steps, where)
		where = Step{}
	}
	if heard != "" {
		s.Steps = append(s.Steps, Step{Word: stepHear, Words: []Words{{Text: heard}}})
	}
	if where.Word != "" {
		s.Steps = append(s.Steps, where)
	}
	again := slices.ContainsFunc(s.Steps, func(step Step) bool { return step.Word == stepAgain })
	for _, c := range r.calls(e, again) {
		s.Steps = append(s.Steps, Step{Word: stepCalled, Called: c})
	}
	return nil
}

// calls are the actions that a trial had done, each with how often, and where it is
// about that its requests.
func (r *running) calls(e *edge, requests bool) []*Called {
	var all []*Called
	for _, c := range e.player.t.Calls {
		if c.Key == "" && !requests || slices.ContainsFunc(all, func(o *Called) bool {
			return o.Service == c.Service && o.Method == c.Method && o.Path == pathOf(c.Path)
		}) {
			continue
		}
		called := &Called{Service: c.Service, Method: c.Method, Path: pathOf(c.Path)}
		if n, _ := r.count(called); n > 0 {
			called.Times = &n
			all = append(all, called)
		}
	}
	return all
}

// pathOf is a path without its query.
func pathOf(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return path
}

// name says what a test covers first that is new.
func (g *generator) name(news []goal) string {
	name := g.describe(news[0])
	if i := slices.IndexFunc(news, func(n goal) bool { return n.outcome != engine.OutNext && n.state != "" }); i > 0 {
		name = g.describe(news[i])
	}
	for n := 2; g.names[name]; n++ {
		again := fmt.Sprintf("%s (%d)", name, n)
		if !g.names[again] {
			name = again
		}
	}
	return name
}

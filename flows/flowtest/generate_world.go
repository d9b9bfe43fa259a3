package flowtest

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"callflow/engine"
)

// oracle is a World that answers as a plan says, and remembers what else it could
// have answered.
type oracle struct {
	g      *generator
	player *Player
	// leaving is set where the caller hangs up right behind a key: a slow answer
	// comes to nobody.
	leaving bool
	plan    []int
	chosen  []int
	points  []point
	// done are the keys of actions that were answered: sent again, they are taken.
	done   map[string]bool
	gave   []gave
	signed []signed
	identity
}

// point is an effect that could have come out otherwise.
type point struct {
	key     string
	options int
}

// gave is what a service answered.
type gave struct {
	service string
	Standin
}

// signed is how a sign-in came out.
type signed struct {
	SignInStandin
	user User
}

// choose picks an answer by the plan.
func (o *oracle) choose(options int) int {
	s := &o.player.session
	key := o.g.key(o.player)
	switch {
	case s.Phase != engine.PhaseLive || o.player.gone:
		key += "\x00gone"
	case o.leaving:
		key += "\x00leaving"
	}
	choice := 0
	if n := len(o.chosen); n < len(o.plan) {
		choice = o.plan[n]
	}
	o.chosen = append(o.chosen, choice)
	o.points = append(o.points, point{key, options})
	return choice
}

// The delays of slow answers: one that holds the caller, and one that nobody
// waits for.
const (
	slowly   = 4 * time.Second
	tooSlow  = 25 * time.Second
	greeting = "Alex"
)

// Authenticate signs in whoever asks, or does not.
func (o *oracle) Authenticate(ctx context.Context, a engine.Authenticate) (engine.SignedIn, time.Duration) {
	answers := []SignInStandin{
		{},
		{Result: engine.SignInDenied},
		{Result: engine.SignInLocked},
		{Result: engine.SignInChallenge},
		{Result: engine.SignInUnavailable},
		{Delay: slowly},
	}
	in := answers[o.choose(len(answers))]
	user := User{Account: a.Account, PIN: a.PIN, Greeting: o.g.values.text("caller.greeting", greeting)}
	o.signed = append(o.signed, signed{in, user})
	return NewStage(nil, &Given{Users: []User{user}, SignIn: []SignInStandin{in}}).Authenticate(ctx, a)
}

// Request answers in each way that a service can.
func (o *oracle) Request(ctx context.Context, r engine.Request) (engine.Answered, time.Duration) {
	answers, returns := o.good(r.Fetch)
	first := answers[0]
	answers = append(answers, Standin{Status: http.StatusNotFound}, Standin{Status: http.StatusOK, Fail: true})
	if returns {
		answers = append(answers, Standin{Status: http.StatusOK, Body: []byte("<html>")})
	}
	answers = append(answers, slow(first, r.Timeout)...)
	in := o.give(r.Fetch, answers[o.choose(len(answers))])
	return NewStage(nil, in).Request(ctx, r)
}

// Action answers in each way that a service can. One that was promised is taken
// when it is sent again.
func (o *oracle) Action(ctx context.Context, a engine.Action) (engine.Answered, time.Duration) {
	answers, _ := o.good(a.Fetch)
	first := answers[0]
	if o.done[a.Key] {
		return NewStage(nil, o.give(a.Fetch, first)).Action(ctx, a)
	}
	o.done[a.Key] = true
	answers = append(answers, Standin{Status: http.StatusUnprocessableEntity}, Standin{Status: http.StatusOK, Fail: true},
		Standin{Status: http.StatusOK, Lost: true})
	answers = append(answers, slow(first, a.Timeout)...)
	return NewStage(nil, o.give(a.Fetch, answers[o.choose(len(answers))])).Action(ctx, a)
}

// good are the answers of a service that does what it is asked, one at least, and
// whether the state reads anything of them.
func (o *oracle) good(f engine.Fetch) (answers []Standin, returns bool) {
	var fields []engine.Field
	if state, ok := o.g.program.State(o.player.session.State); ok {
		switch k := state.Kind.(type) {
		case engine.RequestState:
			fields = k.Returns
		case engine.ActionState:
			fields = k.Returns
		}
	}
	if in := o.beside(f); in != nil {
		answers = append(answers, *in)
	}
	for _, body := range o.g.values.bodies(o.player.session.State, fields) {
		answers = append(answers, Standin{Status: http.StatusOK, Body: body})
	}
	return answers, len(fields) > 0
}

// slow are answers that let the caller wait, for so long and for too long.
func slow(in Standin, timeout time.Duration) []Standin {
	patient, hopeless := in, in
	patient.Delay, hopeless.Delay = slowly, tooSlow
	if timeout > 0 && timeout <= slowly {
		return []Standin{hopeless}
	}
	return []Standin{patient, hopeless}
}

// Idempotent is true, as it is for stand-ins.
func (o *oracle) Idempotent(string) bool { return true }

// beside is what the stand-ins beside the flow answer, where they always do so.
func (o *oracle) beside(f engine.Fetch) *Standin {
	if o.g.opts.Beside == nil {
		return nil
	}
	in := NewStage(nil, o.g.opts.Beside).find(f)
	if in == nil || in.Times > 0 || in.Fail || in.Lost || in.Delay > 0 || in.Status >= 300 || in.Body != nil && !json.Valid(in.Body) {
		return nil
	}
	return in
}

// give remembers an answer and gives it to whatever asks.
func (o *oracle) give(f engine.Fetch, in Standin) *Given {
	in.Method, in.Path, in.Times = f.Method, pathOf(f.Path), 0
	o.gave = append(o.gave, gave{f.Service, in})
	return &Given{Services: map[string][]Standin{f.Service: {in}}}
}

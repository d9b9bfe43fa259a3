package flowtest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/flows"
)

// Result is what became of a scenario.
type Result struct {
	Scenario *Scenario
	// Failure is nil when all went as expected.
	Failure    *Failure
	Transcript *Transcript
}

// Failure is the first expectation that did not hold.
type Failure struct {
	Pos flows.Pos
	// Message says what was expected and what was found, in one line; Detail the
	// rest, line by line.
	Message string
	Detail  []string
}

func (f *Failure) Error() string { return f.Message }

// World is where a scenario takes place: what it has given, before what the
// stand-ins beside the flow give. Sign-ins go to users, unless the scenario
// has its own.
func (s *Scenario) World(beside *Given, users runner.Authenticator) *Stage {
	return NewStage(users, &s.Given, beside)
}

// Run plays a scenario. The error is a fault of the engine or the end of the
// context; an expectation that does not hold is a Failure.
func (s *Scenario) Run(ctx context.Context, program *engine.Program, world *Stage) (Result, error) {
	r := &running{
		player: New(program, Options{World: world, Call: s.Call, At: s.At, Dials: world.Dials(), Records: world.Records(), Queues: world.Queues(), KeysOnly: world.KeysOnly()}),
		world:  world,
	}
	err := r.player.Start(ctx)
	var failure *Failure
	for i := 0; i < len(s.Steps) && err == nil && failure == nil; i++ {
		failure, err = r.step(ctx, &s.Steps[i])
		if missing := world.Missing(); failure == nil && len(missing) > 0 {
			failure = &Failure{Pos: s.Steps[i].Pos, Message: missing[0]}
		}
	}
	for i := 0; i < len(s.Steps) && err == nil && failure == nil; i++ {
		failure = r.never(&s.Steps[i])
	}
	return Result{Scenario: s, Failure: failure, Transcript: r.player.Transcript()}, err
}

// running is a scenario while it is played.
type running struct {
	player *Player
	world  *Stage
	since  int // the entry after the caller's last move
	read   int // how much of what was heard since then has been matched
}

func (r *running) step(ctx context.Context, step *Step) (*Failure, error) {
	fail := func(detail []string, format string, args ...any) (*Failure, error) {
		return &Failure{Pos: step.Pos, Message: fmt.Sprintf(format, args...), Detail: detail}, nil
	}
	switch step.Word {
	case stepHear:
		for _, words := range step.Words {
			heard := r.heard()
			end := words.In(heard[r.read:])
			if end < 0 && r.busy() {
				// It is heard behind the transfer or the recording.
				if err := r.dial(ctx, Move{}); err != nil {
					return nil, err
				}
				heard = r.heard()
				end = words.In(heard[r.read:])
			}
			if end < 0 {
				return fail([]string{"expected " + words.String(), "heard    " + quoted(heard[r.read:])}, "this was not heard")
			}
			r.read += end
		}
	case stepPress, stepSay, stepSilence, stepHangup:
		for _, m := range step.Moves {
			if err := r.dial(ctx, m); err != nil {
				return nil, err
			}
			if _, waits := r.player.Question(); !waits {
				return fail(nil, "the caller cannot %s: the call has ended (%s, in state %q)", step.Word, r.player.how(), r.player.session.State)
			}
			if q, _ := r.player.Question(); m.Say.Len() > 0 && q.Gather != nil && q.Gather.Speech == nil && !r.player.opts.KeysOnly {
				return fail(nil, "nothing can be said in state %q: the question does not listen", q.State)
			}
			r.since, r.read = len(r.player.t.Entries), 0
			if err := r.player.Move(ctx, m); err != nil {
				return nil, err
			}
			if err := r.player.Settle(ctx); err != nil {
				return nil, err
			}
		}
	case stepAgain:
		for range step.Times {
			differs, err := r.player.Again()
			switch {
			case err != nil:
				return nil, err
			case len(differs) > 0:
				return fail(differs, "the last hook was delivered again, and got another answer")
			}
		}
		r.read = 0 // the same answer again
	default:
		if err := r.dial(ctx, Move{}); err != nil {
			return nil, err
		}
		return r.check(step), nil
	}
	return nil, nil
}

// busy tells that a transfer, a recording or waiting runs.
func (r *running) busy() bool {
	q, _ := r.player.Question()
	return q.Busy()
}

// dial lets a transfer, a recording or waiting come to its end, unless the caller hangs up in it.
func (r *running) dial(ctx context.Context, next Move) error {
	for {
		q, _ := r.player.Question()
		if !q.Busy() || next.Hangup && next.Keys.Len() == 0 {
			return nil
		}
		if err := r.player.EndBusy(ctx, false); err != nil {
			return err
		}
		if err := r.player.Settle(ctx); err != nil {
			return err
		}
	}
}

func (r *running) check(step *Step) *Failure {
	state, how := r.player.session.State, r.player.how()
	switch step.Word {
	case stepAt:
		if state != step.State {
			return &Failure{Pos: step.Pos, Message: fmt.Sprintf("the call is in state %q, expected %q", state, step.State)}
		}
	case stepMilestone:
		if reached := r.player.session.Milestones; !contains(reached, step.Name) {
			found := "none"
			if len(reached) > 0 {
				found = strings.Join(reached, ", ")
			}
			return &Failure{Pos: step.Pos, Message: fmt.Sprintf("the call has not reached the milestone %q", step.Name), Detail: []string{"reached  " + found}}
		}
	case stepEnded:
		switch {
		case how == Waiting:
			return &Failure{Pos: step.Pos, Message: fmt.Sprintf("the call has not ended: it waits in state %q", state)}
		case how != step.How:
			return &Failure{Pos: step.Pos, Message: fmt.Sprintf("the call ended by %q in state %q, expected %q", how, state, step.How)}
		}
	case stepCalled:
		return r.called(step)
	case stepNever, stepNeverHear:
		return r.never(step)
	case stepWhispered:
		return r.whispered(step)
	case stepPlayed:
		return r.played(step)
	}
	return nil
}

// heard is what the caller has heard since the last move, in one line.
func (r *running) heard() string { return heardIn(r.player.t.Entries[r.since:]) }

func heardIn(entries []Entry) string {
	var words []string
	for _, e := range entries {
		if (e.Kind == Heard || e.Kind == Held) && !e.Cut {
			words = append(words, strings.Fields(e.Text)...)
		}
	}
	return strings.Join(words, " ")
}

// played compares the recordings that were played since the last move.
func (r *running) played(step *Step) *Failure {
	var all []string
	for _, e := range r.player.t.Entries[r.since:] {
		if e.Kind == Heard && !e.Cut {
			all = append(all, e.Audio...)
		}
	}
	rest := all
	for _, want := range step.Texts {
		i := slices.Index(rest, want)
		if i < 0 {
			played := "nothing"
			if len(all) > 0 {
				played = strings.Join(all, ", ")
			}
			return &Failure{Pos: step.Pos, Message: "this was not played", Detail: []string{"expected " + want, "played   " + played}}
		}
		rest = rest[i+1:]
	}
	return nil
}

// whispered compares what those heard who took a transfer.
func (r *running) whispered(step *Step) *Failure {
	var words []string
	for _, e := range r.player.t.Entries {
		if e.Kind == Whispered {
			words = append(words, strings.Fields(e.Text)...)
		}
	}
	all := strings.Join(words, " ")
	for _, want := range step.Words {
		if want.In(all) < 0 {
			return &Failure{Pos: step.Pos, Message: "this was not whispered to whoever took the call", Detail: []string{"expected " + want.String(), "heard    " + quoted(all)}}
		}
	}
	return nil
}

// called compares what services got with what was expected.
func (r *running) called(step *Step) *Failure {
	want := step.Called
	n, others := r.count(want)
	switch {
	case want.Times == nil && n > 0, want.Times != nil && n == *want.Times:
		return nil
	case want.Times == nil:
		return &Failure{Pos: step.Pos, Message: fmt.Sprintf("the service %q was not called so", want.Service), Detail: append([]string{"expected " + want.describe()}, others...)}
	}
	return &Failure{Pos: step.Pos, Message: fmt.Sprintf("the service %q was called so %s, expected %s", want.Service, times(n), times(*want.Times)), Detail: append([]string{"namely   " + want.describe()}, others...)}
}

// count is how often a service was called so, and what else it got. An action
// that was sent again under its key counts once.
func (r *running) count(want *Called) (n int, others []string) {
	seen := map[string]bool{}
	for _, c := range r.player.t.Calls {
		if c.Service != want.Service {
			continue
		}
		if want.Matches(c) {
			if c.Key == "" || !seen[c.Key] {
				n++
			}
			seen[c.Key] = true
			continue
		}
		others = append(others, "it got   "+strings.TrimSpace(c.Method+" "+c.Path+" "+string(c.Body)))
	}
	return n, others
}

// Matches tells whether a call of a service is one that is meant.
func (c *Called) Matches(got ServiceCall) bool {
	return c.Service == got.Service &&
		(c.Method == "" || (&Standin{Method: c.Method, Path: c.Path}).matches(got.Method, got.Path)) &&
		(c.Body == nil || holds(c.Body, got.Body))
}

func times(n int) string {
	switch n {
	case 0:
		return "never"
	case 1:
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func (c *Called) describe() string {
	text := strings.TrimSpace(c.Method + " " + c.Path + " " + string(c.Body))
	if text == "" {
		return "any request"
	}
	return text
}

// holds tells whether got has everything that want has.
func holds(want, got []byte) bool {
	var w, g any
	if json.Unmarshal(want, &w) != nil || json.Unmarshal(got, &g) != nil {
		return false
	}
	return within(w, g)
}

func within(want, got any) bool {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return false
		}
		for name, v := range w {
			found, ok := g[name]
			if !ok || !within(v, found) {
				return false
			}
		}
		return true
	case []any:
		g, ok := got.([]any)
		return ok && slices.EqualFunc(w, g, within)
	}
	return want == got
}

func quoted(text string) string {
	if text == "" {
		return "nothing"
	}
	return fmt.Sprintf("%q", text)
}

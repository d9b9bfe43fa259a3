package flowtest

import (
	"slices"
	"strings"
	"testing"

	"callflow/engine"
	"callflow/flows"
)

const repeatedFlow = `callflow: 1
flow: repeated
start: code
states:
  code:
    collect: { prompt: Code., digits: 2, nomatch: That is no code., pattern: "[1-4]+", attempts: 2, secret: true }
    next: { match: check, exhausted: bye }
  check:
    authenticate: { account: "7", pin: "${code}", attempts: 2, retry: code, sorry: Wrong. }
    next: { authenticated: file, denied: bye, locked: bye, unavailable: bye }
  file:
    action: { service: desk, post: /files, body: { who: "${caller.account}" } }
    next: { done: agent, rejected: bye, pending: bye }
  agent: { transfer: { to: "+15550100" }, next: { completed: thanks, busy: thanks, no_answer: thanks, failed: bye } }
  thanks: { hangup: { say: Filed. } }
  bye: { hangup: { say: Goodbye. } }
`

func repeated(t *testing.T) *engine.Program {
	t.Helper()
	program, diags := flows.CompileSource("repeated.yaml", []byte(repeatedFlow), flows.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return program
}

// A hook that is delivered again changes nothing: no attempt counts, nobody signs in
// again, no action is sent, and the same words are the answer; wherever the call is.
func TestAgain(t *testing.T) {
	t.Parallel()
	const given = "given: { users: [{ account: \"7\", pin: \"12\" }], services: { desk: { post: /files, status: 201, delay: 4s } } }"
	for _, c := range []struct{ name, steps string }{
		{"the first hook", "[{ again: 3 }, { hear: Code. }, { press: 12 }, { again: true }, { at: thanks }]"},
		{"no attempt is counted", "[{ press: 99 }, { hear: That is no code. }, { again: 5 }, { hear: That is no code. Code. }, { at: code }, { silence: 1 }, { again: 2 }, { ended: hangup }]"},
		{"nobody signs in again", "[{ press: 34 }, { hear: Wrong. }, { again: 5 }, { hear: Wrong. }, { press: 12 }, { at: thanks }]"},
		{"the action is done once", "[{ press: 12 }, { again: 4 }, { called: { service: desk, post: /files, times: 1 } }, { at: thanks }]"},
		{"a transfer goes on", "[{ press: 12 }, { again: true }, { hangup: true }, { ended: caller }]"},
		{"behind a transfer", "[{ press: 12 }, { hear: Filed. }, { again: true }, { hear: Filed. }, { ended: hangup }]"},
		{"behind a hang-up", "[{ press: 12x }, { again: 2 }, { called: { service: desk, times: 1 } }, { ended: caller }]"},
		{"keys pressed ahead are not pressed again", "[{ press: 9912 }, { again: true }, { hear: That is no code. }, { at: code }]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			suite, diags := ParseSuite("t.yaml", []byte("tests:\n  - name: a\n    "+given+"\n    steps: "+c.steps+"\n"))
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			test := suite.Tests[0]
			result, err := test.Run(t.Context(), repeated(t), test.World(nil, nil))
			if err != nil || result.Failure != nil {
				t.Fatalf("%v, %+v", err, result.Failure)
			}
			if n := len(result.Transcript.SignIns); n > 2 {
				t.Errorf("%d sign-ins", n)
			}
			if !slices.ContainsFunc(result.Transcript.Entries, func(e Entry) bool { return e.Kind == Again }) {
				t.Error("the transcript does not tell of it")
			}
		})
	}
}

// An engine that answered the same hook in two ways would be found out, thing by thing.
func TestAgainTellsAnotherAnswer(t *testing.T) {
	t.Parallel()
	program := repeated(t)
	for _, c := range []struct {
		name   string
		change func(*engine.Turn)
		want   string
	}{
		{"the state", func(turn *engine.Turn) { turn.Session.State = "bye" }, "state: first bye, then code"},
		{"the words", func(turn *engine.Turn) { turn.Verbs = []engine.Verb{engine.Say{Text: "Hello."}} }, `heard: first "Hello.", then "That is no code. Code."`},
		{"an effect", func(turn *engine.Turn) { turn.Await = engine.Authenticate{} }, "asked of the world: first Authenticate, then nothing"},
		{"an attempt", func(turn *engine.Turn) { turn.Session.Entry.NoMatch++ }, "what the call remembers is not the same"},
	} {
		p := New(program, Options{World: NewStage(nil)})
		if differs, err := p.Again(); err != ErrOver { //nolint:errorlint // the very same
			t.Errorf("%s: before the call: %v, %v", c.name, differs, err)
		}
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := p.Move(t.Context(), Move{Keys: engine.NewSecret("99")}); err != nil {
			t.Fatal(err)
		}
		c.change(&p.last[len(p.last)-1].turn)
		if differs, err := p.Again(); err != nil || strings.Join(differs, "; ") != c.want {
			t.Errorf("%s: %q, %v; expected %q", c.name, differs, err, c.want)
		}
	}
}

func TestAgainIsWritten(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"true", "7"} {
		src := "tests:\n  - name: a\n    steps:\n      - again: " + text + "\n"
		suite, diags := ParseSuite("t.yaml", []byte(src))
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		var b strings.Builder
		if err := WriteTests(&b, suite.Tests, 2); err != nil || "tests:\n"+b.String() != src {
			t.Errorf("%v: %s", err, b.String())
		}
	}
	for _, text := range []string{"false", "0", "101", "twice", ""} {
		_, diags := ParseSuite("t.yaml", []byte("tests: [{ name: a, steps: [{ again: \""+text+"\" }] }]\n"))
		if !diags.HasErrors() {
			t.Errorf("again: %q passes", text)
		}
	}
}

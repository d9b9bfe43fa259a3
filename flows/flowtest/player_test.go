package flowtest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"callflow/engine"
	"callflow/flows"
	"callflow/flows/flowtest"

	"pgregory.net/rapid"
)

// compile compiles a flow that must be right.
func compile(t testing.TB, file string, src []byte) *engine.Program {
	t.Helper()
	program, diags := flows.CompileSource(file, src, flows.Options{})
	if program == nil {
		for _, d := range diags {
			t.Log(d)
		}
		t.Fatalf("%s does not compile", file)
	}
	return program
}

func example(t testing.TB, name string) *engine.Program {
	t.Helper()
	file := "../../examples/" + name + "/flow.yaml"
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return compile(t, file, src)
}

func given(t testing.TB, src string) *flowtest.Given {
	t.Helper()
	g, diags := flowtest.ParseStandins("given.yaml", []byte(src))
	for _, d := range diags {
		t.Error(d)
	}
	return g
}

// play plays a script.
func play(t testing.TB, program *engine.Program, opts flowtest.Options, script string) *flowtest.Transcript {
	t.Helper()
	s, err := flowtest.ParseScript(script)
	if err != nil {
		t.Fatal(err)
	}
	p := flowtest.New(program, opts)
	if err := p.Play(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	return p.Transcript()
}

const bankWorld = `
users:
  - { account: "12345", pin: "1234", greeting: Maria }
  - { account: "1234567890", pin: "1234", greeting: Ben }
services:
  bank:
    - { get: /accounts/12345/balance, body: { amount: 250.75, currency: AUD } }
`

// said is everything of some kinds, as "second text".
func said(transcript *flowtest.Transcript, kinds ...flowtest.Kind) []string {
	var all []string
	for _, e := range transcript.Entries {
		if slices.Contains(kinds, e.Kind) {
			text := fmt.Sprintf("%.1f %s", e.At.Seconds(), e.Text)
			if e.Cut {
				text += " (cut)"
			}
			if e.Dropped {
				text += " (dropped)"
			}
			all = append(all, strings.TrimSpace(text))
		}
	}
	return all
}

func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nexpected\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// questions is a flow with a question of every temper.
const questions = `
callflow: 1
flow: questions
start: notice
globals: { "0": help }
defaults: { timeout: 4s, inter_digit_timeout: 2s }
states:
  notice:
    say: { text: This call is recorded., barge_in: false }
    next: greeting
  greeting:
    say: Hello there.
    next: code
  code:
    collect: { prompt: Your code., digits: 2-6, max_duration: 1s }
    next: stubborn
  stubborn:
    menu: { prompt: Listen to this first., options: { 1: fresh, 11: done }, barge_in: false }
  fresh:
    menu: { prompt: Now press 1., options: { 1: done }, flush: true }
  help:
    say: This is the help.
    next: fresh
  done:
    hangup: { say: Bye. }
`

func TestClocks(t *testing.T) {
	t.Parallel()
	program := compile(t, "questions.yaml", []byte(questions))
	for _, c := range []struct {
		name, script string
		want         []string
	}{
		{
			"an entry ends by its terminator", "12# 11",
			[]string{"0.0 This call is recorded.", "1.6 Hello there. Your code.", "4.3 12#", "4.3 Listen to this first.", "6.8 11", "6.8 Bye."},
		},
		{
			"an entry ends by the time between keys, or all its time", "12 1. 1",
			[]string{
				"0.0 This call is recorded.", "1.6 Hello there. Your code.", "4.1 12", "4.7 Listen to this first.",
				"7.0 1", "9.0 Now press 1.", "10.9 1", "10.9 Bye.",
			},
		},
		{
			"silence", "- 12# - -",
			[]string{
				"0.0 This call is recorded.", "1.6 Hello there. Your code.", "7.2 (silence)",
				"7.2 Sorry, I did not hear anything. Your code.", "11.5 12#", "11.5 Listen to this first.",
				"17.1 (silence)", "17.1 Sorry, I did not hear anything. Listen to this first.",
				"25.1 (silence)", "25.1 I still have not heard anything. Listen to this first.",
			},
		},
		{
			"keys cut prompts off, where they may", "+12#1",
			[]string{
				"0.0 This call is recorded.", "1.6 Hello there. Your code. (cut)", "2.7 12#", "2.7 Listen to this first.",
				"4.5 1", "6.5 Now press 1.",
			},
		},
		{
			"keys pressed ahead are dropped where the flow says so", "12#01 1",
			[]string{
				"0.0 This call is recorded.", "1.6 Hello there. Your code.", "4.3 12#", "4.3 Listen to this first.", "6.1 0",
				"6.1 * (dropped)", "6.1 This is the help. Now press 1.", "9.6 1", "9.6 Bye.",
			},
		},
		{
			"a key that is valid everywhere", "12# 0 1",
			[]string{"0.0 This call is recorded.", "1.6 Hello there. Your code.", "4.3 12#", "4.3 Listen to this first.", "6.6 0", "6.6 This is the help. Now press 1.", "10.1 1", "10.1 Bye."},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			transcript := play(t, program, flowtest.Options{World: flowtest.NewStage(nil)}, c.script)
			for i, e := range transcript.Entries {
				if e.Kind == flowtest.Silence {
					transcript.Entries[i].Text = "(silence)"
				}
			}
			equal(t, "heard and pressed", said(transcript, flowtest.Heard, flowtest.Pressed, flowtest.Silence), c.want)
		})
	}
}

const agent = `
callflow: 1
flow: agent
start: agent
states:
  agent:
    transfer: { to: "+15550100", say: Connecting you now., timeout: 20s }
    next: { completed: thanks, busy: later, no_answer: agent, failed: later }
    max_visits: 3
  later:
    menu: { prompt: Press 1 to try again., options: { 1: agent } }
  thanks: { hangup: { say: Thank you. } }
`

func TestTransfers(t *testing.T) {
	t.Parallel()
	program := compile(t, "agent.yaml", []byte(agent))
	for _, c := range []struct {
		name, script string
		dials        []engine.DialResult
		how          flowtest.How
		want         []string
	}{
		{"completed", "", nil, flowtest.ByFlow, []string{"31.2 +15550100: completed"}},
		{"busy, then completed", "1", []engine.DialResult{engine.DialBusy, engine.DialCompleted}, flowtest.ByFlow, []string{"3.2 +15550100: busy", "37.1 +15550100: completed"}},
		{"no answer, until the end", "", []engine.DialResult{engine.DialNoAnswer}, flowtest.ByGoodbye, []string{"21.2 +15550100: no answer", "42.4 +15550100: no answer", "63.6 +15550100: no answer"}},
		{"failed", "", []engine.DialResult{engine.DialFailed}, flowtest.Waiting, []string{"3.2 +15550100: failed"}},
		{"hung up in conversation", "x", nil, flowtest.ByCaller, []string{"31.2 +15550100: completed"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			transcript := play(t, program, flowtest.Options{World: flowtest.NewStage(nil), Dials: c.dials}, c.script)
			equal(t, "transfers", said(transcript, flowtest.Dialled), c.want)
			if transcript.End.How != c.how {
				t.Errorf("ended by %s, expected %s", transcript.End.How, c.how)
			}
		})
	}
}

// TestHangupHandler runs a flow's own end after the caller has gone.
func TestHangupHandler(t *testing.T) {
	t.Parallel()
	program := compile(t, "gone.yaml", []byte(`
callflow: 1
flow: gone
start: ask
on_hangup: tell
states:
  ask:
    menu: { prompt: Press 1., options: { 1: done } }
  tell:
    action: { service: office, post: /gone, body: { who: "${call.from}" } }
    next: { done: done, rejected: done, pending: done }
  done:
    hangup: { say: Bye. }
`))
	world := flowtest.NewStage(nil, given(t, "services: { office: [{ post: /gone, status: 500, times: 1 }, { post: /gone, delay: 4s }] }"))
	transcript := play(t, program, flowtest.Options{World: world, Call: engine.Call{From: "+6591110000"}}, "x")
	if transcript.End.How != flowtest.ByCaller || transcript.Unused != 0 || len(transcript.Promised) != 0 {
		t.Errorf("%+v, promised %v", transcript.End, transcript.Promised)
	}
	if len(transcript.Calls) != 2 || transcript.Calls[0].Key != transcript.Calls[1].Key || string(transcript.Calls[1].Body) != `{"who":"+6591110000"}` {
		t.Errorf("%+v", transcript.Calls)
	}
	equal(t, "heard", said(transcript, flowtest.Heard), []string{"0.0 Press 1."})
}

// TestOrder holds actions back while an earlier one is not delivered.
func TestOrder(t *testing.T) {
	t.Parallel()
	program := compile(t, "orders.yaml", []byte(`
callflow: 1
flow: orders
start: first
states:
  first:
    action: { service: office, post: /first }
    next: { done: done, rejected: later, pending: second }
  second:
    action: { service: office, post: /second }
    next: { done: both, rejected: later, pending: later }
  both:
    hangup: { say: Both. }
  done:
    hangup: { say: Done. }
  later:
    hangup: { say: Later. }
`))
	world := flowtest.NewStage(nil, given(t, "services: { office: [{ post: /first, fail: true, times: 2 }, { post: /first }, { post: /second }] }"))
	transcript := play(t, program, flowtest.Options{World: world}, "")
	var paths []string
	for _, c := range transcript.Calls {
		paths = append(paths, c.Path+" "+string(c.Result))
	}
	equal(t, "sent", paths, []string{"/first pending", "/first pending", "/first done", "/second done"})
}

// TestOver refuses moves in a call that waits for nothing.
func TestOver(t *testing.T) {
	t.Parallel()
	p := flowtest.New(example(t, "herd"), flowtest.Options{World: flowtest.NewStage(nil)})
	do := func(what string, want error, f func() error) {
		t.Helper()
		if err := f(); !errors.Is(err, want) {
			t.Errorf("%s: %v, expected %v", what, err, want)
		}
	}
	ctx := t.Context()
	press := func() error { return p.Press(ctx, "1") }
	do("press before the call", flowtest.ErrOver, press)
	do("start", nil, func() error { return p.Start(ctx) })
	do("press", nil, press)
	do("hang up", nil, func() error { return p.Hangup(ctx) })
	do("press after the call", flowtest.ErrOver, press)
	do("wait after the call", flowtest.ErrOver, func() error { return p.Expire(ctx) })
	do("hang up again", flowtest.ErrOver, func() error { return p.Hangup(ctx) })
	do("end a transfer that is not", flowtest.ErrOver, func() error { return p.EndDial(ctx, false) })
}

// TestAnyScript plays calls at random: nothing fails, the same script gives the same
// call, and it does not matter how the platform hands keys on.
func TestAnyScript(t *testing.T) {
	t.Parallel()
	programs := map[string]*engine.Program{
		"authzero": example(t, "authzero"), "herd": example(t, "herd"),
		"vault": compile(t, "vault.yaml", []byte(longPIN)), "questions": compile(t, "questions.yaml", []byte(questions)),
	}
	const world = bankWorld + `  herd: [{ post: /events, status: 503, times: 1 }, { post: /events, delay: 2s }]` + "\n"
	rapid.Check(t, func(rt *rapid.T) {
		program := programs[rapid.SampledFrom([]string{"authzero", "herd", "vault", "questions"}).Draw(rt, "flow")]
		word := rapid.OneOf(
			rapid.StringMatching(`\+?[0-9*#]{1,12}x?`), rapid.StringMatching(`[129#]`),
			rapid.SampledFrom([]string{"-", "x", "12345#", "1234", "12345#1234", "00042", "1"}),
		)
		text := strings.Join(rapid.SliceOfN(word, 0, 12).Draw(rt, "script"), " ")
		script, err := flowtest.ParseScript(text)
		if err != nil {
			rt.Fatal(err)
		}
		var calls []string
		for _, keyByKey := range []bool{false, false, true} {
			between, _ := recorder(t)
			p := flowtest.New(program, flowtest.Options{
				World: flowtest.NewStage(nil, given(t, world)), Between: between, KeyByKey: keyByKey,
			})
			if err := p.Play(context.Background(), script); err != nil {
				rt.Fatalf("%q: %v", text, err)
			}
			transcript := p.Transcript()
			if keyByKey {
				// Only how the keys arrive is another matter.
				calls = append(calls, fmt.Sprint(transcript.End.How, transcript.End.State, len(transcript.SignIns), len(transcript.Calls)))
				continue
			}
			out, err := transcript.MarshalJSON()
			if err != nil {
				rt.Fatal(err)
			}
			calls = append(calls, string(out), fmt.Sprint(transcript.End.How, transcript.End.State, len(transcript.SignIns), len(transcript.Calls)))
		}
		if calls[0] != calls[2] {
			rt.Errorf("%q gives two different calls", text)
		}
		// A caller who hangs up inside an entry leaves an engine that has seen some of
		// its keys, or none.
		inside := slices.ContainsFunc(script, func(m flowtest.Move) bool { return m.Hangup && m.Keys.Len() > 0 })
		if calls[1] != calls[4] && !inside {
			rt.Errorf("%q: with whole entries %s, key by key %s", text, calls[1], calls[4])
		}
	})
}

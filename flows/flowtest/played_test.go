package flowtest

import (
	"slices"
	"strings"
	"testing"

	"callflow/flows"
)

const recordedFlow = `callflow: 1
flow: recorded
start: hello
states:
  hello: { play: { audio: audio/welcome.wav, text: Welcome. }, next: ask }
  ask:
    menu:
      prompt: { audio: choose.mp3, text: Press 1. }
      options: { 1: bye }
  bye: { hangup: { say: { audio: "https://media.example.com/bye.wav", text: Goodbye. } } }
`

// Recordings are heard by their texts, and can be asked for by their names.
func TestPlayed(t *testing.T) {
	t.Parallel()
	program, diags := flows.CompileSource("recorded.yaml", []byte(recordedFlow), flows.Options{})
	if program == nil {
		t.Fatal(diags)
	}
	run := func(steps string) Result {
		t.Helper()
		suite, diags := ParseSuite("t.yaml", []byte("tests:\n  - name: a\n    steps:\n"+steps))
		if suite == nil {
			t.Fatal(diags)
		}
		s := suite.Tests[0]
		r, err := s.Run(t.Context(), program, s.World(nil, nil))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := run("      - hear: Welcome. Press 1.\n      - played: [audio/welcome.wav, choose.mp3]\n      - press: 1\n      - played: https://media.example.com/bye.wav\n      - ended: hangup\n")
	if r.Failure != nil {
		t.Errorf("%s: %v", r.Failure, r.Failure.Detail)
	}
	if audio := r.Transcript.Entries[1].Audio; !slices.Equal(audio, []string{"audio/welcome.wav", "choose.mp3"}) {
		t.Errorf("played %q", audio)
	}
	r = run("      - played: [choose.mp3, audio/welcome.wav]\n")
	if r.Failure == nil || strings.Join(r.Failure.Detail, "; ") != "expected audio/welcome.wav; played   audio/welcome.wav, choose.mp3" {
		t.Errorf("in another order: %v", r.Failure)
	}
}

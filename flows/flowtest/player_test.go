package flowtest_test

import (
	"context"
	"os"
	"testing"

	"callflow/engine"
	"callflow/flows"
	"callflow/flows/flowtest"
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

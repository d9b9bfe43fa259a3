package flowtest

import (
	"bytes"
	"strings"
	"testing"

	"callflow/engine"
	"callflow/flows"
)

const listeningFlow = `callflow: 1
flow: listening
languages: [en, es]
start: topic
defaults: { speech: true }
globals:
  "0": { say: { en: [operator, talk to somebody], es: operadora }, next: agent }
  "*": back
variables:
  stores: [ { id: text, name: text, city: text } ]
states:
  topic:
    menu:
      prompt: { en: "Billing or support?", es: "¿Factura o ayuda?" }
      options:
        1: { say: { en: [billing, my bill], es: [factura, mi recibo] }, value: billing, next: account }
        2: { value: tech_support, next: fill }
        "#": repeat
      speech: { confidence: 0.6 }
  account:
    collect:
      prompt: { en: "Account?", es: "¿Cuenta?" }
      digits: 3-5
      confirm: { en: "${digits(account)}?", es: "¿${digits(account)}?" }
    next: pin
  pin:
    collect: { prompt: { en: "PIN?", es: "¿Clave?" }, digits: 4, secret: true }
    next: bye
  fill:
    set:
      stores: { add: { id: a, name: Smith Street, city: Melbourne } }
    next: fill2
  fill2:
    set:
      stores: { add: { id: b, name: High Street, city: Melbourne } }
    next: fill3
  fill3:
    set:
      stores: { add: { id: c, name: "Place d'Été", city: Lyon } }
    next: store
  store:
    menu:
      prompt: { en: "Which?", es: "¿Cuál?" }
      each: { in: "${stores}", say: { en: "Press ${key} for ${item.name} in ${item.city}.", es: "Oprima ${key} para ${item.name}." }, page: 2, say_more: { en: Press 9 for more., es: Oprima 9 para más. } }
    next: { chosen: told, empty: bye }
  told: { say: { en: "Chosen ${store.id}.", es: "Elegida ${store.id}." }, next: topic }
  agent: { hangup: { say: { en: An agent., es: Una agente. } } }
  bye: { hangup: { say: { en: Goodbye., es: Adiós. } } }
`

func listeningProgram(t *testing.T) *engine.Program {
	t.Helper()
	program, diags := flows.CompileSource("listening.yaml", []byte(listeningFlow), flows.Options{})
	if program == nil {
		t.Fatal(diags)
	}
	return program
}

// What is said stands for keys, wherever a question listens.
func TestSaid(t *testing.T) {
	t.Parallel()
	program := listeningProgram(t)
	for _, c := range []struct {
		lang, script, state, reason string
	}{
		{"en", `"billing"`, "account", ""},
		{"en", `"Billing, please!"`, "account", ""},
		{"en", `"I have a question about my bill"`, "account", ""},
		{"en", `"tech support"`, "store", ""},
		{"en", `"one"`, "account", ""},
		{"en", `"press one please"`, "account", ""},
		{"en", `"option 2"`, "store", ""},
		{"en", `"one pizza"`, "topic", "not_understood"},
		{"en", `"billing or tech support"`, "topic", "not_understood"},
		{"en", `"factura"`, "topic", "not_understood"},
		{"en", `~"billing"`, "topic", "low_confidence"},
		{"en", `"say that again"`, "topic", ""},
		{"en", `"pound"`, "topic", ""},
		{"en", `"I want to talk to somebody now"`, "agent", ""},
		{"en", `"zero"`, "agent", ""},
		{"es", `"FACTURA"`, "account", ""},
		{"es", `"quiero mi recibo"`, "account", ""},
		{"es", `"operadora"`, "agent", ""},
		{"en", `1 "four double seven oh"`, "account.confirm", ""},
		{"en", `1 "4 77 0"`, "account.confirm", ""},
		{"en", `1 "it's 4770"`, "account.confirm", ""},
		{"en", `1 "four double"`, "account", "not_understood"},
		{"en", `1 "double double four"`, "account", "not_understood"},
		{"en", `1 "my bill"`, "account", "not_understood"},
		{"en", `1 "one two"`, "account", "too_short"},
		{"en", `1 "one two three four five six"`, "account", "too_long"},
		{"en", `1 "go back"`, "topic", ""},
		{"en", `1 "operator"`, "agent", ""},
		{"en", `1 "may I talk to somebody"`, "agent", ""},
		{"es", `1 "operadora"`, "agent", ""},
		{"en", `1 "zero"`, "account", "too_short"},
		{"en", `1 "one two zero"`, "account.confirm", ""},
		{"en", `1 0#`, "account", ""},
		{"es", `1 "doble cuatro siete"`, "account.confirm", ""},
		{"en", `1 123# "yes please"`, "pin", ""},
		{"en", `1 123# "no"`, "account", ""},
		{"en", `1 123# "that's not right"`, "account", ""},
		{"en", `1 123# "yes no"`, "account.confirm", "not_understood"},
		{"en", `1 123# "I don't know"`, "account.confirm", "not_understood"},
		{"en", `1 123# "two"`, "account", ""},
		{"es", `1 123# "Si"`, "pin", ""},
		{"en", `2 "smith street"`, "topic", ""},
		{"en", `2 "the one in High Street"`, "topic", ""},
		{"en", `2 "Melbourne"`, "store", "not_understood"},
		{"en", `2 "Lyon"`, "store", "not_understood"},
		{"en", `2 "more" "place d'ete"`, "topic", ""},
		{"en", `2 "more options" "Lyon"`, "topic", ""},
	} {
		script, err := ParseScript(c.script)
		if err != nil {
			t.Fatal(c.script, err)
		}
		p := New(program, Options{Call: engine.Call{Language: c.lang}})
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, m := range script {
			if err := p.Move(t.Context(), m); err != nil {
				t.Fatal(c.script, err)
			}
		}
		entries := p.Transcript().Entries
		reason := ""
		for _, e := range entries {
			if e.Kind != Said {
				continue
			}
			reason = e.Hops[0].Reason
			for _, h := range e.Hops {
				if h.Event != "" && h.Event != "speech" {
					t.Errorf("%s: the event is %q", c.script, h.Event)
				}
			}
		}
		if got := p.session.State; got != c.state || reason != c.reason {
			t.Errorf("%s %s: in %q with reason %q, expected %q with %q", c.lang, c.script, got, reason, c.state, c.reason)
		}
	}
}

// A question for a secret asks for keys alone.
func TestSecretsAreNotSaid(t *testing.T) {
	t.Parallel()
	p := New(listeningProgram(t), Options{})
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	q, _ := p.Question()
	if q.Gather.Speech == nil || strings.Join(q.Gather.Speech.Hints, "|") != "billing|my bill|tech support|operator|talk to somebody|repeat|repeat that|say that again|again|pardon|what was that|back|go back|previous" {
		t.Errorf("the menu listens for %+v", q.Gather.Speech)
	}
	for _, keys := range []string{"1", "123#", "1"} {
		if err := p.Press(t.Context(), keys); err != nil {
			t.Fatal(err)
		}
	}
	if q, _ := p.Question(); q.State != "pin" || q.Gather.Speech != nil {
		t.Errorf("%s listens for %+v", q.State, q.Gather.Speech)
	}
	turn, err := p.program.Step(p.session, engine.Input{At: p.opts.At, Event: engine.Speech{Text: engine.NewSecret("1 2 3 4")}})
	if err != nil || turn.Session.State != "pin" || len(turn.Session.Vars) != len(p.session.Vars) {
		t.Errorf("what was said to a secret question led to %q, %v", turn.Session.State, err)
	}
}

// After a hook without an answer the question asks for keys, and the next listens
// again.
func TestKeysAloneAfterALostHook(t *testing.T) {
	t.Parallel()
	program := listeningProgram(t)
	start, err := program.Start(engine.Call{ID: "a"}, "s", usual())
	if err != nil {
		t.Fatal(err)
	}
	lost, err := program.Step(start.Session, engine.Input{At: usual(), Event: engine.Lost{}})
	if err != nil {
		t.Fatal(err)
	}
	if g := lost.Verbs[0].(engine.Gather); g.Speech != nil {
		t.Error("it listens after a lost hook")
	}
	next, err := program.Step(lost.Session, engine.Input{At: usual(), Event: engine.Digits{Keys: engine.NewSecret("1")}})
	if err != nil {
		t.Fatal(err)
	}
	if g := next.Verbs[0].(engine.Gather); g.Speech == nil {
		t.Error("it never listens again")
	}
}

func TestSaidInScenarios(t *testing.T) {
	t.Parallel()
	program := listeningProgram(t)
	run := func(steps string) *Failure {
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
		return r.Failure
	}
	if f := run("      - say: { text: billing, unclear: true }\n      - hear: Billing or support?\n      - say: my bill\n      - at: account\n      - press: '\"one two three\" \"yes\"'\n      - at: pin\n"); f != nil {
		t.Errorf("%s: %v", f, f.Detail)
	}
	if f := run("      - press: 1 123# 1\n      - say: one two three four\n"); f == nil || f.Message != `nothing can be said in state "pin": the question does not listen` {
		t.Errorf("a secret: %v", f)
	}
	for _, bad := range []string{"say: ''", "say: { unclear: true }", "say: { text: a, loud: true }", `say: 'a "b"'`} {
		if suite, diags := ParseSuite("t.yaml", []byte("tests:\n  - name: a\n    steps:\n      - "+bad+"\n")); suite != nil {
			t.Errorf("%s is read: %v", bad, diags)
		}
	}
}

func TestScriptsThatSpeak(t *testing.T) {
	t.Parallel()
	const text = `12# "my bill" ~"um" - "x" 1x`
	script, err := ParseScript(text)
	if err != nil || script.String() != text {
		t.Errorf("%q, %v", script, err)
	}
	for text, want := range map[string]string{
		`"my bill`: "character 1: the words have no closing quotes",
		`"a"b`:     "character 4: expected a space after what is said",
		`1 ""`:     "character 3: nothing is said; silence is -",
		`~a`:       "character 1: '~' stands before words in quotes",
	} {
		if _, err := ParseScript(text); err == nil || err.Error() != want {
			t.Errorf("%s: %v, expected %s", text, err, want)
		}
	}
}

func TestGenerateSaid(t *testing.T) {
	t.Parallel()
	program := listeningProgram(t)
	g, err := Generate(t.Context(), program, GenerateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, s := range g.Tests {
		names[s.Name] = true
		r, err := s.Run(t.Context(), program, s.World(nil, nil))
		if err != nil || r.Failure != nil {
			t.Errorf("%s: %v, %v", s.Name, r.Failure, err)
		}
	}
	for _, want := range []string{
		"topic, 1 is said", "topic, 0 is said, which works everywhere", "topic, words that are not clear, and the question again",
		"account, an entry is said", "account, too many digits, and the question again", "account.confirm, yes is said", "store, an item is said",
		"store, words that mean nothing, and the question again",
	} {
		if !names[want] {
			t.Errorf("there is no test %q", want)
		}
	}
	var src bytes.Buffer
	src.WriteString("tests:\n")
	if err := WriteTests(&src, g.Tests, 2); err != nil {
		t.Fatal(err)
	}
	if suite, diags := ParseSuite("t.yaml", src.Bytes()); suite == nil || len(suite.Tests) != len(g.Tests) {
		t.Errorf("what was written is not read: %v", diags)
	}
}

// On a platform that does not listen, words are silence; keys do the same as ever.
func TestKeysOnly(t *testing.T) {
	t.Parallel()
	const suite = `tests:
  - name: keys alone
    given: { keys_only: true }
    steps:
      - say: my bill
      - at: topic
      - hear: hear anything
      - press: 1
      - at: account
      - never: { at: pin }
`
	s, diags := ParseSuite("listening_test.yaml", []byte(suite))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	var written bytes.Buffer
	if err := WriteTests(&written, s.Tests, 2); err != nil || !strings.Contains(written.String(), "keys_only: true") {
		t.Errorf("written as %s, %v", written.String(), err)
	}
	program := listeningProgram(t)
	result, err := s.Tests[0].Run(t.Context(), program, s.Tests[0].World(nil, nil))
	if err != nil || result.Failure != nil {
		t.Errorf("%v, %+v", err, result.Failure)
	}
	for _, e := range result.Transcript.Entries {
		if e.Kind == Said {
			t.Errorf("%q was heard", e.Text)
		}
	}
}

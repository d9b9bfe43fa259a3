package show_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"callflow/flows"
	"callflow/flows/show"
)

func open(t *testing.T, file string, src []byte, find flows.Finder) func(name string) (*show.State, error) {
	t.Helper()
	doc, _ := flows.Parse(file, src)
	program, diags := flows.CompileSource(file, src, flows.Options{Find: find})
	if program == nil {
		t.Fatal(diags)
	}
	return func(name string) (*show.State, error) { return show.Find(doc, program, name, find) }
}

// Every state of every flow can be shown, with an origin for whatever it has.
func TestEveryState(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"../testdata/ok/*.yaml", "../../examples/*/flow.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			find := flows.Beside(os.DirFS(filepath.Dir(file)))
			file := filepath.Base(file)
			program, diags := flows.CompileSource(file, src, flows.Options{Find: find})
			if program == nil {
				t.Fatal(diags)
			}
			of := open(t, file, src, find)
			lines := strings.Split(string(src), "\n")
			for _, st := range program.Spec().States {
				s, err := of(st.Name)
				if err != nil {
					t.Fatal(err)
				}
				if s.At == nil != strings.HasPrefix(st.Name, "$") {
					t.Errorf("%s: %s stands at %v", file, st.Name, s.At)
				}
				for _, set := range s.Settings {
					if set.By == "" || (set.At == nil) != (set.By == "built-in") || set.Value == "" && len(set.Texts) == 0 {
						t.Errorf("%s: %s: %+v", file, st.Name, set)
					}
				}
				for _, o := range s.Outcomes {
					if o.To == st.Name && o.At != nil && strings.Contains(lines[o.At.Line-1], "repeat") {
						continue
					}
					if o.At != nil && o.At.File == file && !strings.HasPrefix(o.To, "$") && !strings.Contains(o.To, ".") && !strings.Contains(lines[o.At.Line-1], o.To) {
						t.Errorf("%s: %s: %s leads to %s, but line %d does not say so", file, st.Name, o.Name, o.To, o.At.Line)
					}
				}
			}
		}
	}
}

func TestWhereThingsComeFrom(t *testing.T) {
	t.Parallel()
	of := open(t, "flow.yaml", []byte(`callflow: 1
flow: t
start: ask
defaults: { attempts: 2, terminator: "*", barge_in: false, next: { exhausted: bye, failed: bye } }
globals: { "*": ask }
on_error: bye
states:
  ask: { menu: { prompt: [Press 1., Again.], options: { 1: pin, 2: agent }, timeout: 4s } }
  pin: { collect: { prompt: Digits., digits: 4 }, next: agent }
  agent: { max_visits: 3, transfer: { to: "+15550100" }, next: get }
  get: { request: { service: s, get: /x }, next: { ok: say, not_found: bye } }
  say: { say: Hello., next: bye }
  bye: { hangup: }
`), nil)
	type want struct{ state, key, value, by string }
	for _, w := range []want{
		{"ask", "attempts", "2", "defaults"},
		{"ask", "timeout", "4s", "state"},
		{"ask", "inter_digit_timeout", "3s", "built-in"},
		{"ask", "barge_in", "false", "defaults"},
		{"pin", "terminator", "none", "built-in"},
		{"agent", "max_visits", "3", "state"},
		{"agent", "timeout", "20s", "built-in"},
		{"say", "barge_in", "false", "defaults"},
	} {
		s, err := of(w.state)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(s.Settings, func(s show.Setting) bool { return s.Key == w.key })
		if i < 0 || s.Settings[i].Value != w.value || s.Settings[i].By != w.by {
			t.Errorf("%+v: %+v", w, s.Settings)
		}
	}
	for _, w := range []want{
		{"ask", "option.2", "agent", "state"},
		{"ask", "global.*", "ask", "globals"},
		{"ask", "exhausted", "bye", "defaults"},
		{"ask", "error", "bye", "on_error"},
		{"ask", "limit", "$goodbye", "built-in"},
		{"agent", "completed", "get", "state"},
		{"agent", "busy", "bye", "defaults"}, // as failed
		{"get", "not_found", "bye", "state"},
	} {
		s, err := of(w.state)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(s.Outcomes, func(o show.Outcome) bool { return o.Name == w.key })
		if i < 0 || s.Outcomes[i].To != w.value || s.Outcomes[i].By != w.by {
			t.Errorf("%+v: %+v", w, s.Outcomes)
		}
		if w.key == "busy" && s.Outcomes[i].As != "failed" {
			t.Errorf("busy goes as %q", s.Outcomes[i].As)
		}
	}
	s, err := of("bye")
	if err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(s.From, func(a show.Arrival) bool { return a.State == "say" }); i < 0 || !slices.Contains(s.From[i].Outcomes, "next") {
		t.Errorf("who leads to bye: %+v", s.From)
	}
	ask, err := of("ask")
	if err != nil || ask.From[0].State != "start" {
		t.Errorf("who leads to ask: %+v, %v", ask, err)
	}
	if p := ask.Settings[0]; p.Key != "prompt" || len(p.Texts) != 1 || len(p.Texts[0].Lines) != 2 {
		t.Errorf("the prompt: %+v", p)
	}
	if _, err := of("aks"); !errors.Is(err, show.ErrUnknown) || !strings.Contains(err.Error(), `did you mean "ask"?`) {
		t.Errorf("aks: %v", err)
	}
}

// The state of a flow that is entered is shown where it stands.
func TestStateOfASubflow(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{"owner.yaml": {Data: []byte(`callflow: 1
flow: owner
start: ask
states:
  ask: { collect: { prompt: Digits., digits: 4, attempts: 2 }, next: ok }
  ok: { return: verified }
`)}}
	of := open(t, "main.yaml", []byte(`callflow: 1
flow: main
start: who
on_error: bye
states:
  who: { subflow: { flow: owner }, next: { verified: bye } }
  bye: { hangup: }
`), flows.Beside(fsys))
	s, err := of("who.ask")
	if err != nil {
		t.Fatal(err)
	}
	if s.Kind != "collect" || s.At == nil || s.At.File != "owner.yaml" || s.At.Line != 5 {
		t.Errorf("who.ask is %s at %+v", s.Kind, s.At)
	}
	for _, o := range s.Outcomes {
		switch {
		case o.Name == "match" && (o.By != "state" || o.At.File != "owner.yaml" || o.To != "who.ok"),
			o.Name == "error" && (o.By != "caller" || o.To != "bye"):
			t.Errorf("%+v", o)
		}
	}
}

package flowtest_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callflow/flows"
	"callflow/flows/flowtest"
)

// TestRecordInASubflow: what is recorded within a flow that another enters has its
// own name there, and is delivered from there, also when the caller hangs up.
func TestRecordInASubflow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, source := range map[string]string{
		"main.yaml": `callflow: 1
flow: main
start: fault
states:
  fault: { subflow: describe, next: { reported: thanks, silent: nothing } }
  thanks: { hangup: { say: "Thank you for ${fault.seconds} seconds." } }
  nothing: { hangup: { say: We heard nothing. } }
`,
		"describe.yaml": `callflow: 1
flow: describe
outputs: { seconds: text }
start: voice
states:
  voice: { record: { prompt: Describe the fault. }, next: { recorded: report, empty: silent, failed: silent } }
  report:
    action: { service: desk, post: /faults, body: { id: "${voice.id}", url: "${voice.url}" } }
    next: { done: reported, rejected: silent, pending: silent }
  reported: { return: { outcome: reported, with: { seconds: "${digits(text(voice.seconds))}" } } }
  silent: { return: silent }
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	bundle, diags := flows.Load(os.DirFS(dir), []string{"main.yaml", "describe.yaml"}, flows.Options{})
	if bundle == nil || bundle.Flows["main"] == nil {
		t.Fatal(diags)
	}
	standins, _ := flowtest.ParseStandins("standins.yaml", []byte("services: { desk: [{ post: /faults, status: 201 }] }"))
	if standins.Services["desk"][0].Status != http.StatusCreated {
		t.Fatal("the desk answers nothing")
	}
	for _, c := range []struct {
		name, script, heard string
		calls               int
	}{
		{"recorded", "", "Thank you for 1 0 seconds.", 1},
		{"hung up while speaking", "x", "Describe the fault.", 1},
	} {
		script, err := flowtest.ParseScript(c.script)
		if err != nil {
			t.Fatal(err)
		}
		p := flowtest.New(bundle.Flows["main"], flowtest.Options{World: flowtest.NewStage(nil, standins)})
		if err := p.Play(t.Context(), script); err != nil {
			t.Fatal(err)
		}
		var heard []string
		for _, e := range p.Transcript().Entries {
			if e.Kind == flowtest.Heard {
				heard = append(heard, e.Text)
			}
		}
		if said := strings.Join(heard, " "); !strings.HasSuffix(said, c.heard) {
			t.Errorf("%s: heard %q", c.name, said)
		}
		calls := p.Transcript().Calls
		if len(calls) != c.calls {
			t.Fatalf("%s: %d calls, expected %d", c.name, len(calls), c.calls)
		}
		if body := string(calls[0].Body); calls[0].State != "fault.report" || !strings.Contains(body, `"id":"simulation-1"`) {
			t.Errorf("%s: %s posted %s", c.name, calls[0].State, body)
		}
	}
}

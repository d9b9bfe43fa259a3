package examples

import (
	"bytes"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/examples/authzero/bank/accounts"
	"callflow/examples/herd/farm/events"
	"callflow/flows"
	"callflow/flows/flowtest"
	"callflow/flows/format"
	"callflow/providers/identity/directory"
	"callflow/providers/services"
)

// names are the folders with a flow.
func names(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*/flow.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for i, f := range files {
		files[i] = filepath.Dir(f)
	}
	return files
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// warned are the warnings that an example is about.
var warned = map[string]flows.Code{"directory": flows.CodePrefixOption}

// program compiles an example, which has nothing wrong with it at all but what it
// is about.
func program(t *testing.T, name string) *engine.Program {
	t.Helper()
	file := filepath.Join(name, "flow.yaml")
	p, diags := flows.CompileSource(file, read(t, file), flows.Options{Find: flows.Beside(os.DirFS("."))})
	for _, d := range diags {
		if d.Code != warned[name] {
			t.Error(d)
		}
	}
	if p == nil {
		t.FailNow()
	}
	return p
}

// users are who can sign in to an example, or nil.
func users(t *testing.T, name string) runner.Authenticator {
	t.Helper()
	file := filepath.Join(name, "users.yaml")
	if _, err := os.Stat(file); err != nil {
		return nil
	}
	d, err := directory.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestScenarios checks and compiles each example and runs its scenarios, which take
// every way through the flow that its author thinks of.
func TestScenarios(t *testing.T) {
	t.Parallel()
	for _, name := range names(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, signIn := program(t, name), users(t, name)
			file := filepath.Join(name, "flow_test.yaml")
			suite, diags := flowtest.ParseSuite(file, read(t, file))
			if suite != nil {
				diags = append(diags, suite.Check(p)...)
			}
			file = filepath.Join(name, "standins.yaml")
			standins, found := flowtest.ParseStandins(file, read(t, file))
			for _, d := range append(diags, found...) {
				t.Fatal(d)
			}
			cover := flowtest.NewCoverage(p)
			for _, test := range suite.Tests {
				result, err := test.Run(t.Context(), p, test.World(standins, signIn))
				if err != nil {
					t.Fatal(err)
				}
				if f := result.Failure; f != nil {
					t.Errorf("%s:%d: %s: %s\n%s", suite.File, f.Pos.Line, test.Name, f.Message, strings.Join(f.Detail, "\n"))
				}
				cover.Add(result.Transcript)
			}
			_, _, missed := cover.Transitions()
			for _, way := range missed {
				t.Errorf("no scenario of %s goes from %s by %s to %s", name, way.From, way.Outcome, way.To)
			}
			if _, _, missed := cover.Milestones(); len(missed) > 0 {
				t.Errorf("no scenario of %s reaches %q", name, missed)
			}
		})
	}
}

// TestWhole finds what every example has.
func TestWhole(t *testing.T) {
	t.Parallel()
	for _, name := range names(t) {
		for _, file := range []string{"README.md", "callflow.yaml", "flow_test.yaml", "standins.yaml"} {
			if _, err := fs.Stat(os.DirFS(name), file); err != nil {
				t.Errorf("%s has no %s", name, file)
			}
		}
		if lines := strings.Count(string(read(t, filepath.Join(name, "README.md"))), "\n"); lines > 100 {
			t.Errorf("the README of %s has %d lines", name, lines)
		}
	}
}

// client sends requests to one real service.
func client(t *testing.T, name, url string) *services.Services {
	t.Helper()
	c, err := services.New(services.Config{Services: map[string]services.Service{
		name: {URL: url, Timeout: 3 * time.Second, Private: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// call plays a script against the world as it is.
func call(t *testing.T, p *engine.Program, world flowtest.World, id, script string) *flowtest.Transcript {
	t.Helper()
	moves, err := flowtest.ParseScript(script)
	if err != nil {
		t.Fatal(err)
	}
	player := flowtest.New(p, flowtest.Options{ID: id, World: world, Call: engine.Call{From: "+6591110000"}})
	if err := player.Play(t.Context(), moves); err != nil {
		t.Fatal(err)
	}
	return player.Transcript()
}

// TestBank plays the bank line against its real users and the bank's own
// service, over HTTP.
func TestBank(t *testing.T) {
	t.Parallel()
	bank := httptest.NewServer(accounts.Handler(accounts.Demo()))
	t.Cleanup(bank.Close)
	p := program(t, "authzero")
	world := flowtest.Live{Authenticator: users(t, "authzero"), Services: client(t, "bank", bank.URL)}
	for script, want := range map[string]string{
		"12345# 1234 1 9":     "Your balance is 250 dollars and 75 cents.",
		"1234567890 4321 1 9": "Your balance is minus 12 dollars.",
		"12345# 4321":         "Sorry, that account number and PIN do not match.",
		"777# 1234":           "Sorry, that account number and PIN do not match.",
	} {
		got := call(t, p, world, "c-"+script, script)
		if got.End.How != flowtest.ByFlow || !slices.ContainsFunc(got.Entries, func(e flowtest.Entry) bool { return strings.Contains(e.Text, want) }) {
			t.Errorf("%s: %+v\n%+v", script, got.End, got.Entries)
		}
	}
}

// TestHerdBook reports to the real herd book, over HTTP: what is told twice is
// recorded once, and what fails at first is recorded afterwards.
func TestHerdBook(t *testing.T) {
	t.Parallel()
	book := &events.Book{}
	failures := 2
	flaky := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if failures > 0 {
			// It records the event, and the answer gets lost.
			failures--
			book.Handler().ServeHTTP(httptest.NewRecorder(), r)
			http.Error(w, "out of order", http.StatusServiceUnavailable)
			return
		}
		book.Handler().ServeHTTP(w, r)
	})
	farm := httptest.NewServer(flaky)
	t.Cleanup(farm.Close)
	p := program(t, "herd")
	world := flowtest.Live{Services: client(t, "herd", farm.URL)}
	for _, c := range []struct{ id, script, state string }{
		{"c1", "1 00042 1", "later"},  // delivered afterwards
		{"c1", "1 00042 1", "thanks"}, // the same call again, as a platform might
		{"c2", "2 00007 2 00008 1", "thanks"},
	} {
		got := call(t, p, world, c.id, c.script)
		if got.End.State != c.state || len(got.Promised) > 0 {
			t.Errorf("%s: %+v, promised %v", c.script, got.End, got.Promised)
		}
	}
	want := []events.Event{
		{Event: "death", Animal: "00042", Reporter: "+6591110000"},
		{Event: "birth", Animal: "00008", Reporter: "+6591110000"},
	}
	if got := book.Events(); !slices.Equal(got, want) {
		t.Errorf("recorded %v, expected %v", got, want)
	}
}

// TestStandinsAnswerAsServicesDo compares stand-ins with the client of real
// services over every status: there is one table of HTTP answers.
func TestStandinsAnswerAsServicesDo(t *testing.T) {
	t.Parallel()
	for status := 200; status < 600; status++ {
		if http.StatusText(status) == "" {
			continue
		}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		live := flowtest.Live{Services: client(t, "s", server.URL)}
		stage := flowtest.NewStage(nil, &flowtest.Given{Services: map[string][]flowtest.Standin{"s": {
			{Method: "GET", Path: "/", Status: status}, {Method: "POST", Path: "/", Status: status},
		}}})
		request := engine.Request{Fetch: engine.Fetch{Service: "s", Method: "GET", Path: "/"}}
		action := engine.Action{Fetch: engine.Fetch{Service: "s", Method: "POST", Path: "/"}, Key: "k"}
		real1, _ := live.Request(t.Context(), request)
		stood1, _ := stage.Request(t.Context(), request)
		real2, _ := live.Action(t.Context(), action)
		stood2, _ := stage.Action(t.Context(), action)
		if real1.Result != stood1.Result || real2.Result != stood2.Result {
			t.Errorf("%d: services answer %s and %s, stand-ins %s and %s", status, real1.Result, real2.Result, stood1.Result, stood2.Result)
		}
		server.Close()
	}
}

// TestLaidOut finds every flow here as "callflow fmt" lays it out.
func TestLaidOut(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	flowsSeen := 0
	for _, file := range files {
		src := read(t, file)
		if !bytes.Contains(src, []byte("callflow: 1\n")) {
			continue // tests, stand-ins, users, settings
		}
		flowsSeen++
		out, diags := format.Source(file, src)
		for _, d := range diags {
			t.Error(d)
		}
		if !bytes.Equal(src, out) {
			t.Errorf("%s is not laid out; run: callflow fmt -w %s", file, file)
		}
	}
	if want := len(names(t)); flowsSeen < want {
		t.Errorf("%d flows were looked at, expected %d or more", flowsSeen, want)
	}
}

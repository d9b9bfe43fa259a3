package server_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/flows"
	"callflow/flows/flowtest"
	"callflow/providers/identity/directory"
	"callflow/providers/store/memory"
	"callflow/providers/telephony"
	"callflow/providers/telephony/player"
	"callflow/server"
)

// An example with its scenarios, as designers run them.
type example struct {
	bundle *flows.Bundle
	flow   string
	suite  *flowtest.Suite
	beside *flowtest.Given
	users  runner.Authenticator
}

// openExample reads the flow of a folder and what stands beside it.
func openExample(t *testing.T, dir string) example {
	t.Helper()
	file := "examples/" + filepath.Base(dir) + "/flow.yaml"
	bundle, diags := flows.Load(os.DirFS(".."), []string{file}, flows.Options{})
	if bundle == nil {
		t.Fatal(diags)
	}
	e := example{bundle: bundle}
	for name, from := range bundle.Files {
		if from == file {
			e.flow = name
		}
	}
	src, err := os.ReadFile(filepath.Join(dir, "flow_test.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if e.suite, diags = flowtest.ParseSuite("flow_test.yaml", src); e.suite == nil {
		t.Fatal(diags)
	}
	if src, err = os.ReadFile(filepath.Join(dir, "standins.yaml")); err == nil {
		if e.beside, diags = flowtest.ParseStandins("standins.yaml", src); diags.HasErrors() {
			t.Fatal(diags)
		}
	}
	if file := filepath.Join(dir, "users.yaml"); exists(file) {
		if e.users, err = directory.Open(file); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// scene is a scenario of an example, and what it does in the simulator.
type scene struct {
	example
	test   *flowtest.Scenario
	result flowtest.Result
	// ideal is what a platform does that can do everything.
	ideal relayed
}

// sceneOf runs a scenario in the simulator, once for all platforms.
func sceneOf(t *testing.T, e example, test *flowtest.Scenario) scene {
	t.Helper()
	result, err := test.Run(t.Context(), e.bundle.Flows[e.flow], test.World(e.beside, e.users))
	if err != nil || result.Failure != nil {
		t.Fatalf("%s: in the simulator: %v, %+v", test.Name, err, result.Failure)
	}
	return scene{e, test, result, relayedBy(t, e, test, capabilities(t, "generic"), scriptOf(test))}
}

// TestScenariosOverHTTP plays every scenario of every example at the server, as
// each platform does: as it is, with every hook delivered twice, with a hang-up
// before each key, and with all keys in one burst; hang-ups and bursts on all
// platforms only with -every. Time is a bubble's: a service that takes 25 seconds
// takes none.
func TestScenariosOverHTTP(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob("../examples/*/flow_test.yaml")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range dirs {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			e := openExample(t, dir)
			platforms := able(t, e)
			for i, test := range e.suite.Tests {
				s := sceneOf(t, e, test)
				for _, platform := range someOf(platforms, i) {
					t.Run(test.Name+"/"+platform, func(t *testing.T) {
						script := scriptOf(test)
						played(t, s, platform, script, asWritten)
						played(t, s, platform, script, twice)
						for k, otherScript := range append(hangups(script), burst(script)) {
							if plays(platforms, platform, i+k) {
								played(t, s, platform, otherScript, otherwise)
							}
						}
					})
				}
			}
		})
	}
}

// TestGeneratedOverHTTP plays what is written for every example at the server: what
// the simulator does, the server does.
func TestGeneratedOverHTTP(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../examples/*/flow_test.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			e := openExample(t, dir)
			g, err := flowtest.Generate(t.Context(), e.bundle.Flows[e.flow], flowtest.GenerateOptions{Beside: e.beside})
			if err != nil {
				t.Fatal(err)
			}
			e.beside, e.users = nil, nil // these tests bring their world with them
			platforms := able(t, e)
			for i, test := range g.Tests {
				s := sceneOf(t, e, test)
				for _, platform := range someOf(platforms, i) {
					t.Run(test.Name+"/"+platform, func(t *testing.T) {
						played(t, s, platform, scriptOf(test), asWritten)
					})
				}
			}
		})
	}
}

// someOf are the platforms that play the i-th test. All of them play all; with the
// race detector, which makes that ten times as long and finds nothing more in it, they
// take turns.
func someOf(platforms []string, i int) []string {
	if !underRace || len(platforms) == 0 {
		return platforms
	}
	return []string{platforms[i%len(platforms)]}
}

var every = flag.Bool("every", false, "play hang-ups and bursts on every platform")

// plays tells whether a platform plays the i-th hang-up or burst: without -every jambonz
// and the generic contract play all, and the others take turns.
func plays(platforms []string, platform string, i int) bool {
	return *every || underRace || platform == "jambonz" || platform == "generic" || platform == platforms[i%len(platforms)]
}

// able are the platforms that can do what an example asks for.
func able(t *testing.T, e example) []string {
	t.Helper()
	return slices.DeleteFunc(slices.Clone(scripted), func(platform string) bool {
		can := capabilities(t, platform)
		return slices.ContainsFunc(e.bundle.Flows[e.flow].Spec().States, func(s engine.State) bool { return lacks(can, s.Kind) })
	})
}

// lacks tells that a platform has not got what a state needs, as callflow check says
// it.
func lacks(can telephony.Capabilities, kind any) bool {
	switch k := kind.(type) {
	case engine.QueueState:
		return !can.Queue
	case engine.RecordState:
		return !can.Record
	case engine.TransferState:
		return !can.Transfer || k.Refer && !can.Refer || len(k.Whisper) > 0 && !can.Whisper || len(k.Context) > 0 && !can.Context
	}
	return false
}

func capabilities(t *testing.T, platform string) telephony.Capabilities {
	t.Helper()
	for _, codec := range codecs(t) {
		if codec.Name() == platform {
			return codec.Capabilities()
		}
	}
	t.Fatalf("there is no codec %q", platform)
	return telephony.Capabilities{}
}

// scriptOf is all that the caller of a scenario does.
func scriptOf(test *flowtest.Scenario) []player.Move {
	var all []player.Move
	for _, step := range test.Steps {
		for _, m := range step.Moves {
			all = append(all, player.Move{Keys: m.Keys, Say: m.Say, Unclear: m.Unclear, Hangup: m.Hangup})
		}
	}
	return all
}

// withAgain is a script in which the last hook is delivered again wherever a scenario
// says so. What it says behind the last move is left over: rest.
func withAgain(test *flowtest.Scenario, script []player.Move, again func(times int)) (all []player.Move, rest int) {
	all = slices.Clone(script)
	at := 0
	for _, step := range test.Steps {
		for range step.Moves {
			if times := rest; times > 0 {
				all[at].Before = func() { again(times) }
			}
			at, rest = at+1, 0
		}
		rest += step.Times
	}
	return all, rest
}

// hangups are scripts that end before each of their keys.
func hangups(script []player.Move) [][]player.Move {
	var all [][]player.Move
	for i, m := range script {
		for k := range max(m.Keys.Len(), 1) {
			cut := player.Move{Keys: engine.NewSecret(m.Keys.Reveal()[:k]), Hangup: true}
			all = append(all, append(slices.Clone(script[:i]), cut))
		}
	}
	return all
}

// burst is all keys of a script at once.
func burst(script []player.Move) []player.Move {
	var keys strings.Builder
	for _, m := range script {
		keys.WriteString(m.Keys.Reveal())
	}
	return []player.Move{{Keys: engine.NewSecret(keys.String())}}
}

// manner is how a scenario is played: as it is written, so with every hook delivered
// twice, or by another script.
type manner int

const (
	asWritten manner = iota
	twice
	otherwise
)

// played plays one call in a bubble, sees that it comes to an end, and compares all of
// it with the simulator's, as the platform tells of it. What the scenario expects is
// compared as well where the platform tells of all that is in it.
func played(t *testing.T, s scene, platform string, script []player.Move, how manner) {
	t.Helper()
	e, test := s.example, s.test
	can := capabilities(t, platform)
	want := relayedBy(t, e, test, can, script)
	whole := how != otherwise && want.same(s.ideal)
	synctest.Test(t, func(t *testing.T) {
		at := test.At
		if at.IsZero() {
			at = time.Date(2026, time.January, 5, 10, 0, 0, 0, time.UTC)
		}
		time.Sleep(time.Until(at))
		world := &staged{stage: test.World(e.beside, e.users), given: []*flowtest.Given{&test.Given, e.beside}}
		store := memory.New()
		log, logs := watched()
		api := player.NewTelnyxAPI(apiKey, nil)
		commander := commanderTo(codecs(t), api)
		run, err := runner.New(runner.Deps{Commander: commander, Catalog: catalog{e.bundle}, Store: store, Authenticator: world, Services: world, Codes: world, Finder: world, Sealer: runner.Unsealed(), Log: log})
		if err != nil {
			t.Fatal(err)
		}
		call := player.Call{ID: "call-1", Account: "acme", From: "+15550100", To: "+61255500100", Name: test.Call.Name, Language: test.Call.Language}
		if test.Call.From != "" {
			call.From = test.Call.From
		}
		if test.Call.To != "" {
			call.To = test.Call.To
		}
		srv, err := server.New(server.Deps{
			Runner: run, Codecs: codecs(t), Commander: commander, Flows: e.bundle.Names, Ping: store.Ping, PublicURL: publicURL,
			Numbers: []server.Number{{Number: call.To, Flow: e.flow, Language: test.Call.Language}},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() {
			defer close(done)
			run.Run(ctx)
		}()
		defer func() {
			stop()
			<-done
			if err := run.Close(context.Background()); err != nil {
				t.Error(err)
			}
		}()

		var dials []string
		for _, d := range world.stage.Dials() {
			dials = append(dials, dialWord(platform, d))
		}
		var records []string
		for _, r := range world.stage.Records() {
			records = append(records, string(r))
		}
		var queues []player.Waiting
		for _, q := range world.stage.Queues() {
			queues = append(queues, player.Waiting{End: q.Result, Position: max(1, q.Position), After: q.After})
		}
		line := &direct{t: t, srv: srv, twice: how == twice}
		rest := 0
		if how != otherwise {
			script, rest = withAgain(test, script, line.again)
		}
		script = want.inTime(script, time.Now())
		result := benchPlayers()[platform](t.Context(), player.Options{
			URL: srv.StartURL(platform, ""), StatusURL: srv.StatusURL(platform), Secret: secret,
			API: api, Call: call, Script: script, Dials: dials, Records: records, Queues: queues, KeysOnly: world.stage.KeysOnly(), Wait: pass, Client: &http.Client{Transport: line},
		})
		line.again(rest)
		time.Sleep(10 * time.Minute) // promises are kept, and the session is over

		tell := fmt.Sprintf("%s (twice: %v)", describeScript(script), how == twice)
		if result.End != player.HungUp && result.End != player.Left || result.Err != nil {
			t.Errorf("%s: %s: %v", tell, result.End, result.Err)
		}
		if n, err := store.Live(t.Context()); n != 0 || err != nil {
			t.Errorf("%s: %d calls have not ended (%v)", tell, n, err)
		}
		if how == otherwise && want.tooLong() {
			return // keys in one burst take no time here, and in the simulator all that is said does
		}
		ended(t, tell, s, want, script, logs)
		hears(t, tell, s, want, result)
		if n := len(want.SignIns); world.signIns != n {
			t.Errorf("%s: %d sign-ins, in the simulator %d", tell, world.signIns, n)
		}
		if expected, known := want.whispered(); known && oneLine(result.Whispered...) != oneLine(expected...) {
			t.Errorf("%s: %q was whispered, in the simulator %q", tell, result.Whispered, expected)
		}
		if whole {
			compare(t, tell, test, result, world)
		}
	})
}

// dialWord is the platform's word for how a transfer ends.
func dialWord(platform string, d engine.DialResult) string {
	switch platform {
	case "jambonz", "twilio", "plivo", "texml":
		return strings.ReplaceAll(string(d), "_", "-")
	case "tropo":
		return map[engine.DialResult]string{engine.DialCompleted: "SUCCESS", engine.DialBusy: "BUSY", engine.DialNoAnswer: "TIMEOUT", engine.DialFailed: "FAILED"}[d]
	case "sinch":
		return map[engine.DialResult]string{engine.DialCompleted: "ANSWERED", engine.DialBusy: "BUSY", engine.DialNoAnswer: "NOANSWER", engine.DialFailed: "FAILED"}[d]
	case "vonage":
		if d == engine.DialNoAnswer {
			return "timeout"
		}
	case "signalwire":
		if d == engine.DialNoAnswer {
			return "noAnswer"
		}
	}
	return string(d)
}

var recordingHeard = regexp.MustCompile(`recording https://(recorder\.example|api\.twilio|api\.nexmo|media\.plivo|example\.signalwire|s3\.amazonaws)\.com/\S+`)

func describeScript(script []player.Move) string {
	var words []string
	for _, m := range script {
		word := m.Keys.Reveal()
		if m.Say.Len() > 0 {
			word = strconv.Quote(m.Say.Reveal())
		}
		if m.Hangup {
			word += "x"
		}
		if word == "" {
			word = "-"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// compare holds a call to what the scenario expects, as far as a platform can see
// it.
func compare(t *testing.T, tell string, test *flowtest.Scenario, result player.Result, world *staged) {
	t.Helper()
	heard := strings.Join(strings.Fields(strings.Join(result.Heard, " ")), " ")
	heard = recordingHeard.ReplaceAllString(heard, "(the recording)") // as the simulator writes it
	rest, since := heard, heard
	whispered := strings.Join(strings.Fields(strings.Join(result.Whispered, " ")), " ")
	for i, step := range test.Steps {
		switch {
		case len(step.Moves) > 0:
			since = rest
		case step.Times > 0:
			rest = since // the same answer again
		}
		if step.Word == "whispered" {
			for _, words := range step.Words {
				if words.In(whispered) < 0 {
					t.Errorf("%s: %s was not whispered in %q", tell, words, whispered)
				}
			}
			continue
		}
		for _, words := range step.Words {
			words.Exact = false // all of what is heard between two moves is not known here
			end := words.In(rest)
			if end < 0 {
				t.Errorf("%s: %s was not heard, or not in this order, in %q", tell, words, heard)
				return
			}
			rest = rest[end:]
		}
		if never := step.Never; never != nil {
			for _, words := range never.Hear {
				if words.In(heard) >= 0 {
					t.Errorf("%s: %s was heard in %q", tell, words, heard)
				}
			}
			if never.Called != nil && world.count(never.Called) > 0 {
				t.Errorf("%s: %s was called", tell, never.Called.Service)
			}
		}
		if want := step.Called; want != nil {
			n := world.count(want)
			last := !slices.ContainsFunc(test.Steps[i:], func(s flowtest.Step) bool { return len(s.Moves) > 0 })
			if want.Times == nil && n == 0 || want.Times != nil && (n < *want.Times || last && n != *want.Times) {
				t.Errorf("%s: %s was called so %d times: %+v", tell, want.Service, n, want)
			}
		}
		switch {
		case step.How == flowtest.ByCaller && result.End != player.Left,
			step.How != "" && step.How != flowtest.ByCaller && result.End != player.HungUp:
			t.Errorf("%s: the call ended by %s, expected %s", tell, result.End, step.How)
		}
	}
	// Behind the last step of a scenario that leaves the call open the caller has
	// gone, and the flow may do what the scenario does not know of.
	open := !slices.ContainsFunc(test.Steps, func(s flowtest.Step) bool { return s.How != "" })
	if missing := world.missing(); len(missing) > 0 && !open {
		t.Errorf("%s: %s", tell, missing[0])
	}
}

// direct hands requests to the server, each of them twice where it is told so: the
// second answer is the first, byte for byte.
type direct struct {
	t     *testing.T
	srv   *server.Server
	twice bool
	// last deliver the last hook once more, and each notice that came behind it.
	last []func()
}

// again delivers the last hook so many times more: each answer is the first one.
func (d *direct) again(times int) {
	for range times {
		for _, deliver := range d.last {
			deliver()
		}
	}
}

func (d *direct) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	send := func() *httptest.ResponseRecorder {
		inner := r.Clone(context.WithoutCancel(r.Context())) // the first time it is over when it comes again
		inner.Body = io.NopCloser(bytes.NewReader(body))
		inner.RequestURI = r.URL.RequestURI()
		inner.RemoteAddr = "192.0.2.1:1234"
		w := httptest.NewRecorder()
		d.srv.ServeHTTP(w, inner)
		return w
	}
	first := send()
	said := first.Body.String()
	deliver := func() {
		if second := send(); second.Code != first.Code || second.Body.String() != said {
			d.t.Errorf("%s: the second answer is another one:\n%d %s\n%d %s", r.URL.Path, first.Code, said, second.Code, second.Body)
		}
	}
	if !strings.HasSuffix(r.URL.Path, "/status") {
		d.last = nil
	}
	d.last = append(d.last, deliver)
	if d.twice {
		deliver()
	}
	return first.Result(), nil
}

// staged is the world of a scenario, as the runner meets it: answers take their
// time.
type staged struct {
	mu    sync.Mutex
	stage *flowtest.Stage
	given []*flowtest.Given
	calls []flowtest.ServiceCall
	// signIns is how often somebody signed in, or tried to.
	signIns int
}

func (s *staged) Authenticate(ctx context.Context, a engine.Authenticate) (engine.SignedIn, error) {
	s.mu.Lock()
	s.signIns++
	in, took := s.stage.Authenticate(ctx, a)
	s.mu.Unlock()
	return in, pass(ctx, took)
}

func (s *staged) SendCode(ctx context.Context, e engine.SendCode) (engine.CodeSent, error) {
	s.mu.Lock()
	sent, _, took := s.stage.SendCode(ctx, e)
	s.mu.Unlock()
	return sent, pass(ctx, took)
}

// SentCode is unavailable: no stand-in leaves it open whether a code was sent.
func (s *staged) SentCode(engine.SendCode) engine.CodeSent {
	return engine.CodeSent{Result: engine.CodeSentUnavailable}
}

func (s *staged) CheckCode(ctx context.Context, e engine.CheckCode) (engine.CodeChecked, error) {
	s.mu.Lock()
	checked, took := s.stage.CheckCode(ctx, e)
	s.mu.Unlock()
	return checked, pass(ctx, took)
}

func (s *staged) Identify(ctx context.Context, e engine.Identify) (engine.Identified, error) {
	s.mu.Lock()
	found, took := s.stage.Identify(ctx, e)
	s.mu.Unlock()
	return found, pass(ctx, took)
}

func (s *staged) Request(ctx context.Context, r engine.Request) (engine.Answered, error) {
	s.mu.Lock()
	answer, took := s.stage.Request(ctx, r)
	s.note(r.Fetch, "")
	s.mu.Unlock()
	return answer, pass(ctx, took)
}

func (s *staged) Action(ctx context.Context, a engine.Action) (engine.Answered, bool, error) {
	s.mu.Lock()
	answer, took := s.stage.Action(ctx, a)
	s.note(a.Fetch, a.Key)
	s.mu.Unlock()
	if answer.Result == engine.AnswerUnknown {
		return engine.Answered{Result: engine.AnswerPending}, true, errors.Join(pass(ctx, took), io.ErrUnexpectedEOF)
	}
	return answer, answer.Detail != "no connection", pass(ctx, took)
}

func (s *staged) note(f engine.Fetch, key string) {
	s.calls = append(s.calls, flowtest.ServiceCall{Service: f.Service, Method: f.Method, Path: f.Path, Body: f.Body, Key: key})
}

// Idempotent is false for a service that gets lost: only that is never sent again.
func (s *staged) Idempotent(service string) bool {
	for _, g := range s.given {
		if g != nil && slices.ContainsFunc(g.Services[service], func(in flowtest.Standin) bool { return in.Lost }) {
			return false
		}
	}
	return true
}

// count is how often a service was called so; an action under one key counts once.
func (s *staged) count(want *flowtest.Called) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, seen := 0, map[string]bool{}
	for _, c := range s.calls {
		if want.Matches(c) && !seen[c.Key] {
			n++
			seen[c.Key] = c.Key != ""
		}
	}
	return n
}

func (s *staged) missing() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stage.Missing()
}

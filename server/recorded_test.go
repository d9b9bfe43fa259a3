package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"callflow/engine"
)

// heard is one recorded exchange of a real jambonz.
type heard struct {
	Experiment string
	Request    struct {
		URL, Raw string
		Headers  map[string]string
	}
}

// signedAt is the second at which jambonz signed it.
func (c heard) signedAt(t *testing.T) time.Time {
	_, after, ok := strings.Cut(c.Request.Headers["Jambonz-Signature"], "t=")
	seconds, _, _ := strings.Cut(after, ",")
	n, err := strconv.ParseInt(seconds, 10, 64)
	if !ok || err != nil {
		t.Fatalf("no time in %v", c.Request.Headers)
	}
	return time.Unix(n, 0)
}

func captures(t *testing.T, experiment string) []heard {
	t.Helper()
	data, err := os.ReadFile("../providers/telephony/jambonz/testdata/jambonz-captures.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var out []heard
	for _, l := range bytes.Split(bytes.TrimSpace(data), []byte("\n")) {
		var c heard
		if err := json.Unmarshal(l, &c); err != nil {
			t.Fatal(err)
		}
		if c.Experiment == experiment {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		t.Fatalf("no exchange of %q", experiment)
	}
	return out
}

// clock is set by the test.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

// post delivers a recorded hook, signature and all, to another address.
func (c heard) post(t *testing.T, url string) (int, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(c.Request.Raw))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range c.Request.Headers {
		if k != "host" && k != "content-length" && k != "connection" {
			r.Header.Set(k, v)
		}
	}
	resp, err := (&http.Client{Transport: apart}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}

// next is the actionHook of a document's gather, without its retry fragment.
func next(t *testing.T, document []byte) string {
	t.Helper()
	var verbs []struct {
		Verb       string
		ActionHook string
	}
	if err := json.Unmarshal(document, &verbs); err != nil {
		t.Fatalf("%v in %s", err, document)
	}
	for _, v := range verbs {
		if v.Verb == "gather" {
			hook, _, _ := strings.Cut(v.ActionHook, "#")
			return hook
		}
	}
	t.Fatalf("no gather in %s", document)
	return ""
}

// TestRecordedCall replays calls that a real jambonz made, byte for byte: they
// step the bank line, and jambonz' own validator accepts every document.
func TestRecordedCall(t *testing.T) {
	t.Parallel()
	var documents [][]byte
	for _, tt := range []struct {
		experiment string
		turn       string // which recorded hook is the answer to the question
		heard      string
		state      string
	}{
		{"D1 finishOnKey", "/d", "Please enter your four digit PIN.", "pin"},
		{"D2 timeout", "/d", "Please enter your account number", "account_number"},
		{"D3 partial then timeout", "/d", "Please enter your account number", "account_number"},
		{"D4 min/max + interDigitTimeout 1s", "/d", "Please enter your four digit PIN.", "pin"},
		{"D8 only finish key", "/d", "Please enter your account number", "account_number"},
		{"D9 star", "/d", "Please enter your account number", "account_number"},
		{"Y5 keys 2 s apart, minDigits 1 interDigitTimeout 3", "/d", "Please enter your four digit PIN.", "pin"},
		{"Z8 +E164 caller", "", "Welcome to the Authzero demo.", "account_number"},
	} {
		c := &clock{}
		l := newLine(t, lineOptions{now: c.now})
		var document []byte
		for _, hook := range captures(t, tt.experiment) {
			c.set(hook.signedAt(t).Add(time.Second))
			switch hook.Request.URL {
			case "/v1/jambonz":
				status, body := hook.post(t, l.url+"/v1/jambonz/calls")
				if status != http.StatusOK || !bytes.Contains(body, []byte("Welcome to the Authzero demo.")) {
					t.Fatalf("%s: the first hook: %d %s", tt.experiment, status, body)
				}
				document = body
				documents = append(documents, body)
			case tt.turn:
				status, body := hook.post(t, next(t, document))
				if status != http.StatusOK || !bytes.Contains(body, []byte(tt.heard)) {
					t.Errorf("%s: the answer: %d %s, expected %q", tt.experiment, status, body, tt.heard)
				}
				documents = append(documents, body)
			case "/v1/jambonz/status":
				if status, body := hook.post(t, l.url+"/v1/jambonz/status"); status != http.StatusOK && status != http.StatusNoContent {
					t.Errorf("%s: a status hook: %d %s", tt.experiment, status, body)
				}
			}
		}
		// The recorded end of the call ends the session, once its grace is over.
		c.set(c.now().Add(time.Minute))
		for range 3 {
			if err := l.runner.Sweep(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := l.store.Live(t.Context()); err != nil || n != 0 {
			t.Errorf("%s: %d sessions are live, %v", tt.experiment, n, err)
		}
		if !strings.Contains(l.logs.String(), `"to":"`+tt.state+`"`) {
			t.Errorf("%s: no turn led to %s:\n%s", tt.experiment, tt.state, l.logs)
		}
		// Long after, the same hook is refused: its signature is too old.
		c.set(c.now().Add(time.Hour))
		if status, _ := captures(t, tt.experiment)[0].post(t, l.url+"/v1/jambonz/calls"); status != http.StatusForbidden {
			t.Errorf("%s: an hour later: %d", tt.experiment, status)
		}
	}
	judged(t, documents)
}

// judged has jambonz' own validator look at documents.
func judged(t *testing.T, documents [][]byte) {
	t.Helper()
	const env = "CALLFLOW_JAMBONZ_SPECS"
	specs := os.Getenv(env)
	if specs == "" {
		t.Logf("%s is not set: jambonz' validator has not seen these documents", env)
		return
	}
	cmd := exec.CommandContext(t.Context(), "node", filepath.Join("..", "providers", "telephony", "jambonz", "testdata", "judge.cjs"))
	cmd.Stdin = bytes.NewReader(append(bytes.Join(documents, []byte("\n")), '\n'))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	verdicts := strings.Fields(strings.ReplaceAll(string(out), " ", "_"))
	if len(verdicts) != len(documents) {
		t.Fatalf("%d verdicts on %d documents: %s", len(verdicts), len(documents), out)
	}
	for i, v := range verdicts {
		if v != "ok" {
			t.Errorf("jambonz refuses: %s\n%s", v, documents[i])
		}
	}
}

// TestSixteenDeliveries: one hook, delivered sixteen times at once, is one step,
// one sign-in and sixteen identical answers; so is the first hook.
func TestSixteenDeliveries(t *testing.T) {
	t.Parallel()
	begun := make(chan struct{})
	l := newLine(t, lineOptions{signIn: func(context.Context, engine.Authenticate) (engine.SignedIn, error) {
		<-begun
		return engine.SignedIn{Result: engine.SignInAuthenticated, Principal: engine.Principal{Account: "12345", ID: "u", Greeting: "Maria"}}, nil
	}})
	raw := recordedAs(t, "sixteen")
	volley := func(url, body string, release func()) []byte {
		replies := make([]string, 16)
		var wg sync.WaitGroup
		for i := range replies {
			wg.Go(func() { replies[i] = string(l.post(url, body)) })
		}
		release()
		wg.Wait()
		for i := range replies {
			if replies[i] != replies[0] || replies[i] == "" {
				t.Fatalf("delivery %d was answered with %q, the first with %q", i, replies[i], replies[0])
			}
		}
		return []byte(replies[0])
	}
	nothing := func() {}
	start := l.url + "/v1/jambonz/calls"
	first := volley(start, raw.first, nothing)
	pin := volley(next(t, first), raw.keys("12345"), nothing)
	menu := volley(next(t, pin), raw.keys("1234"), func() {
		eventually(t, "a sign-in has begun", func() bool { return l.auth.count() == 1 })
		close(begun)
	})
	if !bytes.Contains(menu, []byte("Welcome Maria.")) || l.auth.count() != 1 {
		t.Errorf("%d sign-ins, answered with %s", l.auth.count(), menu)
	}
	if n, _ := l.store.Live(t.Context()); n != 1 {
		t.Errorf("%d sessions", n)
	}
	steps := strings.Count(l.logs.String(), `"outcome":"stepped"`)
	if steps != 3 {
		t.Errorf("%d steps for 3 hooks:\n%s", steps, l.logs)
	}
	// Late, foreign and future turns change nothing.
	at := next(t, menu)
	for name, url := range map[string]string{
		"late":           next(t, pin),
		"older":          next(t, first),
		"future":         strings.Replace(at, "/3/", "/4/", 1),
		"foreign nonce":  strings.Replace(at, "/3/", "/3/a", 1),
		"replayed start": start,
	} {
		before := l.version()
		reply := l.post(url, raw.keys("9"))
		if url == start {
			reply = l.post(url, raw.first)
		}
		if l.version() != before {
			t.Errorf("%s: the session changed; answered with %s", name, reply)
		}
		var document []any
		if err := json.Unmarshal(reply, &document); err != nil {
			t.Errorf("%s: answered with %s", name, reply)
		}
	}
	if l.auth.count() != 1 {
		t.Errorf("%d sign-ins", l.auth.count())
	}
	// The call goes on as if nothing had been.
	if bye := l.post(at, raw.keys("9")); !bytes.Contains(bye, []byte("Goodbye.")) {
		t.Errorf("the end: %s", bye)
	}
	// After the end nothing starts again.
	if again := l.post(start, raw.first); bytes.Contains(again, []byte("Welcome")) {
		t.Errorf("a replayed first hook began a call: %s", again)
	}
	if n, _ := l.store.Live(t.Context()); n != 0 {
		t.Errorf("%d sessions after the end", n)
	}
}

// TestEndOfCall: `completed` before the last key, before our answer, twice, or
// never; each ends the call once.
func TestEndOfCall(t *testing.T) {
	t.Parallel()
	c := &clock{at: time.Now()}
	slow := make(chan struct{})
	l := newLine(t, lineOptions{now: c.now, signIn: func(_ context.Context, a engine.Authenticate) (engine.SignedIn, error) {
		if a.Account == "777" {
			<-slow
		}
		return engine.SignedIn{Result: engine.SignInAuthenticated, Principal: engine.Principal{Account: a.Account, ID: "u", Greeting: "Maria"}}, nil
	}})
	start, status := l.url+"/v1/jambonz/calls", l.url+"/v1/jambonz/status"
	ends := func(id string) int {
		return strings.Count(l.logs.String(), fmt.Sprintf(`"call":%q`, id)+"")
	}
	sweep := func() {
		t.Helper()
		for range 2 {
			if err := l.runner.Sweep(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	}
	live := func() int {
		n, err := l.store.Live(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}

	t.Run("before the last key", func(t *testing.T) {
		raw := recordedAs(t, "before-the-key")
		pin := next(t, l.post(start, raw.first))
		l.post(status, raw.completed())
		// The key still steps, and nobody is spoken to.
		if reply := l.post(pin, raw.keys("12345")); bytes.Contains(reply, []byte("PIN")) {
			t.Errorf("spoke to nobody: %s", reply)
		}
		c.set(c.now().Add(10 * time.Second))
		sweep()
		if live() != 0 {
			t.Errorf("%d sessions, %d lines", live(), ends("before-the-key"))
		}
	})
	t.Run("before our answer", func(t *testing.T) {
		raw := recordedAs(t, "before-the-answer")
		pin := next(t, l.post(start, raw.first))
		signIn := next(t, l.post(pin, raw.keys("777")))
		answered := make(chan []byte)
		go func() { answered <- l.post(signIn, raw.keys("1234")) }()
		eventually(t, "the sign-in has begun", func() bool { return l.auth.count() == 1 })
		l.post(status, raw.completed())
		close(slow)
		<-answered
		c.set(c.now().Add(10 * time.Second))
		sweep()
		if live() != 0 {
			t.Errorf("%d sessions", live())
		}
	})
	t.Run("twice", func(t *testing.T) {
		raw := recordedAs(t, "twice")
		l.post(start, raw.first)
		l.post(status, raw.completed())
		l.post(status, raw.completed())
		c.set(c.now().Add(10 * time.Second))
		sweep()
		l.post(status, raw.completed())
		sweep()
		if live() != 0 {
			t.Errorf("%d sessions", live())
		}
		if n := strings.Count(l.logs.String(), `"to":"$gone"`); n != 3 {
			t.Errorf("%d ends of 3 calls:\n%s", n, l.logs)
		}
	})
	t.Run("never", func(t *testing.T) {
		raw := recordedAs(t, "never")
		l.post(start, raw.first)
		c.set(c.now().Add(time.Minute))
		sweep()
		if live() != 1 {
			t.Errorf("%d sessions after a minute", live())
		}
		c.set(c.now().Add(time.Hour))
		sweep()
		if live() != 0 {
			t.Errorf("%d sessions after an hour", live())
		}
	})
}

// TestALongPINIsNowhere plays a call with an unusual PIN and looks for it in
// everything that is kept or said.
func TestALongPINIsNowhere(t *testing.T) {
	t.Parallel()
	const pin = "739182645501"
	source, err := os.ReadFile("../examples/authzero/flow.yaml")
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Replace(string(source), "digits: 4\n", "digits: 4-16\n", 1)
	if long == string(source) {
		t.Fatal("the flow has changed")
	}
	eachPlatform(t, func(t *testing.T, platform string) {
		saw := make(chan string, 4)
		l := newLine(t, lineOptions{source: long, signIn: func(_ context.Context, a engine.Authenticate) (engine.SignedIn, error) {
			saw <- a.PIN.Reveal()
			return engine.SignedIn{Result: engine.SignInAuthenticated, Principal: engine.Principal{Account: "12345", ID: "u", Greeting: "Maria"}}, nil
		}})
		r := l.play(platform, callID(t, 1), "12345#"+pin+"# 1 2 9")
		inOrder(t, said(r), "Welcome Maria.", "Your balance", "Goodbye.")
		if got := <-saw; got != pin {
			t.Fatalf("signed in with %q", got)
		}
		l.mu.Lock()
		replies := string(l.replies)
		l.mu.Unlock()
		for name, text := range map[string]string{"logs": l.logs.String(), "replies": replies, "store": fmt.Sprintf("%+v", l.store), "heard": said(r)} {
			if strings.Contains(text, pin) || strings.Contains(text, "7 3 9 1 8") {
				t.Errorf("the PIN stands in the %s", name)
			}
			if text == "" {
				t.Errorf("nothing to look through in the %s", name)
			}
		}
		if strings.Contains(l.logs.String(), "12345") {
			t.Errorf("the account number stands in the log:\n%s", l.logs)
		}
	})
}

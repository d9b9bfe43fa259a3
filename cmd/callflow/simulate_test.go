package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callflow/engine"
	"callflow/flows/flowtest"
)

const (
	authzero = "../../examples/authzero"
	herd     = "../../examples/herd"
)

// run runs a command in this process.
func run(t *testing.T, stdin string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = Command{Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &err}.Main(t.Context(), args)
	return status, out.String(), err.String()
}

// write makes a file in a folder of the test's own.
func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

const failing = `
callflow: 1
flow: failing
start: ask
states:
  ask:
    collect: { prompt: A number., digits: 1-3 }
    next: judge
  judge:
    branch: { when: [{ if: int(ask) + int("x") > 0, next: done }], else: done }
  done: { hangup: { say: Done. } }
`

func TestSimulate(t *testing.T) {
	t.Parallel()
	broken := write(t, "broken.yaml", strings.Replace(failing, "next: judge", "next: jugde", 1))
	fails := write(t, "failing.yaml", failing)
	garbage := write(t, "standins.yaml", "services: { herd: [{ pots: /events }] }")
	for _, c := range []struct {
		name   string
		args   []string
		stdin  string
		status int
		stdout []string // in this order
		stderr string
	}{
		{
			name: "by its flow", args: []string{authzero, "--dtmf", "12345# 1234 1 2 9"},
			stdout: []string{"authzero: Authzero demo bank line\nin en-AU", " 0:00  Welcome to the Authzero demo.", "  > 12345#\n", "  > ****\n", "= sign-in of 12345: authenticated", "250 dollars and 75 cents", "The flow ended the call in state goodbye."},
		},
		{name: "script on standard input", args: []string{authzero + "/flow.yaml"}, stdin: "12345#\n1234\n9\n", stdout: []string{"Welcome Maria.", "state goodbye."}},
		{name: "silence", args: []string{authzero, "--dtmf", "- - -"}, stdout: []string{"> (silence)", "the flow said goodbye"}},
		{name: "hung up", args: []string{authzero, "--dtmf", "12345# 12x"}, status: 3, stdout: []string{"> **\n", "> (hangs up)", "The caller hung up."}},
		{name: "waiting", args: []string{authzero, "--dtmf", "12345#"}, status: 5, stdout: []string{"The script is at its end; the call waits in state pin."}},
		{name: "no script at all", args: []string{authzero}, status: 5, stdout: []string{"state account_number."}},
		{name: "error", args: []string{fails, "--dtmf", "1#"}, status: 4, stdout: []string{"The flow failed and apologised; --trace shows where."}},
		{name: "error traced", args: []string{fails, "--dtmf", "1#", "--trace"}, status: 4, stdout: []string{"judge (branch): error -> $apology [", "The flow failed and apologised.\n"}},
		{name: "too long", args: []string{herd, "--dtmf", "1 00042 1 7 8"}, stdout: []string{"Recorded.", "2 words of the script came too late."}},
		{name: "trace", args: []string{herd, "--dtmf", "1 00042 1", "--trace"}, stdout: []string{"event (menu): option.1 -> animal [1 key]", "animal (collect): match -> animal.confirm [5 keys]", "record (action): done -> thanks [done (HTTP 201)]"}},
		{name: "another region's language", args: []string{herd, "--dtmf", "1", "--language", "es-MX"}, status: 5, stdout: []string{"in es, "}},
		{name: "a language the flow has not", args: []string{herd, "--dtmf", "1", "--language", "xx"}, status: 2, stderr: `does not speak "xx"; it speaks en, es`},
		{name: "a configuration that nobody reads", args: []string{herd, "--dtmf", "1", "--config", "callflow.yaml"}, status: 2, stderr: "--config is read with --live only"},
		{name: "language", args: []string{herd, "--dtmf", "1", "--language", "es"}, status: 5, stdout: []string{"in es, ", "Oprima 1"}},
		{name: "numbers", args: []string{herd, "--dtmf", "x", "--from", "+6591110000", "--to", "+61255500101"}, status: 3, stdout: []string{"from +6591110000 to +61255500101"}},
		{name: "slow", args: []string{herd, "--dtmf", "1 00042 1", "--slow", "herd=3s"}, stdout: []string{"moment", "done (HTTP 201), after 3s", "Recorded."}},
		{name: "failing service", args: []string{herd, "--dtmf", "1 00042 1", "--fail", "herd"}, stdout: []string{"We have your report", "1 action is not delivered yet"}},
		{name: "failing sign-in", args: []string{authzero, "--dtmf", "12345# 1234", "--fail", "sign_in"}, stdout: []string{"sign-in of 12345: unavailable", "We cannot reach your account"}},
		{name: "key by key", args: []string{authzero, "--dtmf", "12345#1234", "--key-by-key"}, status: 5, stdout: []string{"> 1\n", "> #\n", "> *\n", "Welcome Maria."}},

		{name: "broken flow", args: []string{broken}, status: 1, stderr: `error: `},
		{name: "no flow", args: []string{"nowhere"}, status: 2, stderr: "there is no flow nowhere: no such file or directory"},
		{name: "no argument", status: 2, stderr: "found 0 arguments, expected one flow"},
		{name: "bad script", args: []string{herd, "--dtmf", "1 0004a"}, status: 2, stderr: "--dtmf: character 7: 'a' is no key; expected 0-9, *, #, or one of the signs . + - x\n  1 0004a\n        ^\n"},
		{name: "bad script on standard input", args: []string{herd}, stdin: "1\ny", status: 2, stderr: "standard input: character 3: 'y' is no key"},
		{name: "bad service", args: []string{herd, "--slow", "hurd"}, status: 2, stderr: `--slow: the flow uses no service "hurd"; expected one of sign_in, herd`},
		{name: "bad slowness", args: []string{herd, "--slow", "herd=long"}, status: 2, stderr: `--slow: found "herd=long", expected a length of time after the =, such as herd=3s`},
		{name: "bad dial", args: []string{herd, "--dial", "gone"}, status: 2, stderr: `--dial: found "gone", expected completed, busy, no_answer or failed`},
		{name: "bad standins", args: []string{herd, "--standins", garbage}, status: 1, stderr: `a stand-in has no key "pots"`},
		{name: "missing standins", args: []string{herd, "--standins", "nowhere.yaml"}, status: 2, stderr: "the stand-ins nowhere.yaml cannot be read"},
		{name: "missing users", args: []string{authzero, "--users", "nowhere.yaml"}, status: 2, stderr: "nowhere.yaml"},
		{name: "nothing given", args: []string{fails, "--standins", write(t, "s.yaml", "services: {}"), "--dtmf", "x"}, status: 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			status, stdout, stderr := run(t, c.stdin, append([]string{"simulate"}, c.args...)...)
			if status != c.status {
				t.Errorf("status %d, expected %d", status, c.status)
			}
			rest := stdout
			for _, part := range c.stdout {
				i := strings.Index(rest, part)
				if i < 0 {
					t.Errorf("%q is missing, or not in order, in\n%s", part, stdout)
					break
				}
				rest = rest[i+len(part):]
			}
			if !strings.Contains(stderr, c.stderr) || c.stderr == "" && stderr != "" {
				t.Errorf("stderr %q, expected %q", stderr, c.stderr)
			}
			for line := range strings.SplitSeq(stdout, "\n") {
				if len([]rune(line)) > usualWidth {
					t.Errorf("wider than %d columns: %q", usualWidth, line)
				}
			}
		})
	}
}

// TestSimulateJSON holds the names of the fields.
func TestSimulateJSON(t *testing.T) {
	t.Parallel()
	status, stdout, _ := run(t, "", "simulate", authzero, "--dtmf", "12345# 1234 1 9", "--json")
	var call struct {
		Flow    string
		End     struct{ How, State string }
		Entries []struct {
			At   int `json:"at_ms"`
			Kind string
			Text string
			Hops []engine.Hop
		}
		SignIns []struct{ Account, Result string } `json:"sign_ins"`
		Calls   []struct{ Service, Method, Path, Result string }
		Session struct {
			State     string
			Variables map[string]any
		}
	}
	if err := json.Unmarshal([]byte(stdout), &call); err != nil {
		t.Fatal(err)
	}
	if status != 0 || call.Flow != "authzero" || call.End.How != "hangup" || call.End.State != "goodbye" {
		t.Errorf("status %d, %+v", status, call.End)
	}
	if len(call.SignIns) != 1 || call.SignIns[0].Account != "12345" || call.SignIns[0].Result != "authenticated" {
		t.Errorf("sign-ins %+v", call.SignIns)
	}
	if len(call.Calls) != 1 || call.Calls[0].Path != "/accounts/12345/balance" || call.Calls[0].Result != "ok" {
		t.Errorf("calls %+v", call.Calls)
	}
	if v := call.Session.Variables; v["pin"] != "***" || v["account_number"] != "12345" {
		t.Errorf("variables %v", v)
	}
	if strings.Contains(stdout, `"1234"`) {
		t.Error("the PIN is in clear")
	}
}

// TestSimulateSecrets searches what is printed for an unusual PIN, which stands
// nowhere but in the script.
func TestSimulateSecrets(t *testing.T) {
	t.Parallel()
	const pin = "8675309424242"
	flow := write(t, "vault.yaml", `
callflow: 1
flow: vault
start: pin
states:
  pin: { collect: { prompt: Your code., digits: 8-24, secret: true }, next: sign_in }
  sign_in:
    authenticate: { account: "1", pin: "${pin}" }
    next: { authenticated: done, denied: done }
  done: { hangup: { say: Done. } }
`)
	users := write(t, "standins.yaml", "users: [{ account: 1, pin: "+pin+" }]")
	for _, script := range []string{pin + "#", pin, pin + "x", "+" + pin + "#" + pin, "1 " + pin + "# " + pin} {
		for _, flag := range []string{"--json", "--trace"} {
			_, stdout, stderr := run(t, "", "simulate", flow, "--standins", users, "--dtmf", script, flag)
			if all := stdout + stderr; strings.Contains(all, pin[:5]) || strings.Contains(all, pin[5:]) {
				t.Errorf("%s %s shows the PIN:\n%s", script, flag, all)
			}
			if !strings.Contains(stdout, "pin") {
				t.Errorf("%s %s prints no call: %s", script, flag, stderr)
			}
		}
	}
}

// playKeypad has somebody type at a keypad.
func playKeypad(t *testing.T, file, typed string, trace bool) (string, *flowtest.Transcript) {
	t.Helper()
	c := &Command{}
	flow, err := c.openFlow(file)
	if err != nil {
		t.Fatal(err)
	}
	world, _, _, err := c.world(flow, simulation{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	k := &keypad{
		player: flowtest.New(flow.program, flowtest.Options{World: world}),
		page:   &page{w: &rawWriter{&out}, width: usualWidth, trace: trace},
	}
	if err := k.run(t.Context(), keysOf(t.Context(), strings.NewReader(typed))); err != nil {
		t.Fatal(err)
	}
	return out.String(), k.player.Transcript()
}

func TestKeypad(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]flowtest.End{
		"12345#12341\x1b[A29":   {How: flowtest.ByFlow, State: "goodbye"}, // an arrow key is no key
		"12345#1\x1b[1;5C234z9": {How: flowtest.ByFlow, State: "goodbye"},
		"123451234\r1234":       {How: flowtest.ByFlow, State: "refused"},
		"---":                   {How: flowtest.ByGoodbye, State: "$goodbye"},
		"\r\rs":                 {How: flowtest.ByGoodbye, State: "$goodbye"},
		"12345#12x":             {How: flowtest.ByCaller, State: "$gone"},
		"12345#12\x03":          {How: flowtest.ByCaller, State: "$gone"},
		"12\x1bh":               {How: flowtest.ByCaller, State: "$gone"},
		"":                      {How: flowtest.ByCaller, State: "$gone"}, // nobody is there any more
	} {
		t.Run(typed, func(t *testing.T) {
			t.Parallel()
			out, transcript := playKeypad(t, authzero, typed, false)
			if end := transcript.End; end.How != want.How || end.State != want.State {
				t.Errorf("ended by %s in %s, expected %s in %s\n%s", end.How, end.State, want.How, want.State, out)
			}
			if strings.Contains(strings.ReplaceAll(out, "\r\n", ""), "\n") {
				t.Error("a line does not return to the left")
			}
		})
	}
}

func TestKeypadEcho(t *testing.T) {
	t.Parallel()
	out, _ := playKeypad(t, authzero, "12345#12349", true)
	for _, part := range []string{
		"[account_number: up to 10 keys and #] ", "[account_number: up to 10 keys and #, 3 pressed] 123",
		"[pin: up to 4 keys, 2 pressed] **", "[main_menu: 1 2 9] ", "pin (collect): match -> sign_in",
		"The flow ended the call in state goodbye.",
	} {
		if !strings.Contains(out, part) {
			t.Errorf("%q is missing in\n%s", part, out)
		}
	}
	_, during, _ := strings.Cut(out, "[pin:")
	if during, _, _ = strings.Cut(during, "= sign-in"); strings.Contains(during, "12") {
		t.Errorf("the PIN is shown:\n%s", out)
	}
}

func TestKeypadTransfer(t *testing.T) {
	t.Parallel()
	file := write(t, "agent.yaml", `
callflow: 1
flow: agent
start: agent
states:
  agent:
    transfer: { to: "+15550100", say: Connecting you now. }
    next: { completed: done, failed: done }
  done: { hangup: { say: Bye. } }
`)
	for typed, want := range map[string]flowtest.How{"5\r": flowtest.ByFlow, "x": flowtest.ByCaller} {
		out, transcript := playKeypad(t, file, typed, false)
		if transcript.End.How != want || !strings.Contains(out, "[agent: connected to +15550100; Enter ends it] ") {
			t.Errorf("%q: %+v\n%s", typed, transcript.End, out)
		}
	}
}

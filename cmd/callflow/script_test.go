package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	// What a shell starts in the background ignores Ctrl-C, and so would all that is
	// started here. What is caught, however, is nothing that a process inherits.
	if signal.Ignored(os.Interrupt) {
		signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	}
	testscript.Main(m, map[string]func(){"callflow": main})
}

// The scripts run the program as people do: as a process, with files, signals and
// an environment.
//
//	start ARGS…       start callflow and wait until it listens; $ADDR is where.
//	                  It does not linger, unless ARGS say so
//	end SIGNAL CODE   send it a signal and wait for its end, with that exit status
//	signal SIGNAL     send it a signal
//	await TEXT        wait until its log has a text
//	http METHOD URL   send a request; the status and the body are the output
//	hang              start a service that never answers; $HANG is where
//	phones MOVES      start an API of jambonz, Telnyx and Sinch whose calls are answered by
//	                  somebody who does MOVES; $PHONES is where
//	bank              start the service of the bank line; $BANK is where
//	sms               start a vendor of messages; $SMS is where
//	interrupt CODE ARGS…  run callflow, interrupt it (Ctrl-C) when it has written two lines,
//	                  and wait for its end, with that exit status; $CALL is the call that
//	                  it has ordered
//	until PATTERN ARGS…  run callflow, again and again, until what it writes matches
//	call MOVES ARGS…  play a call of the server started, and do MOVES when a code has
//	                  come, with the code in the place of CODE; $CODE is the code
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Values[processKey{}] = &process{addr: new(atomic.Value)}
			env.Setenv("EXAMPLES", filepath.Join(repository(t), "examples"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start":  startCmd,
			"end":    endCmd,
			"signal": signalCmd,
			"await":  awaitCmd,
			"http":   httpCmd,
			"hang":   hangCmd,
			"sms":    smsCmd,
			"bank":   bankCmd,
			"phones": phonesCmd,

			"interrupt": interruptCmd,
			"until":     untilCmd,
			"call":      callCmd,
		},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	})
}

func repository(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// process is the server of a script.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr screen
	read           chan struct{} // closed when stdout has ended
	codes          <-chan string // of the messages that came
	addr           *atomic.Value // where it listens, for whoever calls back
}

type processKey struct{}

func processOf(ts *testscript.TestScript) *process { return ts.Value(processKey{}).(*process) }

func startCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("start cannot fail; use exec")
	}
	p := processOf(ts)
	*p = process{read: make(chan struct{}), codes: p.codes, addr: p.addr}
	p.cmd = exec.Command(executable(ts), append([]string{"serve", "--server-linger=0s"}, args...)...)
	p.cmd.Dir = ts.Getenv("WORK")
	p.cmd.Stderr = &p.stderr
	p.cmd.Env = environment(ts)
	out, err := p.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(p.cmd.Start())
	ts.Defer(func() {
		if p.cmd.ProcessState == nil {
			_ = p.cmd.Process.Kill()
			_ = p.cmd.Wait()
		}
	})
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(first), "callflow listens on ")
	if err != nil || !ok {
		_ = p.cmd.Wait()
		ts.Fatalf("it did not start: %s%s", first, p.stderr.String())
	}
	_, _ = io.WriteString(&p.stdout, first)
	go func() {
		defer close(p.read)
		_, _ = io.Copy(&p.stdout, lines)
	}()
	ts.Setenv("ADDR", addr)
	p.addr.Store(addr)
}

// executable is callflow, as a script finds it.
func executable(ts *testscript.TestScript) string {
	const name = "callflow"
	for dir := range strings.SplitSeq(ts.Getenv("PATH"), string(os.PathListSeparator)) {
		if path := filepath.Join(dir, name); exists(path) {
			return path
		}
	}
	return name
}

// environment is what a script's commands see.
func environment(ts *testscript.TestScript) []string {
	env := []string{}
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "GORACE", "GOCOVERDIR", "SECRET", "SMS", "BANK", "EXAMPLES", "CALLFLOW_STORE", "CALLFLOW_SEAL_KEY", "NEW_KEY", "OLD_KEY", "PHONES_PUBLIC_KEY", "PHONES_PRIVATE_KEY"} {
		if v := ts.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

func signalCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: signal INT|TERM|KILL")
	}
	known := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}
	sig, ok := known[args[0]]
	if !ok {
		ts.Fatalf("there is no signal %s", args[0])
	}
	ts.Check(processOf(ts).cmd.Process.Signal(sig))
}

func awaitCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: await TEXT")
	}
	p := processOf(ts)
	for deadline := time.Now().Add(time.Minute); !strings.Contains(p.stderr.String(), args[0]); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("%q does not come:\n%s", args[0], p.stderr.String())
		}
	}
}

// endCmd leaves what the process wrote in stdout and stderr, for the commands
// that look at it.
func endCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: end INT|TERM|KILL CODE")
	}
	signalCmd(ts, false, args[:1])
	p := processOf(ts)
	ended := make(chan error, 1)
	go func() {
		<-p.read
		ended <- p.cmd.Wait()
	}()
	var err error
	select {
	case err = <-ended:
	case <-time.After(time.Minute):
		_ = p.cmd.Process.Kill()
		ts.Fatalf("it did not end:\n%s", p.stderr.String())
	}
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		ts.Fatalf("wait: %v", err)
	}
	_, _ = io.WriteString(ts.Stdout(), p.stdout.String())
	_, _ = io.WriteString(ts.Stderr(), p.stderr.String())
	if code := strconv.Itoa(p.cmd.ProcessState.ExitCode()); code != args[1] {
		ts.Fatalf("exit status %s, expected %s:\n%s", code, args[1], p.stderr.String())
	}
}

func httpCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: http METHOD URL [FILE [HEADER]]")
	}
	var body io.Reader
	if len(args) > 2 {
		body = strings.NewReader(ts.ReadFile(args[2]))
	}
	req, err := http.NewRequest(args[0], args[1], body)
	ts.Check(err)
	if len(args) > 3 {
		name, value, _ := strings.Cut(args[3], ": ")
		req.Header.Set(name, value)
	}
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	ts.Check(err)
	_, _ = io.WriteString(ts.Stdout(), strconv.Itoa(resp.StatusCode)+"\n"+string(text))
}

// hangCmd listens and accepts nothing: connections wait in the listener's queue.
func hangCmd(ts *testscript.TestScript, _ bool, _ []string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = ln.Close() })
	ts.Setenv("HANG", ln.Addr().String())
}

// smsCmd starts a vendor of messages, which keeps the newest code of six digits.
func smsCmd(ts *testscript.TestScript, _ bool, _ []string) {
	codes := make(chan string, 16)
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "no message", http.StatusBadRequest)
			return
		}
		if code := sixDigits.Find(body); code != nil {
			codes <- string(bytes.Trim(code, " "))
		}
		w.WriteHeader(http.StatusCreated)
	}))
	ts.Defer(vendor.Close)
	processOf(ts).codes = codes
	ts.Setenv("SMS", vendor.URL)
}

var sixDigits = regexp.MustCompile(` [0-9]{6}\b`)

// callCmd plays a call, and writes MOVES to it when a code has come, with the code in
// the place of CODE.
func callCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: call MOVES ARGS…")
	}
	p := processOf(ts)
	cmd := exec.Command(p.cmd.Path, append([]string{"play", "--stdin"}, args[1:]...)...)
	cmd.Dir, cmd.Env = ts.Getenv("WORK"), environment(ts)
	in, err := cmd.StdinPipe()
	ts.Check(err)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	ts.Check(cmd.Start())
	select {
	case code := <-p.codes:
		ts.Setenv("CODE", code)
		_, err = io.WriteString(in, strings.ReplaceAll(args[0], "CODE", code)+"\n")
		ts.Check(err)
	case <-time.After(30 * time.Second):
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		ts.Fatalf("no code has come:\n%s%s", out.String(), errs.String())
	}
	ts.Check(in.Close())
	err = cmd.Wait()
	_, _ = ts.Stdout().Write(out.Bytes())
	_, _ = ts.Stderr().Write(errs.Bytes())
	ts.Check(err)
}

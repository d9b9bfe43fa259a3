package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/examples/authzero/bank/accounts"
	"callflow/providers/telephony/player"
)

const (
	asksAccount = "Please enter your account number"
	asksPIN     = "Please enter your four digit PIN."
	refuses     = "Sorry, that account number and PIN do not match. Goodbye."
	inTrouble   = "We cannot reach your account right now."
)

// TestBankLineOverHTTP plays the seeds of the bank line through both codecs. Keys
// in one burst need a platform that keeps what is pressed early: jambonz' player
// hands them on as jambonz does when answers are quick.
func TestBankLineOverHTTP(t *testing.T) {
	t.Parallel()
	for _, seed := range []struct {
		name, script string
		end          player.End
		heard        []string
		never        string
		signIns      int
	}{
		{"the whole menu", "12345# 1234 1 2 9", player.HungUp, []string{asksAccount, asksPIN, "Welcome Maria.", "Your balance is 250 dollars and 75 cents.", "You have no payments waiting.", "Goodbye."}, refuses, 1},
		{"a wrong PIN", "12345# 9999", player.HungUp, []string{asksPIN, refuses}, "Welcome Maria", 1},
		{"an unknown account", "777# 1234", player.HungUp, []string{asksPIN, refuses}, "Welcome Maria", 1},
		{"an extra #", "12345# 1234# 9", player.HungUp, []string{"Welcome Maria.", "Goodbye."}, "not one of", 1},
		{"silence", "- - -", player.HungUp, []string{asksAccount, asksAccount, asksAccount, "oodbye"}, asksPIN, 0},
		{"hang-up inside the PIN", "12345# 12x", player.Left, []string{asksPIN}, "Welcome Maria", 0},
		{"one burst", "12345#1234 9", player.HungUp, []string{"Welcome Maria.", "Goodbye."}, refuses, 1},
		{"nine digits, then nothing", "123451234. -", player.Left, []string{asksPIN, asksPIN}, refuses, 0},
		{"ten digits, # and the PIN in one burst", "1234567890#4321 9", player.HungUp, []string{"Welcome Ben.", "Goodbye."}, "not complete", 1},
		{"ten digits and a late #", "1234567890 # 4321 9", player.HungUp, []string{asksPIN, "Welcome Ben.", "Goodbye."}, refuses, 1},
	} {
		t.Run(seed.name, func(t *testing.T) {
			t.Parallel()
			eachPlatform(t, func(t *testing.T, platform string) {
				l := newLine(t, lineOptions{})
				r := l.play(platform, callID(t, 1), seed.script)
				if r.End != seed.end || r.Err != nil || r.Faults != 0 {
					t.Errorf("the call: %s, %d faults, %v, expected %s", r.End, r.Faults, r.Err, seed.end)
				}
				inOrder(t, said(r), seed.heard...)
				if strings.Contains(said(r), seed.never) {
					t.Errorf("%q was heard in: %s", seed.never, said(r))
				}
				if n := l.auth.count(); n != seed.signIns {
					t.Errorf("%d sign-ins, expected %d", n, seed.signIns)
				}
			})
		})
	}
}

// TestOutages: whatever is down, slow or talks nonsense, the caller hears the
// right words, and nobody is called a liar.
func TestOutages(t *testing.T) {
	t.Parallel()
	bank := func(h http.HandlerFunc) map[string]http.Handler { return map[string]http.Handler{"bank": h} }
	for _, tt := range []struct {
		name   string
		line   lineOptions
		script string
		heard  []string
		never  string
	}{
		{"sign-in fails", lineOptions{signIn: func(context.Context, engine.Authenticate) (engine.SignedIn, error) {
			return engine.SignedIn{}, errors.New("connection refused")
		}}, "12345# 1234", []string{inTrouble}, refuses},
		{"sign-in panics", lineOptions{signIn: func(context.Context, engine.Authenticate) (engine.SignedIn, error) { panic("nil map") }}, "12345# 1234", []string{inTrouble}, refuses},
		{"the bank is down", lineOptions{services: bank(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })}, "12345# 1234 1", []string{"Welcome Maria.", inTrouble}, "Your balance is"},
		{"the bank hangs up", lineOptions{services: bank(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })}, "12345# 1234 1", []string{inTrouble}, "Your balance is"},
		{"the bank answers nonsense", lineOptions{services: bank(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") })}, "12345# 1234 1", []string{inTrouble}, "Your balance is"},
		{"the bank answers the wrong types", lineOptions{services: bank(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"amount":"much","currency":7}`)
		})}, "12345# 1234 1", []string{inTrouble}, "much"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			eachPlatform(t, func(t *testing.T, platform string) {
				l := newLine(t, tt.line)
				r := l.play(platform, callID(t, 1), tt.script)
				if r.End != player.HungUp || r.Err != nil || r.Faults != 0 {
					t.Errorf("the call: %s, %d faults, %v", r.End, r.Faults, r.Err)
				}
				inOrder(t, said(r), tt.heard...)
				if strings.Contains(said(r), tt.never) {
					t.Errorf("%q was heard in: %s", tt.never, said(r))
				}
				if n := l.auth.count(); n != 1 {
					t.Errorf("%d sign-ins for one PIN", n)
				}
			})
		})
	}
}

// ear hears what a platform is told.
type ear struct {
	mu   sync.Mutex
	text strings.Builder
}

func (e *ear) hear(body []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.text.Write(body)
}

// wait waits until a text was heard, or ctx ends.
func (e *ear) wait(ctx context.Context, text string) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		e.mu.Lock()
		heard := strings.Contains(e.text.String(), text)
		e.mu.Unlock()
		if heard {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// TestSlowness: a caller whose patience is over is told to wait, again and again, until
// there is an answer, or nobody waits for it any more. What is slow answers once the
// caller was told something, however long that takes here.
func TestSlowness(t *testing.T) {
	t.Parallel()
	impatient := runner.Timing{Patience: 30 * time.Millisecond}
	// Long enough for the caller to be told to wait before it is over.
	short := runner.Timing{Patience: 30 * time.Millisecond, Deadline: 5 * time.Second}
	open := accounts.Handler(accounts.Demo())
	bank := func(e *ear, text string) map[string]http.Handler {
		return map[string]http.Handler{"bank": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			e.wait(r.Context(), text)
			open.ServeHTTP(w, r)
		})}
	}
	signIn := func(e *ear, text string, then engine.SignedIn) func(context.Context, engine.Authenticate) (engine.SignedIn, error) {
		return func(context.Context, engine.Authenticate) (engine.SignedIn, error) {
			e.wait(t.Context(), text) // whatever its own context says
			return then, nil
		}
	}
	maria := engine.SignedIn{Result: engine.SignInAuthenticated, Principal: engine.Principal{Account: "12345", ID: "u", Greeting: "Maria"}}
	for _, tt := range []struct {
		name   string
		line   func(*ear) lineOptions
		script string
		heard  []string
		never  string
	}{
		{"sign-in never answers", func(*ear) lineOptions {
			return lineOptions{timing: short, signIn: func(ctx context.Context, _ engine.Authenticate) (engine.SignedIn, error) {
				<-ctx.Done()
				return engine.SignedIn{}, ctx.Err()
			}}
		}, "12345# 1234", []string{"moment", inTrouble}, refuses},
		{"sign-in refuses too late", func(e *ear) lineOptions {
			return lineOptions{timing: short, signIn: signIn(e, inTrouble, engine.SignedIn{Result: engine.SignInDenied})}
		}, "12345# 1234", []string{"moment", inTrouble}, refuses},
		{"a slow sign-in holds the caller", func(e *ear) lineOptions {
			return lineOptions{timing: impatient, signIn: signIn(e, "moment", maria)}
		}, "12345# 1234 9", []string{"moment", "Welcome Maria.", "Goodbye."}, refuses},
		{"the bank is slower than anybody waits", func(e *ear) lineOptions {
			return lineOptions{timing: short, services: bank(e, inTrouble), signIn: signIn(e, asksPIN, maria)}
		}, "12345# 1234 1", []string{"moment", inTrouble}, "Your balance is"},
		{"the bank has no time left", func(e *ear) lineOptions {
			return lineOptions{timing: impatient, services: bank(e, inTrouble), timeout: time.Second, signIn: signIn(e, asksPIN, maria)}
		}, "12345# 1234 1", []string{"Welcome Maria.", inTrouble}, "Your balance is"},
		{"the bank is slow", func(e *ear) lineOptions {
			return lineOptions{timing: impatient, services: bank(e, "moment"), signIn: signIn(e, asksPIN, maria)}
		}, "12345# 1234 1 9", []string{"moment", "Your balance is 250 dollars", "Goodbye."}, inTrouble},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			eachPlatform(t, func(t *testing.T, platform string) {
				e := &ear{}
				o := tt.line(e)
				o.replied = e.hear
				l := newLine(t, o)
				r := l.play(platform, callID(t, 1), tt.script)
				if r.End != player.HungUp || r.Err != nil || r.Faults != 0 {
					t.Errorf("the call: %s, %d faults, %v", r.End, r.Faults, r.Err)
				}
				inOrder(t, said(r), tt.heard...)
				if strings.Contains(said(r), tt.never) {
					t.Errorf("%q was heard in: %s", tt.never, said(r))
				}
				if n := l.auth.count(); n != 1 {
					t.Errorf("%d sign-ins for one PIN", n)
				}
			})
		})
	}
}

// herdBook counts what reaches the farm's service, by idempotency key.
type herdBook struct {
	mu     sync.Mutex
	events map[string]string
	tries  int
	answer func(try int, w http.ResponseWriter)
}

func (b *herdBook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	b.mu.Lock()
	b.tries++
	try := b.tries
	b.mu.Unlock()
	if b.answer != nil {
		b.answer(try, w)
	} else {
		w.WriteHeader(http.StatusCreated)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.events == nil {
		b.events = map[string]string{}
	}
	b.events[r.Header.Get("Idempotency-Key")] = string(body)
}

func (b *herdBook) seen() (events []string, tries int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.events {
		var m map[string]string
		_ = json.Unmarshal([]byte(e), &m)
		events = append(events, m["event"]+" "+m["animal"]+" "+m["reporter"])
	}
	return events, b.tries
}

// TestHerdOverHTTP plays the seeds of the farm line.
func TestHerdOverHTTP(t *testing.T) {
	t.Parallel()
	const flow = "../examples/herd/flow.yaml"
	eachPlatform(t, func(t *testing.T, platform string) {
		for _, seed := range []struct {
			name, script, heard, event string
		}{
			{"zeros are kept", "1 00042 1", "Recorded. Thank you.", "death 00042 +15550100"},
			{"entered again", "1 00042 2 00043 1", "Recorded. Thank you.", "death 00043 +15550100"},
			{"a birth", "2 12345 1", "Recorded. Thank you.", "birth 12345 +15550100"},
		} {
			t.Run(seed.name, func(t *testing.T) {
				book := &herdBook{}
				l := newLine(t, lineOptions{flow: flow, services: map[string]http.Handler{"herd": book}})
				r := l.play(platform, callID(t, 1), seed.script)
				inOrder(t, said(r), "You entered", seed.heard)
				if events, tries := book.seen(); len(events) != 1 || events[0] != seed.event || tries != 1 {
					t.Errorf("recorded %v in %d tries", events, tries)
				}
			})
		}
		t.Run("failing every time", func(t *testing.T) {
			book := &herdBook{answer: func(_ int, w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }}
			l := newLine(t, lineOptions{flow: flow, services: map[string]http.Handler{"herd": book}})
			r := l.play(platform, callID(t, 1), "1 00042 1")
			inOrder(t, said(r), "We have your report and will file it shortly.")
			if strings.Contains(said(r), "Recorded") {
				t.Errorf("a report that nobody took was called recorded: %s", said(r))
			}
		})
		t.Run("refused", func(t *testing.T) {
			book := &herdBook{answer: func(_ int, w http.ResponseWriter) { w.WriteHeader(http.StatusUnprocessableEntity) }}
			l := newLine(t, lineOptions{flow: flow, services: map[string]http.Handler{"herd": book}})
			inOrder(t, said(l.play(platform, callID(t, 1), "1 00042 1")), "That was not accepted.")
		})
		t.Run("down at first, and the caller has gone", func(t *testing.T) {
			book := &herdBook{answer: func(try int, w http.ResponseWriter) {
				if try < 2 {
					w.WriteHeader(http.StatusServiceUnavailable)
					return
				}
				w.WriteHeader(http.StatusCreated)
			}}
			l := newLine(t, lineOptions{flow: flow, services: map[string]http.Handler{"herd": book}, timing: runner.Timing{Tick: 10 * time.Millisecond}})
			runs(t, l)
			l.play(platform, callID(t, 1), "1 00042 1x")
			eventually(t, "the report is delivered", func() bool { _, tries := book.seen(); return tries == 2 })
			time.Sleep(50 * time.Millisecond)
			if events, tries := book.seen(); len(events) != 1 || tries != 2 {
				t.Errorf("recorded %v in %d tries", events, tries)
			}
		})
	})
}

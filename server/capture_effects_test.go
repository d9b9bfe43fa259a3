package server_test

import (
	"context"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/flows"
	"callflow/providers/store/memory"
	"callflow/providers/telephony"
	"callflow/providers/telephony/player"
	"callflow/server"
	"callflow/server/capture"
)

// clinic asks for all that a capture must hide, and goes by what comes back.
const clinic = `
callflow: 1
flow: clinic
start: who
states:
  who:
    identify: {}
    next: { one: hello, many: age, none: age, unavailable: age }
  hello: { say: "We believe that this is account ${digits(who.account)}.", next: age }
  age: { collect: { prompt: "Your age, please.", digits: 2, pattern: "1[89]|[2-9][0-9]" }, next: right }
  right:
    confirm: { prompt: "You are ${age}. Press 1 if that is right, or 2 if not." }
    next: { yes: month, no: age }
  month: { collect: { prompt: "Your month of birth.", digits: 2, pattern: "0[1-9]|1[0-2]" }, next: number }
  number: { collect: { prompt: "Your number.", digits: 12 }, next: pin }
  pin: { collect: { prompt: "Your PIN.", digits: 10, secret: true }, next: sign_in }
  sign_in:
    authenticate: { account: "${number}", pin: "${pin}", attempts: 2, retry: number }
    next: { authenticated: send, denied: refused, locked: locked, unavailable: trouble }
  send: { challenge: { to: "${call.from}" }, next: { sent: code, rejected: refused, unavailable: trouble } }
  code: { collect: { prompt: "We sent a code to the number that ends in ${digits(send.ending)}.", digits: 10, secret: true }, next: check }
  check:
    verify: { code: "${code}", attempts: 2, retry: code }
    next: { verified: visits, authenticated: visits, denied: refused, expired: refused, locked: locked, unavailable: trouble }
  visits:
    requires: authenticated
    request:
      service: clinic
      get: /visits
      query: { age: "${age}" }
      returns: { visits: [ { doctor: text, day: text, open: bool, fee: number, currency: text } ], status: text }
    next: { ok: standing, not_found: nobody, error: trouble }
  standing:
    requires: authenticated
    branch: { when: [ { if: "visits.status == 'overdue'", next: owing } ], else: which }
  owing: { requires: authenticated, say: "Your bill is overdue.", next: which }
  which:
    requires: authenticated
    menu:
      prompt: "Hello ${caller.greeting}."
      each: { in: "${visits.visits}", say: "Press ${key} for ${item.doctor}, who costs ${money(item.fee, item.currency)}.", page: 2, say_more: "Press 9 for more." }
      options: { 0: cancel }
    next: { chosen: booked, empty: nobody }
  booked: { requires: authenticated, say: "It is on ${date(which.day)}.", next: cancel }
  cancel:
    requires: authenticated
    action: { service: clinic, post: /bookings, body: { account: "${caller.account}" } }
    next: { done: thanks, rejected: nobody, pending: later, unknown: doubt }
  thanks: { hangup: { say: Thank you. } }
  later: { hangup: { say: It will be booked. } }
  doubt: { hangup: { say: Nobody knows. } }
  nobody: { hangup: { say: Nobody is there. } }
  refused: { hangup: { say: "No." } }
  locked: { hangup: { say: Your account is locked. } }
  trouble: { hangup: { say: We cannot do this now. } }
`

// world answers as it is told, in order, and the last answer again.
type world struct {
	signIns []engine.SignIn
	sent    engine.CodeSending
	codes   []engine.CodeResult
	found   engine.Identified
	request engine.Answer
	action  engine.Answer
	body    string
}

// turn takes the first of several, and leaves the last.
func turn[T any](all *[]T) T {
	first := (*all)[0]
	if len(*all) > 1 {
		*all = (*all)[1:]
	}
	return first
}

func (w *world) Authenticate(_ context.Context, a engine.Authenticate) (engine.SignedIn, error) {
	in := engine.SignedIn{Result: turn(&w.signIns)}
	if in.Result == engine.SignInAuthenticated {
		in.Principal = engine.Principal{Account: a.Account, ID: "auth0|" + a.Account, Greeting: "Maria Quillfeather"}
	}
	return in, nil
}

func (w *world) SendCode(context.Context, engine.SendCode) (engine.CodeSent, error) {
	sent := engine.CodeSent{Result: w.sent}
	if sent.Result == engine.CodeSentOn {
		sent.Handle, sent.Ending = engine.NewSecret("handle-token-7f3a"), "42"
	}
	return sent, nil
}

func (*world) SentCode(engine.SendCode) engine.CodeSent { return engine.CodeSent{} }

func (w *world) CheckCode(context.Context, engine.CheckCode) (engine.CodeChecked, error) {
	checked := engine.CodeChecked{Result: turn(&w.codes)}
	if checked.Result == engine.CodeVerified {
		checked.Phone = "+15557730142"
	}
	return checked, nil
}

func (w *world) Identify(context.Context, engine.Identify) (engine.Identified, error) {
	return w.found, nil
}

func (w *world) Request(context.Context, engine.Request) (engine.Answered, error) {
	return engine.Answered{Result: w.request, Body: []byte(w.body), Detail: "token-in-detail-9c1"}, nil
}

func (w *world) Action(context.Context, engine.Action) (engine.Answered, bool, error) {
	return engine.Answered{Result: w.action, Detail: "token-in-detail-9c1"}, true, nil
}

func (w *world) Idempotent(string) bool { return w.action != engine.AnswerUnknown }

// again is a world in which everything comes out as it was recorded, and nothing else is
// known.
type again struct {
	t        *testing.T
	outcomes *capture.Outcomes
}

func recalled[T engine.Event](ctx context.Context, a again, e engine.Effect) (T, error) {
	result, known, err := a.outcomes.Next(ctx, e)
	answer, ok := result.(T)
	if !known || err == nil && !ok {
		a.t.Errorf("nothing is recorded of %T", e)
	}
	return answer, err
}

func (a again) Authenticate(ctx context.Context, e engine.Authenticate) (engine.SignedIn, error) {
	return recalled[engine.SignedIn](ctx, a, e)
}

func (a again) SendCode(ctx context.Context, e engine.SendCode) (engine.CodeSent, error) {
	return recalled[engine.CodeSent](ctx, a, e)
}

func (again) SentCode(engine.SendCode) engine.CodeSent { return engine.CodeSent{} }

func (a again) CheckCode(ctx context.Context, e engine.CheckCode) (engine.CodeChecked, error) {
	return recalled[engine.CodeChecked](ctx, a, e)
}

func (a again) Identify(ctx context.Context, e engine.Identify) (engine.Identified, error) {
	return recalled[engine.Identified](ctx, a, e)
}

func (a again) Request(ctx context.Context, e engine.Request) (engine.Answered, error) {
	return recalled[engine.Answered](ctx, a, e)
}

func (a again) Action(ctx context.Context, e engine.Action) (engine.Answered, bool, error) {
	answer, err := recalled[engine.Answered](ctx, a, e)
	return answer, true, err
}

func (a again) Idempotent(service string) bool { return !a.outcomes.Doubtful(service) }

// everything is all that effects need.
type everything interface {
	runner.Authenticator
	runner.Codes
	runner.Finder
	runner.Services
}

// compiled is a flow, whose program any number of servers may have.
func compiled(t *testing.T, source string) single {
	t.Helper()
	program, diags := flows.CompileSource("flow.yaml", []byte(source), flows.Options{})
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	return single{program, []byte(source)}
}

// serving serves a flow on all platforms, whose commands go to api.
func serving(t *testing.T, flow single, w everything, timing runner.Timing, rec *capture.Recorder, api http.Handler) *server.Server {
	t.Helper()
	codecs := openCodecs(t)
	commander := commanderTo(codecs, api)
	commander.Sent = rec.Sent
	store := memory.New()
	run, err := runner.New(runner.Deps{
		Commander: commander, Catalog: flow, Store: store, Sealer: runner.Unsealed(), Timing: timing,
		Authenticator: w, Codes: w, Finder: w, Services: w,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := run.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	srv, err := server.New(server.Deps{
		Runner: run, Codecs: codecs, Commander: commander, Flow: flow.program.Flow(), Flows: func() []string { return []string{flow.program.Flow()} },
		Ping: store.Ping, PublicURL: publicURL, Log: zap.NewNop(), Capture: rec,
	})
	if err != nil {
		t.Fatal(err)
	}
	return srv
}

// theVisits has more in it than the flow reads, and what nobody may keep in what it reads.
const theVisits = `{"+15557730142":"836192745501","token":"sk-live-7731","status":"overdue","visits":[` +
	`{"doctor":"Dr. Quillfeather","day":"2026-12-13","open":true,"fee":98.75,"currency":"AUD","note":"PIN 7391824650"},` +
	`{"doctor":"nurse 7391824650","day":"2026-12-14","open":false,"fee":0,"currency":"AUD"},` +
	`{"doctor":"Bearer sk-live-7731","day":"2026-12-15","open":true,"fee":77,"currency":"AUD"}]}`

// TestCaptureEffects: what a call came to is kept, whatever that was, with nothing of the
// caller's, and it comes to the same again with nothing but the capture.
func TestCaptureEffects(t *testing.T) {
	t.Parallel()
	flow := compiled(t, clinic)
	one := engine.Identified{Result: engine.IdentifiedOne, Accounts: []engine.Candidate{{Account: "836192745501", Kind: "mfa"}}}
	many := engine.Identified{Result: engine.IdentifiedMany, Accounts: []engine.Candidate{{Account: "836192745501", Kind: "mfa"}, {Account: "998811227345", Kind: "mfa"}}}
	signed := []engine.SignIn{engine.SignInDenied, engine.SignInAuthenticated}
	checked := []engine.CodeResult{engine.CodeDenied, engine.CodeVerified}
	const upToCode = "43 1 07 836192745501 7391824650 836192745501 7391824650 5519073862 5519073862 "
	for name, tt := range map[string]struct {
		world  world
		script string
		want   string // is heard in the end
	}{
		"booked":      {world{signed, engine.CodeSentOn, checked, one, engine.AnswerOK, engine.AnswerDone, theVisits}, upToCode + "9 1", "Thank you."},
		"empty":       {world{signed, engine.CodeSentOn, checked, many, engine.AnswerOK, engine.AnswerDone, `{"visits":[],"status":"fine"}`}, upToCode, "Nobody is there."},
		"no object":   {world{signed, engine.CodeSentOn, checked, one, engine.AnswerOK, engine.AnswerDone, `"836192745501"`}, upToCode, "We cannot do this now."},
		"no day":      {world{signed, engine.CodeSentOn, checked, one, engine.AnswerOK, engine.AnswerDone, strings.ReplaceAll(theVisits, `"2026-12-13"`, `836192745501`)}, upToCode, "We cannot do this now."},
		"rejected":    {world{signed, engine.CodeSentOn, checked, one, engine.AnswerOK, engine.AnswerRejected, theVisits}, upToCode + "0", "Nobody is there."},
		"pending":     {world{signed, engine.CodeSentOn, checked, one, engine.AnswerOK, engine.AnswerPending, theVisits}, upToCode + "0", "It will be booked."},
		"unknown":     {world{signed, engine.CodeSentOn, checked, one, engine.AnswerOK, engine.AnswerUnknown, theVisits}, upToCode + "0", "Nobody knows."},
		"not found":   {world{signed, engine.CodeSentOn, checked, one, engine.AnswerNotFound, "", ""}, upToCode, "Nobody is there."},
		"bank down":   {world{signed, engine.CodeSentOn, checked, one, engine.AnswerError, "", ""}, upToCode, "We cannot do this now."},
		"code locked": {world{signed, engine.CodeSentOn, []engine.CodeResult{engine.CodeLocked}, one, "", "", ""}, upToCode, "Your account is locked."},
		"no code":     {world{signed, engine.CodeSentRejected, checked, one, "", "", ""}, upToCode, "No."},
		"denied":      {world{[]engine.SignIn{engine.SignInDenied}, "", nil, engine.Identified{Result: engine.IdentifiedUnavailable}, "", "", ""}, upToCode, "No."},
		"locked":      {world{[]engine.SignIn{engine.SignInLocked}, "", nil, engine.Identified{Result: engine.IdentifiedNone}, "", "", ""}, upToCode, "Your account is locked."},
		"unavailable": {world{[]engine.SignIn{engine.SignInUnavailable}, "", nil, one, "", "", ""}, upToCode, "We cannot do this now."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for platform, play := range benchPlayers() {
				recorded := tt.world
				captured, text := heldCall(t, flow, &recorded, unhurried, platform, play, tt.script, tt.want)
				nothingIsKept(t, text)
				playsAgain(t, flow, captured, unhurried)
			}
		})
	}
}

// heldCall is a call as it is kept.
func heldCall(t *testing.T, flow single, w everything, timing runner.Timing, platform string, play func(context.Context, player.Options) player.Result, script, want string) (captured []capture.Exchange, text string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "kept")
	rec, err := capture.New(capture.Config{Dir: dir, Vocabulary: capture.Words([]byte(clinic)), PublicURL: publicURL, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	api := player.NewTelnyxAPI(engine.NewSecret("key"), nil)
	srv := serving(t, flow, w, timing, rec, api)
	result := play(t.Context(), player.Options{
		URL: srv.StartURL(platform, "clinic"), StatusURL: srv.StatusURL(platform), Secret: secret,
		Call:   player.Call{ID: "call-8f3e0d5f77aa", Account: "acme-7261", From: "+15557730142", To: "+61255500188", Name: "Zoë Quillfeather"},
		Script: moves(script), Client: &http.Client{Transport: straightTo{srv}}, Wait: pass, API: api,
	})
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	if heard := strings.Join(result.Heard, " "); result.End != player.HungUp || !strings.Contains(heard, want) {
		t.Fatalf("%s: %s, %v: heard %s, expected %q", platform, result.End, result.Err, heard, want)
	}
	captures, text := kept(t, dir)
	if len(captures) != 1 {
		t.Fatalf("%s: %d captures", platform, len(captures))
	}
	return captures[0], text
}

// nothingIsKept looks for what nobody may find in a capture.
func nothingIsKept(t *testing.T, text string) {
	t.Helper()
	plain := strings.NewReplacer(`"0123456789*#"`, "", `"0123456789*"`, "").Replace(text) // any of the keys
	for _, original := range []string{
		"836192745501", "998811227345", "7391824650", "5519073862", "15557730142", "61255500188", "Quillfeather", "Maria", "sk-live",
		"handle-token", "token-in-detail", "98.75", "2026-12-1", "call-8f3e0d5f77aa", "acme-7261",
	} {
		for _, form := range encodings(original) {
			if strings.Contains(plain, form) {
				t.Errorf("%q is kept, of %q:\n%s", form, original, text)
			}
		}
	}
	// What stands for an entry is of its kind, so that no other one is like it by chance.
	for _, said := range []string{"You are 43", "ends in 4 2", `\"keys\":\"43\"`, "Digits=43&", `\"keys\":\"07\"`, "Digits=07&"} {
		if strings.Contains(plain, said) {
			t.Errorf("%q is kept:\n%s", said, text)
		}
	}
	if !strings.Contains(plain, `"effects":[{"effect":"sign_in","result":"`) {
		t.Errorf("kept:\n%s", text)
	}
}

// playsAgain plays a capture at a server that knows what the capture says and no more.
func playsAgain(t *testing.T, flow single, captured []capture.Exchange, timing runner.Timing) {
	t.Helper()
	outcomes := capture.NewOutcomes(captured)
	api := capture.NewAPI(engine.NewSecret("key"))
	srv := serving(t, flow, again{t, outcomes}, timing, nil, api)
	replay := capture.Replay{
		URL: publicURL, API: api, Outcomes: outcomes, Client: &http.Client{Transport: straightTo{srv}},
		ID: strings.Repeat("9", len(captured[0].Call)),
	}
	played, err := replay.Play(t.Context(), captured)
	if err != nil {
		t.Fatal(err)
	}
	if last := played[len(played)-1]; len(played) != len(captured) || last.Difference != "" {
		t.Errorf("%s: %d of %d hooks, then %s\n%s", captured[0].Platform, len(played), len(captured), last.Difference, last.Exchange.Request.Raw)
	}
}

// slow is a world whose service takes longer than callers wait.
type slow struct{ *world }

func (s slow) Request(ctx context.Context, r engine.Request) (engine.Answered, error) {
	if err := pass(ctx, 5*time.Second); err != nil {
		return engine.Answered{}, err
	}
	return s.world.Request(ctx, r)
}

// TestCaptureHeld: a caller who had to wait for a service waits again, as often, whatever
// that takes now.
func TestCaptureHeld(t *testing.T) {
	t.Parallel()
	flow := compiled(t, clinic)
	for platform, play := range benchPlayers() {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				captured, _ := heldCall(t, flow, slow{&world{
					[]engine.SignIn{engine.SignInAuthenticated},
					engine.CodeSentOn,
					[]engine.CodeResult{engine.CodeVerified},
					engine.Identified{Result: engine.IdentifiedNone},
					engine.AnswerNotFound, "", "",
				}}, runner.Timing{}, platform, play, "43 1 07 836192745501 7391824650 5519073862", "Nobody is there.")
				has := func(effect string) func(capture.Exchange) bool {
					return func(e capture.Exchange) bool {
						return slices.ContainsFunc(e.Effects, func(e capture.Effect) bool { return e.Effect == effect })
					}
				}
				checked, answered := slices.IndexFunc(captured, has("verify")), slices.IndexFunc(captured, has("request"))
				if checked < 1 || (answered > checked+1) != holds(t, platform) {
					t.Errorf("the code was checked at hook %d, the service asked at hook %d", checked+1, answered+1)
				}
				playsAgain(t, flow, captured, runner.Timing{})
			})
		})
	}
}

// holds tells whether a platform has callers wait.
func holds(t *testing.T, platform string) bool {
	return slices.ContainsFunc(openCodecs(t), func(c telephony.Codec) bool {
		return c.Name() == platform && c.Capabilities().Hold != telephony.HoldNone
	})
}

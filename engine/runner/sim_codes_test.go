package runner_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
)

// Codes are sent and checked in a simulation as PINs are tried, and callers are looked
// for, by whichever instance comes to it.

// What codes are held to.
const (
	oneCode  = "a code is sent once for each time that it is asked for"
	oneCheck = "a code that was entered is checked once"
	surely   = "a code that may have been sent counts as sent"
)

// withCodes adds to the menu of a desk: on 8, a code that is sent and checked, and on 0
// a search for who might be calling.
func withCodes(s *spec) {
	secret := engine.Type{Base: engine.TypeSecret}
	s.scope["code"] = secret
	s.scope["who"] = engine.CandidatesType()
	s.option("menu", "8", "send_code")
	s.option("menu", "0", "who")
	s.state("send_code", engine.ChallengeState{Var: "send_code", Number: s.template("${call.from}"), Channel: engine.ChannelSMS},
		"sent code", "rejected no_code", "unavailable not_sent")
	s.state("code", engine.CollectState{Asking: s.asking("Code?"), Var: "code", Min: 4, Max: 4, Secret: true}, "match check_code")
	s.state("check_code", engine.VerifyState{Code: engine.Operand{Secret: "code"}, Attempts: 2, Sorry: s.text("Not the code.")},
		engine.OutRetryDenied+" code", "verified proved", "authenticated proved", "denied no_code", "expired no_code", "locked no_code", "unavailable no_code")
	s.say("proved", "Proved.", "menu")
	s.say("no_code", "No code.", "menu")
	s.say("not_sent", "Not sent.", "menu")
	s.state("who", engine.IdentifyState{Var: "who", Number: s.template("${call.from}")}, "one found", "many found", "none not_found", "unavailable not_found")
	s.say("found", "Found ${who.account}.", "menu")
	s.say("not_found", "Not found.", "menu")
}

// option adds an option to a menu.
func (s *spec) option(menu, keys, to string) {
	s.Helper()
	for i, st := range s.States {
		if m, ok := st.Kind.(engine.MenuState); ok && st.Name == menu {
			at, _ := slices.BinarySearchFunc(m.Options, keys, func(o engine.Option, k string) int { return strings.Compare(o.Keys, k) })
			m.Options = slices.Insert(m.Options, at, engine.Option{Keys: keys, Value: keys}) // they are sorted
			s.States[i].Kind = m
			s.Transitions = append(s.Transitions, engine.Transition{From: menu, Outcome: engine.OptionOutcome(keys), To: to})
			return
		}
	}
	s.Fatalf("there is no menu %q", menu)
}

// codes are what became of the codes of a simulation. The sim's lock guards them.
type codes struct {
	sent    map[string]int // by session
	checked map[string]int // by what was entered for which code
	failed  map[string]int // sendings that failed in time, by session
}

func newCodes() *codes {
	return &codes{sent: map[string]int{}, checked: map[string]int{}, failed: map[string]int{}}
}

func sessionOf(key string) string {
	id, _, _ := strings.Cut(key, "/")
	return id
}

// SendCode sends a code, or not, or late.
func (in *instance) SendCode(ctx context.Context, e engine.SendCode) (engine.CodeSent, error) {
	if in.isDead() {
		return engine.CodeSent{}, errSim
	}
	in.mu.Lock()
	in.codes.sent[sessionOf(e.Key)]++
	in.mu.Unlock()
	in.logf("instance %d sends code %s", in.id, e.Key)
	what := "code " + e.Key
	switch in.pick(10, what) {
	case 0:
		in.fails(e)
		return engine.CodeSent{}, errSim
	case 1, 2, 3:
		if !in.wait(ctx, in.upTo(25*time.Second, what+" takes")) {
			if !in.isDead() {
				in.fails(e)
			}
			return engine.CodeSent{}, errSim
		}
	}
	return in.codes.on(e), nil
}

// fails notes that a code is said not to have been sent.
func (in *instance) fails(e engine.SendCode) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.codes.failed[sessionOf(e.Key)]++
}

func (*codes) on(e engine.SendCode) engine.CodeSent {
	return engine.CodeSent{Result: engine.CodeSentOn, Handle: engine.NewSecret(e.Key), Ending: "00"}
}

// SentCode is a code as if it was sent.
func (in *instance) SentCode(e engine.SendCode) engine.CodeSent {
	if in.plant.unsure {
		return engine.CodeSent{Result: engine.CodeSentUnavailable}
	}
	return in.codes.on(e)
}

// CheckCode takes even codes.
func (in *instance) CheckCode(ctx context.Context, e engine.CheckCode) (engine.CodeChecked, error) {
	if in.isDead() {
		return engine.CodeChecked{}, errSim
	}
	entry := e.Handle.Reveal() + " " + e.Code.Reveal()
	in.mu.Lock()
	in.codes.checked[entry]++
	n := in.codes.checked[entry]
	in.mu.Unlock()
	in.logf("instance %d checks code %s", in.id, entry)
	if n > 1 {
		in.breaks(oneCheck, "%s is checked %d times", entry, n)
	}
	what := "check " + entry
	switch in.pick(10, what) {
	case 0:
		return engine.CodeChecked{}, errSim
	case 1, 2, 3:
		if !in.wait(ctx, in.upTo(25*time.Second, what+" takes")) {
			return engine.CodeChecked{}, errSim
		}
	}
	if strings.ContainsAny(entry[len(entry)-1:], "13579") {
		return engine.CodeChecked{Result: engine.CodeDenied}, nil
	}
	p := maria().Principal
	return engine.CodeChecked{Result: engine.CodeVerified, Phone: e.From, Principal: &p}, nil
}

// Identify finds one account for each number, or nobody answers.
func (in *instance) Identify(ctx context.Context, e engine.Identify) (engine.Identified, error) {
	in.mu.Lock()
	in.ops["identify"]++
	what := fmt.Sprintf("identify %d %d", in.id, in.ops["identify"])
	in.mu.Unlock()
	switch in.pick(8, what) {
	case 0:
		return engine.Identified{}, errSim
	case 1, 2:
		if !in.wait(ctx, in.upTo(25*time.Second, what+" takes")) {
			return engine.Identified{}, errSim
		}
	}
	return engine.Identified{Result: engine.IdentifiedOne, Accounts: []engine.Candidate{{Account: "of " + e.Number, Kind: "identifier"}}}, nil
}

var (
	_ runner.Codes  = (*instance)(nil)
	_ runner.Finder = (*instance)(nil)
)

// checkCodes holds a call that is over to what was said of its codes.
func (c *caller) checkCodes() {
	id := runner.SessionID(c.call)
	// A caller who asks again because the answer got lost asks twice.
	if sent := c.codes.sent[id]; sent > c.tried["8"] {
		c.breaks(oneCode, "%s asked for %d codes, and %d were sent", c.name, c.tried["8"], sent)
	}
	said := 0
	for name, body := range c.replies {
		if strings.HasPrefix(name, c.name+" ") && bytes.Contains(body, []byte("say Not sent.")) {
			said++
		}
	}
	if failed := c.codes.failed[id]; said > failed {
		c.breaks(surely, "%s heard %d times that no code was sent, and %d times it was not", c.name, said, failed)
	}
}

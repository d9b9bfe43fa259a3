package flowtest

import (
	"encoding/json"
	"time"

	"callflow/engine"
)

// Kind says what an entry of a transcript is.
type Kind string

// The kinds of entries.
const (
	Started  Kind = "started"
	Heard    Kind = "heard"    // what the caller hears
	Pressed  Kind = "pressed"  // keys, one entry for each question that took them
	Said     Kind = "said"     // what the caller said to a question that listens
	Silence  Kind = "silence"  // the question waited in vain
	Held     Kind = "held"     // what the caller hears while an effect runs
	Dialled  Kind = "dialled"  // a transfer, and how it ended
	Recorded Kind = "recorded" // the caller speaks into a recording, and how that ended
	Queued   Kind = "queued"   // the caller waits in a queue, and how that ended
	// Recording is the recording of the whole call: start, pause or resume.
	Recording Kind = "recording"
	// Whispered is what whoever took a transfer heard before the caller.
	Whispered Kind = "whispered"
	Service   Kind = "service" // a sign-in, a request or an action, and its answer
	HungUp    Kind = "hangup"  // the caller hangs up
	Again     Kind = "again"   // the platform delivered its last hook again
	Ended     Kind = "ended"
)

// Entry is one thing that happened in a call.
type Entry struct {
	// At is when, since the call began.
	At   time.Duration
	Kind Kind
	// Text is what was heard, pressed (a secret as asterisks), or became of it.
	Text string
	// Audio are the recordings that were played for Text, by their names in the
	// flow.
	Audio []string
	// State is where the call stood.
	State string
	// Cut is set for prompts that a key cut off, and that were not heard to
	// their end.
	Cut bool
	// Unclear is set for words that the platform was not sure of.
	Unclear bool
	// Dropped is set for keys that no question took.
	Dropped bool
	// ahead is set for keys that were pressed before they were asked for.
	ahead bool
	// After is set for what went on when nobody waited for it any more.
	After bool
	// Hops are the moves of the machine that followed.
	Hops []engine.Hop
	// Milestones are those that the call reached by these moves.
	Milestones []string
}

// MarshalJSON writes an entry as Transcript.MarshalJSON describes it.
func (e Entry) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		At      int64        `json:"at_ms"`
		Kind    Kind         `json:"kind"`
		Text    string       `json:"text"`
		Audio   []string     `json:"audio,omitempty"`
		State   string       `json:"state"`
		Cut     bool         `json:"cut,omitempty"`
		Unclear bool         `json:"unclear,omitempty"`
		Dropped bool         `json:"dropped,omitempty"`
		After   bool         `json:"after,omitempty"`
		Hops    []engine.Hop `json:"hops,omitempty"`
		Reached []string     `json:"milestones,omitempty"`
	}{e.At.Milliseconds(), e.Kind, e.Text, e.Audio, e.State, e.Cut, e.Unclear, e.Dropped, e.After, e.Hops, e.Milestones})
}

// How says how a call ended.
type How string

// The ends of a call. Waiting is none: the flow still waits for keys.
const (
	ByFlow    How = "hangup"  // the flow hung up
	ByGoodbye How = "goodbye" // attempts or limits were used up
	ByError   How = "error"   // the flow failed and apologised
	ByCaller  How = "caller"  // the caller hung up
	Waiting   How = "waiting"
)

// End is how a call ended, in which state, and how long it lasted.
type End struct {
	How   How
	State string
	After time.Duration
}

// ServiceCall is a request or an action as a service got it.
type ServiceCall struct {
	At                    time.Duration   `json:"-"`
	State                 string          `json:"state"`
	Service, Method, Path string          `json:"-"`
	Body                  json.RawMessage `json:"body,omitempty"`
	// Key is an action's idempotency key; a request has none.
	Key    string        `json:"key,omitempty"`
	Result engine.Answer `json:"result"`
	Detail string        `json:"detail,omitempty"`
}

// MarshalJSON writes a call as Transcript.MarshalJSON describes it.
func (c ServiceCall) MarshalJSON() ([]byte, error) {
	type plain ServiceCall
	return json.Marshal(struct {
		At      int64  `json:"at_ms"`
		Service string `json:"service"`
		Method  string `json:"method"`
		Path    string `json:"path"`
		plain
	}{c.At.Milliseconds(), c.Service, c.Method, c.Path, plain(c)})
}

// SignInTry is a sign-in that was tried. The PIN is not part of it.
type SignInTry struct {
	At      time.Duration
	Account string
	Result  engine.SignIn
}

// MarshalJSON writes a try as Transcript.MarshalJSON describes it.
func (s SignInTry) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		At      int64         `json:"at_ms"`
		Account string        `json:"account"`
		Result  engine.SignIn `json:"result"`
	}{s.At.Milliseconds(), s.Account, s.Result})
}

// Transcript is a whole call, without any secret in it.
type Transcript struct {
	Flow, Title, Language string
	From, To              string
	Entries               []Entry
	Calls                 []ServiceCall
	SignIns               []SignInTry
	// Promised are the idempotency keys of actions that no service has taken yet.
	Promised []string
	// Unused is how many moves of the script the call had no use for.
	Unused  int
	End     End
	Session engine.Session
}

// MarshalJSON writes a transcript for programs:
//
//	{
//	  "flow": "authzero",
//	  "language": "en-AU",
//	  "from": "+15550100", "to": "+61255500100",
//	  "end": {"how": "hangup", "state": "goodbye", "at_ms": 52400},
//	  "unused_moves": 0,
//	  "entries": [
//	    {"at_ms": 0, "kind": "heard", "text": "Welcome …", "state": "account_number"},
//	    {"at_ms": 9000, "kind": "pressed", "text": "****", "state": "pin", "hops": [
//	      {"from": "pin", "kind": "collect", "event": "4 keys", "outcome": "match", "to": "sign_in"}]},
//	    …
//	  ],
//	  "sign_ins": [{"at_ms": 9800, "account": "12345", "result": "authenticated"}],
//	  "calls": [{"at_ms": 20000, "service": "bank", "method": "GET", "path": "/accounts/12345/balance",
//	    "state": "balance", "result": "ok", "detail": "HTTP 200"}],
//	  "promised": [],
//	  "session": {"state": "goodbye", "turn": 6, "variables": {"account_number": "12345", "pin": "***"},
//	    "caller": {"account": "12345", "id": "…", "greeting": "Maria"}, "phone": "+15550100"}
//	}
//
// end.how is hangup, goodbye, error, caller or waiting. What was heard has the
// recordings that were played under audio. The kind of an entry is
// started, heard, pressed, said, silence, held, recorded, recording, queued, whispered, dialled, service,
// hangup, again or ended; cut, unclear, dropped and after are there when they are true, and milestones where there are
// any. An action among the calls has its idempotency key and its body.
func (t *Transcript) MarshalJSON() ([]byte, error) {
	type end struct {
		How   How    `json:"how"`
		State string `json:"state"`
		At    int64  `json:"at_ms"`
	}
	return json.Marshal(struct {
		Flow     string        `json:"flow"`
		Language string        `json:"language"`
		From     string        `json:"from"`
		To       string        `json:"to"`
		End      end           `json:"end"`
		Unused   int           `json:"unused_moves"`
		Entries  []Entry       `json:"entries"`
		SignIns  []SignInTry   `json:"sign_ins"`
		Calls    []ServiceCall `json:"calls"`
		Promised []string      `json:"promised"`
		Session  sessionJSON   `json:"session"`
	}{
		t.Flow, t.Language, t.From, t.To,
		end{t.End.How, t.End.State, t.End.After.Milliseconds()},
		t.Unused, list(t.Entries), list(t.SignIns), list(t.Calls), list(t.Promised), describeSession(&t.Session),
	})
}

// list is never null in JSON.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// sessionJSON is a session for programs to read: an object with its variables by
// name. encoding/json sorts them, and a secret marshals as asterisks.
type sessionJSON struct {
	State     string         `json:"state"`
	Turn      int            `json:"turn"`
	Reached   []string       `json:"milestones,omitempty"`
	Variables map[string]any `json:"variables"`
	Caller    *callerJSON    `json:"caller,omitempty"`
	Phone     string         `json:"phone,omitempty"`
}

type callerJSON struct {
	Account  string `json:"account"`
	ID       string `json:"id"`
	Greeting string `json:"greeting"`
}

func describeSession(s *engine.Session) sessionJSON {
	out := sessionJSON{State: s.State, Turn: s.Turn, Reached: s.Milestones, Variables: variables(s.Vars), Phone: s.Phone}
	if s.Caller != nil {
		out.Caller = &callerJSON{s.Caller.Account, s.Caller.ID, s.Caller.Greeting}
	}
	return out
}

func variables(vars []engine.Var) map[string]any {
	out := make(map[string]any, len(vars))
	for _, v := range vars {
		out[v.Name] = variable(v.Value)
	}
	return out
}

func variable(v engine.Value) any {
	switch v := v.(type) {
	case engine.Record:
		return variables(v)
	case engine.List:
		items := make([]any, len(v))
		for i := range v {
			items[i] = variable(v[i])
		}
		return items
	}
	return v
}

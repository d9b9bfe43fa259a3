package flowtest

import (
	"net/http"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"callflow/engine"
	"callflow/flows"
)

// Standin is what a service that is not there answers to one request.
type Standin struct {
	Method string
	// Path is compared segment by segment; "*" stands for any one segment. One
	// without a query matches a request with any query.
	Path string
	// Status and Body are the answer; Fail is no answer at all, and Lost one to
	// something that was sent and may have arrived. Delay passes on the caller's
	// clock first.
	Status int
	Body   []byte
	Fail   bool
	Lost   bool
	Delay  time.Duration
	// Times is how often it answers before the next one that matches does; zero:
	// always.
	Times int
}

// SignInStandin answers sign-ins, or delays the real answer where Result is
// empty.
type SignInStandin struct {
	Result engine.SignIn
	Delay  time.Duration
	// Times is how many sign-ins it answers before the next one does; zero: all.
	Times int
}

// User is somebody who can sign in.
type User struct {
	Account  string
	PIN      engine.Secret
	Greeting string
	ID       string
	Locked   bool
	// Phones are the user's numbers, E.164.
	Phones []string
	// Factor makes a sign-in ask for a second factor.
	Factor bool
}

// Principal is who is proved.
func (u *User) Principal() engine.Principal {
	id := u.ID
	if id == "" {
		id = "test|" + u.Account
	}
	return engine.Principal{Account: u.Account, ID: id, Greeting: u.Greeting}
}

// Given is what the world is like in a simulation.
type Given struct {
	// Users can sign in; nil: those of whoever stands behind.
	Users []User
	// SignIn are answers in order. When they are used up, the users sign in.
	SignIn []SignInStandin
	// Code is the one-time code that is sent; "": UsualCode.
	Code string
	// Challenge, Verify and Identify are answers in order. When they are used up,
	// codes are sent and checked, and numbers looked for among the users.
	Challenge []CodeStandin
	Verify    []CheckStandin
	Identify  []FindStandin
	Services  map[string][]Standin
	Dials     []engine.DialResult
	Records   []engine.RecordResult
	Queues    []QueueEnd
	// KeysOnly is a platform that does not listen: what is said is silence.
	KeysOnly bool
}

// methods are the keys of a stand-in that name a request.
var methods = [...]string{"get", "post", "put", "patch", "delete"}

// ParseStandins reads a file of stand-ins:
//
//	services:
//	  bank:
//	    - get: /accounts/12345/balance      # "*" stands for any one segment
//	      body: { amount: 250.75, currency: AUD }
//	    - get: /accounts/*/balance
//	      status: 404
//	  herd:
//	    - { post: /events, fail: true, times: 1 }     # no answer, the first time
//	    - { post: /events, status: 201, delay: 3s }
//	    - { get: /events, garbage: "<html>" }         # an answer that is no JSON
//	    - { put: /events, lost: true }                # sent, and nobody knows whether it arrived
//	sign_in: { result: unavailable, delay: 2s }       # whatever the PIN; or a list, with times
//	users:
//	  - { account: "12345", pin: "1234", greeting: Maria, phones: ["+15550100"], factor: true }
//	code: "123456"                                    # the one-time code that is sent
//	challenge: { result: rejected }                   # or sent, unavailable
//	verify: { result: authenticated, account: "12345" } # whatever the code
//	identify: { accounts: ["12345", "67890"] }        # or result: none, unavailable
//	dial: [busy, completed]
//	record: [empty, recorded]
//	queue: [waiting, { result: connected, position: 3, after: 45s }]
//	keys_only: true                                   # the platform does not listen
//
// Every key may be left out. Of several stand-ins that match, the first answers.
func ParseStandins(file string, src []byte) (*Given, flows.Diagnostics) {
	r := &reader{file: file}
	g := &Given{}
	if top := r.open(src); top != nil {
		r.given(top, "the file", g)
	}
	r.diags.Sort()
	return g, r.diags
}

// given reads what the world is like.
func (r *reader) given(n *yaml.Node, what string, g *Given) {
	r.mapping(n, what, r.givenKeys(g)...)
}

func (r *reader) givenKeys(g *Given) []key {
	standin := oneOrMore(keyed(r.standinKeys(&Standin{}, &[]string{})))
	return []key{
		keyOf("services", "What services answer, by their names in the flow. Of several that match a request, the first answers.", flows.Shape{Form: flows.FormNames, Of: &standin}, func(v *yaml.Node) { g.Services = r.services(v) }),
		keyOf("sign_in", "How sign-ins come out, whatever the PIN: one for all, or in order. When they are used up, the users sign in.", oneOrMore(keyed(r.signInKeys(&SignInStandin{}))), func(v *yaml.Node) { g.SignIn = r.signIn(v) }),
		keyOf("users", "Who can sign in, instead of those in users.yaml.", oneOrMore(keyed(r.userKeys(&User{}, new(string)))), func(v *yaml.Node) { g.Users = r.users(v) }),
		keyOf("code", "The one-time code that everybody is sent: 4 to 10 digits. Default: "+UsualCode+".", aText(), func(v *yaml.Node) {
			if r.text(v, "code", &g.Code) && !isCode(g.Code) {
				r.report(flows.CodeBadValue, v, "code: found %q, expected 4 to 10 digits", g.Code)
			}
		}),
		keyOf(ChallengeName, "How the sending of codes comes out: one for all, or in order.", oneOrMore(keyed(r.challengeKeys(&CodeStandin{}))), func(v *yaml.Node) { g.Challenge = r.challenges(v) }),
		keyOf(VerifyName, "How the check of codes comes out, whatever the code: one for all, or in order.", oneOrMore(keyed(r.verifyKeys(&CheckStandin{}))), func(v *yaml.Node) { g.Verify = r.verifies(v) }),
		keyOf(IdentifyName, "Whose the calling number is, instead of the users' phones: one for all, or in order.", oneOrMore(keyed(r.identifyKeys(&FindStandin{}))), func(v *yaml.Node) { g.Identify = r.identifies(v) }),
		keyOf("dial", "How transfers end, in order; the last repeats. Default: completed.", oneOrMore(oneOf(dialResults[:]...)), func(v *yaml.Node) { g.Dials = r.dials(v) }),
		keyOf("record", "How recordings end, in order; the last repeats. Default: recorded.", oneOrMore(oneOf(recordResults[:]...)), func(v *yaml.Node) { g.Records = r.records(v) }),
		keyOf("queue", "What becomes of those who wait in a queue, in order; the last repeats: connected, failed, or waiting where nobody takes the call.", oneOrMore(either(oneOf(queueResults[:]...), keyed(r.queueKeys(&QueueEnd{}, new(bool))))), func(v *yaml.Node) { g.Queues = r.queues(v) }),
		r.booleanKey("keys_only", "The platform does not listen: what is said is silence.", &g.KeysOnly),
	}
}

// isCode tells what a one-time code may be.
func isCode(s string) bool {
	return len(s) >= 4 && len(s) <= 10 && strings.Trim(s, "0123456789") == ""
}

func (r *reader) services(n *yaml.Node) map[string][]Standin {
	all := map[string][]Standin{}
	r.each(n, "services", func(k, v *yaml.Node) {
		for _, item := range r.items(v, "service "+k.Value) {
			if s, ok := r.standin(item); ok {
				all[k.Value] = append(all[k.Value], s)
			}
		}
	})
	return all
}

// standinKeys are the keys of a stand-in. Those that are its answer are added to
// answers.
func (r *reader) standinKeys(s *Standin, answers *[]string) []key {
	answer := func(k key) key {
		read := k.read
		k.read = func(v *yaml.Node) {
			read(v)
			*answers = append(*answers, k.Key)
		}
		return k
	}
	return append([]key{
		r.integerKey("status", "The HTTP status of the answer. Default: 200.", 100, 599, &s.Status),
		answer(keyOf("body", "What is answered, as JSON.", anything(), func(v *yaml.Node) { s.Body = r.json(v, "body") })),
		answer(keyOf("garbage", "An answer that is no JSON, instead.", aText(), func(v *yaml.Node) {
			var text string
			r.text(v, "garbage", &text)
			s.Body = []byte(text)
		})),
		answer(r.booleanKey("fail", "There is no answer at all.", &s.Fail)),
		answer(r.booleanKey("lost", "It is sent, and nobody knows whether it arrived.", &s.Lost)),
		r.delayKey(&s.Delay),
		r.timesKey(&s.Times),
	}, r.methodKeys(&s.Method, &s.Path)...)
}

// methodKeys name a request.
func (r *reader) methodKeys(method, path *string) []key {
	var keys []key
	for _, m := range methods {
		keys = append(keys, keyOf(m, "The path of a "+strings.ToUpper(m)+" request. \"*\" stands for any one segment.", aText(), func(v *yaml.Node) { r.path(v, m, method, path) }))
	}
	return keys
}

func (r *reader) standin(n *yaml.Node) (Standin, bool) {
	s := Standin{Status: http.StatusOK}
	var answers []string
	before := len(r.diags)
	if !r.mapping(n, "a stand-in", r.standinKeys(&s, &answers)...) {
		return s, false
	}
	switch {
	case len(r.diags) > before:
		return s, false
	case s.Method == "":
		r.report(flows.CodeMissingKey, n, "a stand-in needs the request it answers: get, post, put, patch or delete with a path")
		return s, false
	case len(answers) > 1:
		r.report(flows.CodeBadValue, n, "a stand-in gives one answer; found %s", strings.Join(answers, " and "))
		return s, false
	}
	return s, true
}

// path reads the request that a key names: its method and its path.
func (r *reader) path(n *yaml.Node, name string, method, path *string) {
	if *method != "" {
		r.report(flows.CodeBadValue, n, "found %s beside %s; expected one request", name, strings.ToLower(*method))
		return
	}
	if !r.text(n, name, path) {
		return
	}
	if !strings.HasPrefix(*path, "/") {
		r.report(flows.CodeBadRequest, n, "%s: found %q, expected a path that begins with /", name, *path)
		return
	}
	*method = strings.ToUpper(name)
}

func (r *reader) signInKeys(s *SignInStandin) []key {
	return []key{
		// A sign-in that succeeds has somebody who was proved: that takes a user.
		wordKey(r, "result", "How the sign-in comes out; left out, as the users' PINs say.", &s.Result, string(engine.SignInDenied), string(engine.SignInLocked), string(engine.SignInChallenge), string(engine.SignInUnavailable)),
		r.delayKey(&s.Delay),
		r.timesKey(&s.Times),
	}
}

func (r *reader) signIn(n *yaml.Node) []SignInStandin {
	var all []SignInStandin
	for _, item := range r.items(n, "sign_in") {
		var s SignInStandin
		r.mapping(item, "sign_in", r.signInKeys(&s)...)
		all = append(all, s)
	}
	return all
}

func (r *reader) userKeys(u *User, pin *string) []key {
	return []key{
		r.textKey("account", "The account number.", &u.Account).required(),
		r.textKey("pin", "The PIN, in clear: for tests only.", pin).required(),
		r.textKey("greeting", "What the flow calls the user.", &u.Greeting),
		r.textKey("id", "The user's id at the identity provider.", &u.ID),
		r.textsKey("phones", "The user's numbers, in international form.", &u.Phones),
		r.booleanKey("factor", "A second factor is asked for.", &u.Factor),
		r.booleanKey("locked", "The account is locked.", &u.Locked),
	}
}

func (r *reader) users(n *yaml.Node) []User {
	all := []User{}
	for _, item := range r.items(n, "users") {
		var u User
		var pin string
		good := r.mapping(item, "a user", r.userKeys(&u, &pin)...)
		if good && (u.Account == "" || pin == "") {
			r.report(flows.CodeMissingKey, item, "a user needs an account and a pin")
			continue
		}
		u.PIN = engine.NewSecret(pin)
		all = append(all, u)
	}
	return all
}

// dialResults are the words for the ends of a transfer.
var dialResults = [...]string{string(engine.DialCompleted), string(engine.DialBusy), string(engine.DialNoAnswer), string(engine.DialFailed)}

// recordResults are the words for the ends of a recording.
var recordResults = [...]string{string(engine.RecordDone), string(engine.RecordEmpty), string(engine.RecordFailed)}

func (r *reader) records(n *yaml.Node) []engine.RecordResult {
	var all []engine.RecordResult
	for _, item := range r.items(n, "record") {
		var w string
		if r.word(item, "record", &w, recordResults[:]...) {
			all = append(all, engine.RecordResult(w))
		}
	}
	return all
}

// queueResults are the words for what becomes of those who wait.
var queueResults = [...]string{queueConnected, queueWaiting, queueFailed}

// maxPosition is the longest line that a test can begin in.
const maxPosition = 1000

func (r *reader) queueKeys(q *QueueEnd, good *bool) []key {
	return []key{
		keyOf("result", "What becomes of the caller. Default: connected.", oneOf(queueResults[:]...), func(v *yaml.Node) { *good = r.word(v, "result", &q.Result, queueResults[:]...) }),
		r.integerKey("position", "The caller's place in the line.", 1, maxPosition, &q.Position),
		r.durationKey("after", "How long the caller waits until then.", &q.After),
	}
}

func (r *reader) queues(n *yaml.Node) []QueueEnd {
	var all []QueueEnd
	for _, item := range r.items(n, "queue") {
		q := QueueEnd{Result: queueConnected}
		good := true
		if item.Kind == yaml.MappingNode {
			good = r.mapping(item, "a queue", r.queueKeys(&q, &good)...) && good
		} else {
			good = r.word(item, "queue", &q.Result, queueResults[:]...)
		}
		if good {
			all = append(all, q)
		}
	}
	return all
}

func (r *reader) dials(n *yaml.Node) []engine.DialResult {
	var all []engine.DialResult
	for _, item := range r.items(n, "dial") {
		var w string
		if r.word(item, "dial", &w, dialResults[:]...) {
			all = append(all, engine.DialResult(w))
		}
	}
	return all
}

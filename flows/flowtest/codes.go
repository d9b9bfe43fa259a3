package flowtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"callflow/engine"
	"callflow/flows"
)

// UsualCode is the one-time code of simulations and tests that name no other.
const UsualCode = "123456"

// The names that stand for codes and for the search for a number, where a service
// is named.
const (
	ChallengeName = "challenge"
	VerifyName    = "verify"
	IdentifyName  = "identify"
)

// Known are the names that stand-ins of a flow can be slow or fail under: sign-ins,
// codes and searches as far as it has them, and its services.
func Known(spec *engine.Spec) []string {
	names := []string{SignInName}
	for _, kind := range []string{ChallengeName, VerifyName, IdentifyName} {
		if slices.ContainsFunc(spec.States, func(s engine.State) bool { return s.Kind.Name() == kind }) {
			names = append(names, kind)
		}
	}
	return append(names, spec.Services...)
}

// CodeStandin answers the sending of a code, or delays it where Result is empty.
type CodeStandin struct {
	Result engine.CodeSending
	Delay  time.Duration
	// Times is how many codes it answers for before the next one does; zero: all.
	Times int
}

// CheckStandin answers the check of a code whatever the code is, or delays the
// check where Result is empty.
type CheckStandin struct {
	// Result is an outcome of verify.
	Result engine.Outcome
	// Account and Greeting are who is authenticated.
	Account, Greeting string
	Delay             time.Duration
	Times             int
}

// FindStandin answers the search for a number.
type FindStandin struct {
	Result engine.Identification
	// Accounts are found, where Result is empty and they are not nil.
	Accounts []string
	Delay    time.Duration
	Times    int
}

func (s CodeStandin) times() int  { return s.Times }
func (s CheckStandin) times() int { return s.Times }
func (s FindStandin) times() int  { return s.Times }

// turn is whose turn it is among stand-ins that answer in order, at the n-th
// answer; nil: nobody's.
func turn[T interface{ times() int }](list []T, n int) *T {
	for i := range list {
		if times := list[i].times(); times == 0 || n < times {
			return &list[i]
		} else {
			n -= times
		}
	}
	return nil
}

// codes is what a stage remembers of codes.
type codes struct {
	sent, checked, found int // asked for so far
	tries                int // wrong entries of the newest code
}

// Phonebook is what may stand behind a stage and know whose a number is.
type Phonebook interface {
	// ByPhone are the users who have a number, E.164, sorted by account.
	ByPhone(number string) []engine.Principal
}

// maxEntries is how often a code may be entered wrongly.
const maxEntries = 3

// What the handle of a code begins with.
const (
	handleNumber = "number|"
	handleUser   = "user|"
)

// code is the one-time code that everybody gets.
func (s *Stage) code() string {
	for _, g := range s.layers {
		if g.Code != "" {
			return g.Code
		}
	}
	return UsualCode
}

// SendCode sends a code to whatever number, and shows it.
func (s *Stage) SendCode(_ context.Context, e engine.SendCode) (sent engine.CodeSent, shown string, took time.Duration) {
	took = s.slow[ChallengeName]
	if s.broken[ChallengeName] {
		return engine.CodeSent{Result: engine.CodeSentUnavailable}, "", took
	}
	for _, g := range s.layers {
		if g.Challenge == nil {
			continue
		}
		in := turn(g.Challenge, s.codes.sent)
		s.codes.sent++
		if in != nil {
			took += in.Delay
			if in.Result != "" && in.Result != engine.CodeSentOn {
				return engine.CodeSent{Result: in.Result}, "", took
			}
		}
		break
	}
	s.codes.tries = 0
	if e.Pending.Len() > 0 {
		return engine.CodeSent{Result: engine.CodeSentOn, Handle: e.Pending}, s.code(), took
	}
	number, ok := called(e.Number)
	if !ok {
		return engine.CodeSent{Result: engine.CodeSentRejected}, "", took
	}
	return engine.CodeSent{
		Result: engine.CodeSentOn, Handle: engine.NewSecret(handleNumber + number), Ending: number[max(len(number)-2, 0):],
	}, s.code(), took
}

// called is a number that can be called, in the form of E.164 where it has its
// country; false: it is withheld.
func called(number string) (string, bool) {
	if full, ok := engine.E164(number, ""); ok {
		return full, true
	}
	digits := strings.TrimPrefix(number, "+")
	return number, digits != "" && strings.Trim(digits, "0123456789") == ""
}

// CheckCode checks a code.
func (s *Stage) CheckCode(_ context.Context, e engine.CheckCode) (engine.CodeChecked, time.Duration) {
	took := s.slow[VerifyName]
	if s.broken[VerifyName] {
		return engine.CodeChecked{Result: engine.CodeUnavailable}, took
	}
	handle := e.Handle.Reveal()
	for _, g := range s.layers {
		if g.Verify == nil {
			continue
		}
		in := turn(g.Verify, s.codes.checked)
		s.codes.checked++
		if in != nil {
			took += in.Delay
			if in.Result != "" {
				return s.answered(handle, *in), took
			}
		}
		break
	}
	if !e.Code.Equal(engine.NewSecret(s.code())) {
		if s.codes.tries++; s.codes.tries > maxEntries {
			return engine.CodeChecked{Result: engine.CodeExpired}, took
		}
		return engine.CodeChecked{Result: engine.CodeDenied}, took
	}
	if account, ok := strings.CutPrefix(handle, handleUser); ok {
		p := s.principal(account, "")
		return engine.CodeChecked{Result: engine.CodeVerified, Principal: &p}, took
	}
	number := strings.TrimPrefix(handle, handleNumber)
	checked := engine.CodeChecked{Result: engine.CodeVerified, Phone: number}
	if who := s.byPhone(number); len(who) == 1 {
		checked.Principal = &who[0]
	}
	return checked, took
}

// answered is what a stand-in says of a code.
func (s *Stage) answered(handle string, in CheckStandin) engine.CodeChecked {
	number, known := strings.CutPrefix(handle, handleNumber)
	if !known {
		number = "" // a second factor proves no number
	}
	switch in.Result {
	case engine.OutAuthenticated:
		p := s.principal(in.Account, in.Greeting)
		return engine.CodeChecked{Result: engine.CodeVerified, Phone: number, Principal: &p}
	case engine.OutVerified:
		if number == "" {
			number = "+15550100"
		}
		return engine.CodeChecked{Result: engine.CodeVerified, Phone: number}
	}
	return engine.CodeChecked{Result: engine.CodeResult(in.Result)}
}

// principal is the user of an account, as far as one is given.
func (s *Stage) principal(account, greeting string) engine.Principal {
	for _, g := range s.layers {
		for _, u := range g.Users {
			if u.Account == account && greeting == "" {
				return u.Principal()
			}
		}
	}
	u := User{Account: account, Greeting: greeting}
	return u.Principal()
}

// byPhone are the users who have a number: those of the first layer that gives
// any.
func (s *Stage) byPhone(number string) []engine.Principal {
	for _, g := range s.layers {
		if g.Users == nil {
			continue
		}
		var all []engine.Principal
		for _, u := range g.Users {
			if slices.Contains(u.Phones, number) {
				all = append(all, u.Principal())
			}
		}
		slices.SortFunc(all, func(a, b engine.Principal) int { return strings.Compare(a.Account, b.Account) })
		return all
	}
	if book, ok := s.behind.(Phonebook); ok {
		return book.ByPhone(number)
	}
	return nil
}

// Identify finds the users who have a number.
func (s *Stage) Identify(_ context.Context, e engine.Identify) (engine.Identified, time.Duration) {
	took := s.slow[IdentifyName]
	if s.broken[IdentifyName] {
		return engine.Identified{Result: engine.IdentifiedUnavailable}, took
	}
	for _, g := range s.layers {
		if g.Identify == nil {
			continue
		}
		in := turn(g.Identify, s.codes.found)
		s.codes.found++
		switch {
		case in == nil:
		case in.Result != "":
			return engine.Identified{Result: in.Result}, took + in.Delay
		case in.Accounts != nil:
			return candidates(in.Accounts), took + in.Delay
		default:
			took += in.Delay
		}
		break
	}
	number, ok := called(e.Number)
	if !ok {
		return candidates(nil), took
	}
	var accounts []string
	for _, p := range s.byPhone(number) {
		accounts = append(accounts, p.Account)
	}
	return candidates(accounts), took
}

func candidates(accounts []string) engine.Identified {
	found := engine.Identified{Result: engine.IdentifiedNone}
	for _, a := range accounts {
		found.Accounts = append(found.Accounts, engine.Candidate{Account: a, Kind: "identifier"})
	}
	switch len(accounts) {
	case 0:
	case 1:
		found.Result = engine.IdentifiedOne
	default:
		found.Result = engine.IdentifiedMany
	}
	return found
}

// The words for the ends of sending a code, of checking one, and of a search.
var (
	sendResults  = [...]string{string(engine.CodeSentOn), string(engine.CodeSentRejected), string(engine.CodeSentUnavailable)}
	checkResults = [...]string{engine.OutVerified, engine.OutAuthenticated, engine.OutDenied, engine.OutExpired, engine.OutLocked, engine.OutUnavailable}
	findResults  = [...]string{string(engine.IdentifiedNone), string(engine.IdentifiedUnavailable)}
)

func (r *reader) challengeKeys(s *CodeStandin) []key {
	return []key{
		wordKey(r, "result", "Whether the code is sent.", &s.Result, sendResults[:]...),
		r.delayKey(&s.Delay),
		r.timesKey(&s.Times),
	}
}

func (r *reader) challenges(n *yaml.Node) []CodeStandin {
	all := []CodeStandin{}
	for _, item := range r.items(n, ChallengeName) {
		var s CodeStandin
		r.mapping(item, ChallengeName, r.challengeKeys(&s)...)
		all = append(all, s)
	}
	return all
}

func (r *reader) verifyKeys(s *CheckStandin) []key {
	return []key{
		wordKey(r, "result", "How the check comes out; left out, as the code says.", &s.Result, checkResults[:]...),
		r.textKey("account", "Whose the code is, where it authenticates.", &s.Account),
		r.textKey("greeting", "What the flow calls them.", &s.Greeting),
		r.delayKey(&s.Delay),
		r.timesKey(&s.Times),
	}
}

func (r *reader) verifies(n *yaml.Node) []CheckStandin {
	all := []CheckStandin{}
	for _, item := range r.items(n, VerifyName) {
		var s CheckStandin
		r.mapping(item, VerifyName, r.verifyKeys(&s)...)
		switch proves := s.Result == engine.OutAuthenticated; {
		case proves && s.Account == "":
			r.report(flows.CodeMissingKey, item, "a code that authenticates needs the account that it proves")
		case !proves && s.Account+s.Greeting != "":
			r.report(flows.CodeBadValue, item, "an account is proved by the result authenticated, and by no other")
		}
		all = append(all, s)
	}
	return all
}

func (r *reader) identifyKeys(s *FindStandin) []key {
	return []key{
		wordKey(r, "result", "How the search comes out, where no accounts are given.", &s.Result, findResults[:]...),
		r.textsKey("accounts", "The accounts that have the number.", &s.Accounts),
		r.delayKey(&s.Delay),
		r.timesKey(&s.Times),
	}
}

func (r *reader) identifies(n *yaml.Node) []FindStandin {
	all := []FindStandin{}
	for _, item := range r.items(n, IdentifyName) {
		var s FindStandin
		r.mapping(item, IdentifyName, r.identifyKeys(&s)...)
		if s.Result != "" && s.Accounts != nil {
			r.report(flows.CodeBadValue, item, "a search finds accounts or has a result; found both")
		}
		all = append(all, s)
	}
	return all
}

// texts reads a list of texts.
func (r *reader) texts(n *yaml.Node, what string) []string {
	all := []string{}
	for _, item := range r.items(n, what) {
		var text string
		if r.text(item, what, &text) {
			all = append(all, text)
		}
	}
	return all
}

// sentText tells in a transcript what became of a code.
func sentText(e engine.SendCode, shown string, r engine.CodeSending) string {
	what, where := "code", "the second factor"
	if shown != "" {
		what += " " + shown
	}
	if e.Pending.Len() == 0 {
		where = e.Number
	}
	if where == "" {
		where = "a number that is withheld"
	}
	return fmt.Sprintf("%s by %s to %s: %s", what, e.Channel, where, r)
}

func checkedText(c engine.CodeChecked) string {
	if c.Principal != nil {
		return fmt.Sprintf("code: %s, of %s", c.Result, c.Principal.Account)
	}
	return "code: " + string(c.Result)
}

func foundText(number string, f engine.Identified) string {
	what := string(f.Result)
	if len(f.Accounts) > 0 {
		var accounts []string
		for _, a := range f.Accounts {
			accounts = append(accounts, a.Account)
		}
		what = strings.Join(accounts, ", ")
	}
	if number == "" {
		number = "a number that is withheld"
	}
	return fmt.Sprintf("accounts of %s: %s", number, what)
}

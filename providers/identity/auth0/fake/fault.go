package fake

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Endpoint is what a request asks for.
type Endpoint string

// The endpoints that can be at fault. Any is all of them.
const (
	Any      Endpoint = "any"
	Token    Endpoint = "token"    // management token
	Login    Endpoint = "login"    // password grant
	Code     Endpoint = "code"     // the sending of codes
	Factors  Endpoint = "factors"  // the list of somebody's second factors
	Exchange Endpoint = "exchange" // of codes
	Search   Endpoint = "search"
	Profile  Endpoint = "user"
	Keys     Endpoint = "jwks"
	Methods  Endpoint = "methods"  // a user's authentication methods
	Export   Endpoint = "export"   // a job that exports users
	Download Endpoint = "download" // what its link leads to
	Setup    Endpoint = "setup"    // connections, Actions, streams, …
	metadata Endpoint = "openid-configuration"
	nothing  Endpoint = ""
)

var endpoints = []Endpoint{Any, Token, Login, Code, Factors, Exchange, Search, Profile, Keys, Methods, Export, Download, Setup}

// Kind is what a fault does.
type Kind string

// The kinds of faults: the first group of any endpoint, then of Search, of Search
// and Profile, of Profile, and of Login and Exchange, whose ID token is not what it
// should be.
const (
	Slow    Kind = "slow"   // answers after Delay
	Status  Kind = "status" // answers with Code, Error and Text
	Limit   Kind = "429"    // answers 429 with its headers: wait for Delay
	Bare    Kind = "429-bare"
	Drop    Kind = "drop"    // closes the connection instead of answering
	Cut     Kind = "cut"     // closes it in the middle of the answer
	Garbage Kind = "garbage" // answers 200 with a page of HTML
	Move    Kind = "redirect"

	Lag Kind = "lag" // does not see what changed within Delay

	Other Kind = "other" // shows another user

	NowBlocked Kind = "blocked" // shows the user as blocked a moment ago

	Masked Kind = "masked" // of Methods: shows the last digits of numbers only
	Plain  Kind = "plain"  // of Methods: a bare array

	Failed Kind = "failed" // of Export: the job fails

	NoToken       Kind = "no-id-token"
	WrongKey      Kind = "wrong-key"   // under the id of the right one
	UnknownKey    Kind = "unknown-key" // under an id that is not published
	WrongAudience Kind = "wrong-audience"
	WrongIssuer   Kind = "wrong-issuer"
	WrongSubject  Kind = "wrong-sub"
	NoSubject     Kind = "no-sub"
	Expired       Kind = "expired"
	NoExpiry      Kind = "no-exp"
	Future        Kind = "future"
	HS256         Kind = "hs256" // signed with the client's secret
	Confused      Kind = "hs256-public-key"
	Unsigned      Kind = "unsigned"
	Encrypted     Kind = "jwe" // five parts
)

// anywhere are the kinds that fit every endpoint.
var anywhere = []Kind{Slow, Status, Limit, Bare, Drop, Cut, Garbage, Move}

// lies are the kinds of ID tokens that are not what they should be.
var lies = []Kind{
	NoToken, WrongKey, UnknownKey, WrongAudience, WrongIssuer, WrongSubject, NoSubject,
	Expired, NoExpiry, Future, HS256, Confused, Unsigned, Encrypted,
}

// kindsOf are the kinds that fit only some.
var kindsOf = map[Endpoint][]Kind{
	Search:  {Lag, Other},
	Profile: {Other, NowBlocked},
	Methods: {Masked, Plain},
	Export:  {Failed},
	Login:   lies, Exchange: lies,
}

// Fault is something wrong with the tenant.
type Fault struct {
	At   Endpoint
	Kind Kind
	// Times is how often it happens; zero: always.
	Times int
	// Delay is how long Slow takes, Limit asks to wait, and Lag lags.
	Delay time.Duration
	// Code, Error and Text are the answer of Status.
	Code        int
	Error, Text string
}

// ParseFault reads a fault as people write it:
//
//	search=slow:2s        look-ups take two seconds
//	login=drop*3          the next three logins are cut off
//	any=503               everything fails
//	login=429:30s         too many requests, for half a minute
//	login=403:invalid_grant:Wrong email or password.
//	login=wrong-key       ID tokens are signed with another key
//	search=lag:30s        the search does not see the last half minute
func ParseFault(s string) (Fault, error) {
	at, rest, ok := strings.Cut(s, "=")
	f := Fault{At: Endpoint(at)}
	if !ok || !slices.Contains(endpoints, f.At) {
		return f, fmt.Errorf("the fault %q begins with no endpoint; expected one of %v and an equals sign", s, endpoints)
	}
	if before, times, ok := cutLast(rest, "*"); ok {
		n, err := strconv.Atoi(times)
		if err != nil || n < 1 {
			return f, fmt.Errorf("the fault %q happens %q times; expected a number", s, times)
		}
		rest, f.Times = before, n
	}
	word, arg, _ := strings.Cut(rest, ":")
	f.Kind = Kind(word)
	if code, err := strconv.Atoi(word); err == nil && (code != 429 || arg != "" && arg[0] > '9') {
		if code < 400 || code > 599 {
			return f, fmt.Errorf("the fault %q has the status %d; expected 400 to 599", s, code)
		}
		f.Kind, f.Code = Status, code
		f.Error, f.Text, _ = strings.Cut(arg, ":")
		return f, nil
	}
	if f.Kind == Status || !slices.Contains(anywhere, f.Kind) && !slices.Contains(kindsOf[f.At], f.Kind) {
		return f, fmt.Errorf("the fault %q has no kind that %s has; expected a status or one of %v", s, at, slices.Concat(anywhere, kindsOf[f.At]))
	}
	takesDelay := f.Kind == Slow || f.Kind == Lag || f.Kind == Limit
	if arg == "" && (!takesDelay || f.Kind == Limit) {
		f.Delay = time.Minute
		return f, nil
	}
	var err error
	if f.Delay, err = time.ParseDuration(arg); err != nil || !takesDelay || f.Delay < 0 {
		return f, fmt.Errorf("the fault %q: expected a length of time after slow, lag and 429 only, such as slow:2s", s)
	}
	return f, nil
}

func cutLast(s, sep string) (before, after string, ok bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// String is the fault as ParseFault reads it.
func (f Fault) String() string {
	s := string(f.At) + "="
	switch f.Kind {
	case Status:
		s += strconv.Itoa(f.Code)
		if f.Error != "" || f.Text != "" {
			s += ":" + f.Error
		}
		if f.Text != "" {
			s += ":" + f.Text
		}
	case Slow, Lag, Limit:
		s += string(f.Kind) + ":" + f.Delay.String()
	default:
		s += string(f.Kind)
	}
	if f.Times > 0 {
		s += "*" + strconv.Itoa(f.Times)
	}
	return s
}

// Script adds faults. Those of one endpoint happen in the order in which they were
// added; one that happens always hides those of its kind behind it.
func (t *Tenant) Script(faults ...Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults = append(t.faults, faults...)
}

// Mend takes all faults away.
func (t *Tenant) Mend() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults = nil
}

// Faults are those that are still to happen.
func (t *Tenant) Faults() []Fault {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.faults)
}

// take returns the next fault of an endpoint among some kinds, and counts it.
func (t *Tenant) take(at Endpoint, kinds []Kind) (Fault, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, f := range t.faults {
		if f.At != at && f.At != Any || !slices.Contains(kinds, f.Kind) {
			continue
		}
		switch f.Times {
		case 0:
		case 1:
			t.faults = slices.Delete(t.faults, i, i+1)
		default:
			t.faults[i].Times--
		}
		return f, true
	}
	return Fault{}, false
}

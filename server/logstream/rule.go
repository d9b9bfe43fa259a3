package logstream

import (
	"path"
	"slices"
	"strings"

	"callflow/engine/lazy"
)

// Rule says which events are a sign-in with a code that a message brought. Auth0
// publishes no type for exactly that, so it is a setting; the events of one's own
// tenant are the authority.
type Rule struct {
	// Types are types, with * for anything.
	Types []string
	// Connections are names of connections, or strategies. A user whose id begins
	// with "sms|" is of such a connection anyway.
	Connections []string
}

// DefaultRule holds for connections that have the name Auth0 gives them: a login, or
// a successful exchange of whatever kind.
func DefaultRule() Rule {
	return Rule{Types: []string{"s", "se*ft"}, Connections: []string{"sms"}}
}

// smsUser begins the id of users who sign in with a code alone.
const smsUser = "sms|"

// matches tells whether an event is such a sign-in.
func (r Rule) matches(e Event) bool {
	isType := slices.ContainsFunc(r.Types, func(pattern string) bool {
		ok, err := path.Match(pattern, e.Type)
		return err == nil && ok
	})
	return isType && (slices.Contains(r.Connections, e.Connection) || slices.Contains(r.Connections, e.Strategy) || strings.HasPrefix(e.UserID, smsUser))
}

var (
	e164 = lazy.Regexp(`^\+[1-9][0-9]{6,14}$`)
	// hashed is what Auth0 makes of a field by pii_config's method hash: xxhash in
	// hexadecimal. A telephone number has at most fifteen digits.
	hashed = lazy.Regexp(`^(0x)?[0-9a-fA-F]{16,64}$`)
	// crossed is a number most of whose digits are crosses, as Auth0 shows those of
	// second factors.
	crossed = lazy.Regexp(`^\+?[0-9]{0,6}[xX]{3,15}[0-9]{0,6}$`)
)

// number is the number that somebody has signed in with; "": the event has none.
func (e Event) number() string {
	for _, s := range append([]string{e.UserName}, e.Numbers...) {
		if e164().MatchString(s) {
			return s
		}
	}
	return ""
}

// masked tells whether there was a number before the stream's pii_config hid it.
func (e Event) masked() bool {
	return slices.ContainsFunc(append([]string{e.UserName}, e.Numbers...), func(s string) bool {
		return strings.ContainsAny(s, "*•") || hashed().MatchString(s) || crossed().MatchString(s)
	})
}

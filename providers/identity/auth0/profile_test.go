package auth0

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/auth0/go-auth0/management"
)

func TestPhrase(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`12345`:     `"12345"`,
		`a" OR "b`:  `"a\" OR \"b"`,
		`\`:         `"\\"`,
		`\" OR x:*`: `"\\\" OR x:*"`,
	} {
		if got := phrase(text); got != want {
			t.Errorf("the phrase of %s is %s, want %s", text, got, want)
		}
	}
}

func TestGreeting(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`{}`:                                      "",
		`{"name":"ana@example.com"}`:              "",
		`{"name":"ana","username":"ana"}`:         "",
		`{"name":"Ana Lopez"}`:                    "Ana Lopez",
		`{"name":"Ana Lopez","given_name":"Ana"}`: "Ana",
		`{"given_name":"Ana","app_metadata":{"ivr_greeting":"Doctor Lopez"}}`: "Doctor Lopez",
		`{"given_name":"Ana","app_metadata":{"ivr_greeting":7}}`:              "Ana",
		`{"given_name":" A\u0000\n na "}`:                                     "A na",
		`{"given_name":"` + strings.Repeat("ä", 300) + `"}`:                   strings.Repeat("ä", maxGreeting),
	} {
		var u management.User
		if err := json.Unmarshal([]byte(src), &u); err != nil {
			t.Fatal(err)
		}
		if got := newProfile(&u).greeting; got != want {
			t.Errorf("%s: the greeting is %q, want %q", src, got, want)
		}
	}
}

func TestPause(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	for _, tt := range []struct {
		after, reset string
		want         time.Duration
	}{
		{"", "", time.Second},
		{"30", "", 30 * time.Second},
		{"30", "1800000005", 30 * time.Second},
		{"", "1800000005", 5 * time.Second},
		{"", "1700000000", time.Second},
		{"-5", "", time.Second},
		{"99999", "", time.Minute},
		{"soon", "later", time.Second},
		{now.Add(9 * time.Second).UTC().Format(http.TimeFormat), "", 9 * time.Second},
	} {
		n := &note{header: http.Header{}}
		n.header.Set("Retry-After", tt.after)
		n.header.Set("X-RateLimit-Reset", tt.reset)
		if got := n.pause(now); got != tt.want {
			t.Errorf("Retry-After %q, reset %q: wait %s, want %s", tt.after, tt.reset, got, tt.want)
		}
	}
}

// What Auth0 says is only shown if it is one of its words.
func TestCodeOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"invalid_grant": "invalid_grant", "Bad Gateway": "", "": "", "7391": "",
		"eyJhbGciOi": "", strings.Repeat("a", 60): "",
	} {
		if got := codeOf(text); got != want {
			t.Errorf("of %q is shown %q, want %q", text, got, want)
		}
	}
}

// Whatever a profile holds is read without harm, and its greeting can be spoken.
func FuzzProfile(f *testing.F) {
	f.Add(`{"user_id":"auth0|1","app_metadata":{"account_number":"12345"},"identities":[{"provider":"auth0","connection":"c"}]}`)
	f.Add(`{"identities":[null],"app_metadata":null,"blocked":null}`)
	f.Add(`{"given_name":"` + "\u202e" + `\u0000"}`)
	f.Fuzz(func(t *testing.T, src string) {
		var u management.User
		if json.Unmarshal([]byte(src), &u) != nil {
			return
		}
		g := newProfile(&u).greeting
		if strings.ContainsFunc(g, unicode.IsControl) || len([]rune(g)) > maxGreeting {
			t.Errorf("the greeting is %q", g)
		}
	})
}

// The quotes of a phrase are its own, whatever it holds.
func FuzzPhrase(f *testing.F) {
	for _, s := range []string{"12345", `"`, `\`, `\"`, `a" OR "b`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p := phrase(s)
		inside := p[1 : len(p)-1]
		for i := 0; i < len(inside); i++ {
			switch inside[i] {
			case '\\':
				i++
				if i == len(inside) {
					t.Fatalf("%s: the closing quote is escaped", strconv.Quote(s))
				}
			case '"':
				t.Fatalf("%s: a quote stands free", strconv.Quote(s))
			}
		}
	})
}

// An account number is that of a user whose profile says so, in the connection that PINs
// are checked in.
func TestOwns(t *testing.T) {
	t.Parallel()
	ours, others := []string{"Callers"}, []string{"Staff"}
	for _, tt := range []struct {
		lookup Lookup
		user   profile
		want   bool
	}{
		{LookupUsername, profile{username: "a1", connections: ours}, true},
		{LookupUsername, profile{username: "A1", connections: ours}, true},
		{LookupUsername, profile{username: "a1", connections: others}, false},
		{LookupUsername, profile{username: "a1", connections: []string{"Staff", "Callers"}}, true},
		{LookupUsername, profile{username: "a1"}, false},
		{LookupUsername, profile{email: "a1", account: "a1", connections: ours}, false},
		{LookupAppMetadata, profile{account: "a1"}, true},
		{LookupAppMetadata, profile{account: "A1"}, false},
		{LookupAppMetadata, profile{username: "a1"}, false},
		{LookupAppMetadata, profile{account: 1.0}, false},
	} {
		p := &Provider{config: Config{Lookup: tt.lookup, Realm: "Callers"}}
		if got := p.owns(tt.user, "a1"); got != tt.want {
			t.Errorf("%s of %+v: %v, expected %v", tt.lookup, tt.user, got, tt.want)
		}
	}
}

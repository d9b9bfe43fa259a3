package codectest

import (
	"bytes"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Fixture is a codec and what the suite needs to know of its platform.
type Fixture struct {
	// Codec accepts the secrets Current and Previous, with the default tolerance.
	Codec telephony.Codec
	// Unsigned is a codec of the same platform that was told to check nothing.
	Unsigned telephony.Codec
	// Sign puts the platform's signature on a request.
	Sign func(r *telephony.Request, secret engine.Secret, at time.Time)
	// Dir holds the archives situations.txtar and replies.txtar.
	Dir string
	// Speech takes a reply apart into what is said and the rest.
	Speech func(r telephony.Reply) (said []string, rest string, err error)
	// Timeless says that the platform signs no time, so that no signature is ever
	// too old.
	Timeless bool
	// Carried says that the platform has one URL, and hands back a token that its
	// answers carry.
	Carried bool
	// Bare says that the platform shows a secret and signs nothing, so that a body
	// can be changed on its way. It is Timeless too.
	Bare bool
	// Same tells whether two bodies say the same, where that can be though their
	// bytes differ; nil: it cannot.
	Same func(a, b []byte) bool
	// TokenOf reads out of a command which turn it is of, for a platform that takes
	// commands.
	TokenOf func(telephony.Command) string
	// Update rewrites replies.txtar.
	Update bool
}

// Call is the call that every request of a fixture is about. Account is empty
// where the platform has none.
func Call(platform string) engine.Call {
	return engine.Call{
		Platform: platform, Account: "account-1", ID: "call-1",
		From: "+6591110000", To: "+6531589999", Name: "Ann",
	}
}

// Current is the secret that the codec accepts.
func Current() engine.Secret { return engine.NewSecret("current-secret-of-the-suite") }

// Previous is the one it still accepts.
func Previous() engine.Secret { return engine.NewSecret("previous-secret-of-the-suite") }

// Foreign is one it does not.
func Foreign() engine.Secret { return engine.NewSecret("somebody-else's-secret") }

// At is when the requests are signed and arrive.
func At() time.Time { return time.Unix(1795257016, 0) }

// exchange is one situation's request, or the reason why there is none.
type exchange struct {
	body   []byte
	query  string
	header []string // NAME: VALUE
	route  telephony.Route
	cannot string
}

// exchanges reads situations.txtar, by the name of the situation.
func (f Fixture) exchanges(tb testing.TB) map[string]exchange {
	tb.Helper()
	archive, err := txtar.ParseFile(filepath.Join(f.Dir, "situations.txtar"))
	if err != nil {
		tb.Fatal(err)
	}
	m := make(map[string]exchange)
	for _, file := range archive.Files {
		name := strings.TrimSuffix(file.Name, filepath.Ext(file.Name))
		e := m[name]
		switch text := strings.TrimSpace(string(file.Data)); filepath.Ext(file.Name) {
		case ".query":
			e.query = text
		case ".header":
			e.header = strings.Split(text, "\n")
		case ".route":
			e.route = telephony.Route(text)
		case ".cannot":
			e.cannot = text
		default:
			e.body = []byte(text)
		}
		m[name] = e
	}
	return m
}

// requestOf builds the request of a situation.
func (f Fixture) requestOf(s situation, e exchange) telephony.Request {
	route := s.route
	if e.route != "" {
		route = e.route
	}
	e.body = bytes.Clone(e.body)
	if s.earlier {
		e.body = bytes.ReplaceAll(e.body, []byte(Token), []byte(earlierToken))
	}
	r := f.request(route, e, s.lost)
	if s.earlier {
		r.URL.Path = strings.Replace(r.URL.Path, Token, earlierToken, 1)
		f.Sign(&r, Current(), At())
	}
	if s.twist != nil {
		s.twist(f, &r)
	}
	return r
}

// request builds the request of an exchange, signed with the current secret.
func (f Fixture) request(route telephony.Route, e exchange, lost bool) telephony.Request {
	path := map[telephony.Route]string{
		telephony.RouteStart:  "/v1/" + f.Codec.Name() + "/calls",
		telephony.RouteTurn:   "/v1/" + f.Codec.Name() + "/turns/s1/3/n0nce",
		telephony.RouteNotice: "/v1/" + f.Codec.Name() + "/status",
	}
	query := e.query
	if lost {
		query = strings.TrimPrefix(query+"&lost=1", "&")
	}
	r := telephony.Request{
		Route:  route,
		Method: http.MethodPost,
		URL:    &url.URL{Scheme: "https", Host: "ivr.example.com", Path: path[route], RawQuery: query},
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   e.body,
	}
	for _, line := range e.header {
		name, value, _ := strings.Cut(line, ":")
		r.Header.Set(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	f.Sign(&r, Current(), At())
	return r
}

// write rewrites an archive.
func write(tb testing.TB, path string, a *txtar.Archive) {
	tb.Helper()
	if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
		tb.Fatal(err)
	}
}

package server_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"callflow/server"
)

func prefixes(texts ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, t := range texts {
		all = append(all, netip.MustParsePrefix(t))
	}
	return all
}

// unread is a body that must not be looked at.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

func TestSources(t *testing.T) {
	t.Parallel()
	proxied := prefixes("10.0.0.0/8", "::1/128")
	for _, tt := range []struct {
		name      string
		proxies   []netip.Prefix
		peer      string
		forwarded []string
		ok        bool
	}{
		{"at its own address", nil, "203.0.113.9:1", nil, true},
		{"elsewhere", nil, "198.51.100.9:1", nil, false},
		{"IPv6", nil, "[2001:db8::7]:1", nil, true},
		{"IPv6 elsewhere", nil, "[2001:db9::7]:1", nil, false},
		{"IPv4 in IPv6", nil, "[::ffff:203.0.113.9]:1", nil, true},
		{"IPv4 in IPv6 elsewhere", nil, "[::ffff:198.51.100.9]:1", nil, false},
		{"no address", nil, "@", nil, false},
		{"nobody's word is taken", nil, "198.51.100.9:1", []string{"203.0.113.9"}, false},
		{"nor does it harm", nil, "203.0.113.9:1", []string{"198.51.100.9"}, true},
		{"a stranger's word behind proxies", proxied, "198.51.100.9:1", []string{"203.0.113.9"}, false},
		{"a platform past the proxies", proxied, "203.0.113.9:1", nil, true},

		{"through a proxy", proxied, "10.0.0.1:1", []string{"203.0.113.9"}, true},
		{"through an IPv6 one", proxied, "[::1]:1", []string{"2001:db8::7"}, true},
		{"through one that writes IPv4 in IPv6", proxied, "[::ffff:10.0.0.1]:1", []string{"::ffff:203.0.113.9"}, true},
		{"through two", proxied, "10.0.0.1:1", []string{"203.0.113.9, 10.1.1.1"}, true},
		{"through two, in two lines", proxied, "10.0.0.1:1", []string{"203.0.113.9", "10.1.1.1"}, true},
		{"with ports", proxied, "10.0.0.1:1", []string{"[2001:db8::7]:443, 10.1.1.1:80"}, true},
		{"spoofed", proxied, "10.0.0.1:1", []string{"203.0.113.9, 198.51.100.9"}, false},
		{"spoofed, in two lines", proxied, "10.0.0.1:1", []string{"203.0.113.9", "198.51.100.9"}, false},
		{"spoofed as a proxy", proxied, "10.0.0.1:1", []string{"203.0.113.9, 10.9.9.9, 198.51.100.9"}, false},
		{"spoofed on the way to the platform", proxied, "10.0.0.1:1", []string{"nonsense, 203.0.113.9"}, true},
		{"the proxy says nothing", proxied, "10.0.0.1:1", nil, false},
		{"nothing but proxies", proxied, "10.0.0.1:1", []string{"10.2.2.2, 10.1.1.1"}, false},
		{"nonsense", proxied, "10.0.0.1:1", []string{"203.0.113.9, unknown"}, false},
		{"empty", proxied, "10.0.0.1:1", []string{""}, false},
		{"endless", proxied, "10.0.0.1:1", []string{"203.0.113.9" + strings.Repeat(", 10.1.1.1", 100)}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, func(d *server.Deps) {
				d.From = map[string][]netip.Prefix{"generic": prefixes("203.0.113.0/24", "2001:db8::/32")}
				d.Proxies = tt.proxies
			})
			post := func(platform string, body io.Reader) *httptest.ResponseRecorder {
				r := httptest.NewRequest(http.MethodPost, "/v1/"+platform+"/calls", body)
				r.RemoteAddr = tt.peer
				r.Header["X-Forwarded-For"] = tt.forwarded
				w := httptest.NewRecorder()
				b.srv.ServeHTTP(w, r)
				return w
			}
			var body io.Reader = strings.NewReader("{}")
			want := http.StatusUnauthorized // it is let in, and carries no signature
			if !tt.ok {
				body, want = unread{t}, http.StatusForbidden
			}
			w := post("generic", body)
			if w.Code != want || w.Body.Len() > 0 {
				t.Errorf("%d %s, expected a bare %d", w.Code, w.Body, want)
			}
			if told := strings.Contains(b.log.String(), `"msg":"hook is refused"`) && strings.Contains(b.log.String(), `"status":403`); told == tt.ok {
				t.Errorf("log:\n%s", b.log)
			}
			// Another platform's hooks come from anywhere.
			if w := post("jambonz", strings.NewReader("{}")); w.Code != http.StatusUnauthorized {
				t.Errorf("jambonz: %d", w.Code)
			}
		})
	}
}

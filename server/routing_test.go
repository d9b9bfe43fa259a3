package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"callflow/providers/phone"
	"callflow/server"
)

// numbered is a server whose called numbers are sorted out by these.
func numbered(t testing.TB, numbers ...server.Number) option {
	t.Helper()
	region, err := phone.ParseRegion("AU")
	if err != nil {
		t.Fatal(err)
	}
	return func(d *server.Deps) { d.Numbers, d.Region, d.Flow = numbers, region, "" }
}

// called posts a first hook of jambonz and returns what is said.
func (b *bench) called(t *testing.T, id, to, header string) string {
	t.Helper()
	body := fmt.Sprintf(`{"call_sid":%q,"account_sid":"a","direction":"inbound","from":"+61400000000","to":%q,"call_status":"trying","sip":{"headers":{"From":"x","X-Line":%q}}}`, id, to, header)
	r := b.post("/v1/jambonz/calls", body)
	if r.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", to, r.Code, r.Body)
	}
	return r.Body.String()
}

func TestRouting(t *testing.T) {
	t.Parallel()
	b := newBench(t, numbered(t,
		server.Number{Number: "+61255500100", Flow: "authzero", Headers: map[string]string{"X-Line: farm": "herd"}},
		server.Number{Number: "+612555001*", Flow: "herd"},
		server.Number{Number: "+61255500199", Flow: "herd", Platforms: map[string]string{"jambonz": "authzero"}},
		server.Number{Number: "sales.desk", Flow: "authzero"},
		server.Number{Number: "+61*", Flow: "herd", Language: "es"},
	))
	const bank, farm, campo = "Welcome to the Authzero demo", "Press 1 to report a death", "Oprima 1 para reportar"
	for i, c := range []struct{ to, header, want string }{
		{"+61255500100", "", bank},
		{"61255500100", "", bank},
		{"(02) 5550 0100", "", bank},
		{"sip:+61255500100@trunk.example.com", "", bank},
		{"+61255500100", "farm", farm},
		{"+61255500100", "other", bank},
		{"+61255500101", "", farm},  // begins so
		{"+61255500199", "", bank},  // on this platform
		{"+61399990000", "", campo}, // the shortest beginning, in its language
		{"sip:sales.desk@example.com", "", bank},
	} {
		if got := b.called(t, fmt.Sprintf("c%d", i), c.to, c.header); !strings.Contains(got, c.want) {
			t.Errorf("%s, X-Line %q: %s", c.to, c.header, got)
		}
	}
	// A number that nobody answers is refused with words.
	if got := b.called(t, "none", "+12025550123", ""); strings.Contains(got, "gather") || !strings.Contains(got, "hangup") {
		t.Errorf("a number that nobody answers: %s", got)
	}
}

func TestRoutingDefault(t *testing.T) {
	t.Parallel()
	b := newBench(t, numbered(t, server.Number{Number: "*", Flow: "herd"}, server.Number{Number: "+61255500100", Flow: "authzero"}))
	for to, want := range map[string]string{"+61255500100": "Welcome to the Authzero demo", "alice": "Press 1 to report a death", "": "Press 1 to report a death"} {
		if got := b.called(t, "d"+to, to, ""); !strings.Contains(got, want) {
			t.Errorf("%q: %s", to, got)
		}
	}
}

func TestPattern(t *testing.T) {
	t.Parallel()
	region, err := phone.ParseRegion("AU")
	if err != nil {
		t.Fatal(err)
	}
	for number, want := range map[string]string{
		"*": "* ", "+6125550*": "prefix 6125550", "+61255500100": " 61255500100", "0255500100": " 61255500100",
		"sales*": " sales*", "*67": " *67", "1800": " 1800",
	} {
		kind, normal := server.Pattern(number, region)
		if got := strings.TrimSpace(kind) + " " + normal; got != want {
			t.Errorf("%s: got %q, want %q", number, got, want)
		}
	}
}

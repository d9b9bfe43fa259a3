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
		"02 5550 01*": "prefix 02555001 612555001", "10*": "prefix 10", "0*": "prefix 0", "+61 (0)2 5550*": "prefix 61025550 6125550",
	} {
		kind, normals := server.Pattern(number, region)
		if got := strings.TrimSpace(kind) + " " + strings.Join(normals, " "); got != want {
			t.Errorf("%s: got %q, want %q", number, got, want)
		}
	}
}

// TestMistaken: few digits that begin a number of the region are written otherwise where
// that is meant.
func TestMistaken(t *testing.T) {
	t.Parallel()
	region, err := phone.ParseRegion("AU")
	if err != nil {
		t.Fatal(err)
	}
	for number, want := range map[string]string{
		"1300*": "+611300*", " 13 00 *": "+611300*", "1300": "", "10*": "", "02*": "", "13001*": "", "+611300*": "", "*": "", "sales*": "",
	} {
		got, ok := server.Mistaken(number, region)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%s: got %q, %t, want %q", number, got, ok, want)
		}
	}
}

// TestRoutingHeaders: a header's name counts whatever its letters, its value as it is, and
// both without blanks around them; of several the first by name, before the platform.
func TestRoutingHeaders(t *testing.T) {
	t.Parallel()
	b := newBench(t, numbered(t,
		server.Number{Number: "+61255500100", Flow: "authzero", Headers: map[string]string{" x-LINE : farm ": "herd", "X-Lime: farm": "authzero", "X-Zoo: farm": "authzero"}, Platforms: map[string]string{"jambonz": "authzero"}},
		server.Number{Number: "1001", Flow: "herd", Platforms: map[string]string{"generic": "authzero"}},
	))
	const bank, farm = "Welcome to the Authzero demo", "Press 1 to report a death"
	for i, c := range []struct{ to, header, want string }{
		{"+61255500100", "farm", farm},
		{"+61255500100", "Farm", bank},
		{"+61255500100", "", bank},
		{"+61255500100", "farming", bank},
		{"1001", "", farm}, // another platform's flow is no concern of this one
	} {
		if got := b.called(t, fmt.Sprintf("h%d", i), c.to, c.header); !strings.Contains(got, c.want) {
			t.Errorf("%s, X-Line %q: %s", c.to, c.header, got)
		}
	}
}

// TestRoutingNationalBeginning: numbers that begin so are found however a platform
// writes them, extensions as they are, and the longest beginning wins in whatever form.
func TestRoutingNationalBeginning(t *testing.T) {
	t.Parallel()
	b := newBench(t, numbered(t,
		server.Number{Number: "02 5550 01*", Flow: "authzero"},
		server.Number{Number: "+6125550*", Flow: "herd"},
		server.Number{Number: "10*", Flow: "authzero"},
		server.Number{Number: "2*", Flow: "herd"},
	))
	const bank, farm, none = "Welcome to the Authzero demo", "Press 1 to report a death", "hangup"
	for to, want := range map[string]string{
		"0255500123": bank, "+61255500123": bank, "61255500123": bank, "(02) 5550 0123": bank, "001161255500123": bank,
		"0255500999": farm, "+61255500999": farm,
		"102": bank, "201": farm,
		"+61399990000": none, "+61299990000": none, "0399990000": none,
	} {
		got := b.called(t, "n"+to, to, "")
		if !strings.Contains(got, want) || want == none && strings.Contains(got, "gather") {
			t.Errorf("%s: %s", to, got)
		}
	}
}

// TestRoutingSameBeginnings: the beginning of a number as it is dialled in its country
// and the one with the country's code answer the same calls, in all written forms.
func TestRoutingSameBeginnings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		region                  string
		national, international string
		called                  []string // all forms of one number that begins so, and of others
	}{
		{"AU", "02 5550 01*", "+612555001*", []string{"0255500123", "(02) 5550 0123", "+61255500123", "61255500123", "0011 61 2 5550 0123", "0255500200", "+61355500123", "102"}},
		{"GB", "020 7946*", "+44207946*", []string{"02079460123", "+442079460123", "442079460123", "00442079460123", "02079450123", "+442079450123"}},
		{"DE", "(030) 1234*", "+49301234*", []string{"03012345678", "+493012345678", "00493012345678", "+4930123567890", "03112345678"}},
		{"FR", "01 42*", "+33142*", []string{"0142685300", "+33142685300", "33142685300", "0143685300"}},
		{"IT", "06 555*", "+3906555*", []string{"0655501234", "+390655501234", "00390655501234", "0656501234"}},
		{"ES", "912 34*", "+3491234*", []string{"912345678", "+34912345678", "34912345678", "913345678"}},
		{"US", "(202) 555-01*", "+120255501*", []string{"2025550123", "12025550123", "+12025550123", "(202) 555-0123", "011 1 202 555 0123", "2025560123"}},
		{"US", "1 202 555*", "+1202555*", []string{"2025550123", "12025550123", "+12025550123", "+12035550123"}},
		{"NZ", "09 23*", "+64923*", []string{"092345678", "+6492345678", "64 9 234 5678", "092445678"}},
		{"RU", "8 (495) 12*", "+749512*", []string{"84951234567", "+74951234567", "74951234567", "84961234567"}},
		{"HU", "06 1 23*", "+36123*", []string{"0612345678", "+3612345678", "0612445678"}},
	} {
		region, err := phone.ParseRegion(c.region)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, called := range c.called {
			national, international := server.Answers(c.national, called, region), server.Answers(c.international, called, region)
			if national != international {
				t.Errorf("%s: a call to %s: %s answers it: %t, %s: %t", c.region, called, c.national, national, c.international, international)
			}
			if national {
				found++
			}
		}
		if found < 2 || found == len(c.called) {
			t.Errorf("%s: %s answers %d of %q", c.region, c.national, found, c.called)
		}
	}
}

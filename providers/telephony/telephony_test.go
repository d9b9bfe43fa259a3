package telephony

import (
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"callflow/engine"
)

func TestParseTarget(t *testing.T) {
	for _, tt := range []struct {
		s    string
		want Target
		ok   bool
	}{
		{"+15550100", Target{Number: "+15550100"}, true},
		{"15550100", Target{Number: "15550100"}, true},
		{"+1 (555) 01-00", Target{Number: "+15550100"}, true},
		{"555.0100", Target{Number: "5550100"}, true},
		{"*21#", Target{Number: "*21#"}, true},
		{"100", Target{Number: "100"}, true},
		{"sip:front@desk.example.com", Target{SIP: "sip:front@desk.example.com"}, true},
		{"sips:front@desk.example.com;transport=tls", Target{SIP: "sips:front@desk.example.com;transport=tls"}, true},
		{"SIP:a@b", Target{SIP: "SIP:a@b"}, true},
		{"", Target{}, false},
		{"+", Target{}, false},
		{" - ", Target{}, false},
		{"1+5550100", Target{}, false},
		{"anonymous", Target{}, false},
		{"sip:", Target{SIP: "sip:"}, false},
		{"tel:+15550100", Target{}, false},
		{"http://example.com", Target{}, false},
		{"sip:a@b>;tag=1", Target{}, false},
		{"sip:a b@c", Target{}, false},
		{"sip:a@b\r\nX-Evil: 1", Target{}, false},
		{"sip:ä@b", Target{}, false},
		{"sip:a@b\x7f", Target{}, false},
		{"sip: a@b", Target{}, false},
		{"+1 (555) 0100 x", Target{}, false},
		{"+1555\n0100", Target{}, false},
		{strings.Repeat("1", 257), Target{}, false},
	} {
		got, ok := ParseTarget(tt.s)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("%q: got %+v, %v, want %+v, %v", tt.s, got, ok, tt.want, tt.ok)
		}
	}
}

func TestPlainText(t *testing.T) {
	for _, tt := range []struct{ s, want string }{
		{"Hello, Zoë 李 🐮.", "Hello, Zoë 李 🐮."},
		{"family 👩‍🌾", "family 👩‍🌾"},
		{"a\r\nb\tc\x00d\x7fe\u0085f", "a  b c d e f"},
		{"\ufeffa\u202eb\u2028c\u200bd", " a b c d"},
		{"a\x1fb\x7fc\x80d\x9fe\u2029f\u00adg h~i", "a b c\ufffdd\ufffde f g h~i"},
		{"\u0080a\u009fb", " a b"},
		{"", ""},
	} {
		if got := PlainText(tt.s); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.s, got, tt.want)
		}
	}
}

func TestAlarmText(t *testing.T) {
	for _, tt := range []struct {
		parts []string
		want  string
	}{
		{[]string{"jambonz reports", "invalid", ""}, "jambonz reports: invalid"},
		{[]string{"say", "You entered 4 4 7 1\n٤"}, "say: You entered * * * * *"},
		{nil, ""},
	} {
		if got := AlarmText(tt.parts...); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.parts, got, tt.want)
		}
	}
	long := AlarmText(strings.Repeat("é7", 1000))
	if len(long) > maxAlarm || !utf8.ValidString(long) || strings.ContainsFunc(long, unicode.IsDigit) {
		t.Errorf("%d bytes: %q", len(long), long)
	}
}

func TestAreKeys(t *testing.T) {
	for s, want := range map[string]bool{
		"": true, "0123456789*#": true, "ABCD": true, "a": false, "E": false, "1 2": false, "１": false, "1\n": false,
		strings.Repeat("1", MaxKeys): true, strings.Repeat("1", MaxKeys+1): false,
	} {
		if AreKeys(s) != want {
			t.Errorf("%.40q: got %v", s, !want)
		}
	}
}

func TestParams(t *testing.T) {
	for _, tt := range []struct {
		address string
		lost    bool
	}{
		{"https://x/turns/1?lost=1", true},
		{"https://x/turns/1?on=dial&lost=1", true},
		{"https://x/turns/1?lost=1&on=dial#rc=2&rp=5xx", true},
		{"https://x/turns/1", false},
		{"https://x/turns/1?lost=0", false},
		{"https://x/turns/1?lost=11", false},
		{"https://x/turns/1?xlost=1", false},
		{"https://x/turns/1#lost=1", false},
		{"https://x/lost=1", false},
	} {
		u, err := url.Parse(tt.address)
		if err != nil {
			t.Fatal(err)
		}
		if got := IsLost(Request{URL: u}); got != tt.lost {
			t.Errorf("%s: got %v", tt.address, got)
		}
	}
	if IsLost(Request{}) {
		t.Error("a request without a URL is lost")
	}
	for query, want := range map[string]string{"recording=s1&on=x": "s1", "on=x&recording=%23": "%23", "recording": "", "recording=": "", "recording=a&recording=b": "a"} {
		if got, ok := Param(&url.URL{RawQuery: query}, "recording"); got != want || !ok {
			t.Errorf("%s: got %q, %v, want %q", query, got, ok, want)
		}
	}
	for _, u := range []*url.URL{nil, {}, {RawQuery: "on=recording"}, {RawQuery: "xrecording=a"}, {Path: "/recording=a"}} {
		if got, ok := Param(u, "recording"); ok || got != "" {
			t.Errorf("%v: got %q, %v", u, got, ok)
		}
	}
	for _, tt := range []struct{ address, want string }{
		{"https://x/1", "https://x/1?lost=1"},
		{"https://x/1?on=dial", "https://x/1?on=dial&lost=1"},
		{"https://x/1#rc=2", "https://x/1?lost=1#rc=2"},
	} {
		if got := WithParam(tt.address, LostParam, LostValue); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.address, got, tt.want)
		}
	}
}

func TestAddress(t *testing.T) {
	for _, tt := range []struct{ to, host, want string }{
		{"+15550100", "pbx.example.com", "sip:+15550100@pbx.example.com"},
		{"*21#", "pbx.example.com", "sip:*21%23@pbx.example.com"},
		{"sips:front@desk.example.com;transport=tls", "pbx.example.com", "sips:front@desk.example.com;transport=tls"},
	} {
		to, ok := ParseTarget(tt.to)
		if got := to.Address(tt.host); !ok || got != tt.want {
			t.Errorf("%s: got %s, %v, want %s", tt.to, got, ok, tt.want)
		}
	}
}

// What stands in a header field of an address is an escape, so that it begins no field,
// address or line of its own, and a space is no plus.
func TestWithHeaders(t *testing.T) {
	fields := []engine.Header{{Name: "X-A", Value: "a b&X-B=c+d?e;f>\r\ng#\u202e%"}, {Name: "X-C", Value: ""}}
	const escaped = "X-A=a%20b%26X-B%3Dc%2Bd%3Fe%3Bf%3E%20%20g%23%20%25&X-C="
	for address, want := range map[string]string{
		"sip:a@b":     "sip:a@b?" + escaped,
		"sip:a@b?X=1": "sip:a@b?X=1&" + escaped,
	} {
		if got := WithHeaders(address, fields); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := WithHeaders("sip:a@b", nil); got != "sip:a@b" {
		t.Errorf("got %s", got)
	}
}

// The status codes are those of RFC 3261.
func TestReferred(t *testing.T) {
	for status, want := range map[string]engine.DialResult{
		"200": engine.DialCompleted, "202": engine.DialCompleted, "486": engine.DialBusy, "600": engine.DialBusy,
		"408": engine.DialNoAnswer, "480": engine.DialNoAnswer, "487": engine.DialNoAnswer,
		"302": engine.DialFailed, "404": engine.DialFailed, "503": engine.DialFailed, "603": engine.DialFailed,
	} {
		if got, ok := Referred(status); got != want || !ok {
			t.Errorf("%s: got %s, %v, want %s", status, got, ok, want)
		}
	}
	for _, status := range []string{"", "20", "2000", "100", "180", "183"} {
		if got, ok := Referred(status); ok || got != engine.DialFailed {
			t.Errorf("%q: got %s, %v", status, got, ok)
		}
	}
}

func TestNames(t *testing.T) {
	for _, tt := range []struct {
		is   func(string) bool
		what string
		good []string
		bad  []string
	}{
		{
			IsContext, "a header field",
			[]string{"X-Account", "X-a", "X-z", "X-A", "X-Z", "X-0-9", "X-" + strings.Repeat("a", 62)},
			[]string{"", "X-", "X", "x-account", "Account", "X-a b", "X-a:", "X-a_b", "X-a\r\n", "X-ä", "X-a{", "X-a`", "X-a@", "X-a[", "X-" + strings.Repeat("a", 63)},
		},
		{
			IsRecording, "a recording",
			[]string{"s1-1", "a_b", "AZaz09", "_", "-", strings.Repeat("a", 128)},
			[]string{"", "a.b", "../a", "a/b", "a b", "ä", "a@", "a[", "a`", "a{", strings.Repeat("a", 129)},
		},
		{
			IsWebAddress, "an address",
			[]string{"https://a.example.com/x?y=1&z=2#1", "http://a.example.com/!~", "https://" + strings.Repeat("a", 2040)},
			[]string{
				"", "ftp://a", "//a", "https:/a", "HTTPS://a", "https://a b", "https://a\n", "https://a\x7f", "https://ä", `https://a"`, "https://a<", "https://a>",
				`https://a\`, "https://" + strings.Repeat("a", 2041),
			},
		},
	} {
		for _, s := range tt.good {
			if !tt.is(s) {
				t.Errorf("%q is not %s", s, tt.what)
			}
		}
		for _, s := range tt.bad {
			if tt.is(s) {
				t.Errorf("%q is %s", s, tt.what)
			}
		}
	}
}

func TestLanguages(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"en-AU", "en", true},
		{"EN", "en-GB", true},
		{"cmn-CN", "zh", true},
		{"arb", "ar-EG", true},
		{"nb-NO", "no", true},
		{"en", "es", false},
		{"ar", "zh", false},
		{"no", "nn", false},
		{"", "en", false},
	} {
		if SameLanguage(tt.a, tt.b) != tt.same || SameLanguage(tt.b, tt.a) != tt.same {
			t.Errorf("%q and %q: got %v", tt.a, tt.b, !tt.same)
		}
	}
	for tag, want := range map[string]string{"en-AU": "AU", "en-au": "AU", "es-ES": "ES", "zh-Hans-CN": "CN", "es-419": "", "en": "", "": ""} {
		if got := Country(tag); got != want {
			t.Errorf("%q: got %q, want %q", tag, got, want)
		}
	}
}

package telephony

import (
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
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

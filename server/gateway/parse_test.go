package gateway_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/server/gateway"
)

func finder(t testing.TB, template string, length int) gateway.Finder {
	t.Helper()
	f, err := gateway.NewFinder(template, length)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func prefix(t testing.TB, s string) netip.Prefix {
	t.Helper()
	p, err := netip.ParsePrefix(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFind(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		template string
		length   int
		text     string
		want     string // "": an error
	}{
		{"", 6, "Your one time password is 326162", "326162"},
		{"", 6, "Password: 326162. Call 1800123456: we never ask", "326162"},
		{"", 6, "326162", "326162"},
		{"", 6, "Code:326162:", "326162"},
		{"", 6, "326162 is your code.\n\n@ivr.example.com #326162", "326162"},
		{"", 6, "326162 or 111111", ""},
		{"", 6, "3261620", ""},
		{"", 6, "32616", ""},
		{"", 6, "", ""},
		{"", 6, "٣٢٦١٦٢", ""},
		{"", 4, "Your code is 1234, valid until 2359", ""},
		{"Your code is @@password@@, valid until @@time@@", 4, "Your code is 1234, valid until 2359", "1234"},
		{"Your code is {{ code }}, valid until {{ time | date: \"%H\" }}", 4, "Your code is 1234, valid until 2359", "1234"},
		{"Your code is {{code}}.", 6, "Your code is 326162.", "326162"},
		{"Your code is {{- code -}}.", 6, "Your code is 326162.", "326162"},
		{"  Your code is {{ password }}\r\nBye\n", 6, "Your code is 326162\nBye", "326162"},
		{"1@@password@@1", 6, "13261621", "326162"},
		{"@@password@@@@password@@", 4, "12341234", "1234"},
		{"@@password@@ @@password@@", 4, "1234 1235", ""},
		{"{{ x }}{{ code }}{{ y }}", 4, "123456", ""},
		{"(a|b)* @@password@@ $", 6, "(a|b)* 326162 $", "326162"},
		{"Your code is @@password@@", 6, "Ihr Code ist 326162", ""},
		{"Your code is @@password@@", 6, "Your code is 326162!", ""},
		{"", 6, strings.Repeat("1234567 ", 200) + "x", ""},
		{"{{ a }}@@password@@{{ b }}", 6, strings.Repeat("9", 1600), ""},
	} {
		got, err := finder(t, tt.template, tt.length).Find(tt.text)
		if got.Reveal() != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%q in %q is %q, %v; expected %q", tt.template, tt.text, got.Reveal(), err, tt.want)
		}
	}
	for _, tt := range []struct {
		template string
		length   int
	}{{"no code", 6}, {"{% if x %}{{ code }}{% endif %}", 6}, {"@@code", 6}, {"", 3}, {"", 11}} {
		if _, err := gateway.NewFinder(tt.template, tt.length); err == nil {
			t.Errorf("%q with %d digits is taken", tt.template, tt.length)
		}
	}
}

// FuzzFind: what is found is in the text, and is all digits.
func FuzzFind(f *testing.F) {
	f.Add("Your code is @@password@@", "Your code is 326162", 6)
	f.Add("", "326162 111111", 6)
	f.Add("{{ a }}{{ code }}{{ b }}", "12345678901", 4)
	f.Fuzz(func(t *testing.T, template, text string, length int) {
		find, err := gateway.NewFinder(template, length)
		if err != nil {
			return
		}
		code, err := find.Find(text)
		if err != nil {
			return
		}
		if c := code.Reveal(); len(c) != length || strings.Trim(c, "0123456789") != "" || !strings.Contains(text, c) {
			t.Errorf("%q is no code of %q", c, text)
		}
	})
}

// headed is a token that is signed with HS256, whatever it says of itself.
func headed(header string) string {
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(header)) + "." + encode([]byte(`{"sub":"`+subject+`","aud":"`+audience+`"}`))
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil))
}

func TestToken(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	with := func(name string, value any) map[string]any {
		c := good()
		c[name] = value
		return c
	}
	old := engine.NewSecret("an-older-secret-of-enough-bytes")
	rule := gateway.Token{Keys: []engine.Secret{secret, old, {}}, Subject: subject, Audience: audience}
	const none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJ1cm46QXV0aDAiLCJhdWQiOiJ1cm46Y2FsbGZsb3cifQ."
	signed := func(c map[string]any) string { return "Bearer " + token(t, c, secret) }
	right := signed(good())
	for _, tt := range []struct {
		name, given string
		ok          bool
	}{
		{"as agreed", right, true},
		{"with small letters", "bearer " + right[7:], true},
		{"with the older secret", "Bearer " + token(t, good(), old), true},
		{"one audience of several", signed(with("aud", []string{"x", audience})), true},
		{"within its time", signed(with("exp", now.Add(time.Second))), true},
		{"within the skew", signed(with("exp", now.Add(-30*time.Second))), true},
		{"another's issuer is not looked at", signed(with("iss", "https://example.com/")), true},
		{"expired", signed(with("exp", now.Add(-2*time.Minute))), false},
		{"not yet", signed(with("nbf", now.Add(2*time.Minute))), false},
		{"issued in the future", signed(with("iat", now.Add(2*time.Minute))), false},
		{"another subject", signed(with("sub", "urn:other")), false},
		{"another audience", signed(with("aud", "urn:other")), false},
		{"no subject", signed(map[string]any{"aud": audience}), false},
		{"no audience", signed(map[string]any{"sub": subject}), false},
		{"another's secret", "Bearer " + token(t, good(), engine.NewSecret("another-secret-of-16")), false},
		{"HS512", "Bearer " + sign512(t), false},
		{"alg none", "Bearer " + none, false},
		{"signed by us, and says it is not", "Bearer " + headed(`{"alg":"none"}`), false},
		{"signed by us, and says otherwise", "Bearer " + headed(`{"alg":"RS256"}`), false},
		{"what nobody understands", "Bearer " + headed(`{"alg":"HS256","crit":["x"],"x":1}`), false},
		{"headed by hand", "Bearer " + headed(`{"alg":"HS256"}`), true},
		{"expired in 1970", signed(with("exp", 0)), false},
		{"tampered with", right[:len(right)-2] + "AA", false},
		{"none", "", false},
		{"empty", "Bearer ", false},
		{"Basic", "Basic " + right[7:], false},
		{"no token at all", "Bearer hello", false},
		{"as JSON", `Bearer {"payload":"a.b","signature":"c.d"}`, false},
		{"too long", "Bearer a." + strings.Repeat("a", 9000) + ".c", false},
	} {
		if err := rule.Verify(tt.given, now); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if (gateway.Token{Keys: []engine.Secret{{}}, Subject: subject, Audience: audience}).Verify("Bearer "+token(t, good(), engine.NewSecret(" ")), now) == nil {
		t.Error("no secret verifies a token")
	}
	for _, tt := range []struct {
		secret  string
		encoded bool
		want    string // "": an error
	}{
		{"a-secret-of-enough-bytes", false, "a-secret-of-enough-bytes"},
		{"YS1zZWNyZXQtb2YtZW5vdWdoLWJ5dGVz", true, "a-secret-of-enough-bytes"},
		{"_-__-__-__-__-__-__-__-__-8=", true, "\xff\xef\xff\xfb\xff\xfe\xff\xbf\xff\xef\xff\xfb\xff\xfe\xff\xbf\xff\xef\xff\xfb"[:20]},
		{"not base64url+", true, ""},
		{"short", false, ""},
		{"c2hvcnQ", true, ""},
		{"", false, ""},
	} {
		got, err := gateway.ParseKey(engine.NewSecret(tt.secret), tt.encoded)
		if (err == nil) != (tt.want != "") {
			t.Errorf("%q: %v", tt.secret, err)
		}
		if !tt.encoded && err == nil && got.Reveal() != tt.want {
			t.Errorf("%q is %q", tt.secret, got.Reveal())
		}
	}
}

// FuzzToken: nothing but a token that was signed passes.
func FuzzToken(f *testing.F) {
	f.Add("Bearer a.b.c")
	f.Add("Bearer eyJhbGciOiJub25lIn0.e30.")
	rule := gateway.Token{Keys: []engine.Secret{secret}, Subject: subject, Audience: audience}
	f.Fuzz(func(t *testing.T, given string) {
		if rule.Verify(given, time.Unix(0, 0)) == nil {
			t.Errorf("%q passes", given)
		}
	})
}

// FuzzPost: whatever is posted, at most one message is sent, to an allowed number,
// and nothing of it is logged.
func FuzzPost(f *testing.F) {
	for _, s := range []string{
		legacy(number, code, "203.0.113.7"), `{}`, `[]`, `{"recipient":1}`, `{"notification":{}}`, `{"recipient":"+1","req":null,"body":"\u0000"}`,
		`{"recipient":"+61412345678","body":"326162","code":"326162","delivery_method":"voice","locale":"en_US"}{}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		b := newBench(t)
		taken := b.inbox.Take(t.Context(), []byte(body))
		if n := b.vendor.count(); n > 1 || (n == 1) != (taken.Status == 200) {
			t.Errorf("%d messages, answered %d", n, taken.Status)
		}
		for _, m := range b.vendor.sent {
			if !strings.HasPrefix(m.To, "+61") && !strings.HasPrefix(m.To, "+1") {
				t.Errorf("a message to %s", m.To)
			}
			if c := m.Code.Reveal(); c != "" && (len(c) < 4 || len(c) > 10) {
				t.Errorf("the code %q", c)
			}
			if len(m.Code.Reveal()) >= 6 && strings.Contains(b.said(), `"`+m.Code.Reveal()) {
				t.Errorf("the code is in the log: %s", b.said())
			}
		}
	})
}

func TestAmountsAndRates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]gateway.Amount{"50": 500000, "50.00": 500000, "0.0079": 79, "0": 0, "1000000": 10_000_000_000} {
		got, err := gateway.ParseAmount(text)
		if err != nil || got != want {
			t.Errorf("%q is %d, %v", text, got, err)
		}
		if again, err := gateway.ParseAmount(got.String()); err != nil || again != got {
			t.Errorf("%s is not read again: %v", got, err)
		}
	}
	for _, text := range []string{"", ".5", "5.", "-1", "1.23456", "1000001", "1e3", "1,5", "99999999", "+1", "1.-2"} {
		if a, err := gateway.ParseAmount(text); err == nil {
			t.Errorf("%q is %s", text, a)
		}
	}
	for text, want := range map[string]gateway.Rate{"5/10m": {5, 10 * time.Minute}, "1/1s": {1, time.Second}, "1000000/168h": {1_000_000, 168 * time.Hour}} {
		got, err := gateway.ParseRate(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("%q is %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "5", "5/", "/10m", "0/1h", "05/1h", "5/10", "5/0s", "5/1ms", "5/169h", "1000001/1h", "-1/1h", "5/1h/2"} {
		if r, err := gateway.ParseRate(text); err == nil {
			t.Errorf("%q is %s", text, r)
		}
	}
	for _, text := range []string{"310456", "310-4", "31-456", "310-4567", ""} {
		if c, err := gateway.ParseCarrier(text); err == nil {
			t.Errorf("%q is %v", text, c)
		}
	}
}

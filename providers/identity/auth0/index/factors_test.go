package index

import (
	"slices"
	"strings"
	"testing"

	"callflow/providers/phone"
)

func TestParseFactors(t *testing.T) {
	t.Parallel()
	known := []string{"+61412345678", "+12025550123", "+13025550123"}
	for _, c := range []struct {
		raw    string
		want   string
		masked int
	}{
		{`[]`, "", 0},
		{`{"authenticators":[],"start":0,"limit":50}`, "", 0},
		{`[{"type":"phone","confirmed":true,"phone_number":"+447911123456"}]`, "+447911123456", 0},
		{`[{"type":"phone","phone_number":"+447911123456"},{"type":"phone","phone_number":"+447911123456"}]`, "+447911123456", 0},
		{`[{"type":"phone","confirmed":false,"phone_number":"+447911123456"}]`, "", 0},
		{`[{"type":"totp","confirmed":true},{"type":"email","email":"****@exam*******"},{"type":"phone"}]`, "", 0},
		{`[{"type":"phone","phone_number":"XXXXXXXX5678"}]`, "+61412345678", 0},
		{`[{"type":"phone","phone_number":"XXXXXXXX0123"}]`, "", 1},  // one of two
		{`[{"type":"phone","phone_number":"XXXXXXXXX5678"}]`, "", 1}, // of another length
		{`[{"type":"phone","phone_number":"XXXXXXXXX678"}]`, "", 1},  // too little is shown
		{`[{"type":"phone","phone_number":"0412 345 678"}]`, "", 1},  // not E.164
		{`[{"type":"phone","phone_number":"+447911123456x"}]`, "", 1},
	} {
		numbers, masked, err := parseFactors([]byte(c.raw), known)
		if got := strings.Join(numbers, " "); got != c.want || masked != c.masked || err != nil {
			t.Errorf("%s: got %q, %d masked, %v; expected %q, %d", c.raw, got, masked, err, c.want, c.masked)
		}
	}
	for _, raw := range []string{``, `17`, `{}`, `{"authenticators":null}`, `{"statusCode":200}`} {
		if _, _, err := parseFactors([]byte(raw), nil); err == nil {
			t.Errorf("%q is taken for a list", raw)
		}
	}
}

func FuzzFactors(f *testing.F) {
	f.Add([]byte(`{"authenticators":[{"type":"phone","confirmed":true,"phone_number":"XXXXXXXX5678"}]}`), "+61412345678")
	f.Add([]byte(`[{"type":"phone","phone_number":"+447911123456"}]`), "")
	f.Fuzz(func(t *testing.T, raw []byte, known string) {
		numbers, _, err := parseFactors(raw, []string{known})
		if err != nil && numbers != nil || len(numbers) > mostFactors {
			t.Fatalf("%q, %v", numbers, err)
		}
		for _, n := range numbers {
			if whole, ok := (phone.Region{}).Normalize(n); (!ok || whole != n) && n != known {
				t.Fatalf("%q is no number", n)
			}
		}
		if !slices.IsSorted(numbers) {
			t.Fatal("not in order")
		}
	})
}

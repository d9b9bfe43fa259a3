package retryafter

import (
	"net/http"
	"testing"
	"time"
)

func TestWait(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 11, 0, 0, 0, time.FixedZone("", 3600))
	for value, want := range map[string]time.Duration{
		"":                               0,
		"0":                              0,
		"120":                            2 * time.Minute,
		"99999999":                       most * time.Second,
		"18446744073709551616":           0,
		"-1":                             0,
		"1.5":                            0,
		"soon":                           0,
		"Sun, 22 Nov 2026 10:00:30 GMT":  30 * time.Second,
		"Sunday, 22-Nov-26 10:00:30 GMT": 30 * time.Second,
		"Sun Nov 22 10:00:30 2026":       30 * time.Second,
		"Sun, 22 Nov 2026 09:00:00 GMT":  0,
		"Sun, 22 Nov 2099 10:00:00 GMT":  most * time.Second,
	} {
		if got := Wait(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
}

func FuzzWait(f *testing.F) {
	f.Add("120")
	f.Add("Sun, 22 Nov 2026 10:00:30 GMT")
	f.Fuzz(func(t *testing.T, value string) {
		if d := Wait(http.Header{"Retry-After": {value}}, time.Unix(1_800_000_000, 0)); d < 0 || d > most*time.Second {
			t.Errorf("%q: %s", value, d)
		}
	})
}

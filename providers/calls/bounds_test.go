package calls_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/engine/runner/outbound"
	"callflow/providers/calls/vonage"
)

// all are the platforms that make calls.
func all(t *testing.T, base string) []outbound.Platform {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	written := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	v, err := vonage.New(vonage.Config{BaseURL: base, Application: "78d335fa-323d-0114-9c3d-d6f0d48968cf", Key: engine.NewSecret(string(written))})
	if err != nil {
		t.Fatal(err)
	}
	return append(callers(t, base), v)
}

// TestBoundsAreAsDeclared: whatever times a call is to have, a platform is asked for those
// that it declares to make of them, and to listen for a machine as long as is said.
func TestBoundsAreAsDeclared(t *testing.T) {
	t.Parallel()
	names := map[string]struct{ ring, longest, detect string }{
		"jambonz": {"timeout", "timeLimit", ""}, "twilio": {"Timeout", "TimeLimit", "MachineDetectionTimeout=30"},
		"vonage": {"ringing_timer", "length_timer", ""}, "telnyx": {"timeout_secs", "time_limit_secs", ""},
		"sinch": {"dialTimeout", "maxDuration", ""}, "texml": {"Timeout", "TimeLimit", ""},
		"plivo": {"ring_timeout", "time_limit", `"machine_detection_time":5000`},
	}
	bodies := make(chan string, 1)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, _ := io.ReadAll(r.Body)
		bodies <- strings.ReplaceAll(string(sent), `\"`, `"`) // Sinch is told as a text
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer api.Close()
	times := []time.Duration{
		0, time.Millisecond, time.Second, 1500 * time.Millisecond, 4900 * time.Millisecond, 5 * time.Second, 29 * time.Second, 30 * time.Second, 59 * time.Second, time.Minute, 61 * time.Second,
		2 * time.Minute, 121 * time.Second, 10 * time.Minute, 601 * time.Second, 2 * time.Hour, 2*time.Hour + time.Second, 4 * time.Hour, 4*time.Hour + time.Millisecond, 24 * time.Hour, 25 * time.Hour,
	}
	for _, p := range all(t, api.URL) {
		name := names[p.Name()]
		bounded, ok := p.(outbound.Bounded)
		if !ok || name.ring == "" {
			t.Errorf("%s declares no times", p.Name())
			continue
		}
		for _, asked := range times {
			_, _ = p.Place(t.Context(), outbound.Placement{From: "+61255500100", To: "+61412345678", Ring: asked, Longest: asked, Detect: outbound.DetectMachine})
			body := <-bodies
			ring, longest := bounded.Bounds().Of(asked, asked)
			for key, want := range map[string]time.Duration{name.ring: ring, name.longest: longest} {
				if got := number(body, key); got != want {
					t.Errorf("%s: of %s it is told %s %s, and declares %s: %s", p.Name(), asked, key, got, want, body)
				}
			}
			if !strings.Contains(body, name.detect) {
				t.Errorf("%s is not told %s: %s", p.Name(), name.detect, body)
			}
		}
	}
}

// number is how many seconds a body has under a name, as a form or in JSON.
func number(body, name string) time.Duration {
	text := ""
	if form, err := url.ParseQuery(body); err == nil {
		text = form.Get(name)
	}
	if m := regexp.MustCompile(`"` + name + `":"?([0-9]+)`).FindStringSubmatch(body); m != nil {
		text = m[1]
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return time.Duration(n) * time.Second
}

// TestBoundsOfREADME: the table of times is what the platforms declare.
func TestBoundsOfREADME(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	short := func(d time.Duration) string {
		return strings.NewReplacer("h0m0s", "h", "m0s", "m").Replace(d.String())
	}
	span := func(least, most time.Duration) string {
		switch {
		case least > 0:
			return short(least) + " to " + short(most)
		case most > 0:
			return "up to " + short(most)
		}
		return "any time"
	}
	for _, p := range all(t, "https://api.example.com") {
		b := p.(outbound.Bounded).Bounds()
		more := map[string]string{"twilio": "; more than 4h where Twilio has been asked to let the account"}[p.Name()]
		row := "| `" + p.Name() + "` | " + span(b.LeastRing, b.MostRing) + " | " + span(b.LeastLongest, b.MostLongest) + more + " |\n"
		if !strings.Contains(string(readme), row) {
			t.Errorf("the README has not %s", row)
		}
	}
}

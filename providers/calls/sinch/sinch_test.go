package sinch

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"callflow/engine"
	"callflow/engine/runner/outbound"
)

// The reference's test vector, which Sinch's own package accepts.
func TestSignature(t *testing.T) {
	t.Parallel()
	secret, err := base64.StdEncoding.DecodeString("c2luY2gtc2VjcmV0LTAwMA==")
	if err != nil {
		t.Fatal(err)
	}
	body := `{"event":"pie","callid":"c-1","menuResult":{"menuId":"main","type":"sequence","value":"4471","inputMethod":"dtmf"}}`
	if got := signature(secret, "application/json; charset=utf-8", "2026-11-21T10:30:16.0000000Z", "/hooks/sinch/s-81f2", []byte(body)); got != "/6JI2FPS4o/wUN9rmPWcPZPLcpetAUHUuJbbVOacrLU=" {
		t.Errorf("got %s", got)
	}
}

// A request says everything inside, and is signed over what is sent.
func TestPlace(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 10, 30, 16, 0, time.UTC)
	secret := []byte("sinch-secret-000")
	var ices []string
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		want := "application app:" + signature(secret, "application/json", "2026-11-21T10:30:16.0000000Z", "/calling/v1/callouts", body)
		if r.Method != http.MethodPost || r.URL.Path != "/calling/v1/callouts" || r.Header.Get("Authorization") != want || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
		}
		var got map[string]any
		if err := json.Unmarshal(body, &got); err != nil {
			t.Error(err)
		}
		callout := got["customCallout"].(map[string]any)
		if got["method"] != "customCallout" || callout["custom"] != "id.nonce" || callout["cli"] != nil || callout["destination"] != nil {
			t.Errorf("%s", body)
		}
		ices = append(ices, callout["ice"].(string))
		_, _ = io.WriteString(w, `{"callId":"c-1"}`)
	}))
	defer api.Close()
	c, err := New(Config{BaseURL: api.URL, Key: "app", Secret: engine.NewSecret(base64.StdEncoding.EncodeToString(secret)), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for _, detect := range []outbound.Detection{outbound.DetectNone, outbound.DetectMachine, outbound.DetectBeep} {
		placed, err := c.Place(t.Context(), outbound.Placement{
			From: "+61255500100", To: "+61412345678", Token: "id.nonce", Ring: 30 * time.Second, Longest: 24 * time.Hour, Detect: detect,
		})
		if err != nil || placed.ID != "c-1" {
			t.Fatal(placed, err)
		}
	}
	begin := `{"instructions":[{"name":"setCookie","key":"order","value":"id.nonce"}],"action":{"name":"connectPstn","number":"+61412345678","cli":"+61255500100","maxDuration":14400,"dialTimeout":30`
	for i, amd := range []string{"}}", `,"amd":{"enabled":true,"async":false}}}`, `,"amd":{"enabled":true,"async":true}}}`} {
		if ices[i] != begin+amd {
			t.Errorf("got %s\nwant %s", ices[i], begin+amd)
		}
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	for _, c := range []Config{{}, {Key: "app"}, {Secret: engine.NewSecret("b2xk")}, {Key: "app", Secret: engine.NewSecret("not Base64")}} {
		if _, err := New(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}

package telnyx

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/engine/runner/outbound"
)

func newCaller(t *testing.T, base string) *Caller {
	t.Helper()
	c, err := New(Config{BaseURL: base + "/v2/", Connection: "app-1", Key: engine.NewSecret("KEY0123")})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What is asked for is within Telnyx' bounds, and brings the order's token.
func TestPlace(t *testing.T) {
	t.Parallel()
	var got string
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.URL.Path != "/v2/calls" || r.Header.Get("Authorization") != "Bearer KEY0123" {
			t.Errorf("%s %s %v: %v", r.Method, r.URL, r.Header, err)
		}
		got = string(body)
		_, _ = io.WriteString(w, `{"data":{"call_control_id":"v3:abc","is_alive":false}}`)
	}))
	defer api.Close()
	order := base64.StdEncoding.EncodeToString([]byte("?order=id.nonce"))
	begin := `{"connection_id":"app-1","to":"+61412345678","from":"+61255500100","client_state":"` + order + `","command_id":"id-1",`
	for _, c := range []struct {
		ring, longest time.Duration
		detect        outbound.Detection
		want          string
	}{
		{30 * time.Second, time.Hour, outbound.DetectNone, `"timeout_secs":30,"time_limit_secs":3600}`},
		{time.Second, time.Second, outbound.DetectMachine, `"timeout_secs":5,"time_limit_secs":30,"answering_machine_detection":"detect"}`},
		{time.Hour, 24 * time.Hour, outbound.DetectBeep, `"timeout_secs":600,"time_limit_secs":14400,"answering_machine_detection":"greeting_end"}`},
	} {
		placed, err := newCaller(t, api.URL).Place(t.Context(), outbound.Placement{
			Key: "id-1", From: "+61255500100", To: "+61412345678", Token: "id.nonce", Ring: c.ring, Longest: c.longest, Detect: c.detect,
		})
		if err != nil || placed.ID != "v3:abc" || got != begin+c.want {
			t.Errorf("%+v %v\ngot  %s\nwant %s", placed, err, got, begin+c.want)
		}
	}
}

// Telnyx' own code says what an error means, whatever the status.
func TestCodes(t *testing.T) {
	t.Parallel()
	for body, kind := range map[string]error{
		`{"errors":[{"code":"10002","title":"+61412345678 is not valid"}]}`: outbound.ErrRefused,
		`{"errors":[{"code":"10010"}]}`:                                     runner.ErrSetup,
		`{"errors":[{"code":"10009"}]}`:                                     runner.ErrCredentials,
		`{"errors":[{"code":"10011"}]}`:                                     outbound.ErrOutage,
		`{"errors":[{"code":"99999"}]}`:                                     outbound.ErrRefused, // by the status
	} {
		api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = io.WriteString(w, body)
		}))
		if _, err := newCaller(t, api.URL).Place(t.Context(), outbound.Placement{From: "+61255500100", To: "+61412345678"}); !errors.Is(err, kind) {
			t.Errorf("%s: %v", body, err)
		}
		api.Close()
	}
}

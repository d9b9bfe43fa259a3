package signalwire

import (
	"bytes"
	"crypto/sha1"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// packageEnv names the directory with the node_modules that hold SignalWire's own
// package. The continuous integration installs @signalwire/web-api 3.1.7 there.
const packageEnv = "CALLFLOW_SIGNALWIRE"

// judged is a request as the judge reads it.
type judged struct {
	Key       string `json:"key"`
	Signature string `json:"signature"`
	URL       string `json:"url"`
	Body      string `json:"body"`
}

// judge asks SignalWire's validator about requests, one verdict for each.
func judge(t *testing.T, requests []judged) []bool {
	t.Helper()
	dir := os.Getenv(packageEnv)
	if dir == "" {
		t.Skipf("%s is not set: it names a directory in which `npm install @signalwire/web-api@3.1.7` was run", packageEnv)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skipf("Node is not installed: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "@signalwire", "web-api")); err != nil {
		t.Skipf("%s has no @signalwire/web-api: %v", packageEnv, err)
	}
	var in bytes.Buffer
	lines := json.NewEncoder(&in)
	for _, r := range requests {
		if err := lines.Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), node, filepath.Join("testdata", "judge.cjs"))
	cmd.Stdin = &in
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, complaints.String())
	}
	var verdicts []bool
	for line := range strings.FieldsSeq(string(out)) {
		verdicts = append(verdicts, line == "true")
	}
	if len(verdicts) != len(requests) {
		t.Fatalf("%d verdicts on %d requests:\n%s%s", len(verdicts), len(requests), out, complaints.String())
	}
	return verdicts
}

// TestJudge: what SignalWire's package takes, we take, and the other way round.
func TestJudge(t *testing.T) {
	const key = "sw_key"
	codec := newCodec(t, Config{Keys: secrets(key)})
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	var requests []judged
	var ours []bool
	for range 300 {
		var text strings.Builder
		for range random.IntN(6) {
			text.WriteString(pick("a", "Z", "0", "#", "*", " ", "é", "李", "🐮", "'", "/"))
		}
		value, err := json.Marshal(text.String())
		if err != nil {
			t.Fatal(err)
		}
		j := judged{Key: key, Body: `{"call":{"call_id":"c-1"},"vars":{"prompt_value":` + string(value) + `}}`}
		j.URL = "https://ivr.example.com" + pick("", "", ":443", ":8443") + "/v1/signalwire/turns/s1/3/n0nce" + pick("", "?lost=1", "?on=gather", "?recording=s1-1&on=record")
		j.Signature = sign(sha1.New, pick(key, key, key, "another"), j.URL, []byte(j.Body))
		switch random.IntN(8) {
		case 0:
			j.URL = strings.Replace(j.URL, "ivr.", "ivx.", 1)
		case 1:
			j.Body = strings.Replace(j.Body, "c-1", "c-2", 1)
		}
		r := request(t, j.URL, j.Body)
		r.Header.Set(Header, j.Signature)
		requests = append(requests, j)
		ours = append(ours, codec.Verify(r, time.Time{}) == nil)
	}
	good := 0
	for i, theirs := range judge(t, requests) {
		if theirs != ours[i] {
			t.Errorf("SignalWire's package says %v, we say %v: %+v", theirs, ours[i], requests[i])
		}
		if theirs {
			good++
		}
	}
	if good < 100 || good > 250 {
		t.Errorf("%d of %d requests are good: the judge is asleep", good, len(requests))
	}
	t.Logf("SignalWire's package and we agree about %d requests, %d of them good", len(requests), good)
}

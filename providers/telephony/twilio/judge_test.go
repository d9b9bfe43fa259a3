package twilio

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callflow/providers/telephony"
)

// packageEnv names the directory with the node_modules that hold Twilio's own
// package. The continuous integration installs twilio 6.2.0 there.
const packageEnv = "CALLFLOW_TWILIO"

// judged is a request as the judge reads it.
type judged struct {
	Token     string         `json:"token"`
	Signature string         `json:"signature"`
	URL       string         `json:"url"`
	Params    map[string]any `json:"params,omitempty"`
	Body      *string        `json:"body,omitempty"`
}

// judge asks Twilio's validator about requests, one verdict for each.
func judge(t *testing.T, requests []judged) []bool {
	t.Helper()
	dir := os.Getenv(packageEnv)
	if dir == "" {
		t.Skipf("%s is not set: it names a directory in which `npm install twilio@6.2.0` was run", packageEnv)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skipf("Node is not installed: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "twilio")); err != nil {
		t.Skipf("%s has no twilio: %v", packageEnv, err)
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
		t.Fatalf("%d verdicts on %d requests:\n%s", len(verdicts), len(requests), out)
	}
	return verdicts
}

// TestJudge: what Twilio's package takes, we take, and the other way round.
func TestJudge(t *testing.T) {
	const token = "tw_token"
	codec := newCodec(t, Config{Tokens: secrets(token)})
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	text := func() string {
		var b strings.Builder
		for range random.IntN(6) {
			b.WriteString(pick("a", "Z", "0", "#", "*", " ", "+", "&", "=", "%", "é", "李", "🐮", "\n", "'", "~", "/", ";"))
		}
		return b.String()
	}
	var requests []judged
	var ours []bool
	for range 400 {
		port := pick("", "", ":443", ":8443")
		address := "https://ivr.example.com" + port + "/v1/twilio/turns/s1/3/n0nce" + pick("", "?lost=1", "?on=gather", "?recording=s1-1&on=record")
		r := telephony.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {formType}}}
		j := judged{Token: token}
		signed := address
		if random.IntN(5) == 0 {
			body := `{"a":` + pick("1", "2") + `}`
			sum := sha256.Sum256([]byte(pick(body, body, `{"a":1}`)))
			sep := "?"
			if strings.Contains(address, "?") {
				sep = "&"
			}
			address += sep + "bodySHA256=" + hex.EncodeToString(sum[:])
			signed = address
			j.Body = &body
			r.Body = []byte(body)
			r.Header.Set("Content-Type", "application/json")
		} else {
			form := url.Values{"CallSid": {"CA1"}, "Digits": {text()}}
			for range random.IntN(5) {
				name := "x" + text()
				form[name] = append(form[name], text())
				if random.IntN(3) == 0 {
					form[name] = append(form[name], text(), form[name][0])
				}
			}
			r.Body = []byte(form.Encode())
			pairs, err := signedPairs(r)
			if err != nil {
				t.Fatal(err)
			}
			signed += string(pairs)
			j.Params = map[string]any{}
			for name, values := range form {
				j.Params[name] = values
				if len(values) == 1 {
					j.Params[name] = values[0]
				}
			}
		}
		j.Signature = sign(pick(token, token, token, "another"), signed)
		if random.IntN(8) == 0 {
			address = strings.Replace(address, "ivr.", "ivx.", 1)
		}
		j.URL = address
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		r.URL = u
		r.Header.Set(Header, j.Signature)
		requests = append(requests, j)
		ours = append(ours, codec.Verify(r, time.Time{}) == nil)
	}
	good := 0
	for i, theirs := range judge(t, requests) {
		if theirs != ours[i] {
			t.Errorf("Twilio's package says %v, we say %v: %+v", theirs, ours[i], requests[i])
		}
		if theirs {
			good++
		}
	}
	if good < 100 || good > 350 {
		t.Errorf("%d of %d requests are good: the judge is asleep", good, len(requests))
	}
	t.Logf("Twilio's package and we agree about %d requests, %d of them good", len(requests), good)
}

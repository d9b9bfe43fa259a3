package tropo

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

// packageEnv names the directory with the node_modules that hold Tropo's own library.
// The continuous integration installs tropo-webapi 15.13.0 there.
const packageEnv = "CALLFLOW_TROPO"

// judge has documents made anew by Tropo's library; a verdict is "true", or what the
// library makes of it.
func judge(t *testing.T, documents [][]byte) []string {
	t.Helper()
	dir := os.Getenv(packageEnv)
	if dir == "" {
		t.Skipf("%s is not set: it names a directory in which `npm install tropo-webapi@15.13.0` was run", packageEnv)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skipf("Node is not installed: %v", err)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "tropo-webapi")); err != nil {
		t.Skipf("%s has no tropo-webapi: %v", packageEnv, err)
	}
	cmd := exec.CommandContext(t.Context(), node, filepath.Join("testdata", "judge.cjs"), dir)
	cmd.Stdin = bytes.NewReader(append(bytes.Join(documents, []byte("\n")), '\n'))
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, complaints.String())
	}
	verdicts := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(verdicts) != len(documents) {
		t.Fatalf("%d verdicts on %d documents:\n%s", len(verdicts), len(documents), out)
	}
	return verdicts
}

// TestJudge: everything that this codec can answer is what Tropo's library would have
// written.
func TestJudge(t *testing.T) {
	codec := fixture(t).Codec
	var documents [][]byte
	encode := func(o telephony.Outbound) {
		if reply, err := codec.Encode(o); err == nil {
			documents = append(documents, reply.Body)
		}
	}
	for _, o := range codectest.Families() {
		encode(o.Out)
		for _, text := range codectest.Hostile() {
			out := o.Out
			out.Call = engine.Call{ID: text, From: text, To: text}
			out.Apology = engine.Say{Text: text, Lang: text, Voice: text}
			out.Verbs = append([]engine.Verb{engine.Say{Text: text, Lang: "es", Voice: "Karen"}}, out.Verbs...)
			encode(out)
		}
	}
	for i, verdict := range judge(t, documents) {
		if verdict != "true" {
			t.Errorf("%.500s: %s", verdict, documents[i])
		}
	}
	t.Logf("Tropo's library would have written %d documents as they are", len(documents))
}

// TestJudgeRefuses: the judge is awake.
func TestJudgeRefuses(t *testing.T) {
	var documents [][]byte
	for _, bad := range []string{
		`{"tropo":[{"sing":{"value":"x"}}]}`,
		`{"tropo":[{"say":{}}]}`,
		`{"tropo":[{"say":{"value":"x","colour":"red"}}]}`,
		`{"tropo":[{"ask":{"say":[{"value":"x"}]}}]}`,
		`{"tropo":[{"ask":{"choices":{"value":"[4 DIGITS]"}}}]}`,
		`{"tropo":[{"ask":{"choices":{"value":"[4 DIGITS]"},"say":[{"value":"x"}],"attempts":"1"}}]}`,
		`{"tropo":[{"ask":{"choices":{"value":"[4 DIGITS]"},"say":[{"value":""}]}}]}`,
		`{"tropo":[{"on":{"next":"x"}}]}`,
		`{"tropo":[{"transfer":{"timeout":5}}]}`,
		`{"tropo":[{"record":{"url":"x","beep":"yes"}}]}`,
		`{"tropo":[{"wait":{"milliseconds":"5"}}]}`,
		`{"verbs":[]}`,
	} {
		if !json.Valid([]byte(bad)) {
			t.Fatal(bad)
		}
		documents = append(documents, []byte(bad))
	}
	for i, verdict := range judge(t, documents) {
		if verdict == "true" {
			t.Errorf("%s is accepted", documents[i])
		}
	}
}

package sinch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

// packageEnv names the directory with the node_modules that hold Sinch's own packages.
// The continuous integration installs @sinch/voice 1.4.0, @sinch/sdk-client 1.4.0 and
// typescript 5.9.3 there.
const packageEnv = "CALLFLOW_SINCH"

// packages is that directory, and where Node is.
func packages(t *testing.T) (dir, node string) {
	t.Helper()
	dir = os.Getenv(packageEnv)
	if dir == "" {
		t.Skipf("%s is not set: it names a directory in which `npm install @sinch/voice@1.4.0 @sinch/sdk-client@1.4.0 typescript@5.9.3` was run", packageEnv)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skipf("Node is not installed: %v", err)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"@sinch/voice", "@sinch/sdk-client", "typescript"} {
		if _, err := os.Stat(filepath.Join(dir, "node_modules", name)); err != nil {
			t.Skipf("%s has no %s: %v", packageEnv, name, err)
		}
	}
	return dir, node
}

// typeHead makes of the package's types what an answer is judged by. Its types of what
// answers a PIE leave out connectPstn, which Sinch's own guides use there.
const typeHead = `import type { Voice } from '@sinch/voice';
type Answer = { instructions: Voice.IceSvamlInstruction[]; action: Voice.IceSvamlAction | Voice.SvamlActionContinue };
`

// judge has answers compiled as values of the package's types, and returns what the
// compiler said.
func judge(t *testing.T, documents [][]byte) string {
	t.Helper()
	dir, node := packages(t)
	var src bytes.Buffer
	src.WriteString(typeHead)
	for i, d := range documents {
		fmt.Fprintf(&src, "export const d%d: Answer = %s;\n", i, d)
	}
	work := t.TempDir()
	if err := os.Symlink(filepath.Join(dir, "node_modules"), filepath.Join(work, "node_modules")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(work, "documents.mts"), src.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, filepath.Join(dir, "node_modules", "typescript", "bin", "tsc"),
		"--strict", "--noEmit", "--skipLibCheck", "--target", "es2022", "--module", "nodenext", "--moduleResolution", "nodenext", "documents.mts")
	cmd.Dir = work
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Fatal(err)
	}
	return string(out)
}

// TestJudge: everything that this codec can answer is of the types of Sinch's own
// package.
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
			out.Verbs = append([]engine.Verb{engine.Say{Text: text, Lang: "es", Voice: "Karen"}}, out.Verbs...)
			encode(out)
		}
	}
	if said := judge(t, documents); said != "" {
		t.Errorf("%.4000s", said)
	}
	t.Logf("%d answers are of the package's types", len(documents))
}

// TestJudgeRefuses: the judge is awake.
func TestJudgeRefuses(t *testing.T) {
	bad := []string{
		`{"instructions":[],"action":{"name":"sing"}}`,
		`{"instructions":[]}`,
		`{"instructions":[{"name":"say","text":1}],"action":{"name":"hangup"}}`,
		`{"instructions":[{"name":"playFiles"}],"action":{"name":"hangup"}}`,
		`{"instructions":[{"name":"setCookie","name2":"x"}],"action":{"name":"hangup"}}`,
		`{"instructions":[],"action":{"name":"runMenu","menus":[{"mainPrompt":"x"}]}}`,
		`{"instructions":[],"action":{"name":"runMenu","menus":[{"id":"main","repeats":"0"}]}}`,
		`{"instructions":[],"action":{"name":"connectSip"}}`,
		`{"instructions":[],"action":{"name":"connectPstn","maxDuration":"5"}}`,
	}
	var documents [][]byte
	for _, b := range bad {
		documents = append(documents, []byte(b))
	}
	said := judge(t, documents)
	head := strings.Count(typeHead, "\n")
	for i, b := range bad {
		if !strings.Contains(said, fmt.Sprintf("documents.mts(%d,", head+i+1)) {
			t.Errorf("%s is accepted:\n%s", b, said)
		}
	}
}

// checkScript asks Sinch's own check about requests, one a line.
const checkScript = `const { validateAuthenticationHeader } = require(process.argv[1] + '/node_modules/@sinch/sdk-client/dist/utils/authorization.helper.js');
console.error = () => {};
for (const line of require('fs').readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  const r = JSON.parse(line);
  console.log(validateAuthenticationHeader(r.key, r.secret, r.headers, r.body, r.path, r.method));
}`

// TestSignatureJudge: what Sinch's package takes, we take, and the other way round.
func TestSignatureJudge(t *testing.T) {
	dir, node := packages(t)
	codec := newCodec(t, Config{Key: appKey, Secrets: []engine.Secret{engine.NewSecret(vectorSecret)}})
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	var in bytes.Buffer
	var ours []bool
	for range 200 {
		r := vectorRequest()
		r.Body = []byte(`{"event":"pie","value":"` + pick("4471", "é", "李", "#", "") + `"}`)
		r.URL.Path = pick("/v1/sinch/calls", "/v1/sinch/calls/authzero", "/")
		sign(&r, engine.NewSecret(pick(vectorSecret, vectorSecret, vectorSecret, "b3RoZXI=")), vectorAt(t))
		switch random.IntN(6) {
		case 0:
			r.Body = append(r.Body, ' ')
		case 1:
			r.URL.Path += "x"
		}
		line, err := json.Marshal(map[string]any{
			"key": appKey, "secret": vectorSecret, "body": string(r.Body), "path": r.URL.Path, "method": r.Method,
			"headers": map[string]string{"authorization": r.Header[Header][0], "x-timestamp": r.Header[timeHeader][0], "content-type": r.Header[typeHeader][0]},
		})
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(line, '\n'))
		ours = append(ours, codec.Verify(r, vectorAt(t)) == nil)
	}
	cmd := exec.CommandContext(t.Context(), node, "-e", checkScript, dir)
	cmd.Stdin = &in
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	verdicts, good := strings.Fields(string(out)), 0
	if len(verdicts) != len(ours) {
		t.Fatalf("%d verdicts on %d requests", len(verdicts), len(ours))
	}
	for i, v := range verdicts {
		if (v == "true") != ours[i] {
			t.Errorf("request %d: Sinch's package says %s, we say %v", i, v, ours[i])
		}
		if v == "true" {
			good++
		}
	}
	if good < 50 || good > 180 {
		t.Errorf("%d of %d requests are good: the judge is asleep", good, len(verdicts))
	}
}

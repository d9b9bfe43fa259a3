package jambonz

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

// specsEnv names the directory with the node_modules that hold jambonz' own
// validator. The continuous integration installs @jambonz/verb-specifications 0.1.13
// there.
const specsEnv = "CALLFLOW_JAMBONZ_SPECS"

// judge asks jambonz' validator about documents, one verdict for each: "ok", or what
// is wrong.
func judge(t *testing.T, documents [][]byte) []string {
	t.Helper()
	dir := os.Getenv(specsEnv)
	if dir == "" {
		t.Skipf("%s is not set: it names a directory in which `npm install @jambonz/verb-specifications@0.1.13` was run", specsEnv)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skipf("Node is not installed: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "@jambonz", "verb-specifications")); err != nil {
		t.Skipf("%s has no @jambonz/verb-specifications: %v", specsEnv, err)
	}
	cmd := exec.CommandContext(t.Context(), node, filepath.Join("testdata", "judge.cjs"))
	cmd.Stdin = bytes.NewReader(append(bytes.Join(documents, []byte("\n")), '\n'))
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, complaints.String())
	}
	verdicts := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(verdicts) != len(documents) {
		t.Fatalf("%d verdicts on %d documents:\n%s", len(verdicts), len(documents), out)
	}
	return verdicts
}

// TestJudge: jambonz accepts everything that this codec can answer.
func TestJudge(t *testing.T) {
	codec := newCodec(t, Config{Unsigned: true, Recorder: Recorder{Stream: "wss://recorder.example.com/jambonz", Files: "https://recorder.example.com/{id}.wav", Calls: "sip:recorder.example.com"}, Voices: map[string]Voice{
		"Karen": {Vendor: "google", Language: "en-AU", Voice: "en-AU-Standard-A"},
		"es":    {Vendor: "aws"},
		`"},{`:  {Vendor: `"},{`, Language: `\`, Voice: "\x00"},
	}})
	var documents [][]byte
	encode := func(o telephony.Outbound) {
		t.Helper()
		reply, err := codec.Encode(o)
		if err != nil {
			t.Errorf("%+v: %v", o.Verbs, err)
			return
		}
		documents = append(documents, reply.Body)
	}
	for _, o := range codectest.Families() {
		encode(o.Out)
		for _, text := range codectest.Hostile() {
			out := o.Out
			out.Apology = engine.Say{Text: text, Lang: text, Voice: text}
			out.Verbs = append([]engine.Verb{engine.Say{Text: text, Lang: "es", Voice: `"},{`}}, out.Verbs...)
			encode(out)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		encode(adversarial(random))
	}
	for i, verdict := range judge(t, documents) {
		if verdict != "ok" {
			t.Errorf("%s\n%s", verdict, documents[i])
		}
	}
	t.Logf("jambonz accepts %d documents", len(documents))
}

// adversarial is an answer that is possible and odd.
func adversarial(random *rand.Rand) telephony.Outbound {
	alphabet := []string{
		"a", "Z", "0", " ", ":", "/", "//", "http", "file", "<", ">", "<speak>", "{", "}", "${", "\"", "\\", "\n", "\r",
		"\x00", "\xff", "é", "李", "🐮", "\u2028", "\u202e", "-", "_", ".", "+", "#", "&", "say:", "silence_stream:", ",",
	}
	text := func() string {
		var b strings.Builder
		for range random.IntN(12) {
			b.WriteString(alphabet[random.IntN(len(alphabet))])
		}
		return b.String()
	}
	say := func() engine.Say {
		return engine.Say{Text: text(), Lang: []string{"", "en-AU", "es-MX", text()}[random.IntN(4)], Voice: []string{"", "Karen", text()}[random.IntN(3)]}
	}
	clock := func() time.Duration { return time.Duration(random.Int64N(int64(20 * time.Minute))) }
	g := codectest.Account()
	g.Prompts = nil
	for range random.IntN(5) {
		g.Prompts = append(g.Prompts, say())
	}
	g.Timeout, g.InterDigit = clock(), clock()
	g.Max = 1 + random.IntN(300)
	g.Terminator = []string{"", "#", "*", "5"}[random.IntN(4)]
	o := codectest.With(say(), engine.Pause{Length: clock()}, g)
	switch random.IntN(4) {
	case 0:
		o.Verbs[2] = engine.Dial{To: "+15550100", From: text(), Timeout: clock()}
	case 1:
		o.Verbs[2] = engine.Continue{}
	}
	o.Apology = say()
	return o
}

// TestJudgeRefuses: the judge is awake.
func TestJudgeRefuses(t *testing.T) {
	bad := []struct{ document, said string }{
		{`[{"verb":"nosuch"}]`, "invalid instruction: nosuch"},
		{`[{"verb":"say","text":"x","bogus":1}]`, "say: unknown property bogus"},
		{`[{"verb":"gather","timeout":"5"}]`, "gather: property timeout has invalid data type"},
		{`[{"verb":"pause"}]`, "pause: missing value for length"},
		{`[{"verb":"redirect"}]`, "redirect: missing value for actionHook"},
		{`[{"verb":"dial","target":[{"type":"fax"}]}]`, "must be one of"},
		{`[{"verb":"gather","say":{"text":"x","synthesizer":{"voice":"y"}}}]`, "synthesizer: missing value for vendor"},
		{`{"verb":"hangup"}`, "must be array"},
		{`[{"verb":"say","text":"Attention: we are closed"}]`, "would be played"},
		{`[{"verb":"say","text":["fine","silence_stream://1000"]}]`, "would be played"},
		{`[{"verb":"gather","say":{"text":" <speak>x</speak>"}}]`, "would be markup"},
		{`[`, "JSON"},
	}
	var documents [][]byte
	for _, b := range bad {
		documents = append(documents, []byte(b.document))
	}
	for i, verdict := range judge(t, documents) {
		if !strings.Contains(verdict, bad[i].said) {
			t.Errorf("%s: got %s, want %s", bad[i].document, verdict, bad[i].said)
		}
	}
}

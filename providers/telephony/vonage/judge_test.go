package vonage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

// typesEnv names the directory with the node_modules that hold the types of Vonage's
// own package. The continuous integration installs @vonage/voice 1.24.1 and typescript
// 5.9.3 there.
const typesEnv = "CALLFLOW_VONAGE_TYPES"

// typeHead makes of the package's types what a document is judged by. The package has
// the style of a voice as text, and the reference as a number.
const typeHead = `import type {
  TalkAction, StreamAction, InputAction, ConnectAction, RecordAction, NotifyAction, WaitAction,
  DTMFSettings, SpeechSettings, PhoneEndpoint, SIPEndpoint,
} from '@vonage/voice';
type As<T, N extends string> = Omit<T, 'action'> & {action: N};
type Talk = Omit<As<TalkAction, 'talk'>, 'style' | 'level'> & {style?: number; level?: number};
type Input = {action: 'input'; type: ('dtmf' | 'speech')[]; dtmf?: DTMFSettings; speech?: SpeechSettings; eventUrl?: [string]; eventMethod?: 'POST'};
type Phone = {type: PhoneEndpoint['type']; number: string; dtmfAnswer?: string; onAnswer?: {url: string; ringbackTone?: string}};
type Connect = Omit<As<ConnectAction, 'connect'>, 'endpoint' | 'eventType'> & {endpoint: [Phone | SIPEndpoint]; eventType?: 'synchronous'};
type Record_ = Omit<As<RecordAction, 'record'>, 'format'> & {format?: 'wav' | 'mp3' | 'ogg'};
type NCCO = (Talk | As<StreamAction, 'stream'> | Input | Connect | Record_ | As<NotifyAction, 'notify'> | As<WaitAction, 'wait'>)[];
// What has no types of its own is checked against the package all the same.
const inputs = (i: Input): InputAction => i;
void inputs;
`

// judge has documents compiled as values of the package's types, and returns what the
// compiler said.
func judge(t *testing.T, documents [][]byte) string {
	t.Helper()
	dir := os.Getenv(typesEnv)
	if dir == "" {
		t.Skipf("%s is not set: it names a directory in which `npm install @vonage/voice@1.24.1 typescript@5.9.3` was run", typesEnv)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skipf("Node is not installed: %v", err)
	}
	tsc := filepath.Join(dir, "node_modules", "typescript", "bin", "tsc")
	for _, file := range []string{tsc, filepath.Join(dir, "node_modules", "@vonage", "voice", "package.json")} {
		if _, err := os.Stat(file); err != nil {
			t.Skipf("%s is not complete: %v", typesEnv, err)
		}
	}
	var src bytes.Buffer
	src.WriteString(typeHead)
	for i, d := range documents {
		fmt.Fprintf(&src, "export const d%d: NCCO = %s;\n", i, d)
	}
	work := t.TempDir()
	if err := os.Symlink(filepath.Join(dir, "node_modules"), filepath.Join(work, "node_modules")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(work, "documents.mts"), src.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, tsc, "--strict", "--noEmit", "--skipLibCheck", "--target", "es2022",
		"--module", "nodenext", "--moduleResolution", "nodenext", "documents.mts")
	cmd.Dir = work
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Fatal(err)
	}
	return string(out)
}

// TestJudge: everything that this codec can answer is of the types of Vonage's own
// package.
func TestJudge(t *testing.T) {
	codec := newCodec(t, Config{Unsigned: true, Voices: map[string]Voice{"Karen": {Language: "en-AU", Style: 2, Premium: true}}})
	var documents [][]byte
	encode := func(o telephony.Outbound) {
		reply, err := codec.Encode(o)
		if err == nil && len(reply.Body) > 0 {
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
	if said := judge(t, documents); said != "" {
		t.Errorf("%.4000s", said)
	}
	t.Logf("%d documents are of the package's types", len(documents))
}

// TestJudgeRefuses: the judge is awake.
func TestJudgeRefuses(t *testing.T) {
	bad := []string{
		`[{"action":"hangup"}]`,
		`[{"action":"talk"}]`,
		`[{"action":"talk","text":"x","colour":"red"}]`,
		`[{"action":"talk","text":"x","bargeIn":"yes"}]`,
		`[{"action":"stream","streamUrl":"https://x"}]`,
		`[{"action":"input","type":["dtmf"],"dtmf":{"timeOut":"5"}}]`,
		`[{"action":"notify","eventUrl":["https://x"]}]`,
		`[{"action":"connect","endpoint":[{"type":"fax","number":"1"}]}]`,
		`[{"action":"connect","endpoint":[]}]`,
		`[{"action":"record","timeOut":"60"}]`,
		`[{"action":"wait","timeout":"1"}]`,
		`{"action":"wait"}`,
	}
	var documents [][]byte
	for _, b := range bad {
		if !json.Valid([]byte(b)) {
			t.Fatal(b)
		}
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

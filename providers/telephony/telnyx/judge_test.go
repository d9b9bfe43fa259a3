package telnyx

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

// typesEnv names the directory with the node_modules that hold the types of Telnyx' own
// package. The continuous integration installs telnyx 7.24.0 and typescript 5.9.3
// there.
const typesEnv = "CALLFLOW_TELNYX_TYPES"

// typeHead names the types of the package by the commands that they are of.
const typeHead = `import type {
  ActionAnswerParams as answer, ActionHangupParams as hangup, ActionSpeakParams as speak, ActionStartPlaybackParams as playback_start,
  ActionGatherParams as gather, ActionGatherUsingSpeakParams as gather_using_speak, ActionGatherUsingAudioParams as gather_using_audio,
  ActionTransferParams as transfer, ActionReferParams as refer, ActionStartRecordingParams as record_start, ActionStopRecordingParams as record_stop,
  ActionPauseRecordingParams as record_pause, ActionResumeRecordingParams as record_resume,
} from 'telnyx/resources/calls/actions';
`

// judged is a command as the compiler reads it.
type judged struct{ action, body string }

// judge has commands compiled as values of the package's types, and returns what the
// compiler said.
func judge(t *testing.T, all []judged) string {
	t.Helper()
	dir := os.Getenv(typesEnv)
	if dir == "" {
		t.Skipf("%s is not set: it names a directory in which `npm install telnyx@7.24.0 typescript@5.9.3` was run", typesEnv)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skipf("Node is not installed: %v", err)
	}
	tsc := filepath.Join(dir, "node_modules", "typescript", "bin", "tsc")
	for _, file := range []string{tsc, filepath.Join(dir, "node_modules", "telnyx", "package.json")} {
		if _, err := os.Stat(file); err != nil {
			t.Skipf("%s is not complete: %v", typesEnv, err)
		}
	}
	var src bytes.Buffer
	src.WriteString(typeHead)
	for i, c := range all {
		fmt.Fprintf(&src, "export const c%d: %s = %s;\n", i, c.action, c.body)
	}
	work := t.TempDir()
	if err := os.Symlink(filepath.Join(dir, "node_modules"), filepath.Join(work, "node_modules")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(work, "commands.mts"), src.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, tsc, "--strict", "--noEmit", "--skipLibCheck", "--target", "es2022",
		"--module", "nodenext", "--moduleResolution", "nodenext", "commands.mts")
	cmd.Dir = work
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Fatal(err)
	}
	return string(out)
}

// TestJudgedByTypes holds everything that this codec can tell to the types of Telnyx' own
// package.
func TestJudgedByTypes(t *testing.T) {
	codec := newCodec(t, Config{Unsigned: true, ReferHost: "pbx.example.com", Voices: map[string]Voice{"Karen": {Voice: "AWS.Polly.Olivia-Neural", Language: "en-AU"}}})
	var all []judged
	encode := func(o telephony.Outbound) {
		reply, err := codec.Encode(o)
		if err != nil {
			return
		}
		list := append(slices.Clone(reply.Commands), reply.Last)
		for _, c := range reply.Commands {
			list = append(list, c.First...)
		}
		for _, c := range list {
			if c.Path != "" {
				all = append(all, judged{c.Path[strings.LastIndexByte(c.Path, '/')+1:], string(c.Body)})
			}
		}
	}
	encode(telephony.Outbound{Take: true, Call: engine.Call{ID: "c1", Name: `Zoë "李"`}})
	for _, o := range codectest.Families() {
		o.Out.Call.ID = "c1"
		encode(o.Out)
	}
	for _, lang := range append(languages(), "en", "es", "zh", "ar", "no", "en-NZ", "xx", "") {
		encode(codectest.With(engine.Say{Text: "Hello.", Lang: lang}, engine.Hangup{}))
	}
	for _, text := range codectest.Hostile() {
		encode(codectest.With(engine.Say{Text: text, Lang: text, Voice: text}, engine.Hangup{}))
	}
	encode(codectest.With(engine.Dial{To: "sip:a@b.example.com", Context: []engine.Header{{Name: "X-A", Value: "1"}, {Name: "X-B", Value: `"2"`}}}))
	if said := judge(t, all); said != "" {
		t.Errorf("%.4000s", said)
	}
	t.Logf("%d commands are of the package's types", len(all))
}

// TestJudgeRefuses: the judge is awake.
func TestJudgeRefuses(t *testing.T) {
	bad := []judged{
		{"speak", `{"payload":"x"}`},
		{"speak", `{"payload":"x","voice":"female","language":"en-NZ"}`},
		{"gather", `{"minimum_digits":"1"}`},
		{"gather_using_speak", `{"payload":"x","voice":"female","colour":"red"}`},
		{"transfer", `{"from":"+15550100"}`},
		{"hangup", `{"reason":"x"}`},
		{"refer", `{"sip_address":1}`},
		{"record_start", `{"channels":"single"}`},
		{"record_start", `{"channels":"single","format":"ogg"}`},
		{"record_stop", `{"reason":"x"}`},
	}
	said := judge(t, bad)
	head := strings.Count(typeHead, "\n")
	for i, b := range bad {
		if !strings.Contains(said, fmt.Sprintf("commands.mts(%d,", head+i+1)) {
			t.Errorf("%s %s is accepted:\n%s", b.action, b.body, said)
		}
	}
}

package schema_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"callflow/flows"
	"callflow/flows/flowtest"
	"callflow/flows/schema"
)

// of compiles the schema of a shape.
func of(t *testing.T, shape flows.Shape) *jsonschema.Schema {
	t.Helper()
	text, err := schema.Of("a file", shape)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("file.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("file.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// blocks are the pieces of YAML that a page shows.
func blocks(t *testing.T, page string) [][]byte {
	t.Helper()
	var all [][]byte
	for _, block := range strings.Split(string(read(t, page)), "```yaml\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		all = append(all, []byte(block))
	}
	return all
}

// Every file of tests, and every one of stand-ins, is right by its schema: those of
// the examples, those that are written for every example, and those of the reference.
func TestRightTestsAreRight(t *testing.T) {
	t.Parallel()
	suites, standins := of(t, flowtest.SuiteShape()), of(t, flowtest.StandinsShape())
	page := blocks(t, "../flowtest/README.md")
	if len(page) != 2 {
		t.Fatalf("%d blocks of YAML, expected tests and stand-ins", len(page))
	}
	for i, s := range []*jsonschema.Schema{suites, standins} {
		if err := s.Validate(value(t, page[i])); err != nil {
			t.Errorf("the reference, block %d: %v", i+1, err)
		}
	}
	dirs, err := filepath.Glob("../../examples/*/flow.yaml")
	if err != nil || len(dirs) == 0 {
		t.Fatal(dirs, err)
	}
	for _, file := range dirs {
		dir := filepath.Dir(file)
		for name, s := range map[string]*jsonschema.Schema{"flow_test.yaml": suites, "standins.yaml": standins} {
			if err := s.Validate(value(t, read(t, filepath.Join(dir, name)))); err != nil {
				t.Errorf("%s/%s: %v", dir, name, err)
			}
		}
		program, diags := flows.CompileSource(strings.TrimPrefix(filepath.ToSlash(file), "../../"), read(t, file), flows.Options{Find: flows.Beside(os.DirFS("../.."))})
		if program == nil {
			t.Fatal(diags)
		}
		g, err := flowtest.Generate(t.Context(), program, flowtest.GenerateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		b.WriteString("tests:\n")
		if err := flowtest.WriteTests(&b, g.Tests, 2); err != nil {
			t.Fatal(err)
		}
		if err := suites.Validate(value(t, b.Bytes())); err != nil {
			t.Errorf("%s, as tests are written: %v", dir, err)
		}
	}
}

// Each of these is one mistake in a file that is otherwise right. The parser and the
// schema find it.
func TestEachMistakeInTestsIsSeen(t *testing.T) {
	t.Parallel()
	const suite = `flow: flow.yaml
tests:
  - name: one
    call: { from: "+15550100", to: "+15550199", language: es, at: 2026-11-21T10:00:00Z }
    given:
      services: { bank: [{ get: /x, status: 404 }, { post: /y, body: { a: [1] }, delay: 2s, times: 1 }] }
      sign_in: { result: denied }
      dial: busy
    steps:
      - hear: Hello
      - hear: [Hello, { exact: You }, { pattern: "[Tt]here" }]
      - press: 1
      - say: { text: bill, unclear: true }
      - silence: 2
      - again: true
      - again: 2
      - at: ask
      - milestone: asked
      - called: { service: bank, get: /x, body: { a: 1 }, times: 0 }
      - never: { hear: Bye, at: [a, b], called: { service: bank } }
      - never_hear: Bye
      - played: [a.wav]
      - whispered: It is Ana
      - hangup: true
      - ended: caller
`
	const standins = `services: { bank: { get: /x, garbage: "<html>" }, desk: [{ put: /y, lost: true }, { delete: /z, fail: true }] }
sign_in: [{ result: locked, times: 2 }, { delay: 2s }]
users: [{ account: 12345, pin: "0234", greeting: Ana, phones: ["+15550100"], factor: true }]
code: "123456"
challenge: { result: rejected }
verify: [{ result: authenticated, account: "12345" }]
identify: { accounts: ["1", "2"] }
dial: [busy, completed]
record: empty
queue: [waiting, { result: connected, position: 3, after: 45s }]
`
	for _, file := range []struct {
		name, good string
		schema     *jsonschema.Schema
		parse      func(src []byte) flows.Diagnostics
		mistakes   [][2]string
	}{
		{"tests", suite, of(t, flowtest.SuiteShape()), func(src []byte) flows.Diagnostics { _, d := flowtest.ParseSuite("t.yaml", src); return d }, [][2]string{
			{"tests:", "test:"},
			{"name: one", "nmae: one"},
			{"- name: one\n    call", "- call"},
			{"call: {", "call: { form: x, "},
			{"given:", "gvien:"},
			{"services:", "service:"},
			{"get: /x, status", "gte: /x, status"},
			{"404", "4040"},
			{"delay: 2s", "delay: 2"},
			{"times: 1", "times: 0"},
			{"denied", "dnied"},
			{"dial: busy", "dial: bsy"},
			{"steps:", "stpes:"},
			{"- hear: Hello\n", "- hera: Hello\n"},
			{"- hear: Hello\n", "- hear: Hello\n        press: 1\n"},
			{"exact: You", "exatc: You"},
			{"exact: You", "exact: You, contains: Y"},
			{"text: bill, ", ""},
			{"unclear: true", "unclear: maybe"},
			{"silence: 2", "silence: long"},
			{"again: 2", "again: 0"},
			{"again: true", "again: twice"},
			{"times: 0", "times: -1"},
			{"{ service: bank, get", "{ get"},
			{"called: { service: bank } }", "called: { service: bank, times: 1 } }"},
			{"never: { hear", "never: { heard"},
			{"hangup: true", "hangup: false"},
			{"ended: caller", "ended: calling"},
		}},
		{"stand-ins", standins, of(t, flowtest.StandinsShape()), func(src []byte) flows.Diagnostics { _, d := flowtest.ParseStandins("t.yaml", src); return d }, [][2]string{
			{"services:", "servcies:"},
			{"garbage", "grabage"},
			{"lost: true", "lost: perhaps"},
			{"locked", "lokced"},
			{"times: 2", "times: many"},
			{"account: 12345, ", ""},
			{`pin: "0234", `, ""},
			{"phones", "phone"},
			{"result: rejected", "result: rejceted"},
			{"result: authenticated", "result: authentic"},
			{"accounts", "acounts"},
			{"busy, completed", "busy, complete"},
			{"record: empty", "record: emtpy"},
			{"[waiting", "[wating"},
			{"position: 3", "position: 0"},
			{"after: 45s", "after: 45"},
		}},
	} {
		if err := file.schema.Validate(value(t, []byte(file.good))); err != nil {
			t.Fatalf("%s: %v", file.name, err)
		}
		if d := file.parse([]byte(file.good)); len(d) > 0 {
			t.Fatalf("%s: %v", file.name, d)
		}
		for _, m := range file.mistakes {
			src := strings.Replace(file.good, m[0], m[1], 1)
			if src == file.good {
				t.Fatalf("%s: %q is not in it", file.name, m[0])
			}
			if err := file.schema.Validate(value(t, []byte(src))); err == nil {
				t.Errorf("%s: %q for %q is not seen", file.name, m[1], m[0])
			}
			if d := file.parse([]byte(src)); !d.HasErrors() {
				t.Errorf("%s: %q for %q is not found by the parser", file.name, m[1], m[0])
			}
		}
	}
}

// Everything that an editor can offer in tests and stand-ins has words, and words for
// a value are offered.
func TestTestsAreDescribed(t *testing.T) {
	t.Parallel()
	for name, shape := range map[string]flows.Shape{"tests": flowtest.SuiteShape(), "stand-ins": flowtest.StandinsShape()} {
		text, err := schema.Of(name, shape)
		if err != nil {
			t.Fatal(err)
		}
		var doc any
		if err := json.Unmarshal(text, &doc); err != nil {
			t.Fatal(err)
		}
		enums, keys := 0, 0
		var walk func(path string, v any)
		walk = func(path string, v any) {
			switch v := v.(type) {
			case map[string]any:
				if _, ok := v["enum"]; ok {
					enums++
				}
				if properties, ok := v["properties"].(map[string]any); ok {
					for key, of := range properties {
						keys++
						if text, _ := of.(map[string]any)["description"].(string); !slices.ContainsFunc([]string{".", ")"}, func(end string) bool { return strings.HasSuffix(text, end) }) {
							t.Errorf("%s%s/%s is not described: %q", name, path, key, text)
						}
					}
				}
				for key, of := range v {
					walk(path+"/"+key, of)
				}
			case []any:
				for _, of := range v {
					walk(path, of)
				}
			}
		}
		walk("", doc)
		if keys < 30 || enums < 8 {
			t.Errorf("%s: %d keys, %d enumerations", name, keys, enums)
		}
	}
}

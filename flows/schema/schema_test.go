package schema_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"callflow/flows"
	"callflow/flows/schema"
)

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := schema.Flow(flows.Declared())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("flow.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("flow.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Whatever the checker has nothing against, the schema has nothing against: the
// examples, the fixtures, the flows of the reference and those that put a mistake
// right.
func TestRightFlowsAreRight(t *testing.T) {
	t.Parallel()
	s := compiled(t)
	sources := map[string][]byte{}
	for _, pattern := range []string{"../testdata/ok/*.yaml", "../../examples/*/flow.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", pattern, files, err)
		}
		for _, file := range files {
			sources[file] = read(t, file)
		}
	}
	for _, d := range flows.Codes() {
		sources["fixed "+string(d.Code)] = []byte(d.Fixed)
	}
	seen := 0
	for name, src := range sources {
		if _, diags := flows.CompileSource(name, src, flows.Options{}); diags.HasErrors() {
			continue // put right only for an installation, or as far as it goes
		}
		seen++
		if err := s.Validate(value(t, src)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if seen < 30 {
		t.Errorf("only %d flows were tried", seen)
	}
}

// visible are the codes of mistakes in the shape of a file.
var visible = []flows.Code{
	flows.CodeUnknownKey, flows.CodeUnknownKind, flows.CodeMissingKind, flows.CodeSeveralKinds, flows.CodeMissingKey,
	flows.CodeMissingStart, flows.CodeNoStates, flows.CodeWrongType, flows.CodeBadKey, flows.CodeUnsupportedVersion,
	flows.CodeUnknownFact, flows.CodeUnknownOutcome, flows.CodeEmptyValue, flows.CodeBadName,
	flows.CodeBadDuration, flows.CodeBadDigits, flows.CodeBadValue,
}

// invisible are examples of these codes that a schema cannot see, and why.
var invisible = map[string]string{
	"bad-digits":   "the range runs backwards",
	"err/patterns": "an option's value holds an expression, and no entry has the length a pattern needs",
	"err/secrets":  "a variable is named as a function of expressions",
	"err/transfer": "a number cannot be called, and a time is out of bounds",
}

// A mistake in the shape of a file is seen, each on its own: the examples of the
// codes have no other.
func TestMistakesOfShapeAreSeen(t *testing.T) {
	t.Parallel()
	s := compiled(t)
	for _, code := range visible {
		d, ok := flows.Explain(code)
		if !ok {
			t.Fatalf("there is no code %s", code)
		}
		err := s.Validate(value(t, []byte(d.Example)))
		if why, blind := invisible[string(code)]; blind != (err == nil) {
			t.Errorf("%s: found %v; invisible because %q", code, err, why)
		}
	}
	files, err := filepath.Glob("../testdata/err/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := "err/" + strings.TrimSuffix(filepath.Base(file), ".yaml")
		src := read(t, file)
		_, diags := flows.Parse(file, src)
		n := 0
		for _, d := range diags {
			for _, code := range visible {
				if d.Code == code {
					n++
				}
			}
		}
		var node yaml.Node
		if n == 0 || yaml.Unmarshal(src, &node) != nil {
			continue
		}
		err := s.Validate(value(t, src))
		if why, blind := invisible[name]; blind != (err == nil) {
			t.Errorf("%s: %d mistakes, %v; invisible because %q", name, n, err, why)
		}
	}
}

// Each of these is one mistake in a flow that is otherwise right.
func TestEachMistakeIsSeen(t *testing.T) {
	t.Parallel()
	s := compiled(t)
	const good = `callflow: 1
flow: t
languages: [en, es]
start: ask
variables: { tries: { type: number, default: 0 } }
defaults: { attempts: 2, timeout: 6s, next: { exhausted: bye } }
globals: { "0": bye }
limits: { turns: 60, duration: 10m, exit: bye }
states:
  ask: { menu: { prompt: { en: [A., B.], es: C. }, options: { 1: bye, 2: { value: x, next: pin } } }, next: { noinput: bye } }
  pin: { collect: { prompt: P., digits: 1-4, secret: true, terminator: "#" }, next: in }
  in: { authenticate: { account: "1", pin: "${pin}" }, next: { authenticated: get, denied: bye } }
  get: { requires: authenticated, request: { service: bank, get: /x, returns: { amount: number } }, next: which }
  which: { branch: { when: [{ if: get.amount > 0, next: bye }], else: bye } }
  bye: { hangup: { say: Bye. } }
`
	if err := s.Validate(value(t, []byte(good))); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{
		{"callflow: 1", "callflow: 2"},
		{"flow: t", "flow: Big"},
		{"flow: t", "flow: t\nvoise: x"},
		{"start: ask\n", ""},
		{"type: number", "type: numbr"},
		{"type: number, ", ""},
		{"attempts: 2", "attempts: 11"},
		{"attempts: 2", "attempts: two"},
		{"timeout: 6s", "timeout: 6"},
		{"timeout: 6s", "timeout: 6 s"},
		{"exhausted: bye", "denyed: bye"},
		{`"0": bye`, `x: bye`},
		{"turns: 60", "turns: 60, turn: 1"},
		{"prompt: { en", "promt: { en"},
		{"[A., B.]", "[]"},
		{"es: C.", "es: { x: C. }"},
		{"1: bye,", "1: [bye],"},
		{"value: x, next: pin", "value: x"},
		{"noinput: bye", "noinputs: bye"},
		{"next: { noinput: bye }", "next: bye"},
		{"digits: 1-4", "digits: few"},
		{"digits: 1-4", "digits: 65"},
		{", digits: 1-4", ""},
		{"secret: true", "secret: yes"},
		{`terminator: "#"`, `terminator: "1"`},
		{"authenticated: get, ", ""},
		{"requires: authenticated", "requires: autenticated"},
		{"get: /x, ", ""},
		{"get: /x", "get: /x, post: /x"},
		{"amount: number", "amount: secret"},
		{"if: get.amount > 0, ", ""},
		{", else: bye", ""},
		{"else: bye } }", "else: bye }, next: bye }"},
		{"say: Bye.", "text: Bye."},
		{"hangup: { say: Bye. }", "hangup: Bye."},
		{"hangup: { say: Bye. }", "say: Bye., hangup: { }"},
		{"bye: { hangup: { say: Bye. } }", "bye: { note: x }"},
		{"bye: { hangup: { say: Bye. } }", "bye: { hangup: { say: Bye. } }\n  Bye: { hangup: { say: Bye. } }"},
	} {
		if !strings.Contains(good, c[0]) {
			t.Fatalf("%q is not in it", c[0])
		}
		src := strings.Replace(good, c[0], c[1], 1)
		if err := s.Validate(value(t, []byte(src))); err == nil {
			t.Errorf("%q for %q is not seen", c[1], c[0])
		}
	}
}

// Everything that an editor can point at has words.
func TestEverythingIsDescribed(t *testing.T) {
	t.Parallel()
	text, err := schema.Flow(flows.Declared())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range flows.Declared().Kinds {
		if !bytes.Contains(text, []byte(strconv.Quote(k.Doc))) {
			t.Errorf("%s is not described", k.Key)
		}
	}
	again, err := schema.Flow(flows.Declared())
	if err != nil || !bytes.Equal(text, again) {
		t.Errorf("two schemas of one language, %v", err)
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// value is what an editor takes a file for.
func value(t *testing.T, src []byte) any {
	t.Helper()
	var node yaml.Node
	if err := yaml.Unmarshal(src, &node); err != nil {
		t.Fatal(err)
	}
	if len(node.Content) == 0 {
		return nil
	}
	v, err := valueOf(node.Content[0])
	if err != nil {
		t.Fatal(err)
	}
	return v
}

var decimal = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?$`)

func valueOf(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			v, err := valueOf(n.Content[i+1])
			if err != nil {
				return nil, err
			}
			m[n.Content[i].Value] = v
		}
		return m, nil
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, c := range n.Content {
			v, err := valueOf(c)
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	case yaml.ScalarNode:
		switch n.Tag {
		case "!!null":
			return nil, nil
		case "!!bool":
			return n.Value == "true", nil
		case "!!int", "!!float":
			if decimal.MatchString(n.Value) {
				return jsonschema.UnmarshalJSON(strings.NewReader(strings.TrimPrefix(n.Value, "+")))
			}
		}
		return n.Value, nil
	case yaml.AliasNode:
		return n.Value, nil
	}
	return nil, fmt.Errorf("line %d: a node of kind %d", n.Line, n.Kind)
}

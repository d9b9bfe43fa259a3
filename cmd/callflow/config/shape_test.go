package config_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"callflow/cmd/callflow/config"
	"callflow/flows/schema"
)

// The shape that is declared is that of the files that are read.
func TestShape(t *testing.T) {
	t.Parallel()
	text, err := schema.Of("callflow.yaml", config.Shape(catalog()))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("config.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("config.json")
	if err != nil {
		t.Fatal(err)
	}
	validate := func(src []byte) error {
		v := map[string]any{}
		if err := yaml.Unmarshal(src, &v); err != nil {
			t.Fatal(err)
		}
		return s.Validate(v)
	}
	files, err := filepath.Glob("testdata/ok/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(src); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	for _, wrong := range []string{
		"flow: x", "server: { lissen: x }", "server: { drain: 5 }", "server: x", "services: { bank: { uri: x } }",
		"platforms: { jambons: { secret: x } }", "platforms: { generic: { unsigned: maybe } }", `numbers: { "+61": [x] }`,
		"lockout: { account: { free: many } }",
	} {
		if validate([]byte(wrong)) == nil {
			t.Errorf("%s is not seen", wrong)
		}
	}
	for _, right := range []string{"server: { drain: \"${env:DRAIN}\" }", `numbers: { "+61": { flow: x } }`, "platforms: { generic: { unsigned: yes } }"} {
		if err := validate([]byte(right)); err != nil {
			t.Errorf("%s: %v", right, err)
		}
	}
}

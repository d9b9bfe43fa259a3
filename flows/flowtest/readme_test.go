package flowtest_test

import (
	"os"
	"strings"
	"testing"

	"callflow/flows/flowtest"
)

// TestReadme reads every YAML block of the README, and plays the scenario.
func TestReadme(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(src), "```yaml\n")[1:]
	if len(blocks) != 2 {
		t.Fatalf("%d blocks of YAML, expected 2", len(blocks))
	}
	for i := range blocks {
		blocks[i], _, _ = strings.Cut(blocks[i], "```")
	}
	test := suite(t, blocks[0]).Tests[0]
	result, err := test.Run(t.Context(), example(t, "herd"), test.World(nil, nil))
	if err != nil || result.Failure != nil {
		t.Errorf("%v, %+v", err, result.Failure)
	}
	g := given(t, blocks[1])
	if len(g.Services) != 2 || len(g.Users) != 1 || len(g.SignIn) != 2 || len(g.Dials) != 2 {
		t.Errorf("%+v", g)
	}
	for _, word := range strings.Fields(flowtest.ScriptHelp) {
		if script, err := flowtest.ParseScript(word); err == nil && len(script) == 1 && !strings.Contains(string(src), "`"+word+"`") && strings.ContainsAny(word, "0123456789") {
			t.Errorf("the README does not show %q", word)
		}
	}
}

package config_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"callflow/cmd/callflow/config"
)

// The README's table is that of the settings, and its example is one.
func TestReadme(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	table.WriteString("| setting | environment, flag | default | |\n| --- | --- | --- | --- |\n")
	for _, s := range config.Settings(catalog()) {
		outside := ""
		if env := config.EnvName(s); env != "" {
			outside = "`" + env + "`"
		}
		if name := config.FlagName(s); name != "" {
			outside += ", `--" + name + "`"
		}
		fallback := ""
		if s.Default != "" {
			fallback = "`" + s.Default + "`"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", s.Name, outside, fallback, s.Doc)
	}
	const begin, end = "-update -->\n", "<!-- end -->"
	before, rest, ok := strings.Cut(string(readme), begin)
	_, after, there := strings.Cut(rest, end)
	if !ok || !there {
		t.Fatal("the README has no place for the table")
	}
	golden(t, "README.md", before+begin+table.String()+end+after)

	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	if len(blocks) == 0 {
		t.Error("the README has no example")
	}
	for _, b := range blocks {
		if c, ds := load(b[1]); len(ds) > 0 {
			t.Errorf("an example is wrong:\n%s", render(t, c, ds))
		}
	}
}

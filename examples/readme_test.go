package examples

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the output of commands in README files")

// callflow builds the program and gives the folder it is in.
func callflow(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no sh to run commands with")
	}
	dir := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "callflow"), "callflow/cmd/callflow").CombinedOutput()
	if err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return dir
}

// TestReadme runs the commands of every console block in the READMEs and
// compares what they print. A line "…" stands for any lines.
func TestReadme(t *testing.T) {
	t.Parallel()
	bin := callflow(t)
	files, err := filepath.Glob("*/README.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("no README: %v", err)
	}
	files = append(files, "../README.md")
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := rewrite(t, bin, string(src))
			switch {
			case got == string(src):
			case *update:
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil { //nolint:gosec // a README
					t.Fatal(err)
				}
			default:
				t.Errorf("what %s shows is not what the commands print; read the difference, and rewrite it with -update:\n%s", file, got)
			}
		})
	}
}

// rewrite gives a README with the commands' real output.
func rewrite(t *testing.T, bin, src string) string {
	t.Helper()
	var out []string
	lines := strings.Split(src, "\n")
	for i := 0; i < len(lines); i++ {
		out = append(out, lines[i])
		if lines[i] != "```console" {
			continue
		}
		for i++; i < len(lines) && lines[i] != "```"; {
			command, ok := strings.CutPrefix(lines[i], "$ ")
			if !ok {
				t.Fatalf("%q: expected a line that begins with $", lines[i])
			}
			var shown []string
			for i++; i < len(lines) && lines[i] != "```" && !strings.HasPrefix(lines[i], "$ "); i++ {
				shown = append(shown, lines[i])
			}
			printed := output(t, bin, command)
			if matches(shown, printed) {
				printed = shown
			}
			out = append(append(out, "$ "+command), printed...)
		}
		out = append(out, "```")
	}
	return strings.Join(out, "\n")
}

// output is what a command prints, from the top folder.
func output(t *testing.T, bin, command string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatalf("%s: %v", command, err)
	}
	out = bytes.TrimRight(out, "\n")
	if len(out) == 0 {
		return nil
	}
	return strings.Split(string(out), "\n")
}

// matches compares lines; "…" among those shown stands for any number of them.
func matches(shown, printed []string) bool {
	i := slices.Index(shown, "…")
	if i < 0 {
		return slices.Equal(shown, printed)
	}
	if len(printed) < i || !slices.Equal(shown[:i], printed[:i]) {
		return false
	}
	for j := i; j <= len(printed); j++ {
		if matches(shown[i+1:], printed[j:]) {
			return true
		}
	}
	return false
}

func TestMatches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		shown, printed string
		want           bool
	}{
		{"a b", "a b", true},
		{"a", "a b", false},
		{"a …", "a b c", true},
		{"… c", "a b c", true},
		{"a … c", "a c", true},
		{"a … c", "a b d", false},
		{"a … b … c", "a x b y z c", true},
		{"a b", "a", false},
	} {
		if got := matches(strings.Fields(c.shown), strings.Fields(c.printed)); got != c.want {
			t.Errorf("%q with %q: %v", c.shown, c.printed, got)
		}
	}
}

package server_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// seen is what the browser shows after a step.
type seen struct {
	Step, Title, Status, Caption, Focus string
	Table                               bool
	Rows                                [][]string
	Images                              int
	Problems                            []string
}

// TestConsoleInBrowser uses the page in Chromium. It needs playwright-core, in the
// folder that CALLFLOW_BROWSER names, and Node.
func TestConsoleInBrowser(t *testing.T) {
	folder := os.Getenv("CALLFLOW_BROWSER")
	if folder == "" {
		t.Skip("CALLFLOW_BROWSER is not set to a folder with playwright-core: .ci/run has one")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no chromium: .ci/run installs it")
	}
	b := newBench(t, lookup(t, nil))
	web := httptest.NewServer(b.srv)
	defer web.Close()
	script, err := filepath.Abs("testdata/browser/lookup.js")
	if err != nil {
		t.Fatal(err)
	}
	pictures := os.Getenv("CALLFLOW_PICTURES")
	if pictures == "" {
		pictures = t.TempDir()
	}
	cmd := exec.CommandContext(t.Context(), "node", script, web.URL, agentToken, chromium, pictures)
	cmd.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(folder, "node_modules"))
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, complaints.String())
	}
	steps := map[string]seen{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var s seen
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		steps[s.Step] = s
		// A name that is markup made neither an image nor another title.
		if s.Images != 0 || s.Title == "owned" {
			t.Errorf("%s: a name became a part of the page", s.Step)
		}
	}
	if s := steps["opened"]; s.Title != "Who has this number?" || s.Table {
		t.Errorf("opened: %+v", s)
	}
	if s := steps["without a token"]; !strings.Contains(s.Status, "a token is needed") || s.Focus != "token" || s.Table {
		t.Errorf("without a token: %+v", s)
	}
	if s := steps["several accounts"]; s.Caption != "+61412345678: 2 users" || len(s.Rows) != 2 || !s.Table ||
		strings.Join(s.Rows[0][:3], "|") != "007|Maria|identifier, second factor" || s.Rows[1][1] != "<img src=x onerror=document.title='owned'>" || s.Rows[1][2] != "sign-in by code" {
		t.Errorf("several accounts: %+v", s)
	}
	if s := steps["nobody"]; s.Status != "Nobody has +61400000000." || s.Table {
		t.Errorf("nobody: %+v", s)
	}
	if s := steps["no number"]; !strings.Contains(s.Status, "no number that somebody could have") {
		t.Errorf("no number: %+v", s)
	}
	if s := steps["the token is remembered in this tab"]; len(s.Rows) != 2 {
		t.Errorf("the token is remembered in this tab: %+v", s)
	}
	if s, ok := steps["end"]; !ok || len(s.Problems) > 0 {
		t.Errorf("the browser complains: %q", s.Problems)
	}
}

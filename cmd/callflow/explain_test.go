package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"callflow/flows"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args   []string
		status int
		stdout []string // each is in it
		stderr string   // is in it
	}{
		{args: []string{"explain", "dead-end"}, stdout: []string{"dead-end (error)\n", "This flow\n", "[dead-end]\n", "Put right, it reads\n"}},
		{args: []string{"explain"}, stdout: []string{"dangling-next", "may-fail", "warning"}},
		{args: []string{"explain", "dead-ned"}, status: exitUsage, stderr: `did you mean "dead-end"?`},
		{args: []string{"explain", "zzz"}, status: exitUsage, stderr: `"callflow explain" lists them`},
		{args: []string{"explain", "--format", "xml"}, status: exitUsage, stderr: "text or json"},
		{args: []string{"explain", "dead-end", "loop"}, status: exitUsage, stderr: "at most 1"},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			status := Command{Stdout: &stdout, Stderr: &stderr}.Main(t.Context(), c.args)
			if status != c.status {
				t.Errorf("status %d, want %d: %s", status, c.status, stderr.String())
			}
			for _, part := range c.stdout {
				if !strings.Contains(stdout.String(), part) {
					t.Errorf("%q is missing in\n%s", part, stdout.String())
				}
			}
			if !strings.Contains(stderr.String(), c.stderr) || c.stderr == "" && stderr.Len() > 0 {
				t.Errorf("stderr %q, want %q", stderr.String(), c.stderr)
			}
		})
	}
}

func TestExplainForPrograms(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	c := Command{Stdout: &out, Stderr: &out}
	if status := c.Main(t.Context(), []string{"explain", "--format", "json"}); status != exitOK {
		t.Fatalf("status %d: %s", status, out.String())
	}
	var docs []struct{ Code, Severity, Summary, Explanation, Example string }
	if err := json.Unmarshal(out.Bytes(), &docs); err != nil {
		t.Fatal(err)
	}
	if len(docs) != len(flows.Codes()) || docs[0].Code == "" || docs[0].Severity != "error" {
		t.Errorf("%d codes, the first %+v", len(docs), docs[0])
	}

	out.Reset()
	if status := c.Main(t.Context(), []string{"explain", "dead-end", "--format", "json"}); status != exitOK {
		t.Fatalf("status %d: %s", status, out.String())
	}
	var doc struct{ Code, Example string }
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil || doc.Code != "dead-end" || doc.Example == "" {
		t.Errorf("%+v, %v", doc, err)
	}
}

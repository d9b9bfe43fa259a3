package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/identity/auth0/fake"
)

// TestUsersExport exports users of a tenant through everything that goes wrong on the
// way, and into the index.
func TestUsersExport(t *testing.T) {
	t.Parallel()
	f, env := tenant(t, fake.Settings{})
	f.Put(fake.User{ID: "auth0|7", Account: "007", PIN: engine.NewSecret("1234"), Phones: []string{"+61412345678"}})
	dir := t.TempDir()
	file := filepath.Join(dir, "users.json.gz")
	env = append(env, "CALLFLOW_STORE=bolt:"+filepath.Join(dir, "calls.db"), "CALLFLOW_SEAL_KEY=ce0c1fd33174eae610a8ac3ea6cf9d7e9e40b6e914a33ce992ae17ab654281d0")
	run := func(args ...string) (int, string, string) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		c := Command{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Env: env, Now: time.Now}
		status := c.Main(t.Context(), append([]string{"users"}, args...))
		if text := stdout.String() + stderr.String(); strings.Contains(text, "key=") || strings.Contains(text, fakeSecret) {
			t.Errorf("a secret is shown: %s", text)
		}
		return status, stdout.String(), stderr.String()
	}
	fault := func(texts ...string) {
		t.Helper()
		for _, text := range texts {
			x, err := fake.ParseFault(text)
			if err != nil {
				t.Fatal(err)
			}
			f.Script(x)
		}
	}
	// What breaks off is fetched again, by a new link.
	fault("download=cut*1", "download=403*1")
	if status, out, problems := run("export", "-o", file); status != exitOK || !strings.Contains(out, "users exported to") {
		t.Fatalf("exit status %d: %s%s", status, out, problems)
	}
	if left, _ := filepath.Glob(file + ".*"); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info, err)
	}

	// A job that fails is told about, and the next time starts anew.
	fault("export=failed*1")
	if status, out, problems := run("export", "-o", file); status != exitFound && status != exitUsage || !strings.Contains(problems, "failed at Auth0") {
		t.Errorf("exit status %d: %s%s", status, out, problems)
	}

	// A download that never works leaves a job to go on with.
	fault("download=cut")
	if status, out, problems := run("export", "-o", file); status == exitOK || !strings.Contains(problems, "link to the export") {
		t.Errorf("exit status %d: %s%s", status, out, problems)
	}
	f.Mend()
	jobs := f.Count(fake.Export)
	var state struct{ Job string }
	if text, err := os.ReadFile(file + ".job"); err != nil || json.Unmarshal(text, &state) != nil || state.Job == "" {
		t.Fatalf("the job is not kept: %v", err)
	}
	status, out, problems := run("export", "-o", file, "--import")
	if status != exitOK || !strings.Contains(problems, "going on with the export") || !strings.Contains(out, "2 users read, 2 of them new or changed, 0 taken out") {
		t.Errorf("exit status %d: %s%s", status, out, problems)
	}
	if n := f.Count(fake.Export) - jobs; n != 1 {
		t.Errorf("%d requests, expected one look at the job", n)
	}
	if _, out, _ = run("lookup", "+61412345678"); !strings.Contains(out, "007") || !strings.Contains(out, "identifier") {
		t.Errorf("not in the index: %s", out)
	}
	// What is no export is in no other's way.
	fault("download=garbage*1")
	if status, out, problems = run("export", "-o", file, "--import"); status != exitFound || !strings.Contains(problems, "is no export of users") || !strings.Contains(problems, "the same command starts another export") {
		t.Errorf("exit status %d: %s%s", status, out, problems)
	}
	if left, _ := filepath.Glob(file + "*"); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	f.Remove("auth0|7")
	if status, out, problems = run("export", "-o", file, "--import"); status != exitOK || !strings.Contains(out, "1 taken out") {
		t.Errorf("exit status %d: %s%s", status, out, problems)
	}
	f.Put(fake.User{ID: "auth0|8", Account: "8", PIN: engine.NewSecret("1234"), Factors: []string{"+12025550123"}})
	if status, out, problems = run("export", "-o", file, "--import"); status != exitOK {
		t.Errorf("exit status %d: %s%s", status, out, problems)
	}
	// A user who cannot be read is named, and keeps nobody waiting.
	f.Script(fake.Fault{At: fake.Methods, Kind: fake.Status, Code: 500, Times: 3})
	if status, out, problems = run("factors", "--index-per-second", "1000"); status != exitOK || strings.Count(problems, "could not be read") != 1 ||
		!strings.Contains(out, "second factors of 1 user read; 1 user could not be read, and the same command tries them again") {
		t.Errorf("exit status %d: %s%s", status, out, problems)
	}
	if status, out, problems = run("factors", "--index-per-second", "1000"); status != exitOK || !strings.Contains(out, "second factors of 2 users read") {
		t.Errorf("exit status %d: %s%s", status, out, problems)
	}
	if _, out, _ = run("lookup", "+12025550123"); !strings.Contains(out, "mfa") {
		t.Errorf("not in the index: %s", out)
	}
}

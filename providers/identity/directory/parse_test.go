package directory_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callflow/providers/identity/directory"
)

var update = flag.Bool("update", false, "rewrite the expected problems in testdata")

// files returns the paths that match, of which there must be some.
func files(t testing.TB, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	return paths
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func TestParse(t *testing.T) {
	t.Parallel()
	d, err := directory.Parse("users.yaml", read(t, "testdata/ok/users.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want := []directory.User{
		{Account: "12345", ID: "directory|12345", Greeting: "Ana", Phones: []string{"+61255500123", "+61255500124"}},
		{Account: "007", ID: "crm-4711", Name: "James", Greeting: "James"},
		{Account: "99", ID: "directory|99", Locked: true},
	}
	if diff := cmp.Diff(want, d.Users(), cmp.FilterPath(isPIN, cmp.Ignore())); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
	d.Users()[0].Phones[0] = "changed"
	if got := d.Users()[0].Phones[0]; got != "+61255500123" {
		t.Errorf("a directory was changed from outside: %s", got)
	}
}

func isPIN(p cmp.Path) bool { return p.Last().String() == ".pin" }

func TestTextAsWritten(t *testing.T) {
	t.Parallel()
	d, err := directory.Open("testdata/ok/text_as_written.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range d.Users() {
		got = append(got, u.Account)
	}
	want := []string{"0x1F", "1e5", "1_000", "2001-02-03", "yes", "00000000000000000000000000000001"}
	if !slices.Equal(got, want) {
		t.Errorf("accounts are %q, want %q", got, want)
	}
	if u := d.Users()[4]; u.Greeting != "42" || u.Name != "true" {
		t.Errorf("greeting is %q, name is %q", u.Greeting, u.Name)
	}
}

func TestParseNobody(t *testing.T) {
	t.Parallel()
	d, err := directory.Open("testdata/ok/nobody.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(d.Users()); n != 0 {
		t.Errorf("%d users", n)
	}
}

func TestOpenMissing(t *testing.T) {
	t.Parallel()
	_, err := directory.Open(filepath.Join(t.TempDir(), "users.yaml"))
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	for _, path := range files(t, "testdata/err/*.yaml") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			_, err := directory.Parse(filepath.Base(path), read(t, path))
			var problems directory.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("error is %v, want problems", err)
			}
			got := err.Error() + "\n"
			for _, secret := range []string{"1234 ", "k781", "c3RhcmluZyBhdCB0aGUgc3Vu"} {
				if strings.Contains(got, secret) {
					t.Errorf("the problems show %q, of a PIN or its hash:\n%s", secret, got)
				}
			}
			golden := strings.TrimSuffix(path, ".yaml") + ".out"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(read(t, golden)), got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	_, err := directory.Parse("users.yaml", make([]byte, 17<<20))
	if err == nil || !strings.Contains(err.Error(), "larger than 16 MiB") {
		t.Errorf("error is %v", err)
	}
}

// TestReadme holds the README to what is read and reported.
func TestReadme(t *testing.T) {
	t.Parallel()
	text := string(read(t, "README.md"))
	blocks := regexp.MustCompile("(?s)```([a-z]*)\n(.*?)```").FindAllStringSubmatch(text, -1)
	if len(blocks) != 2 || blocks[0][1] != "yaml" {
		t.Fatalf("%d blocks in README.md, want a file of users and its problems", len(blocks))
	}
	users := blocks[0][2]
	d, err := directory.Parse("users.yaml", []byte(users))
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Users(); len(got) != 2 || got[1].ID != "crm-4711" || !got[1].Locked {
		t.Errorf("users are %+v", got)
	}
	i := strings.LastIndex(users, "$argon2id")
	broken := users[:i] + "1234" + users[i+strings.IndexByte(users[i:], '\n'):]
	broken = strings.Replace(broken, "greeting:", "greting:", 1)
	_, err = directory.Parse("users.yaml", []byte(broken))
	if err == nil {
		t.Fatal("the broken file is read")
	}
	if diff := cmp.Diff(blocks[1][2], err.Error()+"\n"); diff != "" {
		t.Errorf("problems in README.md (-want +got):\n%s", diff)
	}
}

// yamlBreaks makes every line break of YAML 1.1 a line feed.
var yamlBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/ok/*.yaml", "testdata/err/*.yaml"} {
		for _, path := range files(f, pattern) {
			f.Add(read(f, path))
		}
	}
	f.Add([]byte("\r\r00"))
	f.Fuzz(func(t *testing.T, src []byte) {
		d, err := directory.Parse("users.yaml", src)
		if err == nil {
			seen := map[string]bool{}
			for _, u := range d.Users() {
				if u.Account == "" || u.ID == "" || seen["a"+u.Account] || seen["i"+u.ID] {
					t.Fatalf("user %+v was read", u)
				}
				seen["a"+u.Account], seen["i"+u.ID] = true, true
			}
			return
		}
		var problems directory.Problems
		if !errors.As(err, &problems) || len(problems) == 0 {
			t.Fatalf("error is %v, want problems", err)
		}
		// Lines as YAML breaks them.
		lines := strings.Split(yamlBreaks.Replace(string(src)), "\n")
		last := 0
		for _, p := range problems {
			if p.Line < last || p.Line > len(lines)+1 || p.Col < 0 || p.Message == "" {
				t.Fatalf("problem %+v in a file of %d lines", p, len(lines))
			}
			last = p.Line
		}
	})
}

package examples

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	fenced   = regexp.MustCompile("(?ms)^```.*?^```$")
	inline   = regexp.MustCompile("`[^`\n]*`")
	link     = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	notInURL = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// Every link between pages of the project leads to a file that is there, and to a
// heading that is on it.
func TestLinks(t *testing.T) {
	t.Parallel()
	pages := 0
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			return fs.SkipDir
		}
		if d.IsDir() || filepath.Ext(file) != ".md" {
			return nil
		}
		pages++
		text := inline.ReplaceAllString(page(t, file), "")
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], ":") {
				continue // an address outside
			}
			path, anchor, _ := strings.Cut(m[1], "#")
			target := file
			if path != "" {
				target = filepath.Join(filepath.Dir(file), filepath.FromSlash(path))
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s: %v", file, m[1], err)
				continue
			}
			if anchor != "" && !slices.Contains(anchors(page(t, target)), anchor) {
				t.Errorf("%s links to %s, and %s has no such heading", file, m[1], target)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if pages < 20 {
		t.Errorf("found only %d pages", pages)
	}
}

// page is the text of a page without the code in it.
func page(t *testing.T, file string) string {
	t.Helper()
	return fenced.ReplaceAllString(string(read(t, file)), "")
}

// anchors are the names by which links find the headings of a page.
func anchors(text string) []string {
	var names []string
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		name := notInURL.ReplaceAllString(strings.ToLower(m[1]), "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}

// The README's list of examples has all of them.
func TestListed(t *testing.T) {
	t.Parallel()
	text := page(t, "../README.md")
	for _, name := range names(t) {
		if !strings.Contains(text, "](examples/"+name+"/README.md)") {
			t.Errorf("the README does not list examples/%s", name)
		}
	}
}

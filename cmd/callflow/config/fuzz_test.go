package config_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"callflow/cmd/callflow/config"
)

// FuzzLoad: whatever stands in a file, reading it never panics, says the same
// twice, points into the file, and shows no literal secret.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Add([]byte("platforms: {jambonz: {secret: |\n  topsecret\n  topsecret\n}}"))
	f.Add([]byte("seal_key: >-\n    topsecret\n  \n    topsecret\nflows: x"))
	f.Add([]byte("seal_key: 'top\n  topsecret'"))
	f.Add([]byte("\"seal_key\": \"topsecret\\\n   topsecret\" # topsecret"))
	f.Fuzz(func(t *testing.T, src []byte) {
		c, ds := load(string(src))
		again, twice := load(string(src))
		if !slices.EqualFunc(c.Values, again.Values, func(a, b config.Value) bool {
			return a.Name == b.Name && slices.Equal(a.Items, b.Items) && a.Origin == b.Origin
		}) {
			t.Error("read twice, it has other values")
		}
		if render(t, c, ds) != render(t, again, twice) {
			t.Error("read twice, something else is wrong with it")
		}
		lines := strings.Split(string(src), "\n")
		for _, d := range ds {
			if d.File != "etc/callflow.yaml" {
				continue
			}
			if d.Pos.Line < 0 || d.Pos.Line > breaks(src)+1 {
				t.Errorf("%s: the file has %d lines", d, len(lines))
			}
			if d.Message == "" || d.Code == "" {
				t.Errorf("a diagnostic without words: %#v", d)
			}
		}
		var b bytes.Buffer
		if err := c.Show(&b); err != nil {
			t.Fatal(err)
		}
		for _, v := range c.Values {
			for _, s := range v.Secrets() {
				if v.Hidden() && s.Len() > 6 && strings.Contains(v.Setting.Name, "seal_key") && bytes.Contains(c.Masked, []byte(s.Reveal())) {
					t.Errorf("the masked file has the secret %q", s.Reveal())
				}
			}
		}
	})
}

// breaks counts the line breaks that YAML knows.
func breaks(src []byte) int {
	n := 0
	for _, b := range []string{"\n", "\r", "\u0085", "\u2028", "\u2029"} {
		n += bytes.Count(src, []byte(b))
	}
	return n
}

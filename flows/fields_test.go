package flows

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Whatever is declared says in a sentence what it is for, once.
func TestDeclarationsAreWhole(t *testing.T) {
	t.Parallel()
	d := Declared()
	for _, k := range d.Kinds {
		sentence(t, k.Key, k.Doc)
	}
	var walk func(path string, s Shape)
	walk = func(path string, s Shape) {
		seen := map[string]bool{}
		for _, f := range slices.Concat(s.Fields, s.OneOf) {
			if seen[f.Key] {
				t.Errorf("%s: %q is declared twice", path, f.Key)
			}
			seen[f.Key] = true
			sentence(t, path+"."+f.Key, f.Doc)
			if f.Required && f.Default != "" {
				t.Errorf("%s.%s is required, and has a default", path, f.Key)
			}
			walk(path+"."+f.Key, f.Shape)
		}
		for _, one := range s.Any {
			walk(path, one)
		}
		if s.Of != nil {
			walk(path+".*", *s.Of)
		}
		if _, err := regexp.Compile(s.Names.Pattern); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	walk("", d.Flow)
}

func sentence(t *testing.T, path, doc string) {
	t.Helper()
	if doc == "" || !strings.HasSuffix(doc, ".") || strings.ToUpper(doc[:1]) != doc[:1] {
		t.Errorf("%s: %q is no sentence", path, doc)
	}
}

// The parser reads every key that is declared: none is said to be unknown. What
// stands there is wrong for most of them, which is of no interest here.
func TestEveryDeclaredKeyIsRead(t *testing.T) {
	t.Parallel()
	for _, k := range Declared().Kinds {
		shapes := []Shape{k.Shape}
		if k.Shape.Form == FormEither {
			shapes = k.Shape.Any
		}
		for _, s := range shapes {
			for _, f := range slices.Concat(s.Fields, s.OneOf) {
				src := "callflow: 1\nflow: t\nstart: a\nstates:\n  a:\n    " + k.Key + ":\n      " + f.Key + ": x\n      zzzzzz: x\n"
				unknown := 0
				for _, d := range checkSource("t.yaml", []byte(src)) {
					if d.Code == CodeUnknownKey && strings.Contains(d.Message, `"zzzzzz"`) {
						unknown++
					} else if d.Code == CodeUnknownKey || d.Code == CodeUnknownLanguage && k.Key != "language" {
						t.Errorf("%s.%s: %s", k.Key, f.Key, d)
					}
				}
				if unknown != 1 {
					t.Errorf("%s.%s: another key is not refused", k.Key, f.Key)
				}
			}
		}
	}
}

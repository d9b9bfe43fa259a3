package flows

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"callflow/engine"
)

// checkSource is what is wrong with a flow that stands alone.
func checkSource(file string, src []byte) Diagnostics {
	_, diags := CompileSource(file, src, Options{})
	return diags
}

// A file with twenty mistakes that have nothing to do with each other reports
// those twenty, and nothing else.
func TestTwentyMistakesInOneRun(t *testing.T) {
	t.Parallel()
	diags := checkSource("twenty.yaml", read(t, "testdata/err/twenty.yaml"))
	if len(diags) != 20 {
		t.Errorf("found %d problems:", len(diags))
		for _, d := range diags {
			t.Logf("%s", d)
		}
	}
}

// Whatever is checked twice is found the same, in the same order.
func TestCheckIsDeterministic(t *testing.T) {
	t.Parallel()
	for _, file := range append(glob(t, "testdata/err/*.yaml"), glob(t, "testdata/ok/*.yaml")...) {
		src := read(t, file)
		first, want := CompileSource(file, src, Options{})
		for range 5 {
			again, got := CompileSource(file, src, Options{})
			if !slices.EqualFunc(want, got, func(a, b Diagnostic) bool { return a.String() == b.String() && a.Hint == b.Hint && a.Keys == b.Keys }) {
				t.Fatalf("%s: %v, then %v", file, want, got)
			}
			if first != nil && (first.Hash() != again.Hash() || string(dump(first.Spec())) != string(dump(again.Spec()))) {
				t.Fatalf("%s: two programs of one flow", file)
			}
		}
	}
}

// A document that is compiled as often as one likes has the same mistakes each time,
// and they are all of them.
func TestDocumentsCompileAgain(t *testing.T) {
	t.Parallel()
	for _, file := range glob(t, "testdata/err/*.yaml") {
		src := read(t, file)
		all := checkSource(file, src)
		doc, parsed := Parse(file, src)
		if doc == nil {
			if len(parsed) != len(all) {
				t.Errorf("%s: %d problems parsed, %d compiled", file, len(parsed), len(all))
			}
			continue
		}
		for range 2 {
			program, found := Compile(doc, Options{})
			if found.HasErrors() != (program == nil) || len(found) != len(all) {
				t.Errorf("%s: compiled with %d problems, %d at once", file, len(found), len(all))
			}
		}
	}
}

// The place of a mistake inside a text is exact, however the text is written.
func TestPlaceInsideTexts(t *testing.T) {
	t.Parallel()
	const head = "callflow: 1\nflow: t\nstart: a\nstates:\n  a:\n    next: z\n    say: "
	const tail = "\n  z: { hangup: }\n"
	for name, text := range map[string]string{
		"plain":              `You owe ${@x}.`,
		"plain, two lines":   "You owe\n      money, ${@x}.",
		"plain, blank line":  "You owe\n\n      ${@x}.",
		"single quotes":      `'You owe ${@x}.'`,
		"single, escaped":    `'It''s ${@x}.'`,
		"single, two lines":  "'It''s\n      ${@x}.'",
		"double quotes":      `"You owe ${@x}."`,
		"double, escaped":    `"\"You\" owe\t\u0041 ${@x}."`,
		"double, two lines":  "\"You \\\"owe\\\"\n      ${@x}.\"",
		"double, line break": "\"You owe \\\n      ${@x}.\"",
		"folded":             ">\n      You owe\n      ${@x}.",
		"folded, stripped":   ">-\n      You\n\n      owe ${@x}.",
		"literal":            "|\n      You owe\n      ${@x}.",
		"characters":         `Débito, señor, ${@x}.`,
		"after another":      `${call.from} owes ${ @x }.`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := head + text + tail
			var want Pos
			for i, line := range strings.Split(source, "\n") {
				if before, _, ok := strings.Cut(line, "@"); ok {
					want = Pos{i + 1, len([]rune(before)) + 1}
				}
			}
			diags := checkSource("t.yaml", []byte(strings.ReplaceAll(source, "@", "")))
			if len(diags) != 1 || diags[0].Code != CodeUnknownName || diags[0].Pos != want {
				t.Errorf("found %v, want unknown-name at %s", diags, want)
			}
		})
	}
}

func TestLanguagesCanBeAdded(t *testing.T) {
	t.Parallel()
	src := []byte("callflow: 1\nflow: t\nlanguages: [de-CH]\nstart: a\nstates:\n  a: { hangup: { say: Tschüss. } }\n")
	if diags := checkSource("t.yaml", src); len(diags) != 1 || diags[0].Code != CodeBadLanguage {
		t.Errorf("without words: %v", diags)
	}
	english, err := wordsFiles.ReadFile("words/en.yaml")
	if err != nil {
		t.Fatal(err)
	}
	german := []byte(strings.Replace(string(english), "goodbye: ", "goodbye: Auf Wiederhören! ", 1))
	program, diags := CompileSource("t.yaml", src, Options{Words: map[string][]byte{"de": german}})
	if program == nil {
		t.Fatal(diags)
	}
	if w := program.Spec().Words[0]; w.Lang != "de-CH" || !strings.HasPrefix(w.Goodbye, "Auf Wiederhören!") {
		t.Errorf("words of %s: %q", w.Lang, w.Goodbye)
	}
	other, _ := CompileSource("t.yaml", src, Options{Words: map[string][]byte{"de": english}})
	if other.Hash() == program.Hash() {
		t.Error("other words, and the same program")
	}
	for name, words := range map[string]string{"unknown key": "goodbye: x\nhello: y\n", "incomplete": "goodbye: x\n", "not YAML": "a: b: c"} {
		if _, diags := CompileSource("t.yaml", src, Options{Words: map[string][]byte{"de": []byte(words)}}); len(diags) != 1 || diags[0].Code != CodeBadLanguage {
			t.Errorf("%s: %v", name, diags)
		}
	}
}

func TestWordsOfTheProgramAreWhole(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"en", "en-AU", "en-US", "es", "es-MX"} {
		c := &compiler{doc: &Document{}}
		w, err := c.wordsFor(lang)
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range []string{"AUD", "USD", "EUR", "GBP", "NZD", "CAD", "MXN", "SGD", "ZAR", "INR", "JPY"} {
			if w.Currencies[code].One == "" || w.Currencies[code].Other == "" {
				t.Errorf("%s has no name for %s", lang, code)
			}
		}
	}
}

func TestServicesOfTheInstallation(t *testing.T) {
	t.Parallel()
	src := []byte("callflow: 1\nflow: t\nstart: a\nstates:\n  a: { request: { service: bnak, get: /x }, next: z }\n  z: { hangup: }\n")
	_, diags := CompileSource("t.yaml", src, Options{Services: []string{"bank", "herd"}})
	if len(diags) != 1 || diags[0].Code != CodeUnknownService || diags[0].Hint != `did you mean "bank"?` {
		t.Errorf("found %v", diags)
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	flow := func(name string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("callflow: 1\nflow: " + name + "\nstart: a\nstates:\n  a: { hangup: }\n")}
	}
	fsys := fstest.MapFS{"one/flow.yaml": flow("one"), "two/flow.yaml": flow("two"), "twin/flow.yaml": flow("two"), "bad.yaml": flow("My-Flow")}

	b, diags := Load(fsys, []string{"one/*.yaml", "two/flow.yaml", "one/flow.yaml"}, Options{})
	if b == nil {
		t.Fatal(diags)
	}
	if names := b.Names(); !slices.Equal(names, []string{"one", "two"}) || b.Flows["one"].Flow() != "one" || b.Files["two"] != "two/flow.yaml" || len(b.Sources) != 2 {
		t.Errorf("loaded %v, %v", names, b.Files)
	}
	for name, c := range map[string]struct {
		patterns []string
		code     Code
	}{
		"two of one name": {[]string{"two/flow.yaml", "twin/flow.yaml"}, CodeNameTaken},
		"an error":        {[]string{"one/flow.yaml", "bad.yaml"}, CodeBadName},
		"no such file":    {[]string{"one/flow.yaml", "three.yaml"}, CodeUnreadableFile},
		"no pattern":      {[]string{"["}, CodeUnreadableFile},
		"a folder":        {[]string{"one"}, CodeUnreadableFile},
	} {
		b, diags := Load(fsys, c.patterns, Options{})
		if b != nil || len(diags) != 1 || diags[0].Code != c.code {
			t.Errorf("%s: bundle %v, %v; want none and %s", name, b, diags, c.code)
		}
	}
}

// The hash tells programs apart by what they were compiled from.
func TestHash(t *testing.T) {
	t.Parallel()
	src := read(t, "../examples/herd/flow.yaml")
	a, _ := CompileSource("a.yaml", src, Options{})
	b, _ := CompileSource("b.yaml", src, Options{})
	c, _ := CompileSource("a.yaml", append(slices.Clone(src), '\n'), Options{})
	if a.Hash() != b.Hash() || a.Hash() == c.Hash() || len(a.Hash()) != 64 {
		t.Errorf("hashes %s, %s, %s", a.Hash(), b.Hash(), c.Hash())
	}
	var _ *engine.Program = a
}

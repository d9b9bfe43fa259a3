package flows

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestRender(t *testing.T) {
	t.Parallel()
	const file = "bank.yaml"
	mistake := func(line, col int) Diagnostic {
		return Diagnostic{File: file, Pos: Pos{line, col}, Code: CodeDanglingNext, Message: `state "verfy" is not defined`}
	}
	for _, c := range []struct {
		name   string
		source string
		d      Diagnostic
		opts   RenderOptions
		want   string
	}{
		{
			name:   "a hint, keys and another place",
			source: "states:\n  pin:\n    next: verfy\n  verify:\n",
			d: Diagnostic{
				File: file, Pos: Pos{3, 11}, Code: CodeDanglingNext, Message: `state "verfy" is not defined`,
				Hint: `did you mean "verify"?`, Keys: "12345#, 1234",
				Related: []Related{{Pos: Pos{4, 3}, Message: "defined here"}, {File: "other.yaml", Pos: Pos{9, 1}, Message: "not shown"}},
			},
			want: `
bank.yaml:3:11: error: state "verfy" is not defined [dangling-next]
    3 |     next: verfy
      |           ^
      = keys: 12345#, 1234
      = hint: did you mean "verify"?
      = see: bank.yaml:4:3: defined here
    4 |   verify:
      |   ^
      = see: other.yaml:9:1: not shown
`,
		},
		{
			name:   "a warning in colour",
			source: "x: y\n",
			d:      Diagnostic{File: file, Pos: Pos{1, 4}, Severity: Warning, Code: CodeBareNumber, Message: "m"},
			opts:   RenderOptions{Color: true},
			want: "\n\x1b[1mbank.yaml:1:4:\x1b[0m \x1b[1;33mwarning:\x1b[0m m \x1b[34m[bare-number]\x1b[0m\n" +
				"\x1b[34m    1 |\x1b[0m x: y\n\x1b[34m      |\x1b[0m    \x1b[1;32m^\x1b[0m\n",
		},
		{
			name:   "a hint of several lines",
			source: "x: y\n",
			d:      Diagnostic{File: file, Pos: Pos{1, 1}, Code: CodeQuoteStar, Message: "m", Hint: "write\n\"*\": next"},
			want: `
bank.yaml:1:1: error: m [quote-star]
    1 | x: y
      | ^
      = hint: write
              "*": next
`,
		},
		{
			name: "one line", source: "x: y\n", d: mistake(1, 1), opts: RenderOptions{OneLine: true},
			want: "\nbank.yaml:1:1: error: state \"verfy\" is not defined [dangling-next]\n",
		},
		{
			name: "a line without a column", source: "x: y\r\nz\r\n", d: mistake(2, 0),
			want: "\nbank.yaml:2: error: state \"verfy\" is not defined [dangling-next]\n    2 | z\n",
		},
		{
			name: "the whole file", source: "x: y\n", d: mistake(0, 0),
			want: "\nbank.yaml: error: state \"verfy\" is not defined [dangling-next]\n",
		},
		{
			name: "a line that is not there", source: "x: y\n", d: mistake(7, 1),
			want: "\nbank.yaml:7:1: error: state \"verfy\" is not defined [dangling-next]\n",
		},
		{
			name: "an empty line, and a column past its end", source: "\n", d: mistake(1, 3),
			want: "\nbank.yaml:1:3: error: state \"verfy\" is not defined [dangling-next]\n    1 |\n      | ^\n",
		},
		{
			name:   "control characters do not reach the terminal",
			source: "x: \x1b[31m\u202ey\n",
			d:      Diagnostic{File: file, Pos: Pos{1, 10}, Code: CodeSyntaxError, Message: "found \x1b]0;x\x07"},
			want: `
bank.yaml:1:10: error: found �]0;x� [syntax-error]
    1 | x: �[31m�y
      |          ^
`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := (Diagnostics{c.d}).Render(&out, map[string][]byte{file: []byte(c.source)}, c.opts); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.TrimPrefix(c.want, "\n"), out.String()); diff != "" {
				t.Errorf("rendered (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRenderReportsAWriterThatFails(t *testing.T) {
	t.Parallel()
	err := Diagnostics{Report(CodeNoStates, "a.yaml", Pos{}, "m")}.Render(brokenPipe{}, nil, RenderOptions{})
	if !errors.Is(err, errPipe) {
		t.Errorf("Render = %v, want the writer's error", err)
	}
}

var errPipe = errors.New("broken pipe")

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errPipe }

func TestExcerpt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		line       string
		col, width int
		want       string
		before     int
	}{
		{"plain", "  next: verfy", 9, 80, "  next: verfy", 8},
		{"a tab", "\tnext:\tx", 8, 80, "    next:    x", 13},
		{"Chinese", "say: 您好 ${x}", 9, 80, "say: 您好 ${x}", 10},
		{"full width", "say: ＡＢ x", 9, 80, "say: ＡＢ x", 10},
		{"Korean of parts", "\u1112\u1161\u11ab x", 5, 80, "\u1112\u1161\u11ab x", 3},
		{"an emoji", "say: 👋 ${x}", 8, 80, "say: 👋 ${x}", 8},
		{"a joined emoji", "👩\u200d💻 x", 5, 80, "👩\u200d💻 x", 3},
		{"a skin tone", "👋\U0001F3FD x", 4, 80, "👋\U0001F3FD x", 3},
		{"a flag", "\U0001F1E6\U0001F1FA x", 4, 80, "\U0001F1E6\U0001F1FA x", 3},
		{"a combining accent", "Marco\u0301 x", 8, 80, "Marco\u0301 x", 6},
		{"on the accent itself", "Marco\u0301 x", 6, 80, "Marco\u0301 x", 4},
		{"an accented letter", "Marcó x", 7, 80, "Marcó x", 6},
		{"invalid bytes", "a\xffb", 3, 80, "a\ufffdb", 2},
		{"past the end", "abc", 9, 80, "abc", 3},
		{"no column", "abc", 0, 80, "abc", 0},
		{"long, at its start", strings.Repeat("a", 20) + strings.Repeat("b", 20), 1, 12, "aaaaaaaaaa…", 0},
		{"long, in the middle", strings.Repeat("a", 20) + "X" + strings.Repeat("b", 20), 21, 12, "…aaaaaaXbbb…", 7},
		{"long, at its end", strings.Repeat("a", 20) + "X", 21, 12, "…aaaaaaaaaX", 10},
		{"long and wide", strings.Repeat("您", 20) + "X" + strings.Repeat("好", 20), 21, 12, "…您您您X好…", 7},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, before := excerpt(c.line, c.col, c.width)
			if got != c.want || before != c.before {
				t.Errorf("excerpt(%q, %d) = %q, %d; want %q, %d", c.line, c.col, got, before, c.want, c.before)
			}
		})
	}
}

func TestSplitLines(t *testing.T) {
	t.Parallel()
	const src = "\uFEFFa\nb\r\nc\rd\u0085e\u2028f\u2029\ng"
	found := splitLines([]byte(src))
	var got []string
	for n := 1; ; n++ {
		line, ok := found.line([]byte(src), n)
		if !ok {
			break
		}
		got = append(got, line)
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "d", "e", "f", "", "g"}, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestMachineForm(t *testing.T) {
	t.Parallel()
	d := Diagnostic{
		File: "a.yaml", Pos: Pos{3, 5}, Severity: Warning, Code: CodePrefixOption, Message: `1 & "12"`,
		Hint: "h", Keys: "1", Related: []Related{{Pos: Pos{4, 6}, Message: "here"}},
	}
	var out bytes.Buffer
	if err := (Diagnostics{d}).JSON(&out); err != nil {
		t.Fatal(err)
	}
	want := `[
  {
    "file": "a.yaml",
    "line": 3,
    "column": 5,
    "severity": "warning",
    "code": "prefix-option",
    "message": "1 & \"12\"",
    "hint": "h",
    "related": [
      {
        "file": "a.yaml",
        "line": 4,
        "column": 6,
        "message": "here"
      }
    ],
    "keys": "1"
  }
]
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}

	for _, empty := range []Diagnostics{nil, {}} {
		got, err := json.Marshal(struct{ List Diagnostics }{empty})
		if err != nil || string(got) != `{"List":[]}` {
			t.Errorf("nothing wrong marshals as %s, %v", got, err)
		}
	}
	bare, err := json.Marshal(Diagnostic{})
	if want := `{"file":"","line":0,"column":0,"severity":"error","code":"","message":"","hint":"","related":[],"keys":""}`; err != nil || string(bare) != want {
		t.Errorf("every field is always there: %s, %v", bare, err)
	}
}

// FuzzRender shows a mistake anywhere in any text.
func FuzzRender(f *testing.F) {
	f.Add([]byte("states:\n  pin: {}\n"), 2, 3, "message", 80)
	f.Add([]byte("\uFEFFa: 您好\u0301\t\x1b"), 1, 5, "\x00\n", 1)
	f.Add([]byte("\r\r\n\u2028"), 3, 0, "", -1)
	f.Fuzz(func(t *testing.T, src []byte, line, col int, message string, width int) {
		var out bytes.Buffer
		d := Diagnostic{File: "f.yaml", Pos: Pos{line, col}, Message: message, Hint: message}
		if err := (Diagnostics{d}).Render(&out, map[string][]byte{"f.yaml": src}, RenderOptions{Width: width}); err != nil {
			t.Fatal(err)
		}
		if !utf8.Valid(out.Bytes()) {
			t.Error("rendered text is not UTF-8")
		}
		for _, r := range out.String() {
			if r != '\n' && isUnprintable(r) {
				t.Errorf("%U reached the terminal", r)
			}
		}
	})
}

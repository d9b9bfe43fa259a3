package flows

import "strings"

// TabError reports a tab that indents a line, where that is why a text is not YAML:
// problem is what the library says is wrong, and line where. Of some tabs it names the
// line before, and never the column.
func TabError(file string, src []byte, line int, problem string) (Diagnostic, bool) {
	inLine := strings.Contains(problem, "cannot start any token")
	if !inLine && !strings.Contains(problem, "tab character") {
		return Diagnostic{}, false
	}
	lines := splitLines(src)
	for n := line; ; n++ {
		text, ok := lines.line(src, n)
		if !ok || inLine && n > line {
			return Diagnostic{}, false
		}
		if at := strings.IndexByte(leadingSpace(text), '\t'); at >= 0 {
			d := Report(CodeSyntaxError, file, Pos{n, at + 1}, "this is not YAML: found a tab in the indentation")
			d.Hint = "indent with spaces, not with tabs"
			return d, true
		}
	}
}

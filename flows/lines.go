package flows

// index finds lines of a source. The zero value is ready; it looks for them when
// it is first asked, which is when there is something to report.
type index struct{ found lines }

// of is line n of src, from 1, without its break, or nil beyond the last.
func (x *index) of(src []byte, n int) []rune {
	if x.found == nil {
		x.found = splitLines(src)
	}
	line, ok := x.found.line(src, n)
	if !ok {
		return nil
	}
	return append([]rune{}, []rune(line)...)
}

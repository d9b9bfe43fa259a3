package flows

import (
	"bytes"
	"unicode/utf8"
)

// NotText reports a file that is not text in UTF-8, the one encoding that is read.
// It is true where there is nothing more to say of the file.
func NotText(file string, src []byte) (Diagnostic, bool) {
	var d Diagnostic
	switch {
	case bytes.HasPrefix(src, []byte("\xff\xfe")), bytes.HasPrefix(src, []byte("\xfe\xff")):
		d = Report(CodeSyntaxError, file, Pos{}, "the file is not UTF-8: it is UTF-16")
		d.Hint = "save it as UTF-8"
	case bytes.IndexByte(src, 0) >= 0:
		d = Report(CodeSyntaxError, file, Pos{}, "the file is not UTF-8 text: it holds bytes that no text has")
		d.Hint = "this may be the wrong file; a text has to be saved as UTF-8"
	default:
		bad := firstInvalid(src)
		if bad < 0 {
			return d, false
		}
		// Where the byte stands is told by lines as the YAML reader breaks them.
		starts := splitLines(src[:bad])
		line := len(starts)
		pos := Pos{Line: line, Col: utf8.RuneCount(src[starts[line-1]:bad]) + 1}
		d = Report(CodeSyntaxError, file, pos, "the file is not UTF-8: there is a byte 0x%02X here", src[bad])
		d.Hint = "save it as UTF-8"
	}
	return d, true
}

// firstInvalid is where the first byte is that belongs to no character, or -1.
func firstInvalid(src []byte) int {
	if utf8.Valid(src) {
		return -1
	}
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

package flows

import (
	"strings"
	"testing"
)

func TestFilesThatAreNotUTF8(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, src, want string }{
		{"UTF-16, little end first", "\xff\xfec\x00a\x00l\x00l\x00", "f.yaml: error: the file is not UTF-8: it is UTF-16 [syntax-error]"},
		{"UTF-16, big end first", "\xfe\xff\x00c\x00a\x00l\x00l", "f.yaml: error: the file is not UTF-8: it is UTF-16 [syntax-error]"},
		{"UTF-16 without a mark", "c\x00a\x00l\x00l\x00", "f.yaml: error: the file is not UTF-8 text: it holds bytes that no text has [syntax-error]"},
		{"a program", "\x7fELF\x02\x01\x01\x00\x00", "f.yaml: error: the file is not UTF-8 text: it holds bytes that no text has [syntax-error]"},
		{"Latin-1", "callflow: 1\nflow: caf\xe9\n", "f.yaml:2:10: error: the file is not UTF-8: there is a byte 0xE9 here [syntax-error]"},
		{"after a character of two bytes", "# é\xff", "f.yaml:1:4: error: the file is not UTF-8: there is a byte 0xFF here [syntax-error]"},
	} {
		doc, diags := Parse("f.yaml", []byte(c.src))
		if doc != nil || len(diags) != 1 || diags[0].String() != c.want || diags[0].Hint == "" {
			t.Errorf("%s: found %v, expected %s", c.name, diags, c.want)
		}
	}
	if d, bad := NotText("f.yaml", []byte("\uFEFFcallflow: 1 # "+strings.Repeat("é", 9)+" \uFFFD")); bad {
		t.Errorf("a text is no text: %s", d)
	}
}

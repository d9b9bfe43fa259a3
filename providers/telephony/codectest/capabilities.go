package codectest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callflow/providers/telephony"
)

// testCapabilities checks what a codec says of its platform, and that the README of
// the codecs says the same.
func (f Fixture) testCapabilities(t *testing.T) {
	c := f.Codec.Capabilities()
	if c.TypeAhead == "" || c.Hold == "" {
		t.Errorf("type-ahead is %q and hold is %q, expected words", c.TypeAhead, c.Hold)
	}
	if !c.Timeouts.FirstDigit {
		t.Error("no clock to the first key: silence would never end")
	}
	if c.AnswerWithin <= 0 {
		t.Error("no time to answer within: every platform gives up some time")
	}
	if f.Codec.Name() != strings.ToLower(f.Codec.Name()) || f.Codec.Name() == "" {
		t.Errorf("name %q is not a lower-case word", f.Codec.Name())
	}
	path := filepath.Join(f.Dir, "..", "..", "README.md")
	readme, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if row := row(f.Codec); !strings.Contains(string(readme), row) {
		t.Errorf("the table of capabilities in %s lacks this row:\n%s", path, row)
	}
}

// row is a codec's row in the README's table.
func row(codec telephony.Codec) string {
	c := codec.Capabilities()
	word := func(is bool) string {
		if is {
			return "yes"
		}
		return "no"
	}
	var clocks []string
	if c.Timeouts.FirstDigit {
		clocks = append(clocks, "first key")
	}
	if c.Timeouts.InterDigit {
		clocks = append(clocks, "between keys")
	}
	if c.Timeouts.Total {
		clocks = append(clocks, "total")
	}
	longest := "any"
	if c.MaxTimeout > 0 {
		longest = c.MaxTimeout.String()
	}
	return "| " + strings.Join([]string{
		codec.Name(), strings.Join(clocks, ", "), longest, string(c.TypeAhead),
		word(c.TerminatorVisible), word(c.Partial), word(c.BargeIn), string(c.Hold),
		word(c.Transfer), word(c.Record), word(c.HangupNotice), word(c.Audio), word(c.SSML), word(c.Speech), c.AnswerWithin.String(),
	}, " | ") + " |"
}

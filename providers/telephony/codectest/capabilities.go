package codectest

import (
	"strings"
	"testing"

	"callflow/providers/telephony"
)

// testCapabilities checks what a codec says of its platform. That the README of the
// codecs says the same is checked beside the catalog.
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
	if kept, early := c.TypeAhead == telephony.TypeAheadKept, f.exchanges(t)["early keys"].body != nil; kept != early {
		t.Errorf("type-ahead is %q, and a request with early keys is there: %v", c.TypeAhead, early)
	}
	if f.Codec.Name() != strings.ToLower(f.Codec.Name()) || f.Codec.Name() == "" {
		t.Errorf("name %q is not a lower-case word", f.Codec.Name())
	}
}

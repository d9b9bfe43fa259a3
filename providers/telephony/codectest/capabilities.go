package codectest

import (
	"errors"
	"strings"
	"testing"

	"callflow/engine"
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
	f.testTold(t, c)
	f.testVoices(t, c)
	f.testDocument(t, c.MaxDocument)
	if f.Codec.Name() != strings.ToLower(f.Codec.Name()) || f.Codec.Name() == "" {
		t.Errorf("name %q is not a lower-case word", f.Codec.Name())
	}
}

// testTold holds what a platform tells apart to the requests that there are.
func (f Fixture) testTold(t *testing.T, c telephony.Capabilities) {
	requests := f.exchanges(t)
	for name, tells := range map[string]bool{
		"bare terminator":         c.FinishAlone,
		"said and not understood": c.Unclear,
		"nothing recorded":        c.RecordSilence == telephony.SilenceEmpty,
		"recording failed":        c.RecordFailure,
	} {
		if there := requests[name].body != nil; there != tells {
			t.Errorf("%s: it declares that it tells so: %v, and a request is there: %v", name, tells, there)
		}
	}
	if c.Record != (c.RecordSilence != "") {
		t.Errorf("it records: %v, and tells a recording of nothing as %q", c.Record, c.RecordSilence)
	}
	if c.EntryKeys == "" || strings.Trim(c.EntryKeys, telephony.EveryKey) != "" {
		t.Errorf("the keys of an entry are %q, expected some of %q", c.EntryKeys, telephony.EveryKey)
	}
}

// testDocument checks that an answer is refused which is too long, and no other.
func (f Fixture) testDocument(t *testing.T, most int) {
	for _, length := range []int{1_000, 10_000, 50_000, 200_000} {
		text := strings.Repeat("One moment, please. ", length/20)
		reply, err := f.Codec.Encode(With(engine.Say{Text: text, Lang: "en-AU", BargeIn: true}, engine.Hangup{}))
		var long *telephony.DocumentError
		switch {
		case errors.As(err, &long):
			if most == 0 || long.Most != most || long.Bytes <= most || !errors.Is(err, telephony.ErrUnsupported) {
				t.Errorf("with %d bytes of text: got %v, and it says of itself that it reads %d bytes", length, err, most)
			}
		case err != nil:
			t.Errorf("with %d bytes of text: got %v", length, err)
		case most > 0 && len(reply.Body) > most:
			t.Errorf("with %d bytes of text: the answer has %d bytes, and it reads %d", length, len(reply.Body), most)
		}
	}
}

// testVoices checks what a codec says of voices and languages.
func (f Fixture) testVoices(t *testing.T, c telephony.Capabilities) {
	const nobodys = "tlh" // a language that no platform speaks
	speaker, speaks := f.Codec.(telephony.Speaker)
	switch c.UnknownVoice {
	case telephony.VoicePassedOn:
		if speaks || c.Speaks != nil {
			t.Error("it is told voices and languages, and chooses them")
		}
	case telephony.VoiceLeftOut:
		if !speaks {
			t.Fatal("it leaves voices out, and cannot say which")
		}
	default:
		t.Errorf("a voice that nothing names is %q, expected %q or %q", c.UnknownVoice, telephony.VoiceLeftOut, telephony.VoicePassedOn)
	}
	if listener, ok := f.Codec.(telephony.Listener); ok {
		if !c.Speech {
			t.Error("it does not listen, and chooses in which language")
		}
		if got := listener.Hears("en-AU"); got != "en-AU" {
			t.Errorf("en-AU is listened to as %q", got)
		}
	}
	if !speaks {
		return
	}
	if !speaker.Speaks(engine.Say{Voice: "Karen", Lang: "en-AU"}).Named || speaker.Speaks(engine.Say{Voice: "Nobody", Lang: "en-AU"}).Named {
		t.Error("the voice Karen is named and the voice Nobody is not, expected that to be said")
	}
	for _, tag := range append([]string{"en-AU", "es-ES"}, c.Speaks...) {
		if got := speaker.Speaks(engine.Say{Lang: tag}).Language; got != tag && !strings.EqualFold(got, tag) {
			t.Errorf("%s is spoken as %q", tag, got)
		}
	}
	got := speaker.Speaks(engine.Say{Lang: nobodys}).Language
	if c.Speaks == nil && got != nobodys || c.Speaks != nil && got != telephony.English {
		t.Errorf("%s is spoken as %q", nobodys, got)
	}
	// What is said in a language that the flow's voice does not speak.
	if got := speaker.Speaks(engine.Say{Voice: "Karen", Lang: nobodys}).Language; !strings.HasPrefix(got, "en") {
		t.Errorf("%s is spoken by the flow's voice as %q", nobodys, got)
	}
}

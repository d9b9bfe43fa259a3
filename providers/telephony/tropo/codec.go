package tropo

import (
	"fmt"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Name is the platform's word in configuration and URLs, and the user of basic
// authentication.
const Name = "tropo"

// Config is an application of Tropo, as callflow.yaml describes it.
type Config struct {
	// Secrets are shown by first hooks, in the URL or by basic authentication. Any of
	// them will do; the first seals the URLs of documents.
	Secrets []engine.Secret
	// Unsigned accepts requests of anybody: for a bench without a secret.
	Unsigned bool
	// Voices says how to speak, by the flow's name of a voice ("Karen") or by
	// language ("es", "es-MX"). What is not in it is spoken by one of Tropo's voices
	// for the language.
	Voices map[string]Voice
	// Recorder is where recordings are uploaded to, an http or https address with {id}
	// in it; empty: nothing can be recorded. Recordings is where they are to be had
	// then; empty: there too.
	Recorder, Recordings string
}

// recordingMark stands for a recording's id in an address.
const recordingMark = "{id}"

// Codec is the codec. It is safe for concurrent use.
type Codec struct {
	password             *telephony.Password
	seals                telephony.Seals // none: unsigned
	voices               voices
	recorder, recordings string
}

var _ telephony.Codec = (*Codec)(nil)

// New checks c.
func New(c Config) (*Codec, error) {
	password, err := telephony.NewPassword(Name, c.Secrets, c.Unsigned)
	if err != nil {
		return nil, fmt.Errorf("tropo: %w", err)
	}
	voices, err := newVoices(c.Voices)
	if err != nil {
		return nil, fmt.Errorf("tropo: %w", err)
	}
	if c.Recordings == "" {
		c.Recordings = c.Recorder
	}
	for _, a := range []struct{ name, address string }{{"recorder", c.Recorder}, {"recordings", c.Recordings}} {
		plain := strings.Replace(a.address, recordingMark, "id", 1)
		if c.Recordings != "" && (plain == a.address || !telephony.IsWebAddress(plain)) {
			return nil, fmt.Errorf("tropo: %s is %q, expected an address with %s in it, such as https://recorder.example.com/%s.wav",
				a.name, a.address, recordingMark, recordingMark)
		}
	}
	return &Codec{password, telephony.NewSeals(c.Secrets), voices, c.Recorder, c.Recordings}, nil
}

// Name returns "tropo".
func (*Codec) Name() string { return Name }

// Capabilities says what Tropo can do.
func (c *Codec) Capabilities() telephony.Capabilities {
	return telephony.Capabilities{
		Timeouts:          telephony.Clocks{FirstDigit: true, InterDigit: true},
		TerminatorVisible: false,
		BargeIn:           true,
		// No page says what becomes of keys between two questions.
		TypeAhead:       telephony.TypeAheadNone,
		Partial:         true,
		Hold:            telephony.HoldRedirect,
		Transfer:        true,
		Context:         true,
		ContextSIPOnly:  true,
		ContextValue:    maxSIPHeader,
		Dials:           telephony.NumbersInternational,
		Record:          c.recorder != "",
		RecordSilence:   telephony.SilenceEmpty,
		RecordFailure:   true,
		HangupNotice:    true,
		Audio:           true,
		SSML:            true,
		FinishKeys:      telephony.EveryKey,
		EntryKeys:       telephony.Digits,
		FinishAlone:     true,
		TransferReturns: true,
		UnknownVoice:    telephony.VoiceLeftOut,
		Speaks:          tags(),
		AnswerWithin:    5 * time.Second, // no page tells how long it waits
	}
}

package sinch

import (
	"fmt"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Name is the platform's word in configuration and URLs.
const Name = "sinch"

// Config is an application of Sinch, as callflow.yaml describes it.
type Config struct {
	// Key is the application's key; empty: that of any application with the secret.
	Key string
	// Secrets are application secrets, in Base64 as Sinch shows them. Any of them will
	// do, so that one can be changed while calls run.
	Secrets []engine.Secret
	// Tolerance is how far a signature's time may be from ours. Zero: 300 s.
	Tolerance time.Duration
	// Unsigned accepts requests of anybody: for a bench without a secret.
	Unsigned bool
	// Voices are Sinch's words for voices and languages ("Nicole", "en-AU/female"), by
	// the flow's name of a voice ("Karen") or by language ("es", "es-MX"). What is not
	// in it is spoken by Sinch's voice of the language.
	Voices map[string]Voice
}

// Codec is the codec. It is safe for concurrent use.
type Codec struct {
	signature *signature
	voices    voices
}

var _ telephony.Codec = (*Codec)(nil)

// New checks c.
func New(c Config) (*Codec, error) {
	signature, err := newSignature(c)
	if err != nil {
		return nil, fmt.Errorf("sinch: %w", err)
	}
	voices, err := newVoices(c.Voices)
	if err != nil {
		return nil, fmt.Errorf("sinch: %w", err)
	}
	return &Codec{signature, voices}, nil
}

// Name returns "sinch".
func (*Codec) Name() string { return Name }

// Capabilities says what Sinch can do.
func (*Codec) Capabilities() telephony.Capabilities {
	return telephony.Capabilities{
		// One clock counts for both the first key and the gap: the longer one asked for.
		Timeouts:          telephony.Clocks{FirstDigit: true},
		TerminatorVisible: true, // it is a key like any other
		BargeIn:           true,
		TypeAhead:         telephony.TypeAheadNone,
		Partial:           true,
		Hold:              telephony.HoldRedirect,
		Transfer:          true, // and the call ends with it
		Context:           true,
		ContextSIPOnly:    true,
		ContextValue:      maxSIPHeader,
		Dials:             telephony.NumbersInternational,
		MaxSSML:           maxText,
		SSMLTags:          true,
		HangupNotice:      true,
		EntryKeys:         telephony.EveryKey,
		FinishAlone:       true,
		HangupBy:          true,
		Audio:             true,
		SSML:              true,
		OneClock:          telephony.OneClockLonger,
		TransferLimit:     true,
		First:             telephony.Span{Least: atOnce},
		Ring:              telephony.Span{Step: time.Second},
		RingNumbersOnly:   true,
		Talk:              telephony.Span{Most: maxTalk, Step: time.Second},
		UnknownVoice:      telephony.VoiceLeftOut,
		Speaks:            strings.Fields(languages),
		AnswerWithin:      5 * time.Second,
	}
}

// Verify checks the signature of r.
func (c *Codec) Verify(r telephony.Request, at time.Time) error { return c.signature.verify(r, at) }

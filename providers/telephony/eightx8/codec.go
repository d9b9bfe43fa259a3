package eightx8

import (
	"fmt"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Name is the platform's word in configuration and URLs, and the user of basic
// authentication.
const Name = "eightx8"

// Config is a subaccount of 8x8, as callflow.yaml describes it.
type Config struct {
	// Secrets are shown by webhooks, in their URL or by basic authentication. Any of
	// them will do, so that one can be changed while calls run.
	Secrets []engine.Secret
	// Unsigned accepts requests of anybody: for a bench without a secret.
	Unsigned bool
	// Voices are voice profiles, by the flow's name of a voice ("Karen") or by
	// language ("es", "es-MX"). What is not in it is spoken by a profile of the
	// language that 8x8 has.
	Voices map[string]Voice
}

// Codec is the codec. It is safe for concurrent use.
type Codec struct {
	password *telephony.Password
	voices   voices
}

var _ telephony.Codec = (*Codec)(nil)

// New checks c.
func New(c Config) (*Codec, error) {
	password, err := telephony.NewPassword(Name, c.Secrets, c.Unsigned)
	if err != nil {
		return nil, fmt.Errorf("eightx8: %w", err)
	}
	voices, err := newVoices(c.Voices)
	if err != nil {
		return nil, fmt.Errorf("eightx8: %w", err)
	}
	return &Codec{password, voices}, nil
}

// Name returns "eightx8".
func (*Codec) Name() string { return Name }

// Capabilities says what 8x8 can do.
func (*Codec) Capabilities() telephony.Capabilities {
	return telephony.Capabilities{
		MaxDigits: maxDigits,
		First:     telephony.Span{Least: minClock, Most: maxClock},
		Whole:     telephony.Span{Least: minClock + holdGap, Most: maxOverall},
		// One clock counts for both the first key and the gap: the longer one asked for.
		Timeouts:          telephony.Clocks{FirstDigit: true, Total: true},
		TerminatorVisible: false,
		TypeAhead:         telephony.TypeAheadNone,
		Hold:              telephony.HoldRedirect,
		HangupNotice:      true,
		EntryKeys:         telephony.EveryKey,
		OneClock:          telephony.OneClockLonger,
		FinishKeys:        "#",
		UnknownVoice:      telephony.VoiceLeftOut,
		Speaks:            tags(),
		AnswerWithin:      5 * time.Second, // no page tells how long it waits
	}
}

// Verify checks that r shows the secret. 8x8 signs nothing: of the body and the time
// nothing is proved, and the random word in the token is what keeps a turn to itself.
func (c *Codec) Verify(r telephony.Request, _ time.Time) error {
	if err := c.password.Verify(r); err != nil {
		return fmt.Errorf("eightx8: %w", err)
	}
	return nil
}

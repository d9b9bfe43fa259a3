package generic

import (
	"fmt"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Name is the platform's word in configuration and URLs.
const Name = "generic"

// Header carries the signature.
const Header = "Callflow-Signature"

// Config is a platform that speaks the contract.
type Config struct {
	// Secrets sign the requests. Any of them will do, so that a secret can be
	// changed while calls run.
	Secrets []engine.Secret
	// Tolerance is how far a signature's time may be from ours. Zero: 300 s.
	Tolerance time.Duration
	// Unsigned accepts requests of anybody: for trying things out.
	Unsigned bool
}

// Codec is the codec. It is safe for concurrent use.
type Codec struct{ signature *telephony.Signature }

var _ telephony.Codec = (*Codec)(nil)

// New checks c.
func New(c Config) (*Codec, error) {
	signature, err := telephony.NewSignature(telephony.SignatureConfig{
		Header:    Header,
		Secrets:   c.Secrets,
		Tolerance: c.Tolerance,
		Unsigned:  c.Unsigned,
	})
	if err != nil {
		return nil, fmt.Errorf("generic: %w", err)
	}
	return &Codec{signature}, nil
}

// Name returns "generic".
func (*Codec) Name() string { return Name }

// Capabilities says what the contract asks of a platform: everything.
func (*Codec) Capabilities() telephony.Capabilities {
	return telephony.Capabilities{
		Timeouts:          telephony.Clocks{FirstDigit: true, InterDigit: true, Total: true},
		TerminatorVisible: true,
		BargeIn:           true,
		TypeAhead:         telephony.TypeAheadKept,
		Partial:           true,
		Hold:              telephony.HoldRedirect,
		Transfer:          true,
		Refer:             true,
		Whisper:           true,
		Queue:             true,
		RecordCalls:       true,
		Context:           true,
		Record:            true,
		RecordSilence:     telephony.SilenceEmpty,
		RecordFailure:     true,
		HangupNotice:      true,
		HangupBy:          true,
		Audio:             true,
		SSML:              true,
		Speech:            true,
		Unclear:           true,
		FinishKeys:        telephony.EveryKey,
		EntryKeys:         telephony.EveryKey,
		FinishAlone:       true,
		TransferReturns:   true,
		TransferLimit:     true,
		UnknownVoice:      telephony.VoicePassedOn,
		AnswerWithin:      10 * time.Second,
	}
}

// Verify checks the signature.
func (c *Codec) Verify(r telephony.Request, at time.Time) error {
	return c.signature.Verify(r, at)
}

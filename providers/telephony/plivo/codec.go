package plivo

import (
	"fmt"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Name is the platform's word in configuration and URLs.
const Name = "plivo"

// Headers of a webhook. The second signature is made with the main account's token
// where the number belongs to a subaccount.
const (
	Header     = "X-Plivo-Signature-V3"
	MainHeader = "X-Plivo-Signature-Ma-V3"
	// NonceHeader is signed too, and is the same when a webhook is repeated.
	NonceHeader = "X-Plivo-Signature-V3-Nonce"
)

// Config is an account of Plivo, as callflow.yaml describes it.
type Config struct {
	// Tokens are the account's auth tokens. Any of them will do, so that a token
	// can be changed while calls run.
	Tokens []engine.Secret
	// Unsigned accepts requests of anybody: for a bench without an account.
	Unsigned bool
	// Voices says how to speak, by the flow's name of a voice ("Karen") or by
	// language ("es", "es-MX"). What is not in it is spoken by Plivo's own voice.
	Voices map[string]Voice
	// RecordingHost is where recordings are, besides plivo.com.
	RecordingHost string
}

// Codec is the codec. It is safe for concurrent use.
type Codec struct {
	signature     *signature
	voices        voices
	recordingHost string
}

var _ telephony.Codec = (*Codec)(nil)

// New checks c.
func New(c Config) (*Codec, error) {
	signature, err := newSignature(c.Tokens, c.Unsigned)
	if err != nil {
		return nil, fmt.Errorf("plivo: %w", err)
	}
	voices, err := newVoices(c.Voices)
	if err != nil {
		return nil, fmt.Errorf("plivo: %w", err)
	}
	if !isHost(c.RecordingHost) {
		return nil, fmt.Errorf("plivo: recording_host is %q, expected a host, such as recordings.example.com", c.RecordingHost)
	}
	return &Codec{signature, voices, strings.ToLower(c.RecordingHost)}, nil
}

// isHost tells whether s is empty, or a host with or without a port.
func isHost(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '-' && c != '.' && c != ':' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return len(s) <= 255
}

// Name returns "plivo".
func (*Codec) Name() string { return Name }

// Capabilities says what Plivo can do.
func (*Codec) Capabilities() telephony.Capabilities {
	return telephony.Capabilities{
		MaxDigits:         maxKeys,
		First:             telephony.Span{Most: maxWait * time.Second, Step: time.Second},
		Between:           telephony.Span{Most: maxWait * time.Second, Step: time.Second},
		Listen:            telephony.Span{Most: maxExecution * time.Second, Step: time.Second},
		ListenGap:         telephony.Span{Least: minEnd * time.Second, Most: maxEnd * time.Second, Step: time.Second},
		Pause:             telephony.Span{Least: minEnd * time.Second, Most: maxEnd * time.Second, Step: time.Second},
		Ring:              telephony.Span{Most: maxRing * time.Second, Step: time.Second},
		Talk:              telephony.Span{Most: maxCall * time.Second, Step: time.Second},
		Tape:              telephony.Span{Least: minRecord * time.Second, Most: maxRecord * time.Second, Step: time.Second},
		Silence:           telephony.Span{Step: time.Second},
		Timeouts:          telephony.Clocks{FirstDigit: true, InterDigit: true},
		TerminatorVisible: false,
		BargeIn:           true,
		TypeAhead:         telephony.TypeAheadNone,
		Partial:           true,
		Hold:              telephony.HoldRedirect,
		Transfer:          true,
		Whisper:           true,
		Context:           true,
		ContextSIPOnly:    true,
		ContextKept:       keptNames(),
		ListenDigits:      maxInput,
		Hints:             hints(),
		MaxSSML:           maxSpeak,
		Record:            true,
		RecordSilence:     telephony.SilenceEmpty,
		RecordFailure:     true,
		HangupNotice:      true,
		HangupBy:          true,
		Audio:             true,
		SSML:              true, // by the voices of Amazon
		Speech:            true,
		Get:               true,
		FinishKeys:        telephony.EveryKey,
		EntryKeys:         telephony.EveryKey,
		TransferReturns:   true,
		TransferLimit:     true,
		UnknownVoice:      telephony.VoiceLeftOut,
		MaxDocument:       maxDocument,
		Speaks:            languages(), // besides Amazon's voices
		AnswerWithin:      15 * time.Second,
	}
}

// Verify checks the signature. Plivo signs a nonce and no time: a request is as good
// later as it was at first, and the turn in its URL makes a repeat harmless.
func (c *Codec) Verify(r telephony.Request, _ time.Time) error { return c.signature.verify(r) }

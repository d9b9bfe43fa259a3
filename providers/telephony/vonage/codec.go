package vonage

import (
	"fmt"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Name is the platform's word in configuration and URLs.
const Name = "vonage"

// Config is an account of Vonage, as callflow.yaml describes it.
type Config struct {
	// Secrets are signature secrets, which are not the API secret. Any of them will
	// do, so that one can be changed while calls run. "a1b2c3d4:SECRET" is that of
	// the account whose API key stands in front: it counts only for webhooks that
	// name this account.
	Secrets []engine.Secret
	// Tolerance is how far a signature's time may be from ours. Zero: 300 s.
	Tolerance time.Duration
	// Unsigned accepts requests of anybody: for a bench without a secret.
	Unsigned bool
	// Voices says how to speak, by the flow's name of a voice ("Karen") or by
	// language ("es", "es-MX"). What is not in it is spoken by Vonage's first voice
	// of the language.
	Voices map[string]Voice
	// RecordingHost is where recordings are, besides nexmo.com and vonage.com.
	RecordingHost string
}

// Codec is the codec. It is safe for concurrent use.
type Codec struct {
	keys      []key // none: unsigned
	tolerance time.Duration
	voices    voices
	// recordingHost is in small letters.
	recordingHost string
}

var _ telephony.Codec = (*Codec)(nil)

// New checks c.
func New(c Config) (*Codec, error) {
	keys, tolerance, err := newKeys(c)
	if err != nil {
		return nil, fmt.Errorf("vonage: %w", err)
	}
	voices, err := newVoices(c.Voices)
	if err != nil {
		return nil, fmt.Errorf("vonage: %w", err)
	}
	if !isHost(c.RecordingHost) {
		return nil, fmt.Errorf("vonage: recording_host is %q, expected a host, such as recordings.example.com", c.RecordingHost)
	}
	return &Codec{keys, tolerance, voices, strings.ToLower(c.RecordingHost)}, nil
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

// Name returns "vonage".
func (*Codec) Name() string { return Name }

// Capabilities says what Vonage can do.
func (*Codec) Capabilities() telephony.Capabilities {
	return telephony.Capabilities{
		MaxDigits: maxDigits,
		First:     telephony.Span{Least: minClock, Most: maxClock, Step: time.Second},
		Ring:      telephony.Span{Most: maxRinging, Step: time.Second},
		Talk:      telephony.Span{Most: maxTalk, Step: time.Second},
		Tape:      telephony.Span{Least: minRecording, Most: maxRecording, Step: time.Second},
		Silence:   telephony.Span{Least: minSilence, Most: maxSilence, Step: time.Second},
		// One clock counts for both the first key and the gap: the longer one asked for.
		Timeouts:          telephony.Clocks{FirstDigit: true},
		TerminatorVisible: false,
		BargeIn:           true,
		TypeAhead:         telephony.TypeAheadLossy,
		Partial:           true,
		Hold:              telephony.HoldRedirect,
		Transfer:          true,
		Refer:             false,
		Whisper:           true,
		// SIP endpoints have none.
		WhisperNumbersOnly: true,
		Context:            true,
		ContextSIPOnly:     true,
		ContextValue:       maxSIPHeader,
		Dials:              telephony.NumbersInternational,
		Shows:              telephony.NumbersInternational,
		Hints:              hints(),
		MaxSSML:            maxText,
		Record:             true,
		RecordSilence:      telephony.SilenceRecorded,
		RecordNotice:       true,
		HangupNotice:       true,
		HangupBy:           true,
		Audio:              true,
		SSML:               true,
		Speech:             true,
		Unclear:            true,
		Get:                true,
		OneClock:           telephony.OneClockLonger,
		FinishKeys:         "#",
		EntryKeys:          telephony.EveryKey,
		FinishAlone:        true,
		TransferReturns:    true,
		TransferLimit:      true,
		UnknownVoice:       telephony.VoiceLeftOut,
		Speaks:             strings.Fields(languages),
		AnswerWithin:       5 * time.Second,
	}
}

package twilio

import (
	"fmt"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Name is the platform's word in configuration and URLs.
const Name = "twilio"

// Header carries the signature.
const Header = "X-Twilio-Signature"

// Config is an account of Twilio, as callflow.yaml describes it.
type Config struct {
	// Tokens are the account's auth tokens. Any of them will do, so that a token
	// can be changed while calls run.
	Tokens []engine.Secret
	// Unsigned accepts requests of anybody: for a bench without an account.
	Unsigned bool
	// Voices says how to speak, by the flow's name of a voice ("Karen") or by
	// language ("es", "es-MX"). What is not in it is spoken by the account's
	// default voice.
	Voices map[string]Voice
	// ReferHost is the SIP host at which callers' own network takes telephone
	// numbers. Empty: no call can be handed over. Only calls that come by SIP can.
	ReferHost string
	// RecordingHost is where recordings are, besides twilio.com.
	RecordingHost string
}

// Codec is the codec. It is safe for concurrent use.
type Codec struct {
	signature     *signature
	voices        voices
	referHost     string
	recordingHost string
}

var _ telephony.Codec = (*Codec)(nil)

// New checks c.
func New(c Config) (*Codec, error) {
	signature, err := newSignature(c.Tokens, c.Unsigned)
	if err != nil {
		return nil, fmt.Errorf("twilio: %w", err)
	}
	voices, err := newVoices(c.Voices)
	if err != nil {
		return nil, fmt.Errorf("twilio: %w", err)
	}
	for _, h := range []struct{ name, host string }{{"refer_host", c.ReferHost}, {"recording_host", c.RecordingHost}} {
		if !isHost(h.host) {
			return nil, fmt.Errorf("twilio: %s is %q, expected a host, such as sip.example.com", h.name, h.host)
		}
	}
	return &Codec{signature, voices, c.ReferHost, strings.ToLower(c.RecordingHost)}, nil
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

// Name returns "twilio".
func (*Codec) Name() string { return Name }

// Capabilities says what Twilio can do.
func (c *Codec) Capabilities() telephony.Capabilities {
	return telephony.Capabilities{
		// One clock serves for the first key and for those after it.
		Timeouts:          telephony.Clocks{FirstDigit: true},
		TerminatorVisible: false,
		BargeIn:           true,
		TypeAhead:         telephony.TypeAheadNone,
		Partial:           true,
		Hold:              telephony.HoldRedirect,
		Transfer:          true,
		Refer:             c.referHost != "",
		Whisper:           true,
		Queue:             true,
		MusicWhole:        true,
		Context:           true,
		ContextSIPOnly:    true,
		ContextRoom:       maxHeaders,
		Hints:             hints(),
		MaxSSML:           maxSay,
		Record:            true,
		RecordSilence:     telephony.SilenceEmpty,
		RecordFailure:     true,
		HangupNotice:      true,
		Audio:             true,
		SSML:              true, // by the voices of Amazon and Google
		Speech:            true,
		Get:               true,
		OneClock:          telephony.OneClockTimeout,
		First:             telephony.Span{Most: maxRing * time.Second, Step: time.Second},
		Pause:             telephony.Span{Most: maxSpeech * time.Second, Step: time.Second},
		Ring:              telephony.Span{Least: minRing * time.Second, Most: maxRing * time.Second, Step: time.Second},
		Talk:              telephony.Span{Most: maxCall * time.Second, Step: time.Second},
		Tape:              telephony.Span{Most: maxRecord * time.Second, Step: time.Second},
		Silence:           telephony.Span{Step: time.Second},
		FinishKeys:        telephony.EveryKey,
		EntryKeys:         telephony.EveryKey,
		TransferReturns:   true,
		TransferLimit:     true,
		UnknownVoice:      telephony.VoiceLeftOut,
		MaxDocument:       maxDocument,
		AnswerWithin:      15 * time.Second,
	}
}

// Verify checks the signature. Twilio signs no time: a request is as good later as
// it was at first, and the turn in its URL makes a repeat harmless.
func (c *Codec) Verify(r telephony.Request, _ time.Time) error { return c.signature.verify(r) }

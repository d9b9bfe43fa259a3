package signalwire

import (
	"fmt"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Name is the platform's word in configuration and URLs.
const Name = "signalwire"

// Headers that carry a signature.
const (
	Header    = "X-Signalwire-Signature"
	Header256 = "X-Signalwire-Sha256-Signature"
)

// Config is a project of SignalWire, as callflow.yaml describes it.
type Config struct {
	// Keys are the project's signing keys. Any of them will do, so that a key can be
	// changed while calls run.
	Keys []engine.Secret
	// StatusPasswords are what status webhooks bring, which nobody signs. None: the
	// signing keys.
	StatusPasswords []engine.Secret
	// Unsigned accepts requests of anybody: for a bench without an account.
	Unsigned bool
	// Voices says how to speak, by the flow's name of a voice ("Karen") or by
	// language ("es", "es-MX"). What is not in it is spoken by SignalWire's own voice.
	Voices map[string]Voice
	// RecordingHost is where recordings are, besides signalwire.com.
	RecordingHost string
	// ReferHost is the SIP host at which callers' own network takes telephone numbers.
	// Empty: no call can be handed over. Only calls that come by SIP can.
	ReferHost string
}

// Codec is the codec. It is safe for concurrent use.
type Codec struct {
	signature     *signature
	seals         telephony.Seals // of the addresses of recordings; none: unsigned
	voices        voices
	recordingHost string
	referHost     string
}

var _ telephony.Codec = (*Codec)(nil)

// New checks c.
func New(c Config) (*Codec, error) {
	signature, err := newSignature(c.Keys, c.StatusPasswords, c.Unsigned)
	if err != nil {
		return nil, fmt.Errorf("signalwire: %w", err)
	}
	voices, err := newVoices(c.Voices)
	if err != nil {
		return nil, fmt.Errorf("signalwire: %w", err)
	}
	for _, h := range []struct{ name, host string }{{"recording_host", c.RecordingHost}, {"refer_host", c.ReferHost}} {
		if !isHost(h.host) {
			return nil, fmt.Errorf("signalwire: %s is %q, expected a host, such as sip.example.com", h.name, h.host)
		}
	}
	return &Codec{signature, telephony.NewSeals(c.Keys), voices, strings.ToLower(c.RecordingHost), c.ReferHost}, nil
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

// Name returns "signalwire".
func (*Codec) Name() string { return Name }

// Capabilities says what SignalWire can do.
func (c *Codec) Capabilities() telephony.Capabilities {
	return telephony.Capabilities{
		Timeouts:        telephony.Clocks{FirstDigit: true, InterDigit: true},
		BargeIn:         true,
		TypeAhead:       telephony.TypeAheadNone,
		Partial:         true,
		Hold:            telephony.HoldRedirect,
		Transfer:        true,
		Refer:           c.referHost != "",
		Whisper:         true,
		Context:         true,
		ContextSIPOnly:  true,
		Record:          true,
		RecordSilence:   telephony.SilenceFailed,
		RecordFailure:   true,
		RecordCalls:     true,
		HangupNotice:    true,
		Audio:           true,
		Speech:          true,
		Hints:           hints(),
		Unclear:         true,
		FinishKeys:      telephony.EveryKey,
		EntryKeys:       telephony.EveryKey,
		FinishAlone:     true,
		TransferReturns: true,
		TransferLimit:   true,
		First:           telephony.Span{Most: maxClock * time.Second, Step: tenth},
		Between:         telephony.Span{Most: maxClock * time.Second, Step: tenth},
		Pause:           telephony.Span{Most: maxClock * time.Second, Step: tenth},
		Ring:            telephony.Span{Most: maxClock * time.Second, Step: time.Second},
		Talk:            telephony.Span{Most: maxCall * time.Second, Step: time.Second},
		Tape:            telephony.Span{Most: maxRecord * time.Second, Step: tenth},
		Silence:         telephony.Span{Step: tenth},
		UnknownVoice:    telephony.VoiceLeftOut,
		AnswerWithin:    5 * time.Second,
	}
}

// Verify checks the signature. SignalWire signs no time: a request is as good later as
// it was at first, and the turn in its URL makes a repeat harmless.
//
// What it tells of a recording is not signed: it comes to an address that we have
// sealed.
func (c *Codec) Verify(r telephony.Request, _ time.Time) error {
	if good, there := c.seals.Sealed(r.URL); there && len(c.seals) > 0 && r.Route == telephony.RouteNotice && len(r.Header["Authorization"]) == 0 {
		if good {
			return nil
		}
		return fmt.Errorf("%w: the URL is not as we have given it to SignalWire; check that public_url is the address under which it reaches us", telephony.ErrSignature)
	}
	return c.signature.verify(r)
}

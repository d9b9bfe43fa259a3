package telnyx

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Name is the platform's word in configuration and URLs.
const Name = "telnyx"

// DefaultAPI is the address of Telnyx' API.
const DefaultAPI = "https://api.telnyx.com/v2"

// Config is an account of Telnyx, as callflow.yaml describes it.
type Config struct {
	// PublicKeys are the account's public keys, in Base64: what webhooks are signed
	// with. Any of them will do, so that a key can be changed while calls run.
	PublicKeys []engine.Secret
	// Tolerance is how far a signature's time may be from ours. Zero: 300 s.
	Tolerance time.Duration
	// Unsigned accepts events of anybody: for a bench without an account.
	Unsigned bool
	// APIKey is what commands are sent with.
	APIKey engine.Secret
	// API is where they are sent; empty: DefaultAPI.
	API string
	// Voices says how to speak, by the flow's name of a voice ("Karen") or by
	// language ("es", "es-MX").
	Voices map[string]Voice
	// ReferHost is the SIP host at which callers' own network takes telephone numbers.
	// Empty: no call can be handed over.
	ReferHost string
	// RecordingHost is where recordings are, besides Telnyx' own store.
	RecordingHost string
}

// Codec is the codec of Call Control. It is safe for concurrent use.
type Codec struct {
	signature *signature
	voices    voices
	api       string
	header    http.Header
	referHost string
	host      string // of recordings
}

var _ telephony.Commanding = (*Codec)(nil)

// New checks c.
func New(c Config) (*Codec, error) {
	signature, err := newSignature(c.PublicKeys, c.Tolerance, c.Unsigned)
	if err != nil {
		return nil, fmt.Errorf("telnyx: %w", err)
	}
	voices, err := newVoices(c.Voices, "female")
	if err != nil {
		return nil, fmt.Errorf("telnyx: %w", err)
	}
	if c.APIKey.Len() == 0 {
		return nil, errors.New("telnyx: no API key is set: commands could not be sent; set api_key")
	}
	if strings.ContainsAny(c.APIKey.Reveal(), " \t\r\n\x00") {
		return nil, errors.New("telnyx: the API key has a space or a line break in it: check where it is read from")
	}
	api := c.API
	if api == "" {
		api = DefaultAPI
	}
	api = strings.TrimRight(api, "/")
	if u, err := url.Parse(api); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("telnyx: api is %q, expected an address such as %s", c.API, DefaultAPI)
	}
	for _, h := range []struct{ name, host string }{{"recording_host", c.RecordingHost}, {"refer_host", c.ReferHost}} {
		if strings.Trim(h.host, hostLetters) != "" {
			return nil, fmt.Errorf("telnyx: %s is %q, expected a host, such as sip.example.com", h.name, h.host)
		}
	}
	return &Codec{signature, voices, api, http.Header{
		"Authorization": {"Bearer " + c.APIKey.Reveal()}, "Accept": {"application/json"},
	}, c.ReferHost, strings.ToLower(c.RecordingHost)}, nil
}

// Name returns "telnyx".
func (*Codec) Name() string { return Name }

// Capabilities says what Telnyx can do by commands.
func (c *Codec) Capabilities() telephony.Capabilities {
	return telephony.Capabilities{
		MaxDigits:       maxDigits,
		First:           telephony.Span{Least: minClock, Most: maxClock},
		Between:         telephony.Span{Least: minClock, Most: maxClock},
		Timeouts:        telephony.Clocks{FirstDigit: true, InterDigit: true},
		BargeIn:         true,
		TypeAhead:       telephony.TypeAheadNone,
		Partial:         true,
		Hold:            telephony.HoldRedirect,
		Transfer:        true,
		Refer:           c.referHost != "",
		Record:          true,
		RecordSilence:   telephony.SilenceEmpty,
		RecordFailure:   true,
		RecordCalls:     true,
		Context:         true,
		ContextSIPOnly:  true,
		Shows:           telephony.NumbersPlus,
		MaxSSML:         maxSaid,
		SSMLTags:        true,
		HangupNotice:    true,
		EntryKeys:       telephony.EveryKey,
		FinishAlone:     true,
		HangupBy:        true,
		Audio:           true,
		SSML:            true, // by the voices of Amazon
		FinishKeys:      telephony.EveryKey,
		TransferReturns: true,
		TransferLimit:   true,
		Ring:            telephony.Span{Least: minRing * time.Second, Most: maxRing * time.Second, Step: time.Second},
		Talk:            telephony.Span{Least: minTalk * time.Second, Most: maxTalk * time.Second, Step: time.Second},
		Tape:            telephony.Span{Most: maxRecord * time.Second, Step: time.Second},
		Silence:         telephony.Span{Step: time.Second},
		UnknownVoice:    telephony.VoiceLeftOut,
		Speaks:          languages(),
		AnswerWithin:    5 * time.Second,
	}
}

// Verify checks the signature.
func (c *Codec) Verify(r telephony.Request, at time.Time) error { return c.signature.verify(r, at) }

// API is where commands go, with the account's key.
func (c *Codec) API() (string, http.Header) { return c.api, c.header }

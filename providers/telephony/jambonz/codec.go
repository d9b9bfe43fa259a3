package jambonz

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Name is the platform's word in configuration and URLs.
const Name = "jambonz"

// Header carries the signature.
const Header = "Jambonz-Signature"

// Config is an account of jambonz, as callflow.yaml describes it.
type Config struct {
	// Secrets are the account's webhook secrets. Any of them will do, so that a
	// secret can be changed while calls run.
	Secrets []engine.Secret
	// Tolerance is how far a signature's time may be from ours. Zero: 300 s.
	Tolerance time.Duration
	// Unsigned accepts requests of anybody: for a bench without a secret.
	Unsigned bool
	// Voices says how to speak, by the flow's name of a voice ("Karen") or by
	// language ("es", "es-MX"). What is not in it is spoken as the jambonz
	// application is set up.
	Voices map[string]Voice
	// Recorder takes what callers say, where something does.
	Recorder Recorder
}

// Recorder is a server that jambonz streams audio to, because it keeps none
// itself: a first message of text with the metadata, then the audio.
type Recorder struct {
	// Stream is its WebSocket address. Empty: nothing can be recorded.
	Stream string
	// Files is where recordings are to be had, with {id} in the place of a
	// recording's id.
	Files string
	// Calls is the sip: address of a SIPREC server that whole calls are sent to.
	// Empty: they are not recorded.
	Calls string
}

func (r Recorder) check() error {
	switch {
	case r.Calls != "" && !isSIP(r.Calls):
		return fmt.Errorf("calls are recorded at %q, expected an address such as sip:recorder.example.com", r.Calls)
	case r.Stream == "" && r.Files == "":
		return nil
	case !strings.HasPrefix(r.Stream, "wss://") && !strings.HasPrefix(r.Stream, "ws://"):
		return fmt.Errorf("the recorder's stream is %q, expected an address such as wss://recorder.example.com/jambonz", r.Stream)
	case !telephony.IsWebAddress(r.Files) || strings.Count(r.Files, recordingMark) != 1:
		return fmt.Errorf("the recorder's files are at %q, expected an address such as https://recorder.example.com/{id}.wav", r.Files)
	}
	return nil
}

// isSIP tells whether s is the address of a SIP server.
func isSIP(s string) bool {
	to, ok := telephony.ParseTarget(s)
	return ok && to.SIP != ""
}

// recordingMark stands for a recording's id in the address of a file.
const recordingMark = "{id}"

// Codec is the codec. It is safe for concurrent use.
type Codec struct {
	signature *telephony.Signature
	voices    voices
	recorder  Recorder
}

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
		return nil, fmt.Errorf("jambonz: %w", err)
	}
	voices, err := newVoices(c.Voices)
	if err != nil {
		return nil, fmt.Errorf("jambonz: %w", err)
	}
	if err := c.Recorder.check(); err != nil {
		return nil, fmt.Errorf("jambonz: %w", err)
	}
	return &Codec{signature, voices, c.Recorder}, nil
}

// Name returns "jambonz".
func (*Codec) Name() string { return Name }

// Capabilities says what jambonz can do.
func (c *Codec) Capabilities() telephony.Capabilities {
	return telephony.Capabilities{
		First:   telephony.Span{Least: minClock, Most: maxClock},
		Between: telephony.Span{Least: minClock, Most: maxClock},
		Ring:    telephony.Span{Least: minClock, Most: maxClock},
		// There is no clock over the whole entry: each key starts the gap anew.
		Timeouts:          telephony.Clocks{FirstDigit: true, InterDigit: true},
		TerminatorVisible: false,
		BargeIn:           true,
		TypeAhead:         telephony.TypeAheadLossy,
		Partial:           true, // thanks to minDigits
		Hold:              telephony.HoldRedirect,
		Transfer:          true,
		Refer:             true,
		Whisper:           true,
		Queue:             true,
		RecordCalls:       c.recorder.Calls != "",
		Context:           true,
		Record:            c.recorder.Stream != "",
		RecordSilence:     telephony.SilenceEmpty,
		RecordFailure:     true,
		SilenceLeft:       true, // listen has no clock for it
		// Except for a call that was hung up before it was answered.
		HangupNotice:    true,
		HangupBy:        true,
		Audio:           true,
		SSML:            true, // by the voices of vendors that do
		Speech:          true, // by the application's recogniser
		Unclear:         true,
		FinishKeys:      telephony.EveryKey,
		EntryKeys:       telephony.EveryKey,
		FinishAlone:     true,
		TransferReturns: true,
		TransferLimit:   true,
		UnknownVoice:    telephony.VoiceLeftOut,
		AnswerWithin:    10 * time.Second,
	}
}

// Verify checks the signature. A GET cannot be verified: jambonz signs a body that
// it does not send then.
func (c *Codec) Verify(r telephony.Request, at time.Time) error {
	err := c.signature.Verify(r, at)
	if err != nil && r.Method == http.MethodGet {
		return fmt.Errorf("%w; jambonz signs nothing that a GET carries: set the hook's method to POST", err)
	}
	return err
}

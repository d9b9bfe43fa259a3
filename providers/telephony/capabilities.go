package telephony

import "time"

// Capabilities are what a platform can do. Zero durations and counts mean: no
// bound known.
type Capabilities struct {
	MaxDigits int `json:"max_digits"`
	// ListenDigits bounds those of a question that listens, where they are fewer: one for
	// more is entered by its keys alone.
	ListenDigits int `json:"listen_digits"`
	// First, Between and Whole are the clocks of an entry: to its first key, between two,
	// and over all of it. Timeouts says which of them there are.
	First    Span   `json:"-"`
	Between  Span   `json:"-"`
	Whole    Span   `json:"-"`
	Timeouts Clocks `json:"clocks"`
	// Listen and ListenGap are the first two of a question that listens, where it has
	// others. Pause is the pause that ends what is said to one that takes more than a
	// choice, which is the time between keys.
	Listen    Span `json:"-"`
	ListenGap Span `json:"-"`
	Pause     Span `json:"-"`
	// OneClock is what the only clock counts, where there is none between keys.
	OneClock OneClock `json:"one_clock"`
	// FinishKeys can end an entry: those of EveryKey, or fewer.
	FinishKeys string `json:"finish_keys"`
	// FinishAlone: such a key with nothing before it is told from silence.
	FinishAlone bool `json:"finish_alone"`
	// EntryKeys are those that are told of an entry for which no options are given:
	// EveryKey, or fewer. One with another key among them is told as an entry without keys.
	EntryKeys         string    `json:"entry_keys"`
	TerminatorVisible bool      `json:"terminator_visible"`
	BargeIn           bool      `json:"barge_in"`
	TypeAhead         TypeAhead `json:"type_ahead"`
	Partial           bool      `json:"partial"` // an entry cut short by a clock arrives
	Hold              Hold      `json:"hold"`
	Transfer          bool      `json:"transfer"`
	Refer             bool      `json:"refer"`   // a transfer that hands the call over
	Whisper           bool      `json:"whisper"` // words for whoever takes a transfer
	// WhisperNumbersOnly: they reach a telephone number and no sip: address.
	WhisperNumbersOnly bool `json:"whisper_numbers_only"`
	Context            bool `json:"context"` // header fields for their side
	// ContextSIPOnly: header fields reach a sip: address and no telephone number.
	ContextSIPOnly bool `json:"context_sip_only"`
	// ContextValue is how much one of them says, in bytes: the rest is cut off.
	// ContextRoom is how much all of them do, in characters as they stand in an address:
	// those that have no room are left out. ContextKept are beginnings of names that the
	// platform keeps for itself, behind X- and without hyphens, in small letters.
	ContextValue int      `json:"context_value"`
	ContextRoom  int      `json:"context_room"`
	ContextKept  []string `json:"context_kept"`
	// Dials are the numbers that a transfer may lead to: others are refused. Shows are
	// those that it may show whoever takes it: of others nothing is shown, or what the
	// platform shows by itself.
	Dials Numbers `json:"dials"`
	Shows Numbers `json:"shows"`
	// TransferReturns: what comes of a transfer is told while the caller is there, so
	// that the flow goes on with them. TransferLimit: a conversation can be ended when
	// its time is up.
	TransferReturns bool `json:"transfer_returns"`
	TransferLimit   bool `json:"transfer_limit"`
	// Ring and Talk are how long a transfer may ring, and last. RingNumbersOnly: a sip:
	// address rings as long as the platform lets it.
	Ring            Span `json:"-"`
	Talk            Span `json:"-"`
	RingNumbersOnly bool `json:"ring_numbers_only"`
	Queue           bool `json:"queue"` // callers wait for somebody
	// MusicWhole: those who wait hear music to its end, whatever is due by then.
	MusicWhole  bool `json:"music_whole"`
	Record      bool `json:"record"`       // what a caller says
	RecordCalls bool `json:"record_calls"` // whole calls, with pauses
	// RecordNotice: where a recording can be had is told later, by a notice.
	RecordNotice bool `json:"record_notice"`
	// Tape is how long a recording of what a caller says may be, and Silence the pause that
	// ends it. SilenceLeft: the platform ends it by none, and only hands on what was asked
	// for to whoever records.
	Tape        Span `json:"-"`
	Silence     Span `json:"-"`
	SilenceLeft bool `json:"silence_left"`
	// RecordSilence is what a recording is told as in which nothing was said. RecordFailure:
	// one that failed is told as that; elsewhere as one that was made.
	RecordSilence RecordSilence `json:"record_silence"`
	RecordFailure bool          `json:"record_failure"`
	HangupNotice  bool          `json:"hangup_notice"`
	// HangupBy: that notice tells who hung up.
	HangupBy bool `json:"hangup_by"`
	// Audio: recordings are played from an address. SSML: what is marked up is
	// spoken so, at least by some voices.
	Audio bool `json:"audio"`
	SSML  bool `json:"ssml"`
	// Speech: what is said to a question arrives, beside its keys.
	Speech bool `json:"speech"`
	// Hints bound the words that such a question is told to expect.
	Hints Hints `json:"hints"`
	// MaxSSML is the longest marked-up text that is spoken so, in characters; SSMLTags:
	// its tags count too. Of a longer one the plain text is spoken.
	MaxSSML  int  `json:"max_ssml"`
	SSMLTags bool `json:"ssml_tags"`
	// Unclear: words that were not understood are told from silence.
	Unclear bool `json:"unclear"`
	// Speaks are the languages of the platform's own voices, as BCP 47 tags in its own
	// writing, of several for one language the commonest first; nil: those of the speech
	// services that it is set up with.
	Speaks []string `json:"speaks"`
	// UnknownVoice is what becomes of a flow's voice that nothing has named for the
	// platform.
	UnknownVoice UnknownVoice `json:"unknown_voice"`
	// MaxDocument bounds an answer, in bytes.
	MaxDocument int `json:"max_document"`
	// Get: webhooks may come by GET.
	Get          bool          `json:"get"`
	AnswerWithin time.Duration `json:"answer_within"`
}

// Clocks tells which of the three clocks a platform has.
type Clocks struct {
	FirstDigit bool `json:"first_digit"`
	InterDigit bool `json:"inter_digit"`
	Total      bool `json:"total"`
}

// OneClock is how a platform keeps the time of an entry by one clock.
type OneClock string

// OneClockTimeout: the time to the first key serves between keys too. OneClockLonger:
// of the times to the first key and between keys the longer serves for both.
const (
	OneClockTimeout OneClock = "timeout"
	OneClockLonger  OneClock = "longer"
)

// EveryKey are the keys of a telephone.
const EveryKey = "0123456789*#"

// Digits are the keys that numbers are made of.
const Digits = "0123456789"

// RecordSilence is what a platform tells of a recording in which nothing was said.
type RecordSilence string

// SilenceEmpty: that nothing was said. SilenceRecorded: that it was made, as of every
// other. SilenceFailed: that it failed.
const (
	SilenceEmpty    RecordSilence = "empty"
	SilenceRecorded RecordSilence = "recorded"
	SilenceFailed   RecordSilence = "failed"
)

// TypeAhead is what becomes of keys pressed before they are asked for.
type TypeAhead string

// Kept keys always arrive; lossy ones are dropped while a hook is being
// answered; none means that only keys pressed during a gather count.
const (
	TypeAheadKept  TypeAhead = "kept"
	TypeAheadLossy TypeAhead = "lossy"
	TypeAheadNone  TypeAhead = "none"
)

// Hold is how a caller is kept while an effect runs.
type Hold string

// HoldRedirect: the document ends in a redirect to us. HoldNone: the answer has
// to wait for the effect.
const (
	HoldRedirect Hold = "redirect"
	HoldNone     Hold = "none"
)

// UnknownVoice is what becomes of a voice that a flow names and no setting does.
type UnknownVoice string

// VoiceLeftOut: a voice of the platform's own speaks, that of the text's language.
// VoicePassedOn: the platform is told the name.
const (
	VoiceLeftOut  UnknownVoice = "left out"
	VoicePassedOn UnknownVoice = "passed on"
)

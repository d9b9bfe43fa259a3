package engine

import (
	"regexp"
	"time"
)

// Verb is an instruction for the call. The family is closed: the types of this
// file. A turn's verbs are played in order.
type Verb interface{ verb() }

// Say speaks plain text, or plays a recording of it. Text is never markup: a codec
// escapes it for its platform. BargeIn tells whether a key may cut it off.
type Say struct {
	Text string
	// Audio is played instead of Text where the platform can: the https address of
	// a file, or FLOW/FILE for one beside a flow, until a server has put the address
	// at which it serves it in its place. "": there is none, and Text is spoken.
	Audio string
	// SSML is Text marked up for a platform that speaks SSML: a whole <speak>
	// element, in which values are escaped. "": there is none.
	SSML    string
	Lang    string // BCP 47
	Voice   string // the flow's name of a voice; a codec maps it or leaves it out
	BargeIn bool
}

// IsSilent tells that there is nothing to say.
func (s Say) IsSilent() bool { return s.Text == "" && s.Audio == "" }

// Gather plays its prompts and collects one entry. It is always one attempt:
// the engine counts.
type Gather struct {
	Prompts []Say
	// Min and Max bound the number of keys, terminator not counted; Min is at
	// least 1.
	Min, Max int
	// Terminator is the key that ends the entry, or "".
	Terminator string
	// Options are what can be chosen, sorted, where the question is a choice: the keys of a
	// menu, of its pages, of a confirm, and those that are valid everywhere. In the middle
	// of one they are what may follow. A platform that can end an entry by them does so at
	// once. nil: whatever is entered is the caller's own, such as a number.
	Options []string
	// Pattern, where it is not nil, and Luhn are what an entry is judged by. Platforms are
	// not told: it is for whoever has to make up another one.
	Pattern *regexp.Regexp
	Luhn    bool
	// Timeout runs from the end of the prompts to the first key, InterDigit
	// between keys, MaxDuration over the whole entry (zero: no bound).
	Timeout, InterDigit, MaxDuration time.Duration
	// Secret keys must not be logged or recorded by the platform.
	Secret bool
	// Flush drops keys pressed before the prompts start.
	Flush bool
	// BargeIn tells whether a key stops the prompts.
	BargeIn bool
	// Speech tells that what is said counts too, where the platform can listen; nil:
	// keys only.
	Speech *Listen
}

// Listen is what a platform is told of a question that listens.
type Listen struct {
	Lang  string   // BCP 47
	Hints []string // what may be said: help, no bound
}

// Dial connects the caller to To and comes back when that has ended.
type Dial struct {
	To, From string
	Timeout  time.Duration // how long it may ring
	// Limit bounds the conversation; zero: no bound.
	Limit time.Duration
	// Refer asks the caller's own network to connect them, so that the call leaves
	// the platform and us.
	Refer bool
	// Whispers tells that Program.Aside has words for whoever takes the call. The
	// platform asks for them when they have, before the two are connected.
	Whispers bool
	// Context is what the other side is told in header fields: X- and the name.
	Context []Header
}

// RecordVoice records the caller and comes back when that is over.
type RecordVoice struct {
	// ID names the recording, in letters, digits and -.
	ID string
	// Max bounds the recording, Silence is how long a pause ends it.
	Max, Silence time.Duration
	// Terminator is the key that ends it, or "".
	Terminator string
	Beep       bool // a tone first
}

// Replay plays a recording that the caller has made.
type Replay struct{ URL string }

// CallRecording begins the recording of the whole call, or lets it rest for a while.
// A platform that cannot record calls passes over it.
type CallRecording struct{ Do RecordingDo }

// RecordingDo is what a CallRecording does.
type RecordingDo string

// What a CallRecording does. A pause while it rests, and a resume while it runs,
// change nothing.
const (
	RecordingStart  RecordingDo = "start"
	RecordingPause  RecordingDo = "pause"
	RecordingResume RecordingDo = "resume"
)

// Enqueue puts the caller into a queue until somebody takes the call, and comes
// back when the two have talked or the caller has left. Meanwhile the platform asks
// with QueueWaiting what they hear; the answer holds Say, Music, Pause and Leave.
type Enqueue struct {
	Queue string // a name: letters, digits, _ and -
	// Again is set for a caller who left to hear an offer and goes on waiting.
	Again bool
}

// Music plays a recording to a caller who waits, over and over, for a time.
type Music struct {
	Audio  string // as Say.Audio
	Length time.Duration
}

// Leave takes a caller out of the queue.
type Leave struct{}

// Pause is silence.
type Pause struct{ Length time.Duration }

// Continue brings the platform straight back to us for the next turn, after
// what stands before it has been said. It holds a caller while an effect runs.
type Continue struct{}

// Hangup ends the call.
type Hangup struct{}

func (Say) verb()           {}
func (Gather) verb()        {}
func (Dial) verb()          {}
func (RecordVoice) verb()   {}
func (Replay) verb()        {}
func (CallRecording) verb() {}
func (Enqueue) verb()       {}
func (Music) verb()         {}
func (Leave) verb()         {}
func (Pause) verb()         {}
func (Continue) verb()      {}
func (Hangup) verb()        {}

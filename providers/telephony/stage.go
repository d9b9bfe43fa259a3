package telephony

// Stage is what a webhook tells of a call that we have made.
type Stage string

// The stages. Rejected is a decision of the other side, or a number that is none; Beep
// is when a machine has said what it says; Unsure is a platform that could not find out
// who answered.
const (
	StageRinging   Stage = "ringing"
	StageAnswered  Stage = "answered"
	StageHuman     Stage = "human"
	StageMachine   Stage = "machine"
	StageBeep      Stage = "beep"
	StageUnsure    Stage = "unsure"
	StageBusy      Stage = "busy"
	StageNoAnswer  Stage = "no_answer"
	StageRejected  Stage = "rejected"
	StageFailed    Stage = "failed"
	StageCompleted Stage = "completed"
)

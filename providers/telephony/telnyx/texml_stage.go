package telnyx

import (
	"strings"

	"callflow/providers/telephony"
)

// stage reads how far a call that we have made has come.
func (f *form) stage() telephony.Stage {
	if f.parent != "" {
		return ""
	}
	switch who := f.answeredBy; {
	case who == "human":
		return telephony.StageHuman
	case strings.HasPrefix(who, "machine_end"):
		return telephony.StageBeep
	case strings.HasPrefix(who, "machine"), strings.HasPrefix(who, "fax"):
		return telephony.StageMachine
	case who == "unknown", who == "not_sure":
		return telephony.StageUnsure
	}
	switch f.status {
	case "ringing":
		return telephony.StageRinging
	case "in-progress", "answered":
		return telephony.StageAnswered
	case "completed":
		return telephony.StageCompleted
	case "busy":
		return telephony.StageBusy
	case "no-answer", "canceled":
		return telephony.StageNoAnswer
	case "failed":
		return telephony.StageFailed
	}
	return ""
}

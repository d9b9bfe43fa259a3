package sinch

import "callflow/providers/telephony"

// who tells who has answered a call that we have made, where Sinch has found out.
func (e *event) who() telephony.Stage {
	switch e.detected {
	case "human":
		return telephony.StageHuman
	case "machine":
		if e.detail == "beep" {
			return telephony.StageBeep
		}
		return telephony.StageMachine
	case "notsure":
		return telephony.StageUnsure
	}
	return ""
}

// noticed is what a notice tells of who has answered.
func (e *event) noticed() telephony.Stage {
	switch e.notice {
	case "amd":
		return e.who()
	case "amd_beep":
		return telephony.StageBeep
	}
	return ""
}

// endStage tells how a call that we have made ended.
func (e *event) endStage() telephony.Stage {
	switch e.ended {
	case "ANSWERED":
		return telephony.StageCompleted
	case "BUSY":
		return telephony.StageBusy
	case "NOANSWER":
		return telephony.StageNoAnswer
	}
	switch e.disconnected {
	case "TIMEOUT", "CANCEL":
		return telephony.StageNoAnswer
	case "BLOCKED", "USERNOTFOUND":
		return telephony.StageRejected
	}
	return telephony.StageFailed
}

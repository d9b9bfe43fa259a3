package telnyx

import "callflow/providers/telephony"

// stage reads how far a call that we have made has come.
func (e *event) stage() telephony.Stage {
	switch e.kind {
	case "call.answered":
		return telephony.StageAnswered
	case "call.machine.detection.ended", "call.machine.premium.detection.ended":
		switch e.result {
		case "human", "human_residence", "human_business":
			return telephony.StageHuman
		case "machine", "fax_detected":
			return telephony.StageMachine
		}
		return telephony.StageUnsure
	case "call.machine.greeting.ended", "call.machine.premium.greeting.ended":
		return telephony.StageBeep // or none will come
	case "call.hangup":
		return e.endStage()
	}
	return ""
}

// endStage tells how a call ended: by Telnyx' cause, and where that says nothing by the
// status that SIP had for it.
func (e *event) endStage() telephony.Stage {
	switch e.cause {
	case "normal_clearing", "time_limit":
		return telephony.StageCompleted
	case "user_busy":
		return telephony.StageBusy
	case "timeout", "no_answer", "originator_cancel":
		return telephony.StageNoAnswer
	case "call_rejected", "not_found":
		return telephony.StageRejected
	}
	switch e.sipCause {
	case "403", "404", "410", "484", "603", "604", "607", "608":
		return telephony.StageRejected
	case "408", "480", "487":
		return telephony.StageNoAnswer
	case "486", "600":
		return telephony.StageBusy
	}
	return telephony.StageFailed
}

package jambonz

import "callflow/providers/telephony"

// stage reads how far a call that we have made has come: from the call status hook, and
// from that of the detection of machines, which comes to the same address. Records of
// the other leg of a transfer tell nothing.
func (r *record) stage() telephony.Stage {
	if word, ok := r.detected.Text(); ok {
		switch word {
		case "amd_human_detected":
			return telephony.StageHuman
		case "amd_machine_detected":
			return telephony.StageMachine
		case "amd_machine_stopped_speaking":
			return telephony.StageBeep
		case "amd_no_speech_detected", "amd_decision_timeout", "amd_error":
			return telephony.StageUnsure
		}
		return "" // a tone: the greeting may go on
	}
	if r.parentSID.IsSet() {
		return ""
	}
	status, _ := r.status.Text()
	code := ""
	if r.sipStatus.IsSet() {
		code, _ = r.sipStatus.Text()
	}
	switch status {
	case "ringing", "early-media":
		return telephony.StageRinging
	case "in-progress":
		return telephony.StageAnswered
	case "completed":
		return telephony.StageCompleted
	case "no-answer":
		return telephony.StageNoAnswer
	case "busy", "failed":
		return failedStage(code, status)
	}
	return ""
}

// failedStage tells why a call did not come about, by the status that SIP had for it:
// jambonz calls a call that was declined busy too.
func failedStage(code, status string) telephony.Stage {
	switch code {
	case "403", "404", "410", "484", "603", "604", "607", "608":
		return telephony.StageRejected
	case "408", "480", "487":
		return telephony.StageNoAnswer
	case "486", "600":
		return telephony.StageBusy
	}
	if status == "busy" {
		return telephony.StageBusy
	}
	return telephony.StageFailed
}

package vonage

import "callflow/providers/telephony"

// stage reads how far a call that we have made has come.
func (w *webhook) stage() telephony.Stage {
	switch status, _ := w.status.Text(); status {
	case "ringing":
		return telephony.StageRinging
	case "answered":
		return telephony.StageAnswered
	case "human":
		return telephony.StageHuman
	case "machine":
		if w.subState.Is("beep_start") || w.subState.Is("beep_timeout") {
			return telephony.StageBeep // or none will come
		}
		return telephony.StageMachine
	case "completed", "disconnected":
		return telephony.StageCompleted
	case "busy":
		return telephony.StageBusy
	case "timeout", "unanswered", "cancelled":
		return telephony.StageNoAnswer
	case "rejected":
		return telephony.StageRejected
	case "failed":
		return telephony.StageFailed
	}
	return ""
}

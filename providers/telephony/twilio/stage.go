package twilio

import (
	"strings"

	"callflow/providers/telephony"
)

// answered reads who has answered a call that we have made, where Twilio was asked to
// find out. A fax is a machine that never finishes; that it is one is all we need.
func (m *message) answered() telephony.Stage {
	switch who := m.values[answeredBy]; {
	case who == "human":
		return telephony.StageHuman
	case strings.HasPrefix(who, "machine_end"):
		return telephony.StageBeep
	case strings.HasPrefix(who, "machine"), who == "fax":
		return telephony.StageMachine
	case who == "unknown":
		return telephony.StageUnsure
	}
	return ""
}

// stage reads how far a call that we have made has come.
func (m *message) stage() telephony.Stage {
	if m.values[parentSID] != "" {
		return ""
	}
	switch m.values[callStatus] {
	case "ringing":
		return telephony.StageRinging
	case "in-progress":
		return telephony.StageAnswered
	case "completed":
		return telephony.StageCompleted
	case "busy":
		return telephony.StageBusy
	case "no-answer", "canceled":
		return telephony.StageNoAnswer
	case "failed":
		switch m.values[sipCode] {
		case "403", "404", "410", "484", "603", "604", "607", "608":
			return telephony.StageRejected
		}
		return telephony.StageFailed
	}
	return ""
}

package plivo

import (
	"strings"

	"callflow/providers/telephony"
)

// stage reads how far a call that we have made has come. That somebody has answered is
// told by the answer URL being asked.
func (m *message) stage() telephony.Stage {
	switch m.values[event] {
	case "MachineDetection":
		if strings.EqualFold(m.values[machine], "true") {
			return telephony.StageMachine
		}
		return telephony.StageHuman
	case "Ring":
		return telephony.StageRinging
	}
	switch m.values[callStatus] {
	case "ringing":
		return telephony.StageRinging
	case "completed":
		return telephony.StageCompleted
	case "busy":
		return telephony.StageBusy
	case "no-answer", "timeout", "cancel":
		return telephony.StageNoAnswer
	case "failed":
		switch m.values[hangupCode] {
		case "2000", "3000", "3010", "3020", "3080", "3090": // none such, blocked, or turned down
			return telephony.StageRejected
		}
		return telephony.StageFailed
	}
	return ""
}

package twilio

import "callflow/providers/telephony"

// document is an answer being written.
type document struct {
	telephony.XML
	voices voices
}

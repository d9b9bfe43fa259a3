package twilio

import "callflow/providers/telephony"

// complaint is an alarm about a mistake of ours, as Twilio sees it. Numbers are
// hidden in alarms, so that its codes are told in words.
func complaint(code, text string) string {
	what := "an error"
	switch code {
	case "11100":
		what = "an address that cannot be read"
	case "11200":
		what = "a webhook that failed"
	case "11205":
		what = "a webhook that could not connect"
	case "11210":
		what = "a webhook whose host name is bad"
	case "11220", "11237":
		what = "a webhook whose certificate is bad"
	case "11750":
		what = "a document that is too long"
	case "11751":
		what = "a recording to play that is too long"
	case "12100":
		what = "a document that is not well-formed"
	case "12200":
		what = "a document with something unknown in it"
	case "12300":
		what = "an answer of an unknown content type"
	case "12400":
		what = "a fault of its own"
	case "13221", "13223", "13224", "13225", "13227":
		what = "a number that cannot be dialled"
	case "13214":
		what = "a caller's number that cannot be shown"
	case "13512", "13520", "13521":
		what = "a text that cannot be spoken"
	case "16101", "16102":
		what = "a recording that is empty"
	}
	return telephony.AlarmText("twilio reports "+what, text)
}

// payloadComplaint reads an event of Twilio's debugger: JSON within the form.
func payloadComplaint(payload string) string {
	var code, text string
	err := telephony.ReadObject([]byte(payload), func(name []byte, value telephony.Value) error {
		switch string(name) {
		case "error_code":
			code, _ = value.Text()
		case "more_info":
			if !value.IsObject() {
				return nil
			}
			return telephony.ReadObject(value, func(name []byte, value telephony.Value) error {
				if string(name) == "Msg" || string(name) == "msg" {
					text, _ = value.Text()
				}
				return nil
			})
		}
		return nil
	})
	if err != nil {
		code, text = "", ""
	}
	return complaint(code, text)
}

// complaintCall is the call that such an event is about, or "".
func complaintCall(payload string) (id string) {
	_ = telephony.ReadObject([]byte(payload), func(name []byte, value telephony.Value) error {
		if string(name) == "resource_sid" {
			id, _ = value.Text()
		}
		return nil
	})
	if len(id) > maxID {
		return ""
	}
	return id
}

package services

import "callflow/engine"

// verdict is what an HTTP answer, or the lack of one, means.
type verdict struct {
	request, action engine.Answer
	// retry: the same may go well in a moment.
	retry bool
	// alarm is what an operator must mend, or "".
	alarm string
}

// outage is the verdict on everything that is not an answer.
var outage = verdict{request: engine.AnswerError, action: engine.AnswerPending, retry: true}

// The alarms.
const (
	alarmCredentials = "service refuses our credentials: check its headers"
	alarmRedirect    = "service redirects, which is not followed: put its final URL into the configuration"
	alarmAddress     = "service resolves to an address that is not public: if that is meant, say private: true"
)

// judge is the one table of HTTP answers.
func judge(status int) verdict {
	switch {
	case status >= 200 && status < 300:
		return verdict{request: engine.AnswerOK, action: engine.AnswerDone}
	case status == 401, status == 403:
		// Ours, not the caller's: an action waits until they are mended.
		return verdict{request: engine.AnswerError, action: engine.AnswerPending, alarm: alarmCredentials}
	case status == 404:
		return verdict{request: engine.AnswerNotFound, action: engine.AnswerRejected}
	case status == 408, status == 425, status == 429, status >= 500:
		return outage
	case status >= 400:
		return verdict{request: engine.AnswerError, action: engine.AnswerRejected}
	default: // a redirect, or nothing that ends an exchange
		return verdict{request: engine.AnswerError, action: engine.AnswerPending, alarm: alarmRedirect}
	}
}

package services

import (
	"errors"

	"callflow/engine"
	"callflow/engine/runner"
)

// verdict is what an HTTP answer, or the lack of one, means.
type verdict struct {
	request, action engine.Answer
	// retry: the same may go well in a moment.
	retry bool
	// mend is what an operator must see to, or nil.
	mend error
}

// outage is the verdict on everything that is not an answer.
var outage = verdict{request: engine.AnswerError, action: engine.AnswerPending, retry: true}

// What an operator must see to, besides runner.ErrCredentials.
var (
	errRedirect = errors.New("redirects are not followed; put the final URL into the configuration")
	errAddress  = errors.New("the address is not public; if that is meant, say private: true")
)

// judge is the one table of HTTP answers.
func judge(status int) verdict {
	switch {
	case status >= 200 && status < 300:
		return verdict{request: engine.AnswerOK, action: engine.AnswerDone}
	case status == 401, status == 403:
		// Ours, not the caller's: an action waits until they are mended.
		return verdict{request: engine.AnswerError, action: engine.AnswerPending, mend: runner.ErrCredentials}
	case status == 404:
		return verdict{request: engine.AnswerNotFound, action: engine.AnswerRejected}
	case status == 408, status == 425, status == 429, status >= 500:
		return outage
	case status >= 400:
		return verdict{request: engine.AnswerError, action: engine.AnswerRejected}
	default: // a redirect, or nothing that ends an exchange
		return verdict{request: engine.AnswerError, action: engine.AnswerPending, mend: errRedirect}
	}
}

package runner

import (
	"errors"
	"net/http"

	"callflow/engine"
)

// ErrRedirect means that a service answered with a redirect, which is not followed.
var ErrRedirect = errors.New("redirects are not followed; put the final URL into the configuration")

// Verdict is what an HTTP answer means for a flow.
type Verdict struct {
	Request, Action engine.Answer
	// Retry: the same may go well in a moment.
	Retry bool
	// Mend is what an operator must see to, or nil: ErrCredentials, ErrRedirect.
	Mend error
}

// Outage is the verdict on everything that is not an answer.
func Outage() Verdict {
	return Verdict{Request: engine.AnswerError, Action: engine.AnswerPending, Retry: true}
}

// Judge is the one table of HTTP answers (design, section 3). Stand-ins in
// simulations answer by it as the client of real services does.
func Judge(status int) Verdict {
	switch {
	case status >= 200 && status < 300:
		return Verdict{Request: engine.AnswerOK, Action: engine.AnswerDone}
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		// Ours, not the caller's: an action waits until they are mended.
		return Verdict{Request: engine.AnswerError, Action: engine.AnswerPending, Mend: ErrCredentials}
	case status == http.StatusNotFound:
		return Verdict{Request: engine.AnswerNotFound, Action: engine.AnswerRejected}
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests, status >= 500:
		return Outage()
	case status >= 400:
		return Verdict{Request: engine.AnswerError, Action: engine.AnswerRejected}
	default: // a redirect, or nothing that ends an exchange
		return Verdict{Request: engine.AnswerError, Action: engine.AnswerPending, Mend: ErrRedirect}
	}
}

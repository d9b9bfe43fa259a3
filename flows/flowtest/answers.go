package flowtest

import (
	"fmt"
	"net/http"

	"callflow/engine"
)

// answerTo is the table of HTTP answers (design, section 3) as far as a stand-in
// can give them.
func answerTo(status int, action bool) engine.Answered {
	detail := fmt.Sprintf("HTTP %d", status)
	good, bad, again := engine.AnswerOK, engine.AnswerError, engine.AnswerError
	if action {
		good, bad, again = engine.AnswerDone, engine.AnswerRejected, engine.AnswerPending
	}
	switch {
	case status >= 200 && status < 300:
		return engine.Answered{Result: good, Detail: detail}
	case status == http.StatusNotFound && !action:
		return engine.Answered{Result: engine.AnswerNotFound, Detail: detail}
	case status == http.StatusUnauthorized, status == http.StatusForbidden,
		status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests,
		status >= 500, status < 400:
		return engine.Answered{Result: again, Detail: detail}
	}
	return engine.Answered{Result: bad, Detail: detail}
}

package gateway

import (
	"net/http"
	"time"
)

// Outcome is what became of a request for a message.
type Outcome string

// The outcomes.
const (
	Delivered   Outcome = "delivered"   // a vendor took the message
	Repeated    Outcome = "repeated"    // it had been taken before, and was not sent again
	Unsigned    Outcome = "unsigned"    // the request is not signed as agreed
	Malformed   Outcome = "malformed"   // the request makes no sense
	Limited     Outcome = "limited"     // a limit is reached
	Spent       Outcome = "spent"       // the day's budget is
	Blocked     Outcome = "blocked"     // the number, its country or its carrier gets no messages
	Refused     Outcome = "refused"     // the vendor decided so
	Outage      Outcome = "outage"      // no sender was available
	Credentials Outcome = "credentials" // a vendor does not accept our credentials
	Setup       Outcome = "setup"       // a vendor's account is not set up for it
	Doubtful    Outcome = "doubtful"    // nobody knows whether it was sent; it is not sent again
	StoreDown   Outcome = "storedown"   // the store does not answer: nothing is sent uncounted
)

// Verdict is what became of a request, and why.
type Verdict struct {
	Outcome Outcome
	// Reason is for the log and for whoever asked. It holds no number, no code and
	// nothing of the text.
	Reason string
	// Sender is who took the message, or was the last to be asked.
	Sender string
	// After is when to ask again, of one that is limited.
	After time.Duration
}

// Sent tells whether the recipient has the message, as far as anybody knows.
func (v Verdict) Sent() bool { return v.Outcome == Delivered || v.Outcome == Repeated }

// Status is what Auth0 is answered. 200 alone means delivered: of everything else
// the caller hears that no code could be sent.
func (v Verdict) Status() int {
	switch v.Outcome {
	case Delivered, Repeated:
		return http.StatusOK
	case Unsigned:
		return http.StatusUnauthorized
	case Malformed:
		return http.StatusBadRequest
	case Limited, Spent:
		return http.StatusTooManyRequests
	case Blocked, Refused:
		return http.StatusForbidden
	case StoreDown:
		return http.StatusServiceUnavailable
	default:
		return http.StatusBadGateway
	}
}

// again tells whether the same message may be tried again after this.
func (o Outcome) again() bool {
	switch o {
	case Limited, Spent, Outage, Credentials, Setup, StoreDown:
		return true
	}
	return false
}

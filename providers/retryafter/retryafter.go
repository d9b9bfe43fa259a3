// Package retryafter reads how long a service asks to be left alone.
package retryafter

import (
	"net/http"
	"strconv"
	"time"
)

// most bounds what is believed.
const most = 1<<16 - 1

// Wait is what the header Retry-After asks for at the instant now: seconds, or a date,
// RFC 9110 section 10.2.3. Zero where it does not ask, or for a time that is over; eighteen
// hours at most.
func Wait(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil {
		return time.Duration(min(seconds, most)) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), most*time.Second)
}

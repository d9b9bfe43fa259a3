package player

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// retries say how often a hook that failed is sent again, and after what. The zero
// value is never.
type retries struct {
	count int
	// policy are the failures: ct where nobody is reached or a connection breaks, rt
	// where an answer is late, 4xx, 5xx, a status, or all.
	policy []string
	// pauses are the times between; the last repeats. None: at once.
	pauses []time.Duration
}

// after tells whether a hook is sent again that failed with this error: after an answer
// with this status, or none.
func (r retries) after(status int, err error) bool {
	var why string
	var late interface{ Timeout() bool }
	switch {
	case status == 0 && errors.As(err, &late) && late.Timeout():
		why = "rt"
	case status == 0:
		why = "ct"
	case status >= 500:
		why = "5xx"
	case status >= 400:
		why = "4xx"
	default:
		return false // a document with a fault
	}
	return slices.Contains(r.policy, why) || slices.Contains(r.policy, "all") || slices.Contains(r.policy, strconv.Itoa(status))
}

// with are the retries that the fragment of an address asks for: rc=2&rp=5xx,ct.
func (r retries) with(fragment string) (retries, error) {
	for pair := range strings.SplitSeq(fragment, "&") {
		switch name, value, _ := strings.Cut(pair, "="); name {
		case "rc":
			n, err := strconv.Atoi(value)
			if err != nil || n < 0 || n > 5 {
				return r, fmt.Errorf("the retry count %q is not from 0 to 5", value)
			}
			r.count = n
		case "rp":
			r.policy = strings.Split(value, ",")
		}
	}
	return r, nil
}

package gateway

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rate is so many messages in a window, which begins with the first of them.
type Rate struct {
	N      int
	Window time.Duration
}

// The bounds of a Rate.
const (
	maxRate       = 1_000_000
	maxRateWindow = 7 * 24 * time.Hour
)

// ParseRate reads "5/10m".
func ParseRate(s string) (Rate, error) {
	count, window, _ := strings.Cut(s, "/")
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 || n > maxRate || strconv.Itoa(n) != count {
		return Rate{}, fmt.Errorf("found %q, expected a count and a length of time, such as 5/10m", clip(s))
	}
	d, err := time.ParseDuration(window)
	if err != nil || d < time.Second || d > maxRateWindow {
		return Rate{}, fmt.Errorf("found %q, expected a length of time from 1s to %dh behind the stroke, such as 5/10m", s, int(maxRateWindow.Hours()))
	}
	return Rate{n, d}, nil
}

// String writes the rate as ParseRate reads it.
func (r Rate) String() string {
	s := r.Window.String()
	for _, zero := range [...]string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return strconv.Itoa(r.N) + "/" + s
}

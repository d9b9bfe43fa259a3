package memory

import (
	"math"
	"time"
)

// instant is a point in time in microseconds since 1970: a third of the size of
// a time.Time, and without a pointer for the collector to follow.
type instant int64

// never is the zero time.Time, which for a store means that something does not
// happen. It sorts after every instant.
const never instant = math.MaxInt64

func instantOf(t time.Time) instant {
	if t.IsZero() {
		return never
	}
	return instant(t.UnixMicro())
}

func (i instant) time() time.Time {
	if i == never {
		return time.Time{}
	}
	return time.UnixMicro(int64(i)).UTC()
}

package bolt

import (
	"encoding/binary"
	"math"
	"time"
)

// instant is a point in time in microseconds since 1970.
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

// instantSize is how many bytes an instant takes in a key.
const instantSize = 8

// place is the key of a record in a bucket ordered by time.
func place(at instant, key []byte) []byte {
	b := make([]byte, instantSize, instantSize+len(key))
	binary.BigEndian.PutUint64(b, uint64(at)^1<<63) // the sign, so that bytes sort as numbers do
	return append(b, key...)
}

// placed takes a place apart.
func placed(p []byte) (at instant, key []byte) {
	if len(p) < instantSize {
		return never, nil
	}
	return instant(binary.BigEndian.Uint64(p) ^ 1<<63), p[instantSize:]
}

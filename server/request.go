package server

import (
	"encoding/base32"
	"encoding/binary"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// requestIDHeader is where a request's id comes in and goes out.
const requestIDHeader = "X-Request-Id"

// requestIDs gives each request a name for the log.
type requestIDs struct {
	prefix string
	next   *atomic.Uint64
}

func newRequestIDs(now time.Time) requestIDs {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(now.UnixMicro()))
	prefix := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[3:]))
	return requestIDs{prefix: prefix + "-", next: new(atomic.Uint64)}
}

// of is the id that a request brought, if it is a sane one, or a new one. A hostile
// one would write the log.
func (ids requestIDs) of(r *http.Request) string {
	if given := r.Header.Get(requestIDHeader); isSaneID(given) {
		return given
	}
	return ids.prefix + strconv.FormatUint(ids.next.Add(1), 36)
}

func isSaneID(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || 'z' < c) && (c < 'A' || 'Z' < c) && (c < '0' || '9' < c) && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return 0 < len(s) && len(s) <= 64
}

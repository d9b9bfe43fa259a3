package server

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"
)

// Metrics are counts of what happened since the process began, for whoever watches over
// it. They are safe for concurrent use.
type Metrics struct {
	mu     sync.Mutex
	counts map[series]uint64
}

// series is one count: callflow_messages_total{outcome="delivered"}.
type series struct{ name, label, value string }

// NewMetrics returns metrics without any count.
func NewMetrics() *Metrics { return &Metrics{counts: map[series]uint64{}} }

// Counter counts things of one name by a word. The words are our own, and few: nothing
// that a caller said or has may be one.
func (m *Metrics) Counter(name, label string) func(word string) {
	return func(word string) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.counts[series{name, label, word}]++
	}
}

// String writes all counts in the text format of Prometheus, sorted.
func (m *Metrics) String() string {
	m.mu.Lock()
	counts := maps.Clone(m.counts)
	m.mu.Unlock()
	all := slices.SortedFunc(maps.Keys(counts), func(a, b series) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.label, b.label), cmp.Compare(a.value, b.value))
	})
	var b strings.Builder
	last := ""
	for _, s := range all {
		if s.name != last {
			fmt.Fprintf(&b, "# TYPE %s counter\n", s.name)
			last = s.name
		}
		fmt.Fprintf(&b, "%s{%s=%q} %d\n", s.name, s.label, s.value, counts[s])
	}
	return b.String()
}

// metricsRoute is where they are read, by whoever has a token with RoleMonitor.
const metricsRoute = "/metrics"

// metricsType is the text format of Prometheus.
const metricsType = "text/plain; version=0.0.4; charset=utf-8"

func (s *Server) metricsHandler(m *Metrics, l *Lookup) echo.HandlerFunc {
	who := newAccess(l.Tokens, l.Open)
	return func(c echo.Context) error {
		header := c.Response().Header()
		header.Set("Cache-Control", "no-store")
		switch name, status := who.admit(c.Request(), RoleMonitor); status {
		case http.StatusOK:
			return c.Blob(http.StatusOK, metricsType, []byte(m.String()))
		case http.StatusUnauthorized:
			header.Set("WWW-Authenticate", `Bearer realm="callflow"`)
			s.strange.Warn("metrics refused: no token, or an unknown one", zap.String("peer", s.askedFrom(c.Request())))
			return c.NoContent(status)
		default:
			s.strange.Warn("metrics refused", zap.String("token", name), zap.Int("status", status))
			return c.NoContent(status)
		}
	}
}

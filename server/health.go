package server

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"
)

// pingTimeout bounds how long the store is waited for.
const pingTimeout = 2 * time.Second

// health says that the process is up.
func (s *Server) health(c echo.Context) error { return c.String(http.StatusOK, "ok\n") }

// readiness is what /readyz answers. Reasons say why the server takes no calls.
type readiness struct {
	Ready   bool     `json:"ready"`
	Reasons []string `json:"reasons,omitempty"`
	Flows   int      `json:"flows"`
}

// ready says whether calls can be taken: 200 or 503.
func (s *Server) ready(c echo.Context) error {
	r := readiness{Flows: len(s.deps.Flows())}
	if s.draining.Load() {
		r.Reasons = append(r.Reasons, "the server is stopping")
	}
	if r.Flows == 0 {
		r.Reasons = append(r.Reasons, "no flow is loaded")
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), pingTimeout)
	defer cancel()
	if err := s.deps.Ping(ctx); err != nil {
		// What the store says may name its address: that is for the log.
		s.strange.Warn("store does not answer", zap.Error(err))
		r.Reasons = append(r.Reasons, "the store does not answer")
	}
	r.Ready = len(r.Reasons) == 0
	status := http.StatusOK
	if !r.Ready {
		status = http.StatusServiceUnavailable
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(status, r)
}

// bare answers what has no route, or the wrong method, with its status and nothing
// else.
func (s *Server) bare(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	status := http.StatusInternalServerError
	var known *echo.HTTPError
	if errors.As(err, &known) {
		status = known.Code
	} else {
		s.deps.Log.Error("request failed", zap.Error(err))
	}
	c.Response().Header().Set("Content-Length", strconv.Itoa(0))
	_ = c.NoContent(status)
}

package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"
)

// Inbox is an address that an identity provider posts to, apart from any call.
type Inbox struct {
	// Path is where it is: "/auth0/sms".
	Path string
	// MaxBody bounds what is read of one request, in bytes; zero: Limits.Body.
	MaxBody int64
	// Authorize judges a request by its Authorization header, "" where it has none
	// or several, before anything of the body is read. What its error says is
	// logged.
	Authorize func(authorization string) error
	// Take takes the body of a request that is authorized. What it answers is a
	// status, and a reason where that is not 200, in words that may be shown to
	// whoever posts. The context ends when the connection does.
	Take func(ctx context.Context, body []byte) Taken
}

// Taken is the answer to what was posted.
type Taken struct {
	Status int
	Reason string
	// After is when to come again; zero: it is not said.
	After time.Duration
}

// inbox answers what is posted to an inbox.
func (s *Server) inbox(in Inbox) echo.HandlerFunc {
	if in.MaxBody <= 0 {
		in.MaxBody = s.deps.Limits.Body
	}
	return func(c echo.Context) (err error) {
		id := s.ids.of(c.Request())
		c.Response().Header().Set(requestIDHeader, id)
		c.Response().Header().Set("Cache-Control", "no-store")
		fields := []zap.Field{zap.String("request", id), zap.String("path", in.Path), zap.String("peer", c.Request().RemoteAddr)}
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler { //nolint:errorlint // it is compared like this by net/http too
					panic(v)
				}
				// The value itself could hold anything.
				s.deps.Log.Error("panic", append(fields, zap.String("what", fmt.Sprintf("%T", v)), zap.ByteString("stack", debug.Stack()))...)
				err = c.NoContent(http.StatusInternalServerError)
			}
		}()
		var authorization string
		if given := c.Request().Header["Authorization"]; len(given) == 1 {
			authorization = given[0]
		}
		if err := in.Authorize(authorization); err != nil {
			s.strange.Warn("post is refused", append(fields, zap.Int("status", http.StatusUnauthorized), zap.String("reason", err.Error()))...)
			return c.NoContent(http.StatusUnauthorized)
		}
		body, status, err := readBody(c.Request(), in.MaxBody, nil)
		if err != nil {
			s.strange.Warn("post is refused", append(fields, zap.Int("status", status), zap.String("reason", err.Error()))...)
			return c.NoContent(status)
		}
		return answer(c, in.Take(c.Request().Context(), body))
	}
}

// answer writes what became of a post: nothing where it was taken, else why not.
func answer(c echo.Context, t Taken) error {
	if t.After > 0 {
		seconds := int64((t.After + time.Second - 1) / time.Second)
		c.Response().Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	if t.Reason == "" {
		return c.NoContent(t.Status)
	}
	body, err := json.Marshal(map[string]string{"error": t.Reason})
	if err != nil {
		return err
	}
	return c.Blob(t.Status, "application/json", body)
}

// checkInboxes refuses paths that others have.
func checkInboxes(all []Inbox) error {
	seen := map[string]bool{}
	for _, in := range all {
		switch {
		case !strings.HasPrefix(in.Path, "/") || strings.HasPrefix(in.Path, "/v1/") || strings.ContainsAny(in.Path, ":*") || seen[in.Path]:
			return fmt.Errorf("server: the path %q of an inbox is taken, or is none", in.Path)
		case in.Authorize == nil || in.Take == nil:
			return fmt.Errorf("server: the inbox %s lacks Authorize or Take", in.Path)
		}
		seen[in.Path] = true
	}
	return nil
}

// readBody reads the body of a request, as far as it is allowed to go, into room
// where it is large enough.
func readBody(r *http.Request, limit int64, room []byte) (body []byte, status int, err error) {
	if r.ContentLength > limit {
		return nil, http.StatusRequestEntityTooLarge, fmt.Errorf("the body has %d bytes, at most %d are read", r.ContentLength, limit)
	}
	if n := r.ContentLength; n >= 0 {
		if int64(cap(room)) < n {
			room = make([]byte, n)
		}
		body = room[:n]
		_, err = io.ReadFull(r.Body, body)
	} else {
		body, err = io.ReadAll(io.LimitReader(r.Body, limit+1))
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, http.StatusRequestTimeout, errors.New("the body did not come in time")
	case err != nil:
		return nil, http.StatusBadRequest, fmt.Errorf("the body broke off: %w", err)
	case int64(len(body)) > limit:
		return nil, http.StatusRequestEntityTooLarge, fmt.Errorf("the body has more than %d bytes", limit)
	}
	return body, 0, nil
}

package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/engine/runner/outbound"
	"callflow/providers/telephony"
)

// Calls is what programs have calls made with. A call that is made comes back to the
// server by the addresses that AnswerURL and FollowURL give to its platform.
type Calls struct {
	Desk Desk
	// Tokens are those that may use it. Without any it is open where Open is set, which
	// is for a loopback address only, and else it is off.
	Tokens []Token
	Open   bool
}

// Desk takes orders of calls and follows them. It is an *outbound.Desk.
type Desk interface {
	Accept(ctx context.Context, by, key string, o outbound.Order) (outbound.View, bool, error)
	View(ctx context.Context, id string) (outbound.View, error)
	List(ctx context.Context, by string, all bool, place string) (calls []outbound.View, next string, err error)
	Cancel(ctx context.Context, id, by string, all bool) (outbound.View, error)
	Answer(ctx context.Context, token string, in engine.Call, stage outbound.Stage) (outbound.Answer, error)
	Notice(ctx context.Context, token string, in engine.Call, stage outbound.Stage) error
}

const (
	callsRoute = "/api/calls"
	// callParam is the token of a call that we make, in the addresses of its webhooks.
	callParam = "call"
	// keyHeader names an order, so that one sent twice is one call.
	keyHeader = "Idempotency-Key"
	// maxOrder bounds an order, in bytes.
	maxOrder = 64 << 10
)

// AnswerURL is where a platform posts when a call of ours was answered, below the
// server's public address.
func AnswerURL(public, platform, flow, token string) string {
	return public + "/v1/" + platform + "/calls/" + url.PathEscape(flow) + "/" + token
}

// FollowURL is where it tells how that call gets on.
func FollowURL(public, platform, token string) string {
	return public + "/v1/" + platform + "/status/" + token
}

// invalid is the answer to an order that cannot be taken.
type invalid struct {
	Error    string             `json:"error"`
	Problems []outbound.Problem `json:"problems,omitempty"`
}

// callsAccess refuses whoever may not have calls made; done tells that it has answered.
func (s *Server) callsAccess(c echo.Context, who *access) (name string, done bool, err error) {
	header := c.Response().Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if who.open && !isLocal(c.Request().Host) { // a page elsewhere that calls itself by another name
		return "", true, c.JSON(http.StatusForbidden, refusal{"without tokens, calls are made for this machine alone: ask localhost"})
	}
	name, status := who.admit(c.Request(), RoleDialler)
	switch status {
	case http.StatusUnauthorized:
		header.Set("WWW-Authenticate", `Bearer realm="callflow"`)
		s.strange.Warn("call refused: no token, or an unknown one", zap.String("remote", c.RealIP()))
		return name, true, c.JSON(status, refusal{"a token is needed: Authorization: Bearer TOKEN"})
	case http.StatusForbidden:
		s.deps.Log.Warn("call refused: the token has not the role", zap.String("token", name), zap.String("role", RoleDialler))
		return name, true, c.JSON(status, refusal{"the token is not one of a dialler: its roles are under api.tokens"})
	case http.StatusTooManyRequests:
		header.Set("Retry-After", "1")
		return name, true, c.JSON(status, refusal{"too many requests; wait a second"})
	}
	return name, false, nil
}

func isLocal(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// orderHandler answers POST /api/calls.
func (s *Server) orderHandler(k *Calls, who *access) echo.HandlerFunc {
	return func(c echo.Context) error {
		name, done, err := s.callsAccess(c, who)
		if done {
			return err
		}
		r := c.Request()
		// A page of another site can post a form, and no JSON.
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
			return c.JSON(http.StatusUnsupportedMediaType, refusal{"an order is JSON: Content-Type: application/json"})
		}
		body, status, err := readBody(r, maxOrder, nil)
		if err != nil {
			return c.JSON(status, refusal{err.Error()})
		}
		o, err := parseOrder(body)
		if err != nil {
			return c.JSON(http.StatusBadRequest, refusal{err.Error()})
		}
		// Whoever asks may be gone before the store has answered: the order counts.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 10*time.Second)
		defer cancel()
		view, fresh, err := k.Desk.Accept(ctx, name, r.Header.Get(keyHeader), o)
		var wrong *outbound.InvalidError
		switch {
		case errors.As(err, &wrong):
			return c.JSON(http.StatusUnprocessableEntity, invalid{"the order cannot be taken", wrong.Problems})
		case errors.Is(err, outbound.ErrKeyReused):
			return c.JSON(http.StatusConflict, refusal{"another order was given under this " + keyHeader})
		case err != nil:
			s.deps.Log.Error("order of a call failed", zap.String("token", name), zap.Error(err))
			c.Response().Header().Set("Retry-After", "5")
			return c.JSON(http.StatusServiceUnavailable, refusal{"the order cannot be kept at the moment; send it again under the same " + keyHeader})
		}
		c.Response().Header().Set("Location", callsRoute+"/"+view.ID)
		if fresh {
			return c.JSON(http.StatusAccepted, view)
		}
		return c.JSON(http.StatusOK, view)
	}
}

// parseOrder reads an order. A member that nobody knows is a mistake.
func parseOrder(body []byte) (o outbound.Order, err error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&o); err != nil {
		var typ *json.UnmarshalTypeError
		switch text, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); {
		case unknown:
			return o, errors.New("an order has no member " + text)
		case errors.As(err, &typ):
			return o, errors.New(typ.Field + ": expected " + typ.Type.String() + ", found " + typ.Value)
		case errors.Is(err, outbound.ErrWait):
			return o, errors.New("retry: " + err.Error())
		}
		return o, errors.New("the order is no JSON object that can be read")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return o, errors.New("there is something behind the order")
	}
	return o, nil
}

// viewHandler answers GET /api/calls/ID.
func (s *Server) viewHandler(k *Calls, who *access) echo.HandlerFunc {
	return func(c echo.Context) error {
		name, done, err := s.callsAccess(c, who)
		if done {
			return err
		}
		view, err := k.Desk.View(c.Request().Context(), c.Param("id"))
		switch {
		case errors.Is(err, outbound.ErrNotFound):
			return c.JSON(http.StatusNotFound, refusal{"there is no such call, or it was forgotten"})
		case err != nil:
			s.deps.Log.Error("call cannot be read", zap.String("token", name), zap.Error(err))
			return c.JSON(http.StatusServiceUnavailable, refusal{"calls cannot be read at the moment"})
		case view.By != name && !who.oversees(name):
			return c.JSON(http.StatusForbidden, refusal{"the call was ordered with another token"})
		}
		return c.JSON(http.StatusOK, view)
	}
}

// listed is the answer to whoever asks which calls are not over.
type listed struct {
	Calls []outbound.View `json:"calls"`
	// Next is where the list goes on, as the query's after.
	Next string `json:"next,omitempty"`
}

// listHandler answers GET /api/calls.
func (s *Server) listHandler(k *Calls, who *access) echo.HandlerFunc {
	return func(c echo.Context) error {
		name, done, err := s.callsAccess(c, who)
		if done {
			return err
		}
		calls, next, err := k.Desk.List(c.Request().Context(), name, who.oversees(name), c.QueryParam("after"))
		var wrong *outbound.InvalidError
		switch {
		case errors.As(err, &wrong):
			return c.JSON(http.StatusBadRequest, refusal{wrong.Error()})
		case err != nil:
			s.deps.Log.Error("calls cannot be listed", zap.String("token", name), zap.Error(err))
			return c.JSON(http.StatusServiceUnavailable, refusal{"calls cannot be read at the moment"})
		}
		return c.JSON(http.StatusOK, listed{append([]outbound.View{}, calls...), next})
	}
}

// cancelHandler answers DELETE /api/calls/ID.
func (s *Server) cancelHandler(k *Calls, who *access) echo.HandlerFunc {
	return func(c echo.Context) error {
		name, done, err := s.callsAccess(c, who)
		if done {
			return err
		}
		// Whoever asks may be gone before the store has answered: the call is taken back.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request().Context()), 10*time.Second)
		defer cancel()
		view, err := k.Desk.Cancel(ctx, c.Param("id"), name, who.oversees(name))
		var late *outbound.TooLateError
		switch {
		case errors.Is(err, outbound.ErrNotFound):
			return c.JSON(http.StatusNotFound, refusal{"there is no such call, or it was forgotten"})
		case errors.Is(err, outbound.ErrOthers):
			return c.JSON(http.StatusForbidden, refusal{"the call was ordered with another token"})
		case errors.As(err, &late):
			return c.JSON(http.StatusConflict, refusal{late.Error()})
		case err != nil:
			s.deps.Log.Error("call cannot be cancelled", zap.String("token", name), zap.Error(err))
			c.Response().Header().Set("Retry-After", "5")
			return c.JSON(http.StatusServiceUnavailable, refusal{"the call cannot be taken back at the moment; try again"})
		}
		return c.JSON(http.StatusOK, view)
	}
}

// holdFor is how long a call waits before it asks again who has answered.
const holdFor = time.Second

// answered begins a call that we have made, once it is known who answers.
func (h *hook) answered(ctx context.Context, token string) error {
	if h.deps.Calls == nil { // any more
		return h.say(notInService(), h.in.Call.Language, "no calls are made here")
	}
	if h.in.Early {
		return h.early(ctx, token)
	}
	a, err := h.deps.Calls.Desk.Answer(ctx, token, h.in.Call, outbound.Stage(h.in.Stage))
	switch {
	case errors.Is(err, outbound.ErrToken):
		h.deps.Log.Warn("a call comes with a token that is not its own", h.fields()...)
		return h.say(notInService(), h.in.Call.Language, "the address names no call that is being made")
	case err != nil:
		h.deps.Log.Error("call cannot be begun", h.fields(zap.Error(err))...)
		return h.apologise()
	case a.HangUp:
		return h.reply(h.outbound(telephony.Outbound{Verbs: []engine.Verb{engine.Hangup{}}, NoticeURL: h.notice, Apology: apology().in("", h.deps.Language)}))
	case a.Hold:
		return h.hold(a.Call.Language, engine.Pause{Length: holdFor})
	}
	h.in.Call = a.Call
	reply, _, err := h.deps.Runner.Start(ctx, runner.Start{
		Flow: a.Flow, Call: a.Call, Lost: isLost(h.in.Event), Holds: h.holds(), Patience: h.patience, With: a.With, Encode: h.encode,
	})
	return h.reply(reply, err)
}

// early notes that a call was answered, which begins when the platform comes back.
func (h *hook) early(ctx context.Context, token string) error {
	switch err := h.deps.Calls.Desk.Notice(ctx, token, h.in.Call, outbound.Stage(h.in.Stage)); {
	case errors.Is(err, outbound.ErrToken):
		h.deps.Log.Warn("a call comes with a token that is not its own", h.fields()...)
		return h.say(notInService(), h.in.Call.Language, "the address names no call that is being made")
	case err != nil: // whoever begins the call finds out, or takes it as it is
		h.deps.Log.Error("notice of a call is not taken", h.fields(zap.Error(err))...)
	}
	return h.hold(h.in.Call.Language)
}

// hold keeps a call that has not begun, for as long as some verbs take.
func (h *hook) hold(language string, verbs ...engine.Verb) error {
	return h.reply(h.encode(runner.Out{
		Verbs:   append(verbs, engine.Continue{}),
		Apology: apology().in(language, h.deps.Language),
	}))
}

// follow hands on what a platform tells of a call that we have made. ok is false where
// that was answered already.
func (h *hook) follow(ctx context.Context, token string) (ok bool, err error) {
	if h.deps.Calls == nil || h.in.Stage == "" {
		return true, nil
	}
	switch err := h.deps.Calls.Desk.Notice(ctx, token, h.in.Call, outbound.Stage(h.in.Stage)); {
	case errors.Is(err, outbound.ErrToken):
		// It is late, and the call is being made again, or it is nobody's. What it says
		// of a session holds all the same.
		return true, nil
	case err != nil:
		h.deps.Log.Error("notice of a call is not taken", h.fields(zap.Error(err))...)
		return false, h.c.NoContent(http.StatusServiceUnavailable)
	}
	if h.in.Event == nil && isEnd(h.in.Stage) { // of a leg that codecs take for the other one of a transfer
		h.in.Event = engine.CallEnded{Reason: string(h.in.Stage)}
	}
	return true, nil
}

// isEnd tells the stages after which a call is no more.
func isEnd(s telephony.Stage) bool {
	switch s {
	case telephony.StageBusy, telephony.StageNoAnswer, telephony.StageRejected, telephony.StageFailed, telephony.StageCompleted:
		return true
	}
	return false
}

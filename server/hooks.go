package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/telephony"
	"callflow/server/capture"
)

// holdParam carries, in the URL of an answer that was given while the store was
// down, how often in a row that has happened.
const holdParam = "hold"

// maxHold bounds what is believed of it.
const maxHold = 99

// answerMargin is what is left of a platform's patience for everything but the
// effect that its answer waits for.
const answerMargin = 2 * time.Second

// platform is a codec and what its hooks need.
type platform struct {
	*Server
	codec  telephony.Codec
	name   string
	source source
	notice string // its notice URL
	turns  string // where its turn URLs begin
	// patience is how long an answer may wait for an effect where callers cannot be
	// held; zero: as long as the runner likes.
	patience time.Duration
	hooks    sync.Pool // of *hook
}

func (s *Server) platform(codec telephony.Codec) *platform {
	p := &platform{Server: s, codec: codec, name: codec.Name()}
	p.source = source{s.deps.From[p.name], s.deps.Proxies}
	p.notice = s.StatusURL(p.name)
	p.turns = s.deps.PublicURL + "/v1/" + p.name + "/turns/"
	if c := codec.Capabilities(); c.Hold == telephony.HoldNone && c.AnswerWithin > answerMargin {
		p.patience = c.AnswerWithin - answerMargin
	}
	return p
}

// hook answers hooks of one route. It is where whatever goes wrong in answering
// them is handled.
func (p *platform) hook(route telephony.Route) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		h := p.answering(c, route)
		c.Response().Header()[requestIDHeader] = []string{h.id}
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler { //nolint:errorlint // it is compared like this by net/http too
					panic(v)
				}
				err = h.panicked(v)
			}
		}()
		err = h.serve()
		h.keep()
		h.done()
		return err
	}
}

// hook is one webhook that is being answered. Hooks are used again, and with them
// the room that a body was read into: nothing may hold on to either.
type hook struct {
	*platform
	c       echo.Context
	route   telephony.Route
	id      string
	public  url.URL
	request telephony.Request
	in      telephony.Inbound
	room    []byte
	encoder runner.Encode // encode, bound once
	// call is nil unless it is kept; answer is what is kept of the answer.
	call   *capture.Call
	answer *capture.Answer
	// performed are the effects that led to the answer.
	performed []runner.Performed
}

// maxRoom bounds the room that a hook leaves to the next, in bytes.
const maxRoom = 16 << 10

// answering returns a hook that is to be answered.
func (p *platform) answering(c echo.Context, route telephony.Route) *hook {
	h, ok := p.hooks.Get().(*hook)
	if !ok {
		h = new(hook)
		h.encoder = h.encode
	}
	h.platform, h.c, h.route, h.id = p, c, route, p.ids.of(c.Request())
	return h
}

// done leaves the hook's room to another, and nothing else of it: a body may hold
// what a caller pressed.
func (h *hook) done() {
	p, room := h.platform, h.room
	if cap(room) > maxRoom {
		room = nil
	}
	clear(room[:cap(room)])
	*h = hook{room: room, encoder: h.encoder}
	p.hooks.Put(h)
}

func (h *hook) serve() error {
	if err := h.source.check(h.c.Request()); err != nil {
		return h.refuse(http.StatusForbidden, err)
	}
	for _, value := range h.c.ParamValues() {
		if strings.Contains(value, "/") { // the router lets the last one go on
			return h.c.NoContent(http.StatusNotFound)
		}
	}
	body, status, err := readBody(h.c.Request(), h.deps.Limits.Body, h.room)
	if err != nil {
		return h.refuse(status, err)
	}
	h.room = body
	r := h.c.Request()
	h.public = h.publicURL(r.URL)
	h.request = telephony.Request{
		Route:  h.route,
		Method: r.Method,
		URL:    &h.public,
		Header: r.Header,
		Body:   body,
	}
	if err := h.codec.Verify(h.request, h.deps.Now()); err != nil {
		switch {
		case errors.Is(err, telephony.ErrAgain):
			return h.refuse(http.StatusServiceUnavailable, err)
		case errors.Is(err, telephony.ErrUnsigned):
			return h.refuse(http.StatusUnauthorized, err)
		}
		return h.refuse(http.StatusForbidden, err)
	}
	if h.in, err = h.codec.Decode(h.request); err != nil {
		return h.misunderstood(err)
	}
	if h.in.Route != "" {
		h.route = h.in.Route
	}
	if h.in.Alarm != "" {
		h.deps.Log.Warn("the platform has a problem", h.fields(zap.String("problem", h.in.Alarm))...)
	}
	if h.route != telephony.RouteStart {
		h.call = h.deps.Capture.Find(h.in.Call)
	}
	ctx := r.Context()
	switch {
	case h.in.Offered:
		if flow, _, ok := h.flow(); ok && h.order() == "" {
			h.call = h.deps.Capture.Begin(h.codec, h.in.Call, flow)
		}
		return h.reply(h.outbound(telephony.Outbound{Call: h.in.Call, Take: true}))
	case h.in.Over:
		return h.reply(h.outbound(telephony.Outbound{Call: h.in.Call, Verbs: []engine.Verb{engine.Hangup{}}}))
	case h.in.Part > 0:
		return h.part(ctx)
	}
	if token := h.order(); token != "" && h.route != telephony.RouteStart {
		if ok, err := h.follow(ctx, token); !ok {
			return err
		}
	}
	switch h.route {
	case telephony.RouteStart:
		return h.start(ctx)
	case telephony.RouteTurn:
		return h.turn(ctx)
	default:
		return h.notify(ctx)
	}
}

// publicURL is the URL of a request as the platform knows it.
func (s *Server) publicURL(u *url.URL) url.URL {
	public := *s.public
	public.Path += u.Path
	public.RawQuery = u.RawQuery
	return public
}

// start begins a call.
func (h *hook) start(ctx context.Context) error {
	if token := h.order(); token != "" {
		return h.answered(ctx, token)
	}
	flow, language, ok := h.flow()
	if !ok {
		return h.unknown(flow)
	}
	if h.in.Call.Language == "" {
		h.in.Call.Language = language
	}
	h.call = h.deps.Capture.Begin(h.codec, h.in.Call, flow)
	reply, _, err := h.deps.Runner.Start(ctx, runner.Start{
		Flow:     flow,
		Call:     h.in.Call,
		Lost:     isLost(h.in.Event),
		Holds:    h.holds(),
		Patience: h.patience,
		Encode:   h.encoder,
	})
	return h.reply(reply, err)
}

// flow is the flow that answers: the one in the URL, or that of the called number.
func (h *hook) flow() (name, language string, ok bool) {
	answers := ""
	if number := h.routing.find(h.in.Call.To); number != nil {
		answers, language = number.flow(h.codec.Name(), h.in.Headers), number.Language
	}
	name = h.c.Param("flow")
	switch {
	case name != "":
		if answers != name {
			language = ""
		}
	case answers != "":
		name = answers
	default:
		name = h.deps.Flow
	}
	for _, live := range h.deps.Flows() {
		if live == name {
			return name, language, true
		}
	}
	return name, "", false
}

// turn goes on with a call.
func (h *hook) turn(ctx context.Context) error {
	token, err := h.token()
	if err != nil {
		return h.refuse(http.StatusNotFound, err)
	}
	if h.in.Progress {
		h.call = nil // it is of no turn
		return h.reply(h.outbound(telephony.Outbound{}))
	}
	if h.in.Ready != nil { // should the call be over, nobody takes the turn
		if err := h.deps.Runner.Notice(ctx, runner.Notice{Call: h.in.Call, Event: *h.in.Ready}); err != nil {
			h.deps.Log.Error("notice is not taken", h.fields(zap.Error(err))...)
			return h.c.NoContent(http.StatusServiceUnavailable) // the platform may try again
		}
	}
	ev := h.in.Event
	if ev == nil {
		ev = engine.Lost{} // it says nothing about what was asked
	}
	hook := runner.Hook{
		Token:    token,
		Call:     h.in.Call,
		Event:    ev,
		Holds:    h.holds(),
		Patience: h.patience,
		Encode:   h.encoder,
	}
	if engine.IsAside(ev) {
		h.call = nil
		hook.Encode = func(o runner.Out) (runner.Reply, error) {
			return h.outbound(telephony.Outbound{Verbs: h.placed(o.Verbs)})
		}
		reply, err := h.deps.Runner.Aside(ctx, hook)
		return h.reply(reply, err)
	}
	reply, _, err := h.deps.Runner.Turn(ctx, hook)
	return h.reply(reply, err)
}

// order is the token of the order that a call was made for: the platform's word where
// it has one, or the URL's.
func (h *hook) order() string {
	if h.in.Order != "" {
		return h.in.Order
	}
	return h.c.Param(callParam)
}

// part goes on with what the platform was told and has carried out a part of.
func (h *hook) part(ctx context.Context) error {
	token, err := h.token()
	if err != nil {
		return h.refuse(http.StatusNotFound, err)
	}
	if err := h.deps.Runner.Part(ctx, runner.Hook{Token: token, Call: h.in.Call}, h.in.Part); err != nil {
		h.deps.Log.Error("the next part of an answer is not sent", h.fields(zap.Error(err))...)
		return h.c.NoContent(http.StatusServiceUnavailable) // the platform may tell it again
	}
	return h.reply(h.outbound(telephony.Outbound{}))
}

// token is the turn that a hook is of: the platform's word where it has one, or the
// URL's.
func (h *hook) token() (runner.Token, error) {
	session, turn, nonce := h.c.Param("session"), h.c.Param("turn"), h.c.Param("nonce")
	if h.in.Token != "" {
		words, _, _ := strings.Cut(h.in.Token, "?")
		session, words, _ = strings.Cut(words, "/")
		turn, nonce, _ = strings.Cut(words, "/")
	}
	n, err := strconv.Atoi(turn)
	if err != nil || n < 0 {
		return runner.Token{}, errors.New("the turn that the hook is of is not a number")
	}
	return runner.Token{Session: session, Turn: n, Nonce: nonce}, nil
}

// holds is how often in a row the caller was held because the store was down.
func (h *hook) holds() int {
	if h.in.Token == "" {
		return holds(h.request.URL.RawQuery)
	}
	_, query, _ := strings.Cut(h.in.Token, "?")
	return holds(query)
}

// notify takes a notice.
func (h *hook) notify(ctx context.Context) error {
	if h.in.Event != nil {
		if err := h.deps.Runner.Notice(ctx, runner.Notice{Call: h.in.Call, Event: h.in.Event}); err != nil {
			h.deps.Log.Error("notice is not taken", h.fields(zap.Error(err))...)
			return h.c.NoContent(http.StatusServiceUnavailable) // the platform may try again
		}
	}
	if h.in.Route != "" { // it has one URL, and reads every answer as what the call is to do
		return h.reply(h.outbound(telephony.Outbound{}))
	}
	return h.c.NoContent(http.StatusNoContent)
}

// encode writes an answer in the platform's words.
func (h *hook) encode(o runner.Out) (runner.Reply, error) {
	h.performed = o.Performed
	turn, token, call := "", "", engine.Call{ID: h.in.Call.ID, Account: h.in.Call.Account}
	if o.Token == (runner.Token{}) { // back to where the call begins
		call = h.in.Call
		turn = h.deps.PublicURL + h.c.Request().URL.Path
	} else {
		turn = h.turns + o.Token.Session + "/" + strconv.Itoa(o.Token.Turn) + "/" + o.Token.Nonce
		token = turn[len(h.turns):]
	}
	if o.Held > 0 {
		held := strconv.Itoa(o.Held)
		turn, token = telephony.WithParam(turn, holdParam, held), telephony.WithParam(token, holdParam, held)
	}
	return h.outbound(telephony.Outbound{
		Call:      call,
		Verbs:     h.placed(o.Verbs),
		TurnURL:   turn,
		Token:     token,
		LostURL:   telephony.WithParam(turn, telephony.LostParam, telephony.LostValue),
		NoticeURL: h.notice,
		Apology:   o.Apology,
	})
}

func (h *hook) outbound(o telephony.Outbound) (runner.Reply, error) {
	if o.Call.ID == "" {
		o.Call.ID, o.Call.Account = h.in.Call.ID, h.in.Call.Account
	}
	o.Order = h.in.Order
	h.answer = h.kept(o)
	reply, err := h.codec.Encode(o)
	if err != nil {
		return runner.Reply{}, err
	}
	encoded := runner.Reply{Status: reply.Status, ContentType: reply.ContentType, Body: reply.Body}
	if len(reply.Commands) > 0 {
		encoded.Commands, err = commandsOf(reply)
	}
	return encoded, err
}

// reply sends an answer, or an apology where there is none.
func (h *hook) reply(reply runner.Reply, err error) error {
	if err != nil {
		h.deps.Log.Error("hook failed", h.fields(zap.Error(err))...)
		return h.apologise()
	}
	return h.write(reply)
}

func (h *hook) write(reply runner.Reply) error {
	if c := reply.Commands; len(c.Parts) > 0 && !h.command(c) {
		return h.c.NoContent(http.StatusServiceUnavailable) // the platform may try again
	}
	w := h.c.Response()
	if reply.ContentType != "" {
		w.Header()["Content-Type"] = []string{reply.ContentType}
	}
	w.WriteHeader(reply.Status)
	if _, err := w.Write(reply.Body); err != nil {
		h.strange.Info("answer is not delivered", h.fields(zap.Error(err))...)
	}
	return nil
}

// refuse answers a stranger with a bare status. What came is never logged: it may
// hold what a caller pressed.
func (h *hook) refuse(status int, why error) error {
	h.strange.Warn("hook is refused", h.fields(zap.Int("status", status), zap.String("reason", why.Error()))...)
	return h.c.NoContent(status)
}

// misunderstood answers a hook that is signed and makes no sense.
func (h *hook) misunderstood(why error) error {
	h.deps.Log.Error("hook is not understood", h.fields(zap.String("reason", why.Error()))...)
	if h.route == telephony.RouteNotice {
		return h.c.NoContent(http.StatusBadRequest) // nobody listens
	}
	_, problem, found := strings.Cut(why.Error(), telephony.ErrMalformed.Error()+": ")
	if !found {
		problem = ""
	}
	return h.say(apology(), h.in.Call.Language, problem)
}

// unknown answers a call that no flow is there for.
func (h *hook) unknown(flow string) error {
	problem := fmt.Sprintf("there is no flow %q", clip(flow))
	if flow == "" {
		problem = "no flow answers the number in call.to"
		h.deps.Log.Warn("call to a number that has no flow", h.fields(zap.String("to", clip(h.in.Call.To)))...)
	} else {
		h.deps.Log.Warn("call of a flow that is not there", h.fields(zap.String("flow", clip(flow)))...)
	}
	return h.say(notInService(), h.in.Call.Language, problem)
}

// panicked answers a hook whose answering panicked.
func (h *hook) panicked(v any) error {
	what := fmt.Sprintf("a value of type %T", v) // it could hold anything
	if err, ok := v.(interface{ RuntimeError() }); ok {
		what = fmt.Sprint(err)
	}
	h.deps.Log.Error("panic", h.fields(zap.String("what", what), zap.ByteString("stack", debug.Stack()))...)
	if h.c.Response().Committed {
		return nil
	}
	if h.route == telephony.RouteNotice || h.request.Body == nil {
		return h.c.NoContent(http.StatusInternalServerError)
	}
	return h.apologise()
}

func (h *hook) apologise() error { return h.say(apology(), h.in.Call.Language, "") }

// say says something to the caller and hangs up. The problem is for whoever wrote
// the request.
func (h *hook) say(words wording, language, problem string) (err error) {
	defer func() { // the codec itself may be what panics
		if v := recover(); v != nil {
			err = h.c.NoContent(http.StatusInternalServerError)
		}
	}()
	say := words.in(language, h.deps.Language)
	reply, err := h.outbound(telephony.Outbound{
		Verbs:     []engine.Verb{say, engine.Hangup{}},
		NoticeURL: h.notice,
		Apology:   say,
		Problem:   problem,
	})
	if err != nil {
		h.deps.Log.Error("no words could be given to the platform", h.fields(zap.Error(err))...)
		return h.c.NoContent(http.StatusInternalServerError)
	}
	return h.write(reply)
}

// fields are what every line about a hook has.
func (h *hook) fields(more ...zap.Field) []zap.Field {
	fields := []zap.Field{
		zap.String("request", h.id),
		zap.String("platform", h.name),
		zap.String("route", string(h.route)),
		zap.String("peer", h.c.Request().RemoteAddr),
	}
	if h.in.Call.ID != "" {
		fields = append(fields, zap.String("call", clip(h.in.Call.ID)))
	}
	if h.in.Delivery != "" {
		fields = append(fields, zap.String("delivery", clip(h.in.Delivery)))
	}
	return append(fields, more...)
}

func isLost(ev engine.Event) bool {
	_, lost := ev.(engine.Lost)
	return lost
}

// holds reads holdParam in a query.
func holds(query string) int {
	for pair := range strings.SplitSeq(query, "&") {
		if value, ok := strings.CutPrefix(pair, holdParam+"="); ok {
			n, err := strconv.Atoi(value)
			if err != nil || n < 0 {
				return 0
			}
			return min(n, maxHold)
		}
	}
	return 0
}

// clip shortens what others wrote, for the log.
func clip(s string) string {
	if len(s) > 128 {
		return s[:128] + "…"
	}
	return s
}

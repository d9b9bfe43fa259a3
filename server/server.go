package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"callflow/providers/telephony"
)

// Server answers webhooks. Use New.
type Server struct {
	deps       Deps
	public     *url.URL
	routing    *routing
	recordings recordings
	handler    http.Handler
	ids        requestIDs
	strange    *zap.Logger // of what strangers can cause as often as they like
	draining   atomic.Bool
}

// New returns a server over d. It starts nothing.
func New(d Deps) (*Server, error) {
	public, err := d.complete()
	if err != nil {
		return nil, err
	}
	s := &Server{
		deps:       d,
		public:     public,
		recordings: newRecordings(d.Audio),
		ids:        newRequestIDs(d.Now()),
		strange: d.Log.WithOptions(zap.WrapCore(func(core zapcore.Core) zapcore.Core {
			return zapcore.NewSamplerWithOptions(core, time.Second, 10, 100)
		})),
	}
	if s.routing, err = newRouting(d.Numbers, d.Region); err != nil {
		return nil, err
	}
	if s.handler, err = s.routes(); err != nil {
		return nil, err
	}
	return s, nil
}

// routes makes the table of routes.
func (s *Server) routes() (http.Handler, error) {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = s.bare
	e.GET("/healthz", s.health)
	e.HEAD("/healthz", s.health)
	e.GET("/readyz", s.ready)
	e.HEAD("/readyz", s.ready)
	e.GET(mediaRoute+":flow/*", s.media)
	e.HEAD(mediaRoute+":flow/*", s.media)
	e.GET(audioRoute+":hash/:name", s.audio)
	e.HEAD(audioRoute+":hash/:name", s.audio)
	if l := s.deps.Lookup; l != nil && (l.Open || len(l.Tokens) > 0) {
		e.GET(lookupRoute, s.lookupHandler(l))
		if m := s.deps.Metrics; m != nil {
			e.GET(metricsRoute, s.metricsHandler(m, l))
		}
		for _, f := range consoleFiles {
			handle, err := consoleHandler(f.file, f.kind)
			if err != nil {
				return nil, fmt.Errorf("server: %w", err)
			}
			e.GET(f.path, handle)
		}
	}
	if k := s.deps.Calls; k != nil {
		who := newAccess(k.Tokens, k.Open)
		e.POST(callsRoute, s.orderHandler(k, who))
		e.GET(callsRoute, s.listHandler(k, who))
		e.GET(callsRoute+"/:id", s.viewHandler(k, who))
		e.DELETE(callsRoute+"/:id", s.cancelHandler(k, who))
	}
	if err := checkInboxes(s.deps.Inboxes); err != nil {
		return nil, err
	}
	for _, in := range s.deps.Inboxes {
		e.POST(in.Path, s.inbox(in))
	}
	seen := map[string]bool{}
	for _, codec := range s.deps.Codecs {
		name := codec.Name()
		if seen[name] || name == "media" || name == "audio" || url.PathEscape(name) != name {
			return nil, fmt.Errorf("server: the platform's name %q is taken or cannot stand in a URL", name)
		}
		seen[name] = true
		p := s.platform(codec)
		methods := []string{http.MethodPost}
		if codec.Capabilities().Get {
			methods = append(methods, http.MethodGet)
		}
		for _, r := range []struct {
			path  string
			route telephony.Route
		}{
			{"/calls", telephony.RouteStart},
			{"/calls/:flow", telephony.RouteStart},
			{"/turns/:session/:turn/:nonce", telephony.RouteTurn},
			{"/status", telephony.RouteNotice},
		} {
			e.Match(methods, "/v1/"+name+r.path, p.hook(r.route))
		}
		if s.deps.Calls != nil {
			e.Match(methods, "/v1/"+name+"/calls/:flow/:"+callParam, p.hook(telephony.RouteStart))
			e.Match(methods, "/v1/"+name+"/status/:"+callParam, p.hook(telephony.RouteNotice))
		}
	}
	if base := s.public.Path; base != "" {
		return mounted(base, e), nil
	}
	return e, nil
}

// mounted answers under base too, for a proxy that hands on the whole path.
func mounted(base string, h http.Handler) http.Handler {
	inner := http.StripPrefix(base, h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, base+"/") {
			inner.ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// StartURL is where a platform posts first hooks: of one flow, or with flow "" of
// whatever flow the called number has. StatusURL is where it posts notices.
func (s *Server) StartURL(platform, flow string) string {
	address := s.deps.PublicURL + "/v1/" + platform + "/calls"
	if flow != "" {
		address += "/" + flow
	}
	return address
}

// StatusURL is where a platform posts notices.
func (s *Server) StatusURL(platform string) string {
	return s.deps.PublicURL + "/v1/" + platform + "/status"
}

// InboxURLs are where an identity provider posts to.
func (s *Server) InboxURLs() []string {
	var all []string
	for _, in := range s.deps.Inboxes {
		all = append(all, s.deps.PublicURL+in.Path)
	}
	return all
}

// Run serves on ln until ctx ends. Then it is not ready any more, accepts nothing
// new, finishes the turns that are running and what they promised, and returns;
// what has not ended within the drain limit is cut off, which is the error. Run
// closes ln, and the runner.
func (s *Server) Run(ctx context.Context, ln net.Listener) error {
	limits := s.deps.Limits
	web := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: limits.ReadHeader,
		ReadTimeout:       limits.Read,
		WriteTimeout:      limits.Write,
		IdleTimeout:       limits.Idle,
		MaxHeaderBytes:    32 << 10,
		// Broken connections and failed handshakes: strangers' business mostly.
		ErrorLog: zap.NewStdLog(s.strange.Named("http")),
	}
	background, stopBackground := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBackground()
	idle := make(chan struct{})
	go func() {
		defer close(idle)
		s.deps.Runner.Run(background)
	}()
	served := make(chan error, 1)
	go func() { served <- web.Serve(ln) }()

	var failed error
	select {
	case <-ctx.Done():
	case failed = <-served: // the listener broke
		served <- failed
	}
	s.draining.Store(true)
	s.deps.Log.Info("stopping", zap.Duration("linger", limits.Linger), zap.Duration("drain", limits.Drain))
	if failed == nil && limits.Linger > 0 {
		time.Sleep(limits.Linger)
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), limits.Drain)
	defer cancel()
	err := web.Shutdown(drain)
	if err != nil {
		err = errors.Join(fmt.Errorf("some requests were cut off: %w", err), web.Close())
	}
	if serr := <-served; !errors.Is(serr, http.ErrServerClosed) {
		err = errors.Join(fmt.Errorf("serve: %w", serr), err)
	}
	err = errors.Join(err, s.deps.Runner.Close(drain))
	stopBackground()
	<-idle
	return err
}

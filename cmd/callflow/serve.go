package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"callflow/engine/runner"
	"callflow/providers/telephony/sender"
	"callflow/server"
	"callflow/server/gateway"
	"callflow/server/logstream"
)

func newServe(c *Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve [CONFIG|FOLDER]",
		Short: "Answer the webhooks of telephony platforms",
		Long: `Answers the webhooks of telephony platforms with the flows of a configuration:
callflow.yaml in the folder one stands in, or the file or folder named. A folder
that has a flow.yaml and no callflow.yaml is served as it is.

SIGTERM, or Ctrl-C, stops it: it says that it is not ready, takes no new calls
after a moment (server.linger), finishes the turns that are running, and ends; a
second one ends it at once.`,
		Example: `  callflow serve
  callflow serve examples/authzero --server-listen 127.0.0.1:9000
  callflow serve examples/authzero --platforms-generic-unsigned`,
		Args: maxArgs(1),
	}
	flags := c.settingFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		src, err := c.source(args, flags())
		if err != nil {
			return err
		}
		return c.serve(cmd.Context(), open(src))
	}
	return cmd
}

// serve runs an installation until ctx ends or a signal comes.
func (c *Command) serve(ctx context.Context, in *installation) error {
	in.checkServing()
	if err := c.showProblems(in); err != nil {
		return err
	}
	ctx, stop := untilSignal(ctx)
	defer stop()

	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", in.config.Listen)
	if err != nil {
		return listenError(in.config.Listen, err)
	}
	defer ln.Close()
	log := c.logger(in.config)
	defer func() { _ = log.Sync() }() // terminals and pipes cannot sync
	srv, done, err := c.wire(ctx, in, ln.Addr(), log)
	if err != nil {
		return err
	}
	defer done()
	if err := c.announce(in, srv, ln.Addr()); err != nil {
		return err
	}
	log.Info("serving", zap.String("version", buildVersion()), zap.Stringer("listen", ln.Addr()), zap.Strings("flows", in.bundle.Routable()))
	if err := srv.Run(ctx, ln); err != nil {
		return err
	}
	log.Info("stopped")
	return nil
}

// untilSignal is ctx until a signal comes. By the time that it is done, another signal
// ends the process: whoever saw that we are stopping need not wait for it.
func untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	until, done := context.WithCancel(ctx)
	came, forget := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(came, func() {
		forget()
		done()
	})
	return until, func() {
		forget()
		done()
	}
}

// wire makes a server of an installation. Call done when it has stopped.
func (c *Command) wire(ctx context.Context, in *installation, addr net.Addr, log *zap.Logger) (srv *server.Server, done func(), err error) {
	var closers []func() error
	closeAll := func() { // done itself is nil where an error is returned
		for i := len(closers) - 1; i >= 0; i-- {
			if err := closers[i](); err != nil {
				log.Error("close", zap.Error(err))
			}
		}
	}
	defer func() {
		if err != nil {
			closeAll()
		}
	}()
	store, err := in.store()
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, store.Close)
	client, err := in.client()
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, client.Close)
	sealer, err := in.sealer()
	if err != nil {
		return nil, nil, err
	}
	if in.config.Store.Durable {
		if err := checkSealed(ctx, store, sealer, in.config); err != nil {
			return nil, nil, err
		}
	}
	auth := in.authenticator()
	if to, ok := auth.(interface{ LogTo(*zap.Logger) }); ok {
		to.LogTo(log)
	}
	if closer, ok := auth.(io.Closer); ok {
		closers = append(closers, closer.Close)
	}
	locks, err := in.lockout(store, log, c.Now)
	if err != nil {
		return nil, nil, err
	}
	if locks != nil {
		auth = locks
	}
	closers = append(closers, offerStore(in.config.Store, store, locks, log))
	senders, err := in.failover(log)
	if err != nil {
		return nil, nil, err
	}
	metrics := server.NewMetrics()
	searches := metrics.Counter("callflow_searches_total", "result")
	promised := &promises{}
	messages, err := in.gateway(senders, store, promised, log, c.Now, metrics.Counter("callflow_messages_total", "outcome"))
	if err != nil {
		return nil, nil, err
	}
	var services runner.Services = client
	if senders != nil {
		services = gateway.Approving(client, senders, c.Now)
	}
	var users logstream.Users
	var news []server.Inbox
	if keeper := in.keeper(store, log, c.Now); keeper != nil {
		closers = append(closers, inBackground(keeper.Run))
		users, news = logNews{keeper}, newsInboxes(keeper, in.config.Index.Secrets, log)
	}
	codes, err := in.codes(messages, store, log, c.Now, metrics.Counter("callflow_codes_total", "result"))
	if err != nil {
		return nil, nil, err
	}
	tolls, err := in.tolls(store, log, c.Now, metrics)
	if err != nil {
		return nil, nil, err
	}
	commander := sender.New(in.codecs, nil)
	commander.Count = metrics.Counter("callflow_commands_total", "outcome")
	public := in.config.PublicURL
	if public == "" {
		public = "http://" + addr.String()
	}
	desk, err := in.desk(store, sealer, promised, tolls, public, log, c.Now)
	if err != nil {
		return nil, nil, err
	}
	if desk != nil {
		services = desk.Services(services)
	}
	host, _ := os.Hostname() // only a name in leases
	run, err := runner.New(runner.Deps{
		Codes:         codes,
		Finder:        in.finder(store, log, c.Now, searches),
		Tolls:         tolls,
		Commander:     commander,
		Catalog:       programs{in.bundle, in.options},
		Store:         store,
		Authenticator: auth,
		Services:      services,
		Sealer:        sealer,
		Log:           log,
		Now:           c.Now,
		Owner:         host,
	})
	if err != nil {
		return nil, nil, err
	}
	promised.run = run
	var answering server.Runner = run
	if !in.config.Store.Durable {
		answering = forgetful{run, store, log, c.Now}
	}
	media, closeMedia, err := in.media()
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, closeMedia)
	names := in.bundle.Routable()
	deps := server.Deps{
		Runner:    answering,
		Codecs:    in.codecs,
		Commander: commander,
		Flows:     func() []string { return names },
		Media:     media,
		Audio:     in.bundle.Audio,
		Ping:      store.Ping,
		PublicURL: public,
		Language:  in.bundle.Flows[names[0]].Spec().Languages[0],
		Log:       log,
		Now:       c.Now,
		Limits:    server.Limits{Linger: in.config.Linger, Drain: in.config.Drain},
	}
	if deps.PublicURL == "" {
		deps.PublicURL = "http://" + addr.String()
	}
	deps.Metrics = metrics
	if deps.Capture, err = in.capture(deps.PublicURL, log, c.Now); err != nil {
		return nil, nil, err
	}
	closers = append(closers, deps.Capture.Close)
	commander.Sent = deps.Capture.Sent
	deps.Region = in.config.Region
	deps.From, deps.Proxies = in.config.From, in.config.Proxies
	// Agents have a finder of their own: what they search the tenant for takes nothing
	// of what callers may.
	agents := in.finder(store, log, c.Now, searches)
	deps.Lookup = &server.Lookup{
		Users: agents.UsersByPhone, Region: in.config.Region,
		Tokens: in.config.Tokens, Open: in.config.OnLoopback() && !in.config.IsPublic(),
	}
	if deps.Inboxes, err = in.inboxes(messages, users, store, log, c.Now, metrics.Counter("callflow_log_events_total", "result")); err != nil {
		return nil, nil, err
	}
	deps.Inboxes = append(deps.Inboxes, news...)
	if desk != nil {
		deps.Calls = &server.Calls{Desk: desk, Tokens: deps.Lookup.Tokens, Open: deps.Lookup.Open}
	}
	for _, n := range in.config.Numbers {
		deps.Numbers = append(deps.Numbers, n.Route())
	}
	if len(deps.Numbers) == 0 && len(names) == 1 {
		deps.Flow = names[0] // there is no doubt about which one is meant
	}
	srv, err = server.New(deps)
	return srv, closeAll, err
}

// mediaFolder is the folder of a flow's media files, beside the flow.
const mediaFolder = "media"

// media opens the media folders beside the flows. A root lets nothing lead out of
// its folder, not even a link.
func (in *installation) media() (map[string]fs.FS, func() error, error) {
	folders := map[string]fs.FS{}
	var roots []*os.Root
	closeAll := func() error {
		var errs []error
		for _, r := range roots {
			errs = append(errs, r.Close())
		}
		return errors.Join(errs...)
	}
	for _, name := range in.bundle.Names() {
		root, err := os.OpenRoot(filepath.Join(filepath.Dir(in.bundle.Files[name]), mediaFolder))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, nil, errors.Join(fmt.Errorf("media of %s: %w", name, err), closeAll())
		}
		roots = append(roots, root)
		folders[name] = root.FS()
	}
	return folders, closeAll, nil
}

// listenError says what can be done about an address that cannot be had.
func listenError(address string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("cannot listen on %s: another program does; choose another address with --server-listen", address)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("cannot listen on %s: not allowed; choose a port from 1024 on with --server-listen", address)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("cannot listen on %s: this machine has no such address", address)
	default:
		return fmt.Errorf("cannot listen on %s: %w", address, err)
	}
}

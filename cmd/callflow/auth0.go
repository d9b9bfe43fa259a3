package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"callflow/providers/identity/auth0/fake"
)

func newAuth0(c *Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "auth0",
		Short: "Check an Auth0 tenant, set it up, or stand in for one",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newAuth0Doctor(c), newAuth0Install(c), newAuth0Fake(c))
	return cmd
}

func newAuth0Fake(c *Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fake [USERS]",
		Short: "Stand in for an Auth0 tenant, on this machine",
		Long: `Answers as an Auth0 tenant does, with the users of a file: users.yaml, or the one
named. It has the shape of the directory's file of users, in which a PIN may also
stand in clear, between quotes; and a user may have mfa: true or leaked: true. It
listens on a loopback address only, and forgets everything when it stops.

Codes go where "auth0 install" has told it to send them. With an SMS connection its
gateway gets passwordless codes. With --phone-provider the Action's address gets every
code, those of second factors and spoken ones too; whoever asked does not wait for
that, and URL/fake/codes says what came of it. Once there is a log stream, it gets what
happens as Auth0 sends it: everything twice, and not in its order.

A fault makes it fail: WHERE=WHAT, with *TIMES behind it to happen so often. WHERE is
token, login (PINs), code (sending one), factors (the list of somebody's), exchange (of
a code), search, user, jwks, methods (second factors), export (a job), download (what
its link leads to), setup (connections, Actions, streams) or any; WHAT is
  slow:2s            answer late
  503                answer with a status; 403:access_denied:Text with Auth0's words
  429:30s, 429-bare  too many requests, with and without the headers that say how long
  drop, cut          close the connection, before or in the middle of the answer
  garbage, redirect  answer as Auth0 never does
  lag:30s            of search: not to see who changed within that time
  other              of search and user: show somebody else
  masked, plain      of methods: numbers without most digits; an array without totals
  failed             of export: the job fails
  blocked            of user: show the user as blocked a moment ago
  no-id-token, wrong-key, unknown-key, wrong-audience, wrong-issuer, wrong-sub, no-sub,
  expired, no-exp, future, hs256, hs256-public-key, unsigned, jwe
                     of login and exchange: an ID token that proves nothing

While it runs:
  curl -d login=503 URL/fake/faults     adds a fault (a line each)
  curl URL/fake/faults                  lists them; with -X DELETE takes them away
  curl URL/fake/codes                   lists the newest code of each number
  curl -X POST URL/fake/rotate          signs with a new key
  curl -X POST URL/fake/unblock         forgets wrong PINs; ten in a row block a user
  curl -X POST URL/fake/revoke          makes the management token bad`,
		Example: `  callflow auth0 fake examples/authzero/users.yaml
  callflow auth0 fake --fault search=lag:30s --fault 'login=503*3'`,
		Args: maxArgs(1),
	}
	listen := cmd.Flags().String("listen", "127.0.0.1:4400", "where to listen: a loopback address")
	domain := cmd.Flags().String("domain", fake.DefaultDomain, "the tenant's domain")
	realm := cmd.Flags().String("realm", fake.DefaultRealm, "its database connection")
	faults := cmd.Flags().StringArray("fault", nil, "what goes wrong; may be given several times")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		file := usersFile
		if len(args) == 1 {
			file = args[0]
		}
		src, err := os.ReadFile(file)
		if err != nil {
			return usagef("the users %s cannot be read: %w", file, bare(err))
		}
		users, err := fake.ParseUsers(file, src)
		if err != nil {
			return usageError{err}
		}
		config := fake.Config{
			Domain: *domain, Realm: *realm, Users: users, Now: c.Now, Scopes: fake.AllScopes(),
			Logs: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		}
		tenant, err := fake.New(config)
		if err != nil {
			return err
		}
		for _, text := range *faults {
			f, err := fake.ParseFault(text)
			if err != nil {
				return usageError{err}
			}
			tenant.Script(f)
		}
		return c.serveFake(cmd.Context(), tenant, *listen, *realm, len(users))
	}
	return cmd
}

// serveFake runs a tenant until ctx ends or a signal comes.
func (c *Command) serveFake(ctx context.Context, tenant *fake.Tenant, address, realm string, users int) error {
	host, _, err := net.SplitHostPort(address)
	ip, ipErr := netip.ParseAddr(host)
	if err != nil || host != "localhost" && (ipErr != nil || !ip.IsLoopback()) {
		return usagef("--listen: found %q; expected a loopback address such as 127.0.0.1:4400: whoever reaches this tenant can change it", address)
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w; choose another address with --listen", address, bareNet(err))
	}
	fmt.Fprintf(c.Stdout, `callflow auth0 fake listens on %s, with %s

Write this into callflow.yaml, in place of another identity:

identity:
  auth0:
    domain: %s
    client_id: %s
    client_secret: %s
    realm: %s
    base_url: http://%s
`, ln.Addr(), plural(users, "user"), tenant.Domain(), fake.DefaultClientID, fake.DefaultSecret, realm, ln.Addr())
	srv := &http.Server{Handler: tenant, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	stopped := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stopped()
	defer tenant.Close()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("the tenant stopped: %w", err)
	}
	return nil
}

// bareNet is a network error without the address, which the reader has given.
func bareNet(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/pflag"

	"callflow/engine"
	"callflow/providers/telephony/player"
)

// platformAPI says where the API is of a platform that takes commands.
type platformAPI struct {
	listen, keyEnv string
}

const apiHelp = `Telnyx (--platform telnyx) takes nothing from an answer: its server sends commands to
an API. That API is here, at --api-listen, for those who have the key of --api-key-env;
the server has to know both, as platforms.telnyx.api (http://ADDRESS/v2) and
platforms.telnyx.api_key.`

func (a *platformAPI) flags(f *pflag.FlagSet) {
	f.StringVar(&a.listen, "api-listen", "", "for telnyx: the `ADDRESS` where its API is to be, which the server sends commands to")
	f.StringVar(&a.keyEnv, "api-key-env", "", "for telnyx: the environment variable `NAME` that has the key of the API")
}

// openAPI has the platform's API listen, where it has one, until closed is called.
func (c *Command) openAPI(ctx context.Context, p platformPlayer, a platformAPI, o *player.Options) (closed func(), err error) {
	return c.listenAPI(ctx, p.name, p.commands, a, func(key engine.Secret) http.Handler {
		o.API = player.NewTelnyxAPI(key, c.Now)
		return o.API
	})
}

// listenAPI has an API listen for those who have its key, where there is a call that
// commands are sent for, until closed is called.
func (c *Command) listenAPI(ctx context.Context, platform string, commands bool, a platformAPI, api func(key engine.Secret) http.Handler) (closed func(), err error) {
	closed = func() {}
	if !commands {
		if a.listen != "" || a.keyEnv != "" {
			return closed, usagef("--api-listen, --api-key-env: %s takes no commands, and has no API here", platform)
		}
		return closed, nil
	}
	if a.listen == "" || a.keyEnv == "" {
		return closed, usagef("--platform %s: its server sends commands; say where they go by --api-listen, such as 127.0.0.1:8090, and with which key by --api-key-env; the server has to send them there: --platforms-%s-api http://127.0.0.1:8090/v2", platform, platform)
	}
	key, ok := c.lookup(a.keyEnv)
	if !ok || key == "" {
		return closed, usagef("--api-key-env: the environment variable %s is not set", a.keyEnv)
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", a.listen)
	if err != nil {
		return closed, usagef("--api-listen: cannot listen on %s: %w", a.listen, bareNet(err))
	}
	srv := &http.Server{Handler: api(engine.NewSecret(key)), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintf(c.Stderr, "callflow: the API at %s stopped: %v\n", a.listen, err)
		}
	}()
	return func() {
		_ = srv.Close()
		<-served
	}, nil
}

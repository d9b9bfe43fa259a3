package gateway

import (
	"context"
	"time"

	"callflow/server"
)

// Path is where Auth0 posts to.
const Path = "/auth0/sms"

// Endpoint is the gateway as Auth0 reaches it.
type Endpoint struct {
	Gateway *Gateway
	// Token says who may post; nil: anybody, which is for trying things out on one
	// machine.
	Token *Token
	// Find finds codes in the texts of connections, which have no field for them.
	Find Finder
	// From passes the connection's sender on. Without it every vendor shows the
	// sender that is its own.
	From bool
}

// Inbox is the endpoint's place in the server.
func (e Endpoint) Inbox() server.Inbox {
	return server.Inbox{Path: Path, MaxBody: maxBody, Authorize: e.authorize, Take: e.take}
}

func (e Endpoint) authorize(authorization string) error {
	if e.Token == nil {
		return nil
	}
	err := e.Token.Verify(authorization, e.Gateway.deps.Now())
	if err != nil {
		e.Gateway.deps.Count(Unsigned)
	}
	return err
}

// take has what was posted sent. What the reasons say is ours: a vendor's words stay
// in the log.
func (e Endpoint) take(ctx context.Context, body []byte) server.Taken {
	r, err := decode(body, e.Find)
	if !e.From {
		r.From = ""
	}
	var v Verdict
	if err != nil {
		v = e.Gateway.tell(r, "", e.Gateway.now(), Verdict{Outcome: Malformed, Reason: err.Error()})
	} else {
		v = e.Gateway.Deliver(ctx, r)
	}
	taken := server.Taken{Status: v.Status(), After: v.After.Round(time.Second)}
	if !v.Sent() {
		taken.Reason = string(v.Outcome)
		if v.Outcome == Malformed {
			taken.Reason = v.Reason
		}
	}
	return taken
}

package auth0

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"callflow/engine/runner"
)

// The kinds of things that installing reads, creates and changes.
var installKinds = [...]string{"connections", "actions", "log_streams", "event_streams", "phone_providers"}

// isInstallScope tells scopes that Plan needs: to read, and while it is applied more.
func isInstallScope(scope string) bool {
	verb, kind, _ := strings.Cut(scope, ":")
	return slices.Contains(installKinds[:], kind) && slices.Contains([]string{"read", "create", "update"}, verb)
}

// numbers looks whether second factors can be read, of a user whom nobody is.
func (d *doctor) numbers(ctx context.Context) {
	const check = "second factors"
	if !slices.Contains(d.scopes, scopeMethods) {
		d.find(NotChecked, check, "", "the management token lacks %s, which only index.factors needs", scopeMethods)
		return
	}
	_, err := d.Reader(d.config.LookupRate).Methods(ctx, "auth0|callflow-doctor")
	if errors.Is(err, runner.ErrNotFound) {
		err = nil
	}
	if d.fail(check, err) {
		d.find(OK, check, "", "users' authentication methods can be read")
	}
}

// installed looks at what the tenant tells us by: streams that it has paused, which
// it does when nobody answered them for long, and Actions that wait to be deployed.
func (d *doctor) installed(ctx context.Context) {
	i := &installer{Provider: d.Provider}
	if slices.Contains(d.scopes, "read:log_streams") {
		const check = "log stream"
		var list []object
		if d.fail(check, i.call(ctx, "log streams", "read:log_streams", http.MethodGet, []string{"log-streams"}, nil, &list)) {
			d.stream(check, named(list, installName), "active", "it is made by callflow auth0 install, where auth0_logs is set")
		}
	}
	if slices.Contains(d.scopes, "read:event_streams") {
		const check = "event stream"
		var list struct {
			Streams []object `json:"eventStreams"`
		}
		if d.fail(check, i.call(ctx, "event streams", "read:event_streams", http.MethodGet, []string{"event-streams"}, nil, &list)) {
			d.stream(check, named(list.Streams, installName), "enabled", "it is made by callflow auth0 install, where index.secret is set")
		}
	}
	if more := slices.DeleteFunc(slices.Clone(d.scopes), func(s string) bool {
		return !isInstallScope(s) || strings.HasPrefix(s, "read:")
	}); len(more) > 0 {
		d.find(Warning, "installing", "take them away once the tenant is set up: a stolen client_secret can do all of it", "the token may change the tenant: %s", strings.Join(more, " "))
	}
}

func (d *doctor) stream(check string, s object, running, none string) {
	switch status := text(s, "status"); {
	case s == nil:
		d.find(NotChecked, check, "", "there is no %q: %s", installName, none)
	case status != running:
		d.find(Warning, check, "Auth0 stops streams that nobody answers: see that it reaches this server, then run callflow auth0 install --apply", "%s is %s", installName, clip(status))
	default:
		d.find(OK, check, "", "%s is %s", installName, running)
	}
}

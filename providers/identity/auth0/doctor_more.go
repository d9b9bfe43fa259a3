package auth0

import (
	"context"
	"errors"
	"fmt"
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
			s := named(list, installName)
			if wrong := logFormat(s); s != nil && wrong.Found != "" && text(s, "status") == "active" {
				d.find(Warning, check, wrong.Advice, "%s", wrong.Found)
			} else {
				d.stream(check, s, "active", "it is made by callflow auth0 install, where auth0_logs is set")
			}
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
	d.actions(ctx)
	if more := slices.DeleteFunc(slices.Clone(d.scopes), func(s string) bool {
		return !isInstallScope(s) || strings.HasPrefix(s, "read:")
	}); len(more) > 0 {
		d.find(Warning, "installing", "take them away once the tenant is set up: a stolen client_secret can do all of it", "the token may change the tenant: %s", strings.Join(more, " "))
	}
}

// logFormat is what is wrong with how a log stream tells of sign-ins; none: nothing.
func logFormat(s object) Finding {
	const where = "Monitoring, Streams, " + installName
	sink := sub(s, "sink")
	if kind := text(s, "type"); kind != "http" {
		return Finding{Found: fmt.Sprintf("%s is of the type %q, which does not post here", installName, clip(kind)), Advice: "delete it, under " + where + ", and run callflow auth0 install --apply"}
	}
	if format := text(sink, "httpContentFormat"); !slices.Contains([]string{"JSONARRAY", "JSONLINES", "JSONOBJECT"}, format) {
		return Finding{Found: fmt.Sprintf("%s has the content format %q", installName, clip(format)), Advice: "set Content Format to JSON Array, under " + where}
	}
	if !strings.HasSuffix(text(sink, "httpEndpoint"), "/auth0/logs") {
		return Finding{Found: fmt.Sprintf("%s posts to %s, and not to /auth0/logs", installName, clip(text(sink, "httpEndpoint"))), Advice: "set Payload URL, under " + where + "; or run callflow auth0 install --apply"}
	}
	for _, f := range texts(sub(s, "pii_config")["log_fields"]) {
		if f == "phone" || f == "username" {
			return Finding{Found: fmt.Sprintf("%s masks %s, by which sign-ins are told", installName, f), Advice: "take it off the fields of PII, under " + where}
		}
	}
	filters, _ := s["filters"].([]any)
	success := len(filters) == 0
	for _, f := range filters {
		if f, ok := f.(object); ok && text(f, "name") == "auth.login.success" {
			success = true
		}
	}
	if !success {
		return Finding{Found: installName + " filters sign-ins out", Advice: "add Login - Success to its filters, or take all off, under " + where}
	}
	return Finding{}
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

package auth0

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/auth0/go-auth0/management"
)

// codes looks at what one-time codes are sent by: the passwordless connection, or the
// database whose users have telephone numbers.
func (d *doctor) codes(ctx context.Context) {
	const check = "one-time codes"
	if !d.sees(check, scopeConnections) {
		return
	}
	name := d.config.SMSConnection
	if d.config.OTP {
		name = d.config.Realm
	}
	i := &installer{Provider: d.Provider}
	var list struct {
		Connections []object `json:"connections"`
	}
	if !d.fail(check, i.call(ctx, "connections", scopeConnections, http.MethodGet, []string{"connections"}, nil, &list, management.Parameter("name", name))) {
		return
	}
	c := named(list.Connections, name)
	if d.config.OTP {
		if c != nil && !phoneIdentifier(sub(c, "options")) {
			d.find(Warning, check, "switch it on: the connection, Attributes, Phone Number, Use as Identifier; or set codes to passwordless",
				"users of %s have no telephone number to send a code to, and codes is otp", name)
			return
		}
		if c != nil {
			d.find(OK, check, "", "%s sends them, by text or spoken", name)
		}
		return // that there is none is said of the connection
	}
	options := sub(c, "options")
	switch {
	case c == nil:
		d.find(Warning, check, "make it with callflow auth0 install, or under Authentication, Passwordless, SMS; or set sms_connection to the one you have",
			"there is no connection %q: flows that send codes cannot", name)
	case text(c, "strategy") != "sms":
		d.find(Warning, check, "set sms_connection to a connection under Authentication, Passwordless, SMS", "%s is not one for SMS, but %q", name, clip(text(c, "strategy")))
	case !i.enabled(ctx, text(c, "id")):
		d.find(Warning, check, "switch it on: Authentication, Passwordless, SMS, Applications", "%s is not switched on for the application", name)
	case options["template"] != nil && !hasCode(text(options, "template")):
		d.find(Warning, check, "write @@password@@ into the message: Authentication, Passwordless, SMS, Message", "the message of %s has no place for the code", name)
	default:
		how := "Auth0's own provider"
		if gateway := text(options, "gateway_url"); text(options, "provider") == "sms_gateway" && gateway != "" {
			how = "the gateway " + clip(gateway)
		}
		d.find(OK, check, "", "%s sends them through %s", name, how)
	}
}

// phoneIdentifier tells whether users of a database can have a telephone number for a
// name.
func phoneIdentifier(options object) bool {
	return sub(sub(sub(options, "attributes"), "phone_number"), "identifier")["active"] == true
}

// hasCode tells whether a message has a place for the code, in either syntax.
func hasCode(template string) bool {
	return strings.Contains(template, "@@password@@") || strings.Contains(strings.ReplaceAll(template, " ", ""), "{{code}}") || strings.Contains(strings.ReplaceAll(template, " ", ""), "{{password}}")
}

// phoneProvider looks at what sends the tenant's messages where it has the newer kind
// of provider, and whether that can speak.
func (d *doctor) phoneProvider(ctx context.Context) {
	const check = "phone provider"
	if !slices.Contains(d.scopes, "read:phone_providers") {
		if d.config.OTP {
			d.find(NotChecked, check, "", "the management token lacks read:phone_providers, which sign-ins do not need")
		}
		return
	}
	i := &installer{Provider: d.Provider}
	var list struct {
		Providers []object `json:"providers"`
	}
	if !d.fail(check, i.call(ctx, "phone providers", "read:phone_providers", http.MethodGet, []string{"branding", "phone", "providers"}, nil, &list)) {
		return
	}
	if len(list.Providers) == 0 {
		if d.config.OTP {
			d.find(Warning, check, "make one with callflow auth0 install --phone-provider, or under Branding, Phone Provider", "there is none: no message leaves the tenant, and codes is otp")
		}
		return
	}
	p := list.Providers[0]
	delivery := texts(sub(p, "configuration")["delivery_methods"])
	const where = "under Branding, Phone Provider"
	switch {
	case p["disabled"] == true:
		d.find(Warning, check, "switch it on, "+where, "%s is disabled: the tenant sends no messages by it", clip(text(p, "name")))
	case d.config.OTP && !slices.Contains(delivery, "voice"):
		d.find(Warning, check, "add Voice to its delivery methods, "+where+"; or run callflow auth0 install --phone-provider --apply", "%s delivers %s: codes cannot be spoken", clip(text(p, "name")), strings.Join(delivery, ", "))
	default:
		d.find(OK, check, "", "%s delivers %s", clip(text(p, "name")), strings.Join(delivery, ", "))
	}
}

// actions looks whether the Actions that tell of users are deployed and run.
func (d *doctor) actions(ctx context.Context) {
	if !slices.Contains(d.scopes, "read:actions") {
		return
	}
	i := &installer{Provider: d.Provider}
	for _, a := range []struct{ name, trigger, none string }{
		{registerAction, management.ActionTriggerPostUserRegistration, "index.secret"},
		{loginAction, management.ActionTriggerPostLogin, "index.secret"},
		{providerAction, "", "auth0_gateway"},
	} {
		check := "Action " + strings.TrimPrefix(a.name, installName+" ")
		var list struct {
			Actions []object `json:"actions"`
		}
		if !d.fail(check, i.call(ctx, "Actions", "read:actions", http.MethodGet, []string{"actions", "actions"}, nil, &list, management.Parameter("actionName", a.name))) {
			return
		}
		made := named(list.Actions, a.name)
		if made == nil {
			d.find(NotChecked, check, "", "there is no %q: it is made by callflow auth0 install, where %s is set", a.name, a.none)
			continue
		}
		if made["deployed_version"] == nil {
			d.find(Warning, check, "press Deploy: Actions, Library, "+a.name, "%s is not deployed", a.name)
			continue
		}
		if a.trigger != "" {
			bound, err := i.bindings(ctx, a.trigger)
			if !d.fail(check, err) {
				return
			}
			if !runs(bound, text(made, "id")) {
				d.find(Warning, check, fmt.Sprintf("drag it into the flow: Actions, Triggers, %s; or run callflow auth0 install --apply", a.trigger), "%s is not bound to %s, and never runs", a.name, a.trigger)
				continue
			}
		}
		if made["all_changes_deployed"] == false {
			d.find(Warning, check, "press Deploy: Actions, Library, "+a.name, "%s has changes that are not deployed", a.name)
			continue
		}
		d.find(OK, check, "", "%s is deployed, and runs", a.name)
	}
}

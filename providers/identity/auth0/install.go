package auth0

import (
	"context"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/auth0/go-auth0/management"

	"callflow/engine"
)

// Wanted is what an installation wants a tenant to have. What is not there is not
// wanted, and left alone.
type Wanted struct {
	// PublicURL is how the tenant reaches the installation.
	PublicURL string
	Gateway   *WantedGateway
	// LogStream is the token with which the tenant tells of what is in its log.
	LogStream engine.Secret
	// News is the secret with which it tells of users.
	News engine.Secret
	// Factors says that the numbers of second factors are read.
	Factors bool
	// Secrets says that secrets are sent again which the tenant does not show.
	Secrets bool
}

// WantedGateway is how the tenant has messages sent.
type WantedGateway struct {
	// Connection is the name of the SMS connection; "": an Action does it, as the
	// tenant's phone provider.
	Connection string
	// Key signs the tenant's requests.
	Key               engine.Secret
	Subject, Audience string
	Template          string // with @@password@@; "": a plain one
	Length            int    // of codes
}

// The names of what is installed.
const (
	installName    = "callflow"
	providerName   = "custom" // Auth0's word for a phone provider that is an Action
	providerAction = installName + " phone provider"
	registerAction = installName + " user registered"
	loginAction    = installName + " user signed in"
	defaultText    = "Your code is @@password@@"
	actionRuntime  = "node22"
)

//go:embed actions/*.js
var actionSources embed.FS

// Verb is what a step of an installation does.
type Verb string

// The verbs. Blocked is a step that cannot be planned or must not be done, ByHand one
// that is for people, in the dashboard.
const (
	ByHand  Verb = "by hand"
	Create  Verb = "create"
	Change  Verb = "change"
	Keep    Verb = "keep"
	Blocked Verb = "blocked"
)

// Step is one thing of an installation.
type Step struct {
	Verb Verb   `json:"verb"`
	What string `json:"what"`
	// Why says what differs, or what is in the way. It holds no secret.
	Why string `json:"why,omitempty"`

	apply func(context.Context) error
}

// Apply does what the step says. Keep and Blocked do nothing.
func (s Step) Apply(ctx context.Context) error {
	if s.apply == nil || s.Verb != Create && s.Verb != Change {
		return nil
	}
	return s.apply(ctx)
}

// Plan compares the tenant with what is wanted. Nothing is changed until its steps
// are applied, in their order.
func (p *Provider) Plan(ctx context.Context, w Wanted) []Step {
	i := &installer{Provider: p, Wanted: w}
	if !i.application(ctx) {
		return i.steps
	}
	if g := w.Gateway; g != nil {
		if g.Connection != "" {
			i.connection(ctx)
		} else {
			i.action(ctx, providerAction, "custom-phone-provider", "v1", "phone_provider.js", i.gatewaySecrets(), false)
			i.phoneProvider(ctx)
		}
	}
	if w.LogStream.Len() > 0 {
		i.stream(ctx)
	}
	if w.News.Len() > 0 {
		secrets := [][2]string{{"CALLFLOW_URL", w.PublicURL + "/auth0/users"}, {"CALLFLOW_SECRET", w.News.Reveal()}}
		i.action(ctx, registerAction, management.ActionTriggerPostUserRegistration, "v2", "user_registered.js", secrets, true)
		i.action(ctx, loginAction, management.ActionTriggerPostLogin, "v3", "user_signed_in.js", secrets, true)
		i.eventStream(ctx)
	}
	return i.steps
}

// installer plans.
type installer struct {
	*Provider
	Wanted
	steps []Step
}

func (i *installer) add(verb Verb, what, why string, apply func(context.Context) error) {
	i.steps = append(i.steps, Step{verb, what, why, apply})
}

// blocked adds a step that cannot be planned.
func (i *installer) blocked(what string, err error) {
	i.add(Blocked, what, strings.TrimPrefix(err.Error(), "auth0: "), nil)
}

// object is a resource as the tenant has it, with what we do not know of.
type object = map[string]any

// call makes a request of the Management API. What is asked for with GET is put into
// answer; the answers to others echo secrets, and are thrown away but for the id.
func (i *installer) call(ctx context.Context, doing, scope, method string, path []string, body, answer any, options ...management.RequestOption) error {
	return i.request(ctx, i.errand(doing, scope, method == http.MethodGet), func(ctx context.Context, api *management.Management) error {
		if method == http.MethodGet {
			var got json.RawMessage
			if err := api.Request(ctx, method, api.URI(path...), &got, options...); err != nil {
				return err
			}
			if len(got) == 0 { // or everything would seem to be missing
				return errEmpty
			}
			return json.Unmarshal(got, answer)
		}
		// The SDK puts the answer in place of what was sent.
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		var sent any = json.RawMessage(text)
		echo := &echoed{send: sent}
		if err := api.Request(ctx, method, api.URI(path...), echo); err != nil {
			return err
		}
		if made, ok := answer.(*string); ok {
			*made = echo.id
		}
		return nil
	})
}

// echoed is what is sent, and takes of the answer nothing but the id.
type echoed struct {
	send any
	id   string
}

// MarshalJSON is what is sent.
func (e *echoed) MarshalJSON() ([]byte, error) { return json.Marshal(e.send) }

// UnmarshalJSON takes the id of an answer that has one.
func (e *echoed) UnmarshalJSON(text []byte) error {
	var made struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(text, &made) // an array, or nothing, has none
	e.id = made.ID
	return nil
}

// named finds the one of a list that has a name.
func named(list []object, name string) object {
	for _, o := range list {
		if o["name"] == name {
			return o
		}
	}
	return nil
}

// differ names the members of want that have is not; a member that is not shown
// differs only where hidden secrets are to be sent again.
func differ(has, want object, hidden ...string) []string {
	var names []string
	for name, value := range want {
		if slices.Contains(hidden, name) && has[name] == nil {
			continue
		}
		a, _ := json.Marshal(has[name])
		b, _ := json.Marshal(value)
		if string(a) != string(b) && fmt.Sprint(has[name]) != fmt.Sprint(value) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func text(o object, name string) string {
	s, _ := o[name].(string)
	return s
}

func sub(o object, name string) object {
	m, _ := o[name].(object)
	if m == nil {
		return object{}
	}
	return m
}

// over lays members over others.
func over(under, upper object) object {
	all := object{}
	for _, o := range []object{under, upper} {
		for k, v := range o {
			all[k] = v
		}
	}
	return all
}

// connection plans the SMS connection that posts to our gateway.
func (i *installer) connection(ctx context.Context) {
	g := i.Gateway
	what := "SMS connection " + g.Connection
	var list struct {
		Connections []object `json:"connections"`
	}
	if err := i.call(ctx, "connections", scopeConnections, http.MethodGet, []string{"connections"}, nil, &list, management.Parameter("name", g.Connection)); err != nil {
		i.blocked(what, err)
		return
	}
	wanted := object{
		"provider": "sms_gateway", "gateway_url": i.PublicURL + "/auth0/sms", "forward_req_info": true,
		"gateway_authentication": object{
			"method": "bearer", "subject": g.Subject, "audience": g.Audience,
		},
	}
	secret, encoded := writtenKey(g.Key)
	sub(wanted, "gateway_authentication")["secret"], sub(wanted, "gateway_authentication")["secret_base64_encoded"] = secret, encoded
	before := named(list.Connections, g.Connection)
	if before == nil {
		template := g.Template
		if template == "" {
			template = defaultText
		}
		options := over(wanted, object{
			"name": g.Connection, "from": nil, "messaging_service_sid": nil, "syntax": "md_with_macros", "template": template,
			"totp": object{"time_step": 300, "length": g.Length}, "disable_signup": true, "brute_force_protection": true,
		})
		i.add(Create, what, "it posts to "+i.PublicURL+"/auth0/sms, and is switched on for this application", func(ctx context.Context) error {
			var id string
			err := i.call(ctx, "connection", "create:connections", http.MethodPost, []string{"connections"},
				object{"name": g.Connection, "strategy": "sms", "options": options}, &id)
			if err != nil {
				return err
			}
			return i.enable(ctx, id)
		})
		return
	}
	if strategy := text(before, "strategy"); strategy != "sms" {
		i.blocked(what, fmt.Errorf("there is a connection of this name, and it is not one for SMS but for %q", clip(strategy)))
		return
	}
	options, id := sub(before, "options"), text(before, "id")
	auth, mine := sub(options, "gateway_authentication"), sub(wanted, "gateway_authentication")
	names := differ(options, over(wanted, object{"gateway_authentication": auth, "forward_req_info": options["forward_req_info"]}))
	if fmt.Sprint(options["forward_req_info"]) != "true" { // it may be a text
		names = append(names, "forward_req_info")
	}
	hidden := []string{"secret", "secret_base64_encoded"}
	if sameKey(auth, mine) && !i.Secrets {
		mine = over(mine, object{"secret": auth["secret"], "secret_base64_encoded": auth["secret_base64_encoded"]})
	}
	for _, name := range differ(auth, mine, hidden...) {
		names = append(names, "gateway_authentication."+name)
	}
	if i.Secrets && auth["secret"] == nil {
		names = append(names, "gateway_authentication.secret")
	}
	enabled := i.enabled(ctx, id)
	if !enabled {
		names = append(names, "the applications it is switched on for")
	}
	if len(names) == 0 {
		i.add(Keep, what, "", nil)
		return
	}
	// Auth0 replaces the options as a whole.
	next := over(options, over(wanted, object{"gateway_authentication": over(auth, mine)}))
	if auth["secret"] == nil {
		next["gateway_authentication"] = sub(wanted, "gateway_authentication")
	}
	i.add(Change, what, strings.Join(names, ", "), func(ctx context.Context) error {
		if err := i.call(ctx, "connection", "update:connections", http.MethodPatch, []string{"connections", id}, object{"options": next}, nil); err != nil || enabled {
			return err
		}
		return i.enable(ctx, id)
	})
}

// writtenKey is a key as a connection has it: as it is, where that can be written.
func writtenKey(key engine.Secret) (secret string, encoded bool) {
	plain := key.Reveal()
	if strings.ContainsFunc(plain, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return base64.RawURLEncoding.EncodeToString([]byte(plain)), true
	}
	return plain, false
}

// sameKey tells whether two ways to write a secret mean the same key.
func sameKey(a, b object) bool {
	key := func(o object) string {
		s := text(o, "secret")
		if fmt.Sprint(o["secret_base64_encoded"]) != "true" {
			return s
		}
		plain, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
		if err != nil {
			return ""
		}
		return string(plain)
	}
	return key(a) != "" && engine.NewSecret(key(a)).Equal(engine.NewSecret(key(b)))
}

// enabled tells whether a connection is switched on for our application.
func (i *installer) enabled(ctx context.Context, id string) bool {
	var list *management.ConnectionEnabledClientList
	err := i.call(ctx, "connection", scopeConnections, http.MethodGet, []string{"connections", id, "clients"}, nil, &list, management.Take(100))
	return err == nil && enabledFor(list, i.config.ClientID)
}

func (i *installer) enable(ctx context.Context, id string) error {
	return i.call(ctx, "connection", "update:connections", http.MethodPatch, []string{"connections", id, "clients"},
		[]object{{"client_id": i.config.ClientID, "status": true}}, nil)
}

func (i *installer) gatewaySecrets() [][2]string {
	g := i.Gateway
	return [][2]string{
		{"CALLFLOW_URL", i.PublicURL + "/auth0/sms"},
		{"CALLFLOW_KEY", base64.RawURLEncoding.EncodeToString([]byte(g.Key.Reveal()))},
		{"CALLFLOW_SUBJECT", g.Subject},
		{"CALLFLOW_AUDIENCE", g.Audience},
	}
}

// errNoID is an answer to a creation that does not say what was made.
var errNoID = errors.New("Auth0's answer has no id")

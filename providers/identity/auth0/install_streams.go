package auth0

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/auth0/go-auth0/management"
)

// action plans an Action, its deployment, and that it runs on its trigger.
func (i *installer) action(ctx context.Context, name, trigger, version, file string, secrets [][2]string, bind bool) {
	what := "Action " + name
	source, err := actionSources.ReadFile("actions/" + file)
	if err != nil {
		i.blocked(what, err)
		return
	}
	var list struct {
		Actions []object `json:"actions"`
	}
	if err := i.call(ctx, "Actions", "read:actions", http.MethodGet, []string{"actions", "actions"}, nil, &list, management.Parameter("actionName", name)); err != nil {
		i.blocked(what, err)
		return
	}
	values, names := []object{}, []string{}
	for _, s := range secrets {
		values, names = append(values, object{"name": s[0], "value": s[1]}), append(names, s[0])
	}
	// The tenant does not show what its secrets are: without this a new address would
	// go unseen.
	code := string(source) + "\n// It posts to " + secrets[0][1] + "\n"
	body := object{
		"name": name, "code": code, "runtime": actionRuntime, "secrets": values,
		"supported_triggers": []object{{"id": trigger, "version": version}},
	}
	before := named(list.Actions, name)
	if before == nil {
		i.add(Create, what, "on "+trigger, func(ctx context.Context) error {
			var id string
			if err := i.call(ctx, "Action", "create:actions", http.MethodPost, []string{"actions", "actions"}, body, &id); err != nil {
				return err
			}
			if id == "" {
				return errNoID
			}
			return i.deploy(ctx, id, name, trigger, bind)
		})
		return
	}
	id := text(before, "id")
	why := []string{}
	if text(before, "code") != code {
		why = append(why, "code")
	}
	var has []string
	shown, _ := before["secrets"].([]any)
	for _, s := range shown {
		if s, ok := s.(object); ok {
			has = append(has, text(s, "name"))
		}
	}
	slices.Sort(has)
	slices.Sort(names)
	if !slices.Equal(has, names) || i.Secrets {
		why = append(why, "secrets")
	}
	if before["all_changes_deployed"] != true && before["deployed_version"] == nil {
		why = append(why, "deployment")
	}
	if bind {
		bound, err := i.bindings(ctx, trigger)
		switch {
		case err != nil:
			i.blocked(what, err)
			return
		case !runs(bound, id):
			why = append(why, "it does not run on "+trigger)
		}
	}
	if len(why) == 0 {
		i.add(Keep, what, "", nil)
		return
	}
	i.add(Change, what, strings.Join(why, ", "), func(ctx context.Context) error {
		if err := i.call(ctx, "Action", "update:actions", http.MethodPatch, []string{"actions", "actions", id}, body, nil); err != nil {
			return err
		}
		return i.deploy(ctx, id, name, trigger, bind)
	})
}

// deploy makes an Action's code run: Auth0 builds it first, which takes a moment.
func (i *installer) deploy(ctx context.Context, id, name, trigger string, bind bool) error {
	for range builds {
		var a object
		if err := i.call(ctx, "Action", "read:actions", http.MethodGet, []string{"actions", "actions", id}, nil, &a); err != nil {
			return err
		}
		if status := text(a, "status"); status == "failed" {
			return fmt.Errorf("Auth0 cannot build the Action %s; its dashboard says why", name)
		} else if status != "pending" && status != "building" {
			break // our own rate makes this wait
		}
	}
	if err := i.call(ctx, "Action", "update:actions", http.MethodPost, []string{"actions", "actions", id, "deploy"}, object{}, nil); err != nil || !bind {
		return err
	}
	bound, err := i.bindings(ctx, trigger)
	if err != nil || runs(bound, id) {
		return err
	}
	// The list is replaced as a whole: what others have there stays, in its order.
	next := []object{}
	for _, b := range bound {
		next = append(next, object{"ref": object{"type": "binding_id", "value": text(b, "id")}, "display_name": text(b, "display_name")})
	}
	next = append(next, object{"ref": object{"type": "action_id", "value": id}, "display_name": name})
	return i.call(ctx, "Actions of "+trigger, "update:actions", http.MethodPatch, []string{"actions", "triggers", trigger, "bindings"}, object{"bindings": next}, nil)
}

// builds is how often an Action that is being built is looked at.
const builds = 80

// bindings are the Actions that run on a trigger. More than one page of them is more
// than Auth0 allows.
func (i *installer) bindings(ctx context.Context, trigger string) ([]object, error) {
	var list struct {
		Bindings []object `json:"bindings"`
		Total    int      `json:"total"`
	}
	err := i.call(ctx, "Actions of "+trigger, "read:actions", http.MethodGet, []string{"actions", "triggers", trigger, "bindings"}, nil, &list, management.PerPage(50))
	if err == nil && list.Total > len(list.Bindings) {
		err = errors.New("more Actions run on " + trigger + " than can be read: bind it by hand")
	}
	return list.Bindings, err
}

func runs(bound []object, id string) bool {
	return slices.ContainsFunc(bound, func(b object) bool { return text(sub(b, "action"), "id") == id })
}

// phoneProvider plans that our Action is what the tenant sends messages by.
func (i *installer) phoneProvider(ctx context.Context) {
	const what = "phone provider"
	var list struct {
		Providers []object `json:"providers"`
	}
	path := []string{"branding", "phone", "providers"}
	if err := i.call(ctx, "phone providers", "read:phone_providers", http.MethodGet, path, nil, &list); err != nil {
		i.blocked(what, err)
		return
	}
	delivery := []string{"text"}
	if i.config.OTP { // codes may be spoken, too
		delivery = append(delivery, "voice")
	}
	body := object{"name": providerName, "disabled": false, "configuration": object{"delivery_methods": delivery}, "credentials": object{}}
	before := named(list.Providers, providerName)
	has := texts(sub(before, "configuration")["delivery_methods"])
	why := []string{}
	if before["disabled"] == true {
		why = append(why, "it is disabled")
	}
	for _, d := range delivery {
		if !slices.Contains(has, d) {
			why = append(why, "it does not deliver "+d)
			has = append(has, d)
		}
	}
	switch {
	case before != nil && len(why) == 0:
		i.add(Keep, what, "", nil)
	case before != nil:
		change := object{"disabled": false, "configuration": over(sub(before, "configuration"), object{"delivery_methods": has})}
		i.add(Change, what, strings.Join(why, ", "), func(ctx context.Context) error {
			return i.call(ctx, what, "update:phone_providers", http.MethodPatch, append(path, text(before, "id")), change, nil)
		})
	case len(list.Providers) > 0:
		i.add(Blocked, what, fmt.Sprintf("the tenant sends messages by %q: delete that provider first, under Branding, Phone Provider", clip(text(list.Providers[0], "name"))), nil)
	default:
		i.add(Create, what, "messages are sent by the Action "+providerAction, func(ctx context.Context) error {
			return i.call(ctx, what, "create:phone_providers", http.MethodPost, path, body, nil)
		})
	}
}

// stream plans the stream of the tenant's log.
func (i *installer) stream(ctx context.Context) {
	const what = "log stream " + installName
	var list []object
	if err := i.call(ctx, "log streams", "read:log_streams", http.MethodGet, []string{"log-streams"}, nil, &list); err != nil {
		i.blocked(what, err)
		return
	}
	sink := object{
		"httpEndpoint": i.PublicURL + "/auth0/logs", "httpContentType": "application/json", "httpContentFormat": "JSONARRAY",
		"httpAuthorization": "Bearer " + i.LogStream.Reveal(),
	}
	before := named(list, installName)
	if before == nil {
		i.add(Create, what, "it posts to "+i.PublicURL+"/auth0/logs", func(ctx context.Context) error {
			return i.call(ctx, "log stream", "create:log_streams", http.MethodPost, []string{"log-streams"}, object{"name": installName, "type": "http", "sink": sink}, nil)
		})
		return
	}
	if kind := text(before, "type"); kind != "http" {
		i.add(Blocked, what, fmt.Sprintf("there is a log stream of this name, of the type %q", clip(kind)), nil)
		return
	}
	for _, f := range texts(sub(before, "pii_config")["log_fields"]) {
		if f == "phone" || f == "username" {
			i.add(Blocked, what, "it masks "+f+", by which sign-ins are told: take that off, under Monitoring, Streams", nil)
			return
		}
	}
	why := differ(sub(before, "sink"), sink, "httpAuthorization")
	if i.Secrets && !slices.Contains(why, "httpAuthorization") {
		why = append(why, "httpAuthorization")
	}
	if status := text(before, "status"); status != "active" {
		why = append(why, "status")
	}
	if len(why) == 0 {
		i.add(Keep, what, "", nil)
		return
	}
	i.add(Change, what, strings.Join(why, ", "), func(ctx context.Context) error {
		return i.call(ctx, "log stream", "update:log_streams", http.MethodPatch, []string{"log-streams", text(before, "id")},
			object{"status": "active", "sink": over(sub(before, "sink"), sink)}, nil)
	})
}

func texts(v any) []string {
	var all []string
	items, _ := v.([]any)
	for _, x := range items {
		if s, ok := x.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// userEvents are what an event stream tells of.
func userEvents() []object {
	return []object{{"event_type": "user.created"}, {"event_type": "user.updated"}, {"event_type": "user.deleted"}}
}

// eventStream plans the stream of what becomes of users.
func (i *installer) eventStream(ctx context.Context) {
	const what = "event stream " + installName
	var list struct {
		Streams []object `json:"eventStreams"`
	}
	if err := i.call(ctx, "event streams", "read:event_streams", http.MethodGet, []string{"event-streams"}, nil, &list); err != nil {
		i.blocked(what, err)
		return
	}
	endpoint := i.PublicURL + "/auth0/events"
	destination := object{"type": "webhook", "configuration": object{
		"webhook_endpoint": endpoint, "webhook_authorization": object{"method": "bearer", "token": i.News.Reveal()},
	}}
	before := named(list.Streams, installName)
	if before == nil {
		i.add(Create, what, "it posts to "+endpoint, func(ctx context.Context) error {
			return i.call(ctx, "event stream", "create:event_streams", http.MethodPost, []string{"event-streams"},
				object{"name": installName, "subscriptions": userEvents(), "destination": destination}, nil)
		})
		return
	}
	var why []string
	configuration := sub(sub(before, "destination"), "configuration")
	if text(configuration, "webhook_endpoint") != endpoint || text(sub(configuration, "webhook_authorization"), "method") != "bearer" || i.Secrets {
		why = append(why, "destination")
	}
	var has []string
	items, _ := before["subscriptions"].([]any)
	for _, s := range items {
		if s, ok := s.(object); ok {
			has = append(has, text(s, "event_type"))
		}
	}
	subscriptions := items
	for _, e := range userEvents() {
		if !slices.Contains(has, text(e, "event_type")) {
			subscriptions = append(subscriptions, e)
		}
	}
	if len(subscriptions) > len(items) {
		why = append(why, "subscriptions")
	}
	if text(before, "status") == "disabled" { // Auth0 does so after failures
		why = append(why, "status")
	}
	if len(why) == 0 {
		i.add(Keep, what, "", nil)
		return
	}
	i.add(Change, what, strings.Join(why, ", "), func(ctx context.Context) error {
		return i.call(ctx, "event stream", "update:event_streams", http.MethodPatch, []string{"event-streams", text(before, "id")},
			object{"status": "enabled", "subscriptions": subscriptions, "destination": destination}, nil)
	})
}

package fake

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// resource is a kind of settings of the tenant that can be created and changed.
type resource struct {
	path     string // below /api/v2/
	scope    string // behind "read:", "create:" and "update:"
	id       string // what ids begin with
	list     string // under which name a list comes; "": it is a bare array
	status   int    // of a creation
	unique   string // the field of which no two may have the same
	settled  []string
	complete func(t *Tenant, made map[string]any)
}

// resources are all kinds. What is settled at the creation cannot be changed.
func resources() []resource {
	return []resource{
		{path: "connections", scope: "connections", id: "con_", list: "connections", status: http.StatusCreated, unique: "name", settled: []string{"name", "strategy"}},
		{path: "actions/actions", scope: "actions", id: "act_", list: "actions", status: http.StatusCreated, unique: "name", complete: (*Tenant).completeAction},
		{path: "log-streams", scope: "log_streams", id: "lst_", status: http.StatusOK, unique: "name", settled: []string{"type"}, complete: (*Tenant).completeStream},
		{path: "event-streams", scope: "event_streams", id: "est_", list: "eventStreams", status: http.StatusCreated, unique: "name", complete: completeEvents},
		{path: "branding/phone/providers", scope: "phone_providers", id: "pro_", list: "providers", status: http.StatusCreated, unique: "name", complete: completeProvider},
	}
}

// scopesOf are the scopes of all kinds.
func scopesOf() []string {
	var all []string
	for _, r := range resources() {
		for _, do := range []string{"read:", "create:", "update:"} {
			if s := do + r.scope; s != scopeConnections {
				all = append(all, s)
			}
		}
	}
	return all
}

func (t *Tenant) completeAction(a map[string]any) {
	a["status"], a["all_changes_deployed"] = "built", false
	// The values of secrets are never shown.
	if secrets, ok := a["secrets"].([]any); ok {
		t.keepSecrets(fmt.Sprint(a["id"]), secrets)
		shown := []any{}
		for _, s := range secrets {
			if m, ok := s.(map[string]any); ok {
				shown = append(shown, map[string]any{"name": m["name"], "updated_at": t.config.Now().UTC().Format(time.RFC3339)})
			}
		}
		a["secrets"] = shown
	}
}

func (t *Tenant) completeStream(s map[string]any) {
	if s["status"] == nil {
		s["status"] = "active"
	}
}

func completeEvents(_ *Tenant, s map[string]any) {
	if s["status"] == nil {
		s["status"] = "enabled"
	}
	// The token of a webhook is never shown.
	if d, ok := s["destination"].(map[string]any); ok {
		if c, ok := d["configuration"].(map[string]any); ok {
			if auth, ok := c["webhook_authorization"].(map[string]any); ok {
				c["webhook_authorization"] = map[string]any{"method": auth["method"]}
			}
		}
	}
}

func completeProvider(t *Tenant, p map[string]any) {
	delete(p, "credentials")
	p["channel"], p["tenant"] = "phone", t.config.Domain
}

// Resources are what the tenant has of a kind, "connections" or "log-streams", in
// the order of their creation.
func (t *Tenant) Resources(path string) []map[string]any {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []map[string]any
	for _, m := range t.made[path] {
		all = append(all, maps.Clone(m))
	}
	return all
}

// Install makes something, as somebody in its dashboard might. A connection is switched
// on for the clients; none: for the application.
func (t *Tenant) Install(path string, made map[string]any, clients ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.serial++
	made["id"] = "made_" + strconv.Itoa(t.serial)
	if t.made == nil {
		t.made = map[string][]map[string]any{}
	}
	if t.clients == nil {
		t.clients = map[string][]string{}
	}
	t.made[path] = append(t.made[path], made)
	if clients == nil {
		clients = []string{t.config.ClientID}
	}
	t.clients[fmt.Sprint(made["id"])] = clients
}

// Amend changes something that the tenant has, as somebody in its dashboard might.
func (t *Tenant) Amend(path, name string, changes map[string]any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range t.made[path] {
		if m["name"] == name {
			maps.Copy(m, changes)
		}
	}
}

// Bindings are the names of the Actions bound to a trigger, in their order.
func (t *Tenant) Bindings(trigger string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var names []string
	for _, b := range t.bound[trigger] {
		names = append(names, fmt.Sprint(b["display_name"]))
	}
	return names
}

// Unbind takes all Actions off a trigger, as somebody in the dashboard might.
func (t *Tenant) Unbind(trigger string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.bound, trigger)
}

// resource routes requests for what can be created and changed; nil: it is none.
func (t *Tenant) resource(r *http.Request) handler {
	path, found := strings.CutPrefix(r.URL.Path, "/api/v2/")
	if !found {
		return nil
	}
	if trigger, ok := strings.CutPrefix(path, "actions/triggers/"); ok {
		if trigger, ok = strings.CutSuffix(trigger, "/bindings"); ok {
			return func(w http.ResponseWriter, r *http.Request, _ map[string]string) { t.bindings(w, r, trigger) }
		}
	}
	for _, kind := range resources() {
		rest, ok := strings.CutPrefix(path, kind.path)
		if !ok || rest != "" && rest[0] != '/' {
			continue
		}
		id, sub, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
		switch {
		case id == "" && r.Method == http.MethodGet:
			return func(w http.ResponseWriter, r *http.Request, _ map[string]string) { t.listMade(w, r, kind) }
		case id == "" && r.Method == http.MethodPost:
			return func(w http.ResponseWriter, r *http.Request, _ map[string]string) { t.create(w, r, kind) }
		case sub == "" && (r.Method == http.MethodGet || r.Method == http.MethodPatch):
			return func(w http.ResponseWriter, r *http.Request, _ map[string]string) { t.change(w, r, kind, id) }
		case sub == "deploy" && r.Method == http.MethodPost:
			return func(w http.ResponseWriter, r *http.Request, _ map[string]string) { t.deploy(w, r, id) }
		case sub == "clients" && id != "con_fake":
			return func(w http.ResponseWriter, r *http.Request, _ map[string]string) { t.clientsOf(w, r, id) }
		}
	}
	return nil
}

// body reads a JSON object.
func body(w http.ResponseWriter, r *http.Request) (map[string]any, bool) {
	var got map[string]any
	if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
		apiError(w, http.StatusBadRequest, "invalid_body", "Payload validation error.")
		return nil, false
	}
	return got, true
}

func (t *Tenant) listMade(w http.ResponseWriter, r *http.Request, kind resource) {
	if !t.allowed(w, r, "read:"+kind.scope) {
		return
	}
	all := []map[string]any{}
	if kind.path == "connections" {
		all = append(all, t.database())
	}
	all = append(all, t.Resources(kind.path)...)
	for query, field := range map[string]string{"name": "name", "actionName": "name", "strategy": "strategy"} {
		if want := r.URL.Query().Get(query); want != "" {
			all = slices.DeleteFunc(all, func(m map[string]any) bool { return m[field] != want })
		}
	}
	if kind.list == "" {
		reply(w, http.StatusOK, all)
		return
	}
	reply(w, http.StatusOK, map[string]any{"start": 0, "limit": 50, "length": len(all), "total": len(all), kind.list: all})
}

func (t *Tenant) create(w http.ResponseWriter, r *http.Request, kind resource) {
	if !t.allowed(w, r, "create:"+kind.scope) {
		return
	}
	made, ok := body(w, r)
	if !ok {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, other := range t.made[kind.path] {
		if other[kind.unique] == made[kind.unique] {
			apiError(w, http.StatusConflict, "", "A resource with the same "+kind.unique+" exists.")
			return
		}
	}
	t.serial++
	made["id"] = kind.id + strconv.Itoa(t.serial)
	if kind.complete != nil {
		kind.complete(t, made)
	}
	if t.made == nil {
		t.made = map[string][]map[string]any{}
	}
	t.made[kind.path] = append(t.made[kind.path], made)
	reply(w, kind.status, made) // with all secrets, as Auth0 does
}

// change shows a resource, or changes it: what is given replaces what is there as a
// whole.
func (t *Tenant) change(w http.ResponseWriter, r *http.Request, kind resource, id string) {
	do := "read:"
	if r.Method == http.MethodPatch {
		do = "update:"
	}
	if !t.allowed(w, r, do+kind.scope) {
		return
	}
	var changes map[string]any
	if do == "update:" {
		var ok bool
		if changes, ok = body(w, r); !ok {
			return
		}
		for _, name := range kind.settled {
			if _, given := changes[name]; given {
				apiError(w, http.StatusBadRequest, "invalid_body", "Payload validation error: additional properties not allowed: "+name)
				return
			}
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.IndexFunc(t.made[kind.path], func(m map[string]any) bool { return m["id"] == id })
	if i < 0 {
		apiError(w, http.StatusNotFound, "", "There is no such resource.")
		return
	}
	made := t.made[kind.path][i]
	maps.Copy(made, changes)
	if changes != nil && kind.complete != nil {
		kind.complete(t, made)
	}
	reply(w, http.StatusOK, made)
}

func (t *Tenant) deploy(w http.ResponseWriter, r *http.Request, id string) {
	if !t.allowed(w, r, "update:actions") {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range t.made["actions/actions"] {
		if a["id"] == id {
			a["all_changes_deployed"] = true
			a["deployed_version"] = map[string]any{"code": a["code"], "deployed": true, "status": "built"}
			reply(w, http.StatusOK, map[string]any{"id": "ver_" + id, "deployed": true, "number": 1, "status": "built", "code": a["code"]})
			return
		}
	}
	apiError(w, http.StatusNotFound, "", "There is no such action.")
}

// bindings shows or replaces which Actions run on a trigger.
func (t *Tenant) bindings(w http.ResponseWriter, r *http.Request, trigger string) {
	scope := "read:actions"
	if r.Method == http.MethodPatch {
		scope = "update:actions"
	}
	if !t.allowed(w, r, scope) {
		return
	}
	var next []map[string]any
	if r.Method == http.MethodPatch {
		given, ok := body(w, r)
		if !ok {
			return
		}
		list, _ := given["bindings"].([]any)
		for _, b := range list {
			bound, problem := t.bind(trigger, b)
			if problem != "" {
				apiError(w, http.StatusBadRequest, "invalid_body", problem)
				return
			}
			next = append(next, bound)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bound == nil {
		t.bound = map[string][]map[string]any{}
	}
	if r.Method == http.MethodPatch {
		t.bound[trigger] = next
	}
	shown := t.bound[trigger]
	if shown == nil {
		shown = []map[string]any{}
	}
	reply(w, http.StatusOK, map[string]any{"bindings": shown, "total": len(shown), "page": 0, "per_page": 50})
}

// bind reads one binding: its Action has to be deployed, and for this trigger.
func (t *Tenant) bind(trigger string, raw any) (map[string]any, string) {
	b, _ := raw.(map[string]any)
	ref, _ := b["ref"].(map[string]any)
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, bound := range t.bound[trigger] {
		if ref["type"] == "binding_id" && ref["value"] == bound["id"] {
			return bound, ""
		}
	}
	for _, a := range t.made["actions/actions"] {
		isThis := ref["type"] == "action_id" && ref["value"] == a["id"] || ref["type"] == "action_name" && ref["value"] == a["name"]
		if !isThis {
			continue
		}
		if a["deployed_version"] == nil {
			return nil, "The action is not deployed."
		}
		triggers, _ := a["supported_triggers"].([]any)
		for _, s := range triggers {
			if s, ok := s.(map[string]any); ok && s["id"] == trigger {
				name := b["display_name"]
				if name == nil {
					name = a["name"]
				}
				return map[string]any{"id": fmt.Sprint("bnd_", a["id"]), "trigger_id": trigger, "display_name": name, "action": map[string]any{"id": a["id"], "name": a["name"]}}, ""
			}
		}
		return nil, "The action does not support this trigger."
	}
	return nil, "There is no such action."
}

// clientsOf shows or changes for which applications a connection is switched on.
func (t *Tenant) clientsOf(w http.ResponseWriter, r *http.Request, id string) {
	scope := scopeConnections
	if r.Method == http.MethodPatch {
		scope = "update:connections"
	}
	if !t.allowed(w, r, scope) {
		return
	}
	var changes []struct {
		ID     string `json:"client_id"`
		Status bool   `json:"status"`
	}
	if r.Method == http.MethodPatch && json.NewDecoder(r.Body).Decode(&changes) != nil {
		apiError(w, http.StatusBadRequest, "invalid_body", "Payload validation error.")
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.clients == nil {
		t.clients = map[string][]string{}
	}
	for _, c := range changes {
		t.clients[id] = slices.DeleteFunc(t.clients[id], func(have string) bool { return have == c.ID })
		if c.Status {
			t.clients[id] = append(t.clients[id], c.ID)
		}
	}
	if r.Method == http.MethodPatch {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	shown := []map[string]any{}
	for _, c := range t.clients[id] {
		shown = append(shown, map[string]any{"client_id": c})
	}
	reply(w, http.StatusOK, map[string]any{"clients": shown})
}

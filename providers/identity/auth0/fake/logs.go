package fake

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	// logsGather is how long events gather before they are posted.
	logsGather = 200 * time.Millisecond
	logsTime   = 10 * time.Second
	logsTries  = 3
	logsMost   = 1000 // that wait
)

// logs are the tenant's log events, under its lock. As with Auth0 a stream gets each at
// least once, here always twice, and in no order, here the newest first. What a stream
// filters out or masks comes all the same.
type logs struct {
	waiting []map[string]any
	posting bool
	written int
}

// note writes an event into the tenant's log. Its types are Auth0's: "sepft", "cs", …
// The tenant is locked.
func (t *Tenant) note(kind string, event map[string]any) {
	if t.config.Logs == nil || t.life.Err() != nil || len(t.logs.waiting) >= logsMost {
		return
	}
	t.logs.written++
	now := t.config.Now().UTC()
	id := fmt.Sprintf("%s%06d", now.Format("20060102150405"), t.logs.written)
	data := map[string]any{
		"log_id": id, "_id": id, "date": now.Format("2006-01-02T15:04:05.000Z"), "type": kind,
		"client_id": t.config.ClientID, "client_name": "fake", "ip": "192.0.2.1", "user_agent": "fake",
		"hostname": t.config.Domain, "tenant_name": "fake", "environment_name": "fake",
	}
	maps.Copy(data, event)
	t.logs.waiting = append(t.logs.waiting, map[string]any{"log_id": id, "data": data})
	if !t.logs.posting {
		t.logs.posting = true
		t.flying.Go(t.postLogs)
	}
}

// noteLogin writes down what came of a PIN.
func (t *Tenant) noteLogin(kind, name string, u *User) {
	t.mu.Lock()
	defer t.mu.Unlock()
	event := map[string]any{"connection": t.config.Realm, "strategy": "auth0", "strategy_type": "database", "user_name": name}
	if u != nil {
		event["user_id"] = u.ID
	}
	t.note(kind, event)
}

// noteCode writes down that a code was sent by a passwordless connection. The tenant is
// locked.
func (t *Tenant) noteCode(connection, number string) {
	t.note("cs", map[string]any{
		"connection": connection, "strategy": "sms", "strategy_type": "passwordless", "user_name": number,
		"details": map[string]any{"body": map[string]any{"phone_number": number, "client_id": t.config.ClientID, "connection": connection}},
	})
}

// noteExchange writes down what came of a code: s for success, f for failure. The
// tenant is locked.
func (t *Tenant) noteExchange(came, grant string, event map[string]any) {
	switch {
	case grant == oobGrant:
		t.note(came+"eoobft", event)
	case grant == otpGrant:
		t.note(came+"eotpft", event)
	case came == "s":
		t.note("s", event) // Auth0 publishes no type of its own for it
	default:
		t.note("fepotpft", event)
	}
}

// postLogs posts what has gathered, until there is nothing more.
func (t *Tenant) postLogs() {
	for {
		t.sleep(logsGather)
		t.mu.Lock()
		batch := t.logs.waiting
		t.logs.waiting = nil
		if t.logs.posting = len(batch) > 0 && t.life.Err() == nil; !t.logs.posting {
			t.mu.Unlock()
			return
		}
		var streams []map[string]any
		for _, s := range t.made["log-streams"] {
			sink, _ := s["sink"].(map[string]any)
			if s["type"] == "http" && s["status"] == "active" && sink != nil {
				streams = append(streams, maps.Clone(sink))
			}
		}
		t.mu.Unlock()
		slices.Reverse(batch)
		for _, sink := range streams {
			for range 2 {
				t.postTo(sink, batch)
			}
		}
	}
}

// postTo posts events to a stream, a few times until it takes them. When it was the last
// time they are lost, though with Auth0 it all begins again.
func (t *Tenant) postTo(sink map[string]any, batch []map[string]any) {
	var bodies []string
	switch format, _ := sink["httpContentFormat"].(string); format {
	case "JSONOBJECT":
		for _, e := range batch {
			bodies = append(bodies, line(e))
		}
	case "JSONLINES":
		var lines []string
		for _, e := range batch {
			lines = append(lines, line(e))
		}
		bodies = []string{strings.Join(lines, "\n")}
	default:
		bodies = []string{line(batch)}
	}
	for _, body := range bodies {
		for try := range logsTries {
			if try > 0 && !t.sleep(firstRetry<<(try-1)) || t.postLog(sink, body) {
				break
			}
		}
	}
}

// line is JSON in one line.
func line(v any) string {
	b, _ := json.Marshal(v) // of texts and what was read as JSON
	return string(b)
}

// postLog posts one body, and tells whether it was taken.
func (t *Tenant) postLog(sink map[string]any, body string) bool {
	ctx, cancel := context.WithTimeout(t.life, logsTime)
	defer cancel()
	url, _ := sink["httpEndpoint"].(string)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader([]byte(body)))
	if err != nil {
		return true // nor would it be the next time
	}
	req.Header.Set("Content-Type", "application/json")
	if auth, ok := sink["httpAuthorization"].(string); ok {
		req.Header.Set("Authorization", auth) // as it stands there
	}
	res, err := t.config.Logs.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode < 300
}

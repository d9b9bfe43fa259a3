package fake

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// How often an Action asks for another try, and how long it waits for an answer.
const (
	mostRetries   = 5
	firstRetry    = time.Second
	actionTime    = 15 * time.Second
	phoneTrigger  = "custom-phone-provider"
	deliversText  = "text"
	deliversVoice = "voice"
)

// notification is a message that the tenant's phone provider is to deliver.
type notification struct {
	Recipient string            `json:"recipient"`
	Body      string            `json:"body"`
	Code      string            `json:"code"`
	Delivery  string            `json:"delivery_method"`
	Locale    string            `json:"locale"`
	Type      string            `json:"message_type"`
	Req       map[string]string `json:"req"`
}

// provider is what the Action knows that is the tenant's phone provider.
type provider struct {
	url  string
	auth map[string]any // as of a connection's gateway_authentication
}

// provider is the tenant's, if it delivers so: an enabled provider "custom", and a
// deployed Action with the secrets of callflow's. The tenant is locked.
func (t *Tenant) provider(delivery string) (provider, bool) {
	enabled := slices.ContainsFunc(t.made["branding/phone/providers"], func(p map[string]any) bool {
		c, _ := p["configuration"].(map[string]any)
		methods, _ := c["delivery_methods"].([]any)
		return p["name"] == "custom" && p["disabled"] != true && slices.Contains(methods, any(delivery))
	})
	if !enabled {
		return provider{}, false
	}
	for _, a := range t.made["actions/actions"] {
		triggers, _ := a["supported_triggers"].([]any)
		is := slices.ContainsFunc(triggers, func(raw any) bool {
			trigger, _ := raw.(map[string]any)
			return trigger["id"] == phoneTrigger
		})
		has := t.secrets[fmt.Sprint(a["id"])]
		if !is || a["deployed_version"] == nil || has["CALLFLOW_URL"] == "" {
			continue
		}
		return provider{has["CALLFLOW_URL"], map[string]any{
			"secret": has["CALLFLOW_KEY"], "secret_base64_encoded": true,
			"subject": has["CALLFLOW_SUBJECT"], "audience": has["CALLFLOW_AUDIENCE"],
		}}, true
	}
	return provider{}, false
}

// keepSecrets remembers the values of an Action's secrets, which nobody is shown. The
// tenant is locked.
func (t *Tenant) keepSecrets(action string, secrets []any) {
	if t.secrets == nil {
		t.secrets = map[string]map[string]string{}
	}
	kept := map[string]string{}
	for _, raw := range secrets {
		s, _ := raw.(map[string]any)
		name, _ := s["name"].(string)
		value, given := s["value"].(string)
		if !given {
			value = t.secrets[action][name]
		}
		kept[name] = value
	}
	t.secrets[action] = kept
}

// notify has the phone provider deliver a code, where there is one. As with Auth0,
// whoever asked for the code does not wait, and does not hear of a failure. The tenant
// is locked.
func (t *Tenant) notify(c *sentCode) {
	delivery := deliversText
	if c.delivery == deliversVoice {
		delivery = deliversVoice
	}
	p, ok := t.provider(delivery)
	if !ok || t.life.Err() != nil {
		return
	}
	n := notification{
		Recipient: c.number, Body: "Your verification code is " + c.code + ".", Code: c.code,
		Delivery: delivery, Locale: "en", Type: "otp_verify", Req: map[string]string{"ip": "192.0.2.1"},
	}
	c.fate = "on its way"
	t.flying.Go(func() {
		fate := t.deliver(p, n)
		t.mu.Lock()
		defer t.mu.Unlock()
		c.fate = fate
	})
}

// deliver does what callflow's Action does, and says what came of it.
func (t *Tenant) deliver(p provider, n notification) string {
	fate := ""
	for try := range mostRetries + 1 {
		if try > 0 && !t.sleep(firstRetry<<(try-1)) {
			break
		}
		status, err := t.post(p, n)
		switch {
		case err != nil:
			fate = "not delivered: " + p.url + " does not answer"
		case status == http.StatusOK:
			return "delivered"
		default:
			fate = fmt.Sprintf("not delivered: %s answers %d", p.url, status)
			if status < 500 && status != http.StatusRequestTimeout {
				return fate
			}
		}
	}
	return fate
}

func (t *Tenant) post(p provider, n notification) (status int, err error) {
	ctx, cancel := context.WithTimeout(t.life, actionTime)
	defer cancel()
	text, err := json.Marshal(n)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(text))
	if err != nil {
		return 0, err
	}
	token, err := t.gatewayToken(p.auth)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := t.config.Gateway.Do(req)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}

// sleep waits, and is false when the tenant is closed.
func (t *Tenant) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-t.life.Done():
		return false
	}
}

// Close ends what is on its way, and waits for that. A tenant that has no phone
// provider, and no Logs, needs none.
func (t *Tenant) Close() error {
	t.cancel()
	t.flying.Wait()
	return nil
}

package fake

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwt"
)

// gatewayTime is how long Auth0 waits for an SMS gateway.
const gatewayTime = 30 * time.Second

// smsConnection finds an SMS connection that is switched on for the application; nil:
// there is none.
func (t *Tenant) smsConnection(name string) map[string]any {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.made["connections"] {
		if c["name"] == name && c["strategy"] == "sms" {
			if !slices.Contains(t.clients[fmt.Sprint(c["id"])], t.config.ClientID) {
				return nil
			}
			return maps.Clone(c)
		}
	}
	if name == SMSConnection {
		return map[string]any{"name": name, "strategy": "sms"}
	}
	return nil
}

// throughGateway has the gateway of a connection deliver a code, and says what Auth0
// says where that fails; "": it was delivered, or there is no gateway.
func (t *Tenant) throughGateway(ctx context.Context, options map[string]any, number, code string) (problem string) {
	url, _ := options["gateway_url"].(string)
	if url == "" {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, gatewayTime)
	defer cancel()
	template, _ := options["template"].(string)
	body := map[string]any{
		"recipient": number, "body": strings.ReplaceAll(template, "@@password@@", code), "sender": options["from"],
	}
	if fmt.Sprint(options["forward_req_info"]) == "true" {
		body["req"] = map[string]string{"ip": "192.0.2.1", "user-agent": "fake"}
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err.Error()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(text))
	if err != nil {
		return err.Error()
	}
	req.Header.Set("Content-Type", "application/json")
	auth, _ := options["gateway_authentication"].(map[string]any)
	if auth != nil {
		token, err := t.gatewayToken(auth)
		if err != nil {
			return err.Error()
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := t.config.Gateway.Do(req)
	if err != nil {
		return "Timeout while calling the SMS gateway: " + url
	}
	_ = res.Body.Close()
	switch res.StatusCode {
	case http.StatusOK:
		return ""
	case http.StatusUnauthorized:
		return "Authentication failed while calling the SMS gateway: 401"
	}
	return fmt.Sprintf("Unexpected response while calling the SMS gateway: %d", res.StatusCode)
}

// gatewayToken signs as a connection's gateway_authentication says.
func (t *Tenant) gatewayToken(auth map[string]any) (string, error) {
	key := []byte(fmt.Sprint(auth["secret"]))
	if fmt.Sprint(auth["secret_base64_encoded"]) == "true" {
		var err error
		if key, err = base64.RawURLEncoding.DecodeString(strings.TrimRight(string(key), "=")); err != nil {
			return "", err
		}
	}
	now := t.config.Now()
	token, err := jwt.NewBuilder().Subject(fmt.Sprint(auth["subject"])).Audience([]string{fmt.Sprint(auth["audience"])}).
		Issuer("https://" + t.config.Domain + "/").IssuedAt(now).Expiration(now.Add(time.Minute)).Build()
	if err != nil {
		return "", err
	}
	signed, err := jwt.Sign(token, jwt.WithKey(jwa.HS256, key))
	return string(signed), err
}

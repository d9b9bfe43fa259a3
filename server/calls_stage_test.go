package server_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1" //nolint:gosec // it is what Twilio signs with
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"callflow/providers/telephony/player"
)

// tellStage posts how a call gets on, in the platform's words: a status, and a code.
func (b *bench) tellStage(platform string, p placed, call player.Call, words string) {
	status, code, _ := strings.Cut(words, " ")
	form := url.Values{"CallSid": {call.ID}, "AccountSid": {call.Account}, "CallStatus": {status}, "From": {call.From}, "To": {call.To}}
	var w *httptest.ResponseRecorder
	switch platform {
	case "jambonz":
		w = b.post(strings.TrimPrefix(p.status, publicURL), b.json(map[string]any{
			"call_sid": call.ID, "account_sid": call.Account, "direction": "outbound", "from": call.From, "to": call.To,
			"call_status": status, "sip_status": json.Number(cmpOr(code, "480")),
		}))
	case "plivo":
		w = b.plivoForm(p.status, url.Values{
			"CallUUID": {call.ID}, "CallStatus": {status}, "Event": {"Hangup"}, "Direction": {"outbound"}, "From": {call.From}, "To": {call.To}, "HangupCauseCode": {code},
		})
	case "sinch":
		w = b.sinchEvent(map[string]any{"event": "dice", "callid": call.ID, "custom": p.order, "result": status, "reason": code, "version": 1})
	case "telnyx":
		w = b.telnyxEvent("call.hangup", map[string]any{
			"call_control_id": call.ID, "connection_id": call.Account, "from": call.From, "to": call.To, "client_state": p.order,
			"state": "hangup", "hangup_cause": status, "hangup_source": "unknown", "sip_hangup_cause": code,
		})
	case "texml":
		w = b.telnyxPost(p.status, "application/x-www-form-urlencoded", form.Encode())
	case "twilio":
		form.Set("SipResponseCode", code)
		form.Set("Direction", "outbound-api")
		w = b.twilioForm(p.status, form)
	case "vonage":
		w = b.vonageEvent(p.status, map[string]any{
			"status": status, "direction": "outbound", "uuid": "leg-1", "conversation_uuid": call.ID,
			"from": strings.TrimPrefix(call.From, "+"), "to": strings.TrimPrefix(call.To, "+"), "timestamp": "2026-11-23T10:00:00.000Z",
		})
	}
	if w == nil || w.Code/100 != 2 {
		b.t.Errorf("%s: the notice %q is answered with %v", platform, words, w)
	}
}

func (b *bench) json(v any) string {
	body, err := json.Marshal(v)
	if err != nil {
		b.t.Error(err)
	}
	return string(body)
}

// telnyxEvent posts an event of Call Control.
func (b *bench) telnyxEvent(kind string, payload map[string]any) *httptest.ResponseRecorder {
	return b.telnyxPost(publicURL+"/v1/telnyx/calls", "application/json", b.json(map[string]any{
		"data": map[string]any{"event_type": kind, "id": "e-1", "record_type": "event", "payload": payload},
	}))
}

// telnyxPost posts what Telnyx has signed.
func (b *bench) telnyxPost(address, contentType, body string) *httptest.ResponseRecorder {
	seed, stamp := sha256.Sum256([]byte(secret.Reveal())), strconv.FormatInt(time.Now().Unix(), 10)
	signature := ed25519.Sign(ed25519.NewKeyFromSeed(seed[:]), []byte(stamp+"|"+body))
	return b.do(http.MethodPost, strings.TrimPrefix(address, publicURL), []byte(body),
		"Content-Type", contentType, "telnyx-timestamp", stamp, "telnyx-signature-ed25519", base64.StdEncoding.EncodeToString(signature))
}

// sinchEvent posts an event, signed as Sinch does.
func (b *bench) sinchEvent(event map[string]any) *httptest.ResponseRecorder {
	body := b.json(event)
	key, err := base64.RawStdEncoding.DecodeString(strings.ReplaceAll(secret.Reveal(), "_", "/"))
	if err != nil {
		b.t.Error(err)
	}
	sum, when := md5.Sum([]byte(body)), time.Now().UTC().Format(time.RFC3339)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(strings.Join([]string{"POST", base64.StdEncoding.EncodeToString(sum[:]), "application/json", "x-timestamp:" + when, "/v1/sinch/calls"}, "\n")))
	return b.do(http.MethodPost, "/v1/sinch/calls", []byte(body),
		"Content-Type", "application/json", "X-Timestamp", when, "Authorization", "application app:"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// vonageEvent posts an event with a token over it, as Vonage does.
func (b *bench) vonageEvent(address string, event map[string]any) *httptest.ResponseRecorder {
	body := b.json(event)
	sum := sha256.Sum256([]byte(body))
	claims := b.json(map[string]any{"iat": time.Now().Unix(), "jti": "j-1", "iss": "Vonage", "payload_hash": hex.EncodeToString(sum[:])})
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"typ":"JWT","alg":"HS256"}`)) + "." + encode([]byte(claims))
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte(signed))
	return b.do(http.MethodPost, strings.TrimPrefix(address, publicURL), []byte(body),
		"Content-Type", "application/json", "Authorization", "Bearer "+signed+"."+encode(mac.Sum(nil)))
}

// plivoForm posts a form, signed as Plivo does.
func (b *bench) plivoForm(address string, form url.Values) *httptest.ResponseRecorder {
	text, nonce := address+"?", "12345"
	for _, name := range slices.Sorted(maps.Keys(form)) {
		text += name + form.Get(name)
	}
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte(text + "." + nonce))
	return b.do(http.MethodPost, strings.TrimPrefix(address, publicURL), []byte(form.Encode()),
		"Content-Type", "application/x-www-form-urlencoded",
		"X-Plivo-Signature-V3", base64.StdEncoding.EncodeToString(mac.Sum(nil)), "X-Plivo-Signature-V3-Nonce", nonce)
}

// twilioForm posts a form, signed as Twilio does.
func (b *bench) twilioForm(address string, form url.Values) *httptest.ResponseRecorder {
	mac := hmac.New(sha1.New, []byte(secret.Reveal()))
	mac.Write([]byte(address))
	for _, name := range slices.Sorted(maps.Keys(form)) {
		mac.Write([]byte(name + form.Get(name)))
	}
	return b.do(http.MethodPost, strings.TrimPrefix(address, publicURL), []byte(form.Encode()),
		"Content-Type", "application/x-www-form-urlencoded", "X-Twilio-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

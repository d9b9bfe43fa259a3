package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/netip"
	"strings"

	"callflow/engine"
	"callflow/providers/sms"
)

// maxBody bounds a request, in bytes.
const maxBody = 16 << 10

// posted is what Auth0's connection posts, and our Action with some more:
//
//	{"recipient":"+1…","body":"Your code is …","sender":"+1…","req":{"ip":"…"},
//	 "code":"…","delivery_method":"text","locale":"en","message_type":"otp_verify"}
//
// An Action may also hand on its event as it is, where the same stands in other
// places. Unknown fields are ignored: more may come.
type posted struct {
	Recipient      string  `json:"recipient"`
	Body           string  `json:"body"`
	Sender         string  `json:"sender"`
	Code           string  `json:"code"`
	DeliveryMethod string  `json:"delivery_method"`
	Locale         string  `json:"locale"`
	MessageType    string  `json:"message_type"`
	Req            address `json:"req"`

	Notification *notification `json:"notification"`
	Request      address       `json:"request"`
}

type address struct {
	IP string `json:"ip"`
}

// notification is that of a custom phone provider's event.
type notification struct {
	Recipient      string `json:"recipient"`
	AsText         string `json:"as_text"`
	AsVoice        string `json:"as_voice"`
	From           string `json:"from"`
	Code           string `json:"code"`
	DeliveryMethod string `json:"delivery_method"`
	Locale         string `json:"locale"`
	MessageType    string `json:"message_type"`
}

// Errors of a body, which say nothing of what stands in it.
var (
	errNotJSON     = errors.New("the body is not a JSON object of the agreed form")
	errNoRecipient = errors.New("the body has no recipient")
	errNoText      = errors.New("the body has no text to send")
	errBadCode     = errors.New("the code in the body is none")
	errBadDelivery = errors.New("the delivery method is neither text nor voice")
	errTwoRequests = errors.New("the body goes on behind its end")
)

// decode reads a request. The code is the field's, or is found in the text.
func decode(body []byte, find Finder) (Request, error) {
	var p posted
	dec := json.NewDecoder(bytes.NewReader(body))
	if err := dec.Decode(&p); err != nil {
		return Request{}, errNotJSON
	}
	if dec.More() {
		return Request{}, errTwoRequests
	}
	if n := p.Notification; n != nil {
		p.Recipient, p.Body, p.Sender, p.Code = n.Recipient, n.AsText, n.From, n.Code
		p.DeliveryMethod, p.Locale, p.MessageType, p.Req = n.DeliveryMethod, n.Locale, n.MessageType, p.Request
		if n.DeliveryMethod == voice && n.AsVoice != "" {
			p.Body = n.AsVoice
		}
	}
	r := Request{To: p.Recipient, From: p.Sender, Text: engine.NewSecret(p.Body), Locale: locale(p.Locale), IP: ip(p.Req.IP)}
	switch {
	case p.Recipient == "":
		return r, errNoRecipient
	case strings.TrimSpace(p.Body) == "":
		return r, errNoText
	case len(p.Body) > maxText:
		return r, errLongText
	case p.DeliveryMethod == voice:
		r.Channel = sms.Call
	case p.DeliveryMethod != "" && p.DeliveryMethod != text:
		return r, errBadDelivery
	}
	var err error
	r.Code, err = codeOf(p, find)
	return r, err
}

// The delivery methods of a notification.
const (
	text  = "text"
	voice = "voice"
)

func codeOf(p posted, find Finder) (engine.Secret, error) {
	switch {
	case p.Code != "":
		if !isCode(p.Code) {
			return engine.Secret{}, errBadCode
		}
		return engine.NewSecret(p.Code), nil
	case tells(p.MessageType):
		return engine.Secret{}, nil
	}
	return find.Find(p.Body)
}

// tells says whether messages of a type tell of something, and have no code.
func tells(messageType string) bool {
	switch messageType {
	case "blocked_account", "change_password", "password_breach":
		return true
	}
	return false
}

// isCode tells whether s may be a code of Auth0's: vendors put it into addresses and
// texts of their own.
func isCode(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !isDigit(c) && (c < 'A' || 'Z' < c) && (c < 'a' || 'z' < c) {
			return false
		}
	}
	return ShortestCode <= len(s) && len(s) <= LongestCode
}

// ip is an address, or "" for what is none: vendors are told of it.
func ip(s string) string {
	a, err := netip.ParseAddr(s)
	if err != nil {
		return ""
	}
	return a.WithZone("").String()
}

// locale is a language tag, or "" for what is none.
func locale(s string) string {
	tag := strings.ReplaceAll(s, "_", "-")
	for i := range len(tag) {
		c := tag[i]
		if !isDigit(c) && c != '-' && (c < 'A' || 'Z' < c) && (c < 'a' || 'z' < c) {
			return ""
		}
	}
	if len(tag) > 35 {
		return ""
	}
	return tag
}

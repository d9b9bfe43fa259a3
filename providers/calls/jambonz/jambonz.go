package jambonz

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"callflow/engine"
	"callflow/engine/runner/outbound"
	"callflow/providers/calls"
)

// Name is that of the platform's codec.
const Name = "jambonz"

// URL is the API of the hosted jambonz.
const URL = "https://jambonz.cloud/api"

// Config is an account.
type Config struct {
	BaseURL string // "": URL
	Account string
	Key     engine.Secret
	// Application gives calls their voices; "": jambonz' own.
	Application string
}

// Caller asks for calls.
type Caller struct {
	c      Config
	client *calls.Client
}

// New makes a caller. It opens no connection.
func New(c Config) (*Caller, error) {
	if c.Account == "" || c.Key.Len() == 0 {
		return nil, errors.New("jambonz: account_sid and api_key are those of the account that calls are made with")
	}
	if c.BaseURL == "" {
		c.BaseURL = URL
	}
	return &Caller{c, calls.NewClient(Name)}, nil
}

// Name is "jambonz".
func (*Caller) Name() string { return Name }

// Idempotent is false: two requests are two calls.
func (*Caller) Idempotent() bool { return false }

// The bounds of the detection, in milliseconds: somebody waits for it.
const (
	noSpeech = 3000
	decision = 5000
	greeting = 2000
)

type hook struct {
	URL    string `json:"url"`
	Method string `json:"method"`
}

type target struct {
	Type   string `json:"type"`
	Number string `json:"number"`
}

type detection struct {
	ActionHook hook   `json:"actionHook"`
	Timers     timers `json:"timers"`
}

type timers struct {
	NoSpeech int `json:"noSpeechTimeoutMs"`
	Decision int `json:"decisionTimeoutMs"`
	Greeting int `json:"greetingCompletionTimeoutMs"`
}

type request struct {
	From        string     `json:"from"`
	To          target     `json:"to"`
	CallHook    hook       `json:"call_hook"`
	StatusHook  hook       `json:"call_status_hook"`
	Application string     `json:"application_sid,omitempty"`
	Timeout     int        `json:"timeout"`
	TimeLimit   int        `json:"timeLimit"`
	AMD         *detection `json:"amd,omitempty"`
}

// Bounds are the times that jambonz takes: all of them.
func (*Caller) Bounds() outbound.Bounds { return outbound.Bounds{} }

// Place asks for a call.
func (c *Caller) Place(ctx context.Context, p outbound.Placement) (outbound.Placed, error) {
	ring, longest := c.Bounds().Of(p.Ring, p.Longest)
	r := request{
		From: p.From, To: target{"phone", p.To}, Application: c.c.Application,
		CallHook: hook{p.AnswerURL, "POST"}, StatusHook: hook{p.StatusURL, "POST"},
		Timeout: calls.Seconds(ring), TimeLimit: calls.Seconds(longest),
	}
	if p.Detect != outbound.DetectNone {
		r.AMD = &detection{hook{p.StatusURL, "POST"}, timers{noSpeech, decision, greeting}}
	}
	body, err := json.Marshal(r)
	if err != nil {
		return outbound.Placed{}, &outbound.Failure{Kind: outbound.ErrRefused, Reason: "it cannot be written"}
	}
	a, err := c.client.Do(ctx, calls.Request{
		Method: http.MethodPost, URL: c.c.BaseURL + "/v1/Accounts/" + url.PathEscape(c.c.Account) + "/Calls",
		ContentType: "application/json", Header: http.Header{"Authorization": {"Bearer " + c.c.Key.Reveal()}}, Body: body,
	})
	if err != nil {
		return outbound.Placed{}, err
	}
	var got struct {
		SID string `json:"sid"`
	}
	if a.Status == http.StatusCreated && json.Unmarshal(a.Body, &got) == nil && got.SID != "" && len(got.SID) <= calls.MaxID {
		return outbound.Placed{ID: got.SID}, nil
	}
	return outbound.Placed{}, calls.Fail(a, "", nil)
}

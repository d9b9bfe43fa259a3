package texml

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"callflow/engine"
	"callflow/engine/runner/outbound"
	"callflow/providers/calls"
)

// Name is that of the platform's codec.
const Name = "texml"

// URL is Telnyx' API.
const URL = "https://api.telnyx.com/v2"

// Config is a TeXML application of an account.
type Config struct {
	BaseURL              string // "": URL
	Account, Application string
	Key                  engine.Secret
}

// Caller asks for calls.
type Caller struct {
	c      Config
	client *calls.Client
}

// New makes a caller. It opens no connection.
func New(c Config) (*Caller, error) {
	if c.Account == "" || c.Application == "" || c.Key.Len() == 0 {
		return nil, errors.New("texml: account_sid, application_sid and api_key are those that calls are made with")
	}
	if c.BaseURL == "" {
		c.BaseURL = URL
	}
	return &Caller{c, calls.NewClient(Name)}, nil
}

// Name is "texml".
func (*Caller) Name() string { return Name }

// Bounds are the times that Telnyx takes.
func (*Caller) Bounds() outbound.Bounds {
	return outbound.Bounds{LeastRing: minRing * time.Second, MostRing: maxRing * time.Second, LeastLongest: minLimit * time.Second, MostLongest: maxLimit * time.Second}
}

// Idempotent is false: two requests are two calls.
func (*Caller) Idempotent() bool { return false }

// Telnyx' bounds, in seconds.
const (
	minRing, maxRing = 5, 120
	minLimit         = 30
	maxLimit         = 14400
)

type request struct {
	Application          string `json:"ApplicationSid"`
	To                   string `json:"To"`
	From                 string `json:"From"`
	URL                  string `json:"Url"`
	URLMethod            string `json:"UrlMethod"`
	StatusCallback       string `json:"StatusCallback"`
	StatusCallbackMethod string `json:"StatusCallbackMethod"`
	StatusCallbackEvent  string `json:"StatusCallbackEvent"`
	Timeout              int    `json:"Timeout"`
	TimeLimit            int    `json:"TimeLimit"`
	MachineDetection     string `json:"MachineDetection,omitempty"`
	Async                bool   `json:"AsyncAmd,omitempty"`
	AsyncCallback        string `json:"AsyncAmdStatusCallback,omitempty"`
	AsyncMethod          string `json:"AsyncAmdStatusCallbackMethod,omitempty"`
}

// Place asks for a call.
func (c *Caller) Place(ctx context.Context, p outbound.Placement) (outbound.Placed, error) {
	ring, longest := c.Bounds().Of(p.Ring, p.Longest)
	r := request{
		Application: c.c.Application, To: p.To, From: p.From, URL: p.AnswerURL, URLMethod: "POST",
		StatusCallback: p.StatusURL, StatusCallbackMethod: "POST", StatusCallbackEvent: "ringing answered completed",
		Timeout:   calls.Seconds(ring),
		TimeLimit: calls.Seconds(longest),
	}
	switch p.Detect {
	case outbound.DetectMachine:
		r.MachineDetection = "Enable"
	case outbound.DetectBeep:
		r.MachineDetection = "DetectMessageEnd"
	}
	if r.MachineDetection != "" {
		r.Async, r.AsyncCallback, r.AsyncMethod = true, p.StatusURL, "POST"
	}
	body, err := json.Marshal(r)
	if err != nil {
		return outbound.Placed{}, &outbound.Failure{Kind: outbound.ErrRefused, Reason: "it cannot be written"}
	}
	a, err := c.client.Do(ctx, calls.Request{
		Method: http.MethodPost, URL: c.c.BaseURL + "/texml/Accounts/" + url.PathEscape(c.c.Account) + "/Calls",
		ContentType: "application/json", Header: http.Header{"Authorization": {"Bearer " + c.c.Key.Reveal()}}, Body: body,
	})
	if err != nil {
		return outbound.Placed{}, err
	}
	if a.Status == http.StatusOK || a.Status == http.StatusCreated || a.Status == http.StatusAccepted {
		return outbound.Placed{}, nil // its webhooks name it
	}
	return outbound.Placed{}, calls.Fail(a, "", nil)
}

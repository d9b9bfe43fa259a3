package plivo

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
const Name = "plivo"

// URL is Plivo's API.
const URL = "https://api.plivo.com"

// Config is an account.
type Config struct {
	BaseURL string // "": URL
	Account string
	Token   engine.Secret
}

// Caller asks for calls.
type Caller struct {
	c      Config
	client *calls.Client
}

// New makes a caller. It opens no connection.
func New(c Config) (*Caller, error) {
	if c.Account == "" || c.Token.Len() == 0 {
		return nil, errors.New("plivo: auth_id and auth_token are those of the account that calls are made with")
	}
	if c.BaseURL == "" {
		c.BaseURL = URL
	}
	return &Caller{c, calls.NewClient(Name)}, nil
}

// Name is "plivo".
func (*Caller) Name() string { return Name }

// Bounds are the times that Plivo takes.
func (*Caller) Bounds() outbound.Bounds {
	return outbound.Bounds{MostRing: 2 * time.Minute, MostLongest: 24 * time.Hour}
}

// Idempotent is false: two requests are two calls.
func (*Caller) Idempotent() bool { return false }

// detectWithin is how long Plivo listens for a machine, in milliseconds: 2000 to 10000.
const detectWithin = 5000

type request struct {
	From         string `json:"from"`
	To           string `json:"to"`
	AnswerURL    string `json:"answer_url"`
	AnswerMethod string `json:"answer_method"`
	RingURL      string `json:"ring_url"`
	RingMethod   string `json:"ring_method"`
	HangupURL    string `json:"hangup_url"`
	HangupMethod string `json:"hangup_method"`
	Ring         int    `json:"ring_timeout"`
	Limit        int    `json:"time_limit"`
	Detect       string `json:"machine_detection,omitempty"`
	DetectTime   int    `json:"machine_detection_time,omitempty"`
	DetectURL    string `json:"machine_detection_url,omitempty"`
	DetectMethod string `json:"machine_detection_method,omitempty"`
}

// Place asks for a call.
func (c *Caller) Place(ctx context.Context, p outbound.Placement) (outbound.Placed, error) {
	ring, longest := c.Bounds().Of(p.Ring, p.Longest)
	r := request{
		From: p.From, To: p.To, AnswerURL: p.AnswerURL, AnswerMethod: "POST", RingURL: p.StatusURL, RingMethod: "POST",
		HangupURL: p.StatusURL, HangupMethod: "POST", Ring: calls.Seconds(ring), Limit: calls.Seconds(longest),
	}
	if p.Detect != outbound.DetectNone {
		r.Detect, r.DetectTime, r.DetectURL, r.DetectMethod = "true", detectWithin, p.StatusURL, "POST"
	}
	body, err := json.Marshal(r)
	if err != nil {
		return outbound.Placed{}, &outbound.Failure{Kind: outbound.ErrRefused, Reason: "it cannot be written"}
	}
	a, err := c.client.Do(ctx, calls.Request{
		Method: http.MethodPost, URL: c.c.BaseURL + "/v1/Account/" + url.PathEscape(c.c.Account) + "/Call/",
		ContentType: "application/json", User: c.c.Account, Password: c.c.Token.Reveal(), Body: body,
	})
	if err != nil {
		return outbound.Placed{}, err
	}
	var got struct {
		// Request is not what webhooks call the call: they bring a name of their own.
		Request string `json:"request_uuid"`
	}
	if (a.Status == http.StatusCreated || a.Status == http.StatusOK) && json.Unmarshal(a.Body, &got) == nil && got.Request != "" {
		return outbound.Placed{}, nil
	}
	return outbound.Placed{}, calls.Fail(a, "", nil)
}

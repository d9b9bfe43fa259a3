package telnyx

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/engine/runner/outbound"
	"callflow/providers/calls"
)

// Name is that of the platform's codec.
const Name = "telnyx"

// URL is Telnyx' API.
const URL = "https://api.telnyx.com/v2"

// Config is an application of Call Control.
type Config struct {
	BaseURL    string // "": URL
	Connection string
	Key        engine.Secret
}

// Caller asks for calls.
type Caller struct {
	c      Config
	client *calls.Client
}

// New makes a caller. It opens no connection.
func New(c Config) (*Caller, error) {
	if c.Connection == "" || c.Key.Len() == 0 {
		return nil, errors.New("telnyx: connection_id and api_key are those that calls are made with")
	}
	if c.BaseURL == "" {
		c.BaseURL = URL
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	return &Caller{c, calls.NewClient(Name)}, nil
}

// Name is "telnyx".
func (*Caller) Name() string { return Name }

// Bounds are the times that Telnyx takes.
func (*Caller) Bounds() outbound.Bounds {
	return outbound.Bounds{LeastRing: minRing * time.Second, MostRing: maxRing * time.Second, LeastLongest: minLimit * time.Second, MostLongest: maxLimit * time.Second}
}

// Idempotent is false: a key holds for a minute.
func (*Caller) Idempotent() bool { return false }

// Telnyx' bounds, in seconds.
const (
	minRing, maxRing   = 5, 600
	minLimit, maxLimit = 30, 14400
)

type request struct {
	Connection string `json:"connection_id"`
	To         string `json:"to"`
	From       string `json:"from"`
	State      string `json:"client_state"`
	Command    string `json:"command_id"`
	Ring       int    `json:"timeout_secs"`
	Limit      int    `json:"time_limit_secs"`
	Detect     string `json:"answering_machine_detection,omitempty"`
}

// state is the client_state of a call that is asked for: where the codec finds the order.
func state(token string) string { return base64.StdEncoding.EncodeToString([]byte("?order=" + token)) }

// Place asks for a call.
func (c *Caller) Place(ctx context.Context, p outbound.Placement) (outbound.Placed, error) {
	ring, longest := c.Bounds().Of(p.Ring, p.Longest)
	r := request{
		Connection: c.c.Connection, To: p.To, From: p.From, State: state(p.Token), Command: p.Key,
		Ring:  calls.Seconds(ring),
		Limit: calls.Seconds(longest),
	}
	switch p.Detect {
	case outbound.DetectMachine:
		r.Detect = "detect"
	case outbound.DetectBeep:
		r.Detect = "greeting_end"
	}
	body, err := json.Marshal(r)
	if err != nil {
		return outbound.Placed{}, &outbound.Failure{Kind: outbound.ErrRefused, Reason: "it cannot be written"}
	}
	a, err := c.client.Do(ctx, calls.Request{
		Method: http.MethodPost, URL: c.c.BaseURL + "/calls", ContentType: "application/json",
		Header: http.Header{"Authorization": {"Bearer " + c.c.Key.Reveal()}}, Body: body,
	})
	if err != nil {
		return outbound.Placed{}, err
	}
	var got struct {
		Data struct {
			Call string `json:"call_control_id"`
		} `json:"data"`
		Errors []struct {
			Code string `json:"code"`
		} `json:"errors"`
	}
	err = json.Unmarshal(a.Body, &got)
	id := got.Data.Call
	if (a.Status == http.StatusOK || a.Status == http.StatusCreated) && err == nil && id != "" && len(id) <= calls.MaxID {
		return outbound.Placed{ID: id}, nil
	}
	code := ""
	if len(got.Errors) > 0 {
		code = got.Errors[0].Code
	}
	return outbound.Placed{}, calls.Fail(a, code, codes)
}

// codes are what Telnyx' errors mean.
var codes = map[string]calls.Verdict{
	"10001": {Kind: runner.ErrSetup, Reason: "the number to be shown is not active"},
	"10002": {Kind: outbound.ErrRefused, Reason: "the number is none"},
	"10005": {Kind: runner.ErrSetup, Reason: "there is no such application; check connection_id"},
	"10006": {Kind: runner.ErrSetup, Reason: "connection_id is none"},
	"10009": {Kind: runner.ErrCredentials, Reason: "the API key is wrong"},
	"10010": {Kind: runner.ErrSetup, Reason: "the account may not make this call; check the application's outbound voice profile and the number to be shown"},
	"10011": {Kind: outbound.ErrOutage, Reason: "too many requests"},
	"10016": {Kind: outbound.ErrRefused, Reason: "the number is none"},
	"10017": {Kind: runner.ErrSetup, Reason: "there is no such application; check connection_id"},
}

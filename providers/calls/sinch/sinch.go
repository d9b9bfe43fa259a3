package sinch

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/engine/runner/outbound"
	"callflow/providers/calls"
)

// Name is that of the platform's codec.
const Name = "sinch"

// URL is Sinch's API, which finds the region of a call itself.
const URL = "https://calling.api.sinch.com"

// path is where calls are asked for. It is signed.
const path = "/calling/v1/callouts"

// Config is an application.
type Config struct {
	BaseURL string // "": URL
	Key     string
	Secret  engine.Secret // Base64, as Sinch shows it
	Now     func() time.Time
}

// Caller asks for calls.
type Caller struct {
	c      Config
	secret []byte
	client *calls.Client
}

// New makes a caller. It opens no connection.
func New(c Config) (*Caller, error) {
	if c.Key == "" || c.Secret.Len() == 0 {
		return nil, errors.New("sinch: key and secret are those of the application that calls are made with")
	}
	secret, err := base64.RawStdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/", "=", "").Replace(c.Secret.Reveal()))
	if err != nil {
		return nil, errors.New("sinch: the secret is not the Base64 text that Sinch shows: check where it is read from")
	}
	if c.BaseURL == "" {
		c.BaseURL = URL
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Caller{c, secret, calls.NewClient(Name)}, nil
}

// Name is "sinch".
func (*Caller) Name() string { return Name }

// Bounds are the times that Sinch takes.
func (*Caller) Bounds() outbound.Bounds {
	return outbound.Bounds{MostLongest: maxLimit * time.Second}
}

// Idempotent is false: two requests are two calls.
func (*Caller) Idempotent() bool { return false }

// maxLimit is the longest call, in seconds.
const maxLimit = 14400

type request struct {
	Method string  `json:"method"`
	Custom callout `json:"customCallout"`
}

type callout struct {
	Custom string `json:"custom"`
	ICE    string `json:"ice"` // SVAML, as text
}

type svaml struct {
	Instructions []cookie `json:"instructions"`
	Action       connect  `json:"action"`
}

type cookie struct {
	Name  string `json:"name"`
	Key   string `json:"key"`
	Value string `json:"value"`
}

type connect struct {
	Name   string     `json:"name"`
	Number string     `json:"number"`
	CLI    string     `json:"cli"`
	Limit  int        `json:"maxDuration"`
	Ring   int        `json:"dialTimeout"`
	Detect *detection `json:"amd,omitempty"`
}

// detection finds out who answers: before somebody's answer is told of, or, with the
// beep, beside the call.
type detection struct {
	Enabled bool `json:"enabled"`
	Async   bool `json:"async"`
}

// Place asks for a call.
func (c *Caller) Place(ctx context.Context, p outbound.Placement) (outbound.Placed, error) {
	p.Ring, p.Longest = c.Bounds().Of(p.Ring, p.Longest)
	body, err := encode(p)
	if err != nil {
		return outbound.Placed{}, &outbound.Failure{Kind: outbound.ErrRefused, Reason: "it cannot be written"}
	}
	a, err := c.client.Do(ctx, calls.Request{
		Method: http.MethodPost, URL: c.c.BaseURL + path, ContentType: contentType, Header: c.signed(body, c.c.Now()), Body: body,
	})
	if err != nil {
		return outbound.Placed{}, err
	}
	var got struct {
		Call string `json:"callId"`
		Code int    `json:"errorCode"`
	}
	err = json.Unmarshal(a.Body, &got)
	if (a.Status == http.StatusOK || a.Status == http.StatusCreated) && err == nil && got.Call != "" && len(got.Call) <= calls.MaxID {
		return outbound.Placed{ID: got.Call}, nil
	}
	code := ""
	if got.Code > 0 {
		code = strconv.Itoa(got.Code)
	}
	return outbound.Placed{}, calls.Fail(a, code, codes)
}

func encode(p outbound.Placement) ([]byte, error) {
	doc := svaml{
		// "order" is the codec's word for it.
		Instructions: []cookie{{Name: "setCookie", Key: "order", Value: p.Token}},
		Action: connect{
			Name: "connectPstn", Number: p.To, CLI: p.From, Ring: calls.Seconds(p.Ring), Limit: calls.Seconds(p.Longest),
		},
	}
	switch p.Detect {
	case outbound.DetectMachine:
		doc.Action.Detect = &detection{Enabled: true}
	case outbound.DetectBeep:
		doc.Action.Detect = &detection{Enabled: true, Async: true}
	}
	ice, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	return json.Marshal(request{Method: "customCallout", Custom: callout{Custom: p.Token, ICE: string(ice)}})
}

// codes are what Sinch's errors mean.
var codes = map[string]calls.Verdict{
	"40001": {Kind: outbound.ErrRefused, Reason: "Sinch does not accept the number, or the one to be shown"},
	"40002": {Kind: outbound.ErrRefused, Reason: "Sinch does not accept the number, or the one to be shown"},
	"40003": {Kind: outbound.ErrRefused, Reason: "Sinch does not accept the call"},
	"40108": {Kind: runner.ErrCredentials, Reason: "the application's key or secret is wrong"},
	"40301": {Kind: runner.ErrCredentials, Reason: "the application takes no signed requests; check its settings"},
}

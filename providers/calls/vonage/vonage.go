package vonage

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
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
const Name = "vonage"

// URL is Vonage's API.
const URL = "https://api.nexmo.com"

// Config is an application.
type Config struct {
	BaseURL     string // "": URL
	Application string
	Key         engine.Secret // PEM
	Now         func() time.Time
}

// Caller asks for calls.
type Caller struct {
	c      Config
	key    *rsa.PrivateKey
	client *calls.Client
}

// New makes a caller. It opens no connection.
func New(c Config) (*Caller, error) {
	if c.Application == "" || c.Key.Len() == 0 {
		return nil, errors.New("vonage: application_id and private_key are those of the application that calls are made with")
	}
	key, err := parseKey(c.Key)
	if err != nil {
		return nil, err
	}
	if c.BaseURL == "" {
		c.BaseURL = URL
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Caller{c, key, calls.NewClient(Name)}, nil
}

// Name is "vonage".
func (*Caller) Name() string { return Name }

// Bounds are the times that Vonage takes.
func (*Caller) Bounds() outbound.Bounds {
	return outbound.Bounds{MostRing: maxRing * time.Second, MostLongest: maxLength * time.Second}
}

// Idempotent is false: two requests are two calls.
func (*Caller) Idempotent() bool { return false }

// Vonage's bounds, in seconds.
const (
	maxRing    = 120
	maxLength  = 7200
	beepWithin = 45
)

type endpoint struct {
	Type   string `json:"type"`
	Number string `json:"number"`
}

type detection struct {
	Behavior string `json:"behavior"`
	Mode     string `json:"mode"`
	Beep     int    `json:"beep_timeout,omitempty"`
}

type request struct {
	To           []endpoint `json:"to"`
	From         endpoint   `json:"from"`
	AnswerURL    []string   `json:"answer_url"`
	AnswerMethod string     `json:"answer_method"`
	EventURL     []string   `json:"event_url"`
	EventMethod  string     `json:"event_method"`
	Length       int        `json:"length_timer"`
	Ring         int        `json:"ringing_timer"`
	Detection    *detection `json:"advanced_machine_detection,omitempty"`
}

// Place asks for a call.
func (c *Caller) Place(ctx context.Context, p outbound.Placement) (outbound.Placed, error) {
	ring, longest := c.Bounds().Of(p.Ring, p.Longest)
	number := func(n string) endpoint { return endpoint{"phone", strings.TrimPrefix(n, "+")} }
	r := request{
		To: []endpoint{number(p.To)}, From: number(p.From),
		AnswerURL: []string{p.AnswerURL}, AnswerMethod: "POST", EventURL: []string{p.StatusURL}, EventMethod: "POST",
		Length: calls.Seconds(longest), Ring: calls.Seconds(ring),
	}
	switch p.Detect {
	case outbound.DetectMachine:
		r.Detection = &detection{Behavior: "continue", Mode: "detect"}
	case outbound.DetectBeep:
		r.Detection = &detection{Behavior: "continue", Mode: "detect_beep", Beep: beepWithin}
	}
	body, err := json.Marshal(r)
	if err != nil {
		return outbound.Placed{}, &outbound.Failure{Kind: outbound.ErrRefused, Reason: "it cannot be written"}
	}
	bearer, err := token(c.c.Application, c.key, p.Key+"-"+rand.Text(), c.c.Now())
	if err != nil {
		return outbound.Placed{}, &outbound.Failure{Kind: runner.ErrSetup, Reason: "the private key does not sign"}
	}
	a, err := c.client.Do(ctx, calls.Request{
		Method: http.MethodPost, URL: c.c.BaseURL + "/v1/calls", ContentType: "application/json",
		Header: http.Header{"Authorization": {"Bearer " + bearer}}, Body: body,
	})
	if err != nil {
		return outbound.Placed{}, err
	}
	var got struct {
		// Conversation is what its webhooks are known by here.
		Conversation string `json:"conversation_uuid"`
	}
	if a.Status == http.StatusCreated && json.Unmarshal(a.Body, &got) == nil && got.Conversation != "" && len(got.Conversation) <= calls.MaxID {
		return outbound.Placed{ID: got.Conversation}, nil
	}
	return outbound.Placed{}, calls.Fail(a, "", nil)
}

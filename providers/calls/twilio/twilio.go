package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/engine/runner/outbound"
	"callflow/providers/calls"
)

// Name is that of the platform's codec.
const Name = "twilio"

// URL is Twilio's API.
const URL = "https://api.twilio.com"

// Config is an account.
type Config struct {
	BaseURL string // "": URL
	Account string
	// User is an API key's SID; "": the account itself, whose token Password is then.
	User     string
	Password engine.Secret
}

// Caller asks for calls.
type Caller struct {
	c      Config
	client *calls.Client
}

// New makes a caller. It opens no connection.
func New(c Config) (*Caller, error) {
	if c.Account == "" || c.Password.Len() == 0 {
		return nil, errors.New("twilio: account_sid, and the account's token or an API key's secret, are those that calls are made with")
	}
	if c.BaseURL == "" {
		c.BaseURL = URL
	}
	if c.User == "" {
		c.User = c.Account
	}
	return &Caller{c, calls.NewClient(Name)}, nil
}

// Name is "twilio".
func (*Caller) Name() string { return Name }

// Bounds are the times that Twilio takes. Calls of more than four hours are for accounts
// that it has been said of.
func (*Caller) Bounds() outbound.Bounds {
	return outbound.Bounds{MostRing: 10 * time.Minute, LeastLongest: time.Minute, MostLongest: 24 * time.Hour}
}

// Idempotent is false: two requests are two calls.
func (*Caller) Idempotent() bool { return false }

// detectWithin is how long Twilio listens for a machine, in seconds.
const detectWithin = 30

// Place asks for a call.
func (c *Caller) Place(ctx context.Context, p outbound.Placement) (outbound.Placed, error) {
	ring, longest := c.Bounds().Of(p.Ring, p.Longest)
	form := url.Values{
		"To": {p.To}, "From": {p.From}, "Url": {p.AnswerURL}, "Method": {"POST"},
		"StatusCallback": {p.StatusURL}, "StatusCallbackMethod": {"POST"},
		"StatusCallbackEvent": {"ringing", "answered", "completed"},
		"Timeout":             {strconv.Itoa(calls.Seconds(ring))},
		"TimeLimit":           {strconv.Itoa(calls.Seconds(longest))},
	}
	switch p.Detect {
	case outbound.DetectMachine:
		form.Set("MachineDetection", "Enable")
	case outbound.DetectBeep:
		form.Set("MachineDetection", "DetectMessageEnd")
	}
	if p.Detect != outbound.DetectNone {
		form.Set("MachineDetectionTimeout", strconv.Itoa(detectWithin))
	}
	a, err := c.client.Do(ctx, calls.Request{
		Method: http.MethodPost, URL: c.c.BaseURL + "/2010-04-01/Accounts/" + url.PathEscape(c.c.Account) + "/Calls.json",
		ContentType: "application/x-www-form-urlencoded", User: c.c.User, Password: c.c.Password.Reveal(), Body: []byte(form.Encode()),
	})
	if err != nil {
		return outbound.Placed{}, err
	}
	var got struct {
		SID  string `json:"sid"`
		Code int    `json:"code"`
	}
	err = json.Unmarshal(a.Body, &got)
	if a.Status == http.StatusCreated && err == nil && got.SID != "" && len(got.SID) <= calls.MaxID {
		return outbound.Placed{ID: got.SID}, nil
	}
	code := ""
	if got.Code > 0 {
		code = strconv.Itoa(got.Code)
	}
	return outbound.Placed{}, calls.Fail(a, code, codes)
}

// codes are what Twilio's errors mean.
var codes = map[string]calls.Verdict{
	"10001": {Kind: runner.ErrSetup, Reason: "the account is suspended"},
	"10004": {Kind: outbound.ErrOutage, Reason: "too many calls at once"},
	"13223": {Kind: outbound.ErrRefused, Reason: "the number is none"},
	"13224": {Kind: outbound.ErrRefused, Reason: "the number is none"},
	"13225": {Kind: outbound.ErrRefused, Reason: "the number is blocked"},
	"13227": {Kind: outbound.ErrRefused, Reason: "the account may not call that country"},
	"20003": {Kind: runner.ErrCredentials, Reason: "the account or its token is wrong"},
	"20404": {Kind: runner.ErrSetup, Reason: "there is no such account"},
	"20429": {Kind: outbound.ErrOutage, Reason: "too many requests"},
	"21201": {Kind: outbound.ErrRefused, Reason: "there is no number to call"},
	"21205": {Kind: runner.ErrSetup, Reason: "Twilio does not accept our address; check server.public_url"},
	"21210": {Kind: runner.ErrSetup, Reason: "the number to be shown is not one of the account's"},
	"21211": {Kind: outbound.ErrRefused, Reason: "the number is none"},
	"21212": {Kind: runner.ErrSetup, Reason: "the number to be shown is none"},
	"21214": {Kind: outbound.ErrRefused, Reason: "the number cannot be reached"},
	"21215": {Kind: outbound.ErrRefused, Reason: "the account may not call that country"},
	"21216": {Kind: outbound.ErrRefused, Reason: "the account may not call that number"},
	"21217": {Kind: outbound.ErrRefused, Reason: "the number is none"},
	"21219": {Kind: outbound.ErrRefused, Reason: "a trial account calls verified numbers only"},
}

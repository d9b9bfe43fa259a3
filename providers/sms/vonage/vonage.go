package vonage

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/sms"
)

// Name is the sender's word in configuration.
const Name = "vonage"

// API is one of Vonage's two.
type API string

// The APIs.
const (
	SMS      API = "sms"
	Messages API = "messages"
)

// Where the APIs are.
const (
	SMSURL      = "https://rest.nexmo.com"
	MessagesURL = "https://api.nexmo.com"
)

// Config is an account.
type Config struct {
	API     API // "": SMS
	Key     string
	Secret  engine.Secret
	From    string
	Timeout time.Duration
	BaseURL string // "": the API's own
}

// Sender sends with Vonage.
type Sender struct {
	c      Config
	client *sms.Client
}

// New makes a sender. It opens no connection.
func New(c Config) (*Sender, error) {
	if c.API == "" {
		c.API = SMS
	}
	switch {
	case c.API != SMS && c.API != Messages:
		return nil, errors.New("vonage: api is either sms or messages")
	case c.Key == "" || c.Secret.Len() == 0:
		return nil, errors.New("vonage: key and secret are the account's API key and API secret")
	case c.From == "":
		return nil, errors.New("vonage: from is missing: a number of yours, or a name to show")
	}
	if c.BaseURL == "" {
		c.BaseURL = SMSURL
		if c.API == Messages {
			c.BaseURL = MessagesURL
		}
	}
	return &Sender{c, sms.NewClient(Name, c.Timeout)}, nil
}

// Name is "vonage".
func (*Sender) Name() string { return Name }

// Send hands a message to Vonage.
func (s *Sender) Send(ctx context.Context, m sms.Message) (sms.Receipt, error) {
	if m.From == "" {
		m.From = s.c.From
	}
	m.From, m.To = strings.TrimPrefix(m.From, "+"), strings.TrimPrefix(m.To, "+")
	if s.c.API == Messages {
		return s.message(ctx, m)
	}
	return s.sms(ctx, m)
}

func (s *Sender) sms(ctx context.Context, m sms.Message) (sms.Receipt, error) {
	form := url.Values{
		"api_key": {s.c.Key}, "api_secret": {s.c.Secret.Reveal()},
		"from": {m.From}, "to": {m.To}, "text": {m.Text.Reveal()},
	}
	if m.Key != "" {
		form.Set("client-ref", clip(m.Key, 40))
	}
	if !plain(m.Text.Reveal()) {
		form.Set("type", "unicode")
	}
	a, err := s.client.Do(ctx, sms.Request{
		Method: http.MethodPost, URL: s.c.BaseURL + "/sms/json",
		ContentType: "application/x-www-form-urlencoded", Body: []byte(form.Encode()),
	})
	if err != nil {
		return sms.Receipt{}, err
	}
	var got struct {
		Messages []struct {
			ID     string `json:"message-id"`
			Status string `json:"status"`
		} `json:"messages"`
	}
	if a.Status != http.StatusOK || json.Unmarshal(a.Body, &got) != nil || len(got.Messages) == 0 {
		return sms.Receipt{}, a.Fail(Name)
	}
	taken := 0
	for _, part := range got.Messages {
		if part.Status != "0" {
			f := a.FailBy(Name, "status "+clip(part.Status, 4), codes)
			f.Maybe = taken > 0 // a part of it has left
			return sms.Receipt{}, f
		}
		taken++
	}
	return sms.Receipt{Sender: Name, ID: got.Messages[0].ID, Channel: sms.SMS}, nil
}

func (s *Sender) message(ctx context.Context, m sms.Message) (sms.Receipt, error) {
	body, err := json.Marshal(map[string]string{
		"message_type": "text", "channel": "sms",
		"to": m.To, "from": m.From, "text": m.Text.Reveal(), "client_ref": clip(m.Key, 100),
	})
	if err != nil {
		return sms.Receipt{}, &sms.Failure{Sender: Name, Kind: sms.ErrRefused, Reason: "the text cannot be sent"}
	}
	a, err := s.client.Do(ctx, sms.Request{
		Method: http.MethodPost, URL: s.c.BaseURL + "/v1/messages",
		ContentType: "application/json", Header: http.Header{"Accept": {"application/json"}},
		User: s.c.Key, Password: s.c.Secret.Reveal(), Body: body,
	})
	if err != nil {
		return sms.Receipt{}, err
	}
	var got struct {
		ID string `json:"message_uuid"`
	}
	if a.Status == http.StatusAccepted && json.Unmarshal(a.Body, &got) == nil && got.ID != "" {
		return sms.Receipt{Sender: Name, ID: got.ID, Channel: sms.SMS}, nil
	}
	f := a.Fail(Name)
	switch a.Status {
	case http.StatusPaymentRequired:
		f.Kind, f.Reason = runner.ErrSetup, "the account has no money left"
	case http.StatusUnprocessableEntity:
		f.Kind, f.Reason = sms.ErrRefused, "the number or the text is not accepted"
	}
	return sms.Receipt{}, f
}

// codes are what the statuses of the SMS API mean.
var codes = map[string]sms.Verdict{
	"status 1":  {Kind: sms.ErrOutage, Reason: "too many messages at once"},
	"status 2":  {Kind: runner.ErrSetup, Reason: "a parameter is missing"},
	"status 3":  {Kind: sms.ErrRefused, Reason: "a parameter is wrong: the number, most likely"},
	"status 4":  {Kind: runner.ErrCredentials, Reason: "the key or the secret is wrong"},
	"status 5":  {Kind: sms.ErrOutage, Reason: "an error at Vonage"},
	"status 6":  {Kind: sms.ErrRefused, Reason: "the message cannot be sent"},
	"status 7":  {Kind: sms.ErrRefused, Reason: "the number is barred"},
	"status 8":  {Kind: runner.ErrSetup, Reason: "the account is barred"},
	"status 9":  {Kind: runner.ErrSetup, Reason: "the account has no money left"},
	"status 10": {Kind: sms.ErrOutage, Reason: "too many connections"},
	"status 11": {Kind: runner.ErrSetup, Reason: "the account may not use this API"},
	"status 15": {Kind: runner.ErrSetup, Reason: "the sender shown is not allowed"},
	"status 29": {Kind: runner.ErrSetup, Reason: "a trial account sends to listed numbers only"},
}

// plain tells that a text needs no other alphabet than that of old phones, as far
// as ASCII goes.
func plain(text string) bool {
	for _, r := range text {
		if r >= 0x80 || r == '`' {
			return false
		}
	}
	return true
}

func clip(s string, n int) string { return s[:min(len(s), n)] }

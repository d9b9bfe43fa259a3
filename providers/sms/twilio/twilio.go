package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/sms"
)

// Name is the sender's word in configuration.
const Name = "twilio"

// DefaultURL is Twilio's API.
const DefaultURL = "https://api.twilio.com"

// Config is an account. Username and Password are the account's own SID and token,
// or an API key and its secret.
type Config struct {
	Account  string // AC…
	Username string // "": Account
	Password engine.Secret
	// From is a number or a sender id; Service is a messaging service (MG…), which
	// chooses one. One of the two is set.
	From, Service string
	Timeout       time.Duration
	BaseURL       string // "": DefaultURL
}

// Sender sends with Twilio's Messages.
type Sender struct {
	c      Config
	client *sms.Client
}

// New makes a sender. It opens no connection.
func New(c Config) (*Sender, error) {
	switch {
	case !strings.HasPrefix(c.Account, "AC"):
		return nil, errors.New("twilio: account is the SID of an account, which begins with AC")
	case c.Password.Len() == 0:
		return nil, errors.New("twilio: password is missing: the account's auth token, or an API key's secret")
	case (c.From == "") == (c.Service == ""):
		return nil, errors.New("twilio: set either from, a number of yours, or service, a messaging service")
	}
	if c.Username == "" {
		c.Username = c.Account
	}
	if c.BaseURL == "" {
		c.BaseURL = DefaultURL
	}
	return &Sender{c, sms.NewClient(Name, c.Timeout)}, nil
}

// Name is "twilio".
func (*Sender) Name() string { return Name }

// Send hands a message to Twilio.
func (s *Sender) Send(ctx context.Context, m sms.Message) (sms.Receipt, error) {
	form := url.Values{"To": {m.To}, "Body": {m.Text.Reveal()}}
	switch {
	case m.From != "":
		form.Set("From", m.From)
	case s.c.Service != "":
		form.Set("MessagingServiceSid", s.c.Service)
	default:
		form.Set("From", s.c.From)
	}
	a, err := s.client.Do(ctx, sms.Request{
		Method:      http.MethodPost,
		URL:         s.c.BaseURL + "/2010-04-01/Accounts/" + url.PathEscape(s.c.Account) + "/Messages.json",
		ContentType: "application/x-www-form-urlencoded",
		User:        s.c.Username, Password: s.c.Password.Reveal(),
		Body: []byte(form.Encode()),
	})
	if err != nil {
		return sms.Receipt{}, err
	}
	var got struct {
		SID string `json:"sid"`
		// Status is the message's word, or an error's number.
		Status any  `json:"status"`
		Code   int  `json:"code"`
		Error  *int `json:"error_code"`
	}
	if err := json.Unmarshal(a.Body, &got); err != nil {
		return sms.Receipt{}, a.Fail(Name)
	}
	code := got.Code
	if got.Error != nil && *got.Error != 0 {
		code = *got.Error
	}
	if a.Status == http.StatusCreated && got.SID != "" && code == 0 && got.Status != "failed" && got.Status != "undelivered" {
		return sms.Receipt{Sender: Name, ID: got.SID, Channel: sms.SMS}, nil
	}
	word := ""
	if code != 0 {
		word = strconv.Itoa(code)
	}
	return sms.Receipt{}, a.FailBy(Name, word, codes)
}

// codes are what Twilio's error codes mean (twilio.com/docs/api/errors).
var codes = map[string]sms.Verdict{
	"21211": {Kind: sms.ErrRefused, Reason: "the number is not one that can be sent to"},
	"21217": {Kind: sms.ErrRefused, Reason: "the number is not one that can be sent to"},
	"21610": {Kind: sms.ErrRefused, Reason: "the recipient has opted out"},
	"21612": {Kind: sms.ErrRefused, Reason: "there is no way to that number"},
	"21614": {Kind: sms.ErrRefused, Reason: "the number is not a mobile one"},
	"21408": {Kind: sms.ErrRefused, Reason: "the account does not send to that region"},
	"21606": {Kind: runner.ErrSetup, Reason: "messages cannot be sent from that number of yours"},
	"21608": {Kind: runner.ErrSetup, Reason: "a trial account sends to verified numbers only"},
	"21603": {Kind: runner.ErrSetup, Reason: "no number of yours is said to send from"},
	"20003": {Kind: runner.ErrCredentials, Reason: "the account's SID or token is wrong"},
	"20404": {Kind: runner.ErrSetup, Reason: "there is no such account"},
	"20429": {Kind: sms.ErrOutage, Reason: "too many requests"},
	"30001": {Kind: sms.ErrOutage, Reason: "its queue is full"},
	"30002": {Kind: runner.ErrCredentials, Reason: "the account is suspended"},
}

package eightx8

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"callflow/engine"
	"callflow/engine/lazy"
	"callflow/engine/runner"
	"callflow/providers/sms"
)

// Name is the sender's word in configuration.
const Name = "eightx8"

// hosts are the platform's regions.
var hosts = map[string]string{
	"":   "https://sms.8x8.com",
	"ap": "https://sms.8x8.com",
	"us": "https://sms.us.8x8.com",
	"uk": "https://sms.8x8.uk",
	"id": "https://sms.8x8.id",
}

// Config is a sub-account.
type Config struct {
	Subaccount string
	Key        engine.Secret
	Region     string // "": ap; us, uk, id
	// Source is the sender to show, up to 16 characters; "": the sub-account's.
	Source  string
	Timeout time.Duration
	BaseURL string // "": the region's
}

// Sender sends with 8x8.
type Sender struct {
	c      Config
	client *sms.Client
}

// maxSource bounds the sender shown, in characters.
const maxSource = 16

// New makes a sender. It opens no connection.
func New(c Config) (*Sender, error) {
	host, ok := hosts[c.Region]
	switch {
	case !ok:
		return nil, errors.New("eightx8: region is ap, us, uk or id")
	case c.Subaccount == "":
		return nil, errors.New("eightx8: subaccount is missing: its id, as the console shows it")
	case c.Key.Len() == 0:
		return nil, errors.New("eightx8: key is missing: an API key of the account")
	case len(c.Source) > maxSource:
		return nil, errors.New("eightx8: source is longer than 16 characters")
	}
	if c.BaseURL == "" {
		c.BaseURL = host
	}
	return &Sender{c, sms.NewClient(Name, c.Timeout)}, nil
}

// Name is "eightx8".
func (*Sender) Name() string { return Name }

// destination is a number as 8x8 takes it.
var destination = lazy.Regexp(`^\+?[1-9][0-9]{6,14}$`)

// Send hands a message to 8x8.
func (s *Sender) Send(ctx context.Context, m sms.Message) (sms.Receipt, error) {
	if !destination().MatchString(m.To) {
		return sms.Receipt{}, &sms.Failure{Sender: Name, Kind: sms.ErrRefused, Reason: "the number is not one that can be sent to"}
	}
	body, err := json.Marshal(struct {
		Destination string `json:"destination"`
		Text        string `json:"text"`
		Encoding    string `json:"encoding"`
		Source      string `json:"source,omitempty"`
		Key         string `json:"clientMessageId,omitempty"`
	}{m.To, m.Text.Reveal(), "AUTO", source(m.From, s.c.Source), m.Key[:min(len(m.Key), 50)]})
	if err != nil {
		return sms.Receipt{}, &sms.Failure{Sender: Name, Kind: sms.ErrRefused, Reason: "the text cannot be sent"}
	}
	a, err := s.client.Do(ctx, sms.Request{
		Method: http.MethodPost, URL: s.c.BaseURL + "/api/v1/subaccounts/" + url.PathEscape(s.c.Subaccount) + "/messages",
		ContentType: "application/json", Header: http.Header{"Authorization": {"Bearer " + s.c.Key.Reveal()}},
		Body: body,
	})
	if err != nil {
		return sms.Receipt{}, err
	}
	var got struct {
		ID     string `json:"umid"`
		Status struct {
			Code string `json:"code"`
		} `json:"status"`
	}
	understood := json.Unmarshal(a.Body, &got) == nil
	switch {
	case a.Status == http.StatusOK && understood && got.Status.Code == "QUEUED":
		return sms.Receipt{Sender: Name, ID: got.ID, Channel: sms.SMS}, nil
	case a.Status == http.StatusOK && understood && got.Status.Code != "":
		return sms.Receipt{}, a.FailBy(Name, got.Status.Code, codes)
	case a.Status == http.StatusBadRequest:
		f := a.Fail(Name)
		f.Kind, f.Reason = sms.ErrRefused, "the number or the text is not accepted"
		return sms.Receipt{}, f
	}
	return sms.Receipt{}, a.Fail(Name)
}

func source(wanted, own string) string {
	if wanted != "" && len(wanted) <= maxSource {
		return wanted
	}
	return own
}

// codes are what the statuses of a message mean that was not queued.
var codes = map[string]sms.Verdict{
	"REJECTED":      {Kind: sms.ErrRefused, Reason: "8x8 does not send to that number"},
	"UNDELIVERABLE": {Kind: sms.ErrRefused, Reason: "the number cannot be reached"},
	"FAILED":        {Kind: sms.ErrOutage, Reason: "8x8 could not take the message"},
	"NO_CREDIT":     {Kind: runner.ErrSetup, Reason: "the account has no money left"},
}

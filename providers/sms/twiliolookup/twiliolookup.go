package twiliolookup

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

// Name is the word in configuration.
const Name = "twilio_lookup"

// DefaultURL is Lookup's API.
const DefaultURL = "https://lookups.twilio.com"

// Config is an account.
type Config struct {
	Account  string // AC…
	Username string // "": Account; or an API key
	Password engine.Secret
	Timeout  time.Duration
	BaseURL  string // "": DefaultURL
}

// Lookup asks who carries a number.
type Lookup struct {
	c      Config
	client *sms.Client
}

var _ sms.Carriers = (*Lookup)(nil)

// New makes one. It opens no connection.
func New(c Config) (*Lookup, error) {
	switch {
	case !strings.HasPrefix(c.Account, "AC"):
		return nil, errors.New("twilio_lookup: account is the SID of an account, which begins with AC")
	case c.Password.Len() == 0:
		return nil, errors.New("twilio_lookup: password is missing: the account's auth token, or an API key's secret")
	}
	if c.Username == "" {
		c.Username = c.Account
	}
	if c.BaseURL == "" {
		c.BaseURL = DefaultURL
	}
	return &Lookup{c, sms.NewClient(Name, c.Timeout)}, nil
}

// Carrier looks a number up. A number that nobody can have is no failure.
func (l *Lookup) Carrier(ctx context.Context, number string) (sms.Carrier, error) {
	a, err := l.client.Do(ctx, sms.Request{
		Method: http.MethodGet,
		URL:    l.c.BaseURL + "/v2/PhoneNumbers/" + url.PathEscape(number) + "?Fields=line_type_intelligence",
		User:   l.c.Username, Password: l.c.Password.Reveal(),
	})
	if err != nil {
		return sms.Carrier{}, err
	}
	var got struct {
		Valid   bool   `json:"valid"`
		Country string `json:"country_code"`
		Line    *struct {
			MCC     string `json:"mobile_country_code"`
			MNC     string `json:"mobile_network_code"`
			Carrier string `json:"carrier_name"`
			Type    string `json:"type"`
		} `json:"line_type_intelligence"`
	}
	switch {
	case a.Status == http.StatusNotFound:
		return sms.Carrier{}, nil
	case a.Status != http.StatusOK:
		return sms.Carrier{}, a.Fail(Name)
	case json.Unmarshal(a.Body, &got) != nil:
		return sms.Carrier{}, &sms.Failure{Sender: Name, Kind: sms.ErrOutage, Reason: "the answer is not understood"}
	}
	c := sms.Carrier{Valid: got.Valid, Country: got.Country}
	if got.Line != nil {
		c.MCC, c.MNC, c.Name, c.Type = got.Line.MCC, got.Line.MNC, got.Line.Carrier, got.Line.Type
	} else if got.Valid {
		return c, &sms.Failure{Sender: Name, Kind: runner.ErrSetup, Reason: "the account does not include line type intelligence"}
	}
	return c, nil
}

package twilioverify

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/sms"
)

// Name is the sender's word in configuration.
const Name = "twilio_verify"

// DefaultURL is Verify's API.
const DefaultURL = "https://verify.twilio.com"

// Config is a Verify service.
type Config struct {
	Account  string // AC…
	Username string // "": Account; or an API key
	Password engine.Secret
	Service  string // VA…
	// RateLimit is the unique name of a rate limit of the service, which counts by
	// number and address together: "ip_and_phone". "": none.
	RateLimit string
	// Template is a template's SID (HJ…), which words the message; "": the service's.
	Template string
	// Channel is how codes go where the message does not say; "": SMS.
	Channel sms.Channel
	Timeout time.Duration
	BaseURL string // "": DefaultURL
}

// Sender sends codes with Twilio Verify.
type Sender struct {
	c      Config
	client *sms.Client
}

var _ sms.Approver = (*Sender)(nil)

// channels are those that Verify has for a code of ours.
var channels = []sms.Channel{sms.SMS, sms.Call, sms.WhatsApp, sms.Email}

// New makes a sender. It opens no connection.
func New(c Config) (*Sender, error) {
	if c.Channel == "" {
		c.Channel = sms.SMS
	}
	switch {
	case !strings.HasPrefix(c.Account, "AC"):
		return nil, errors.New("twilio_verify: account is the SID of an account, which begins with AC")
	case c.Password.Len() == 0:
		return nil, errors.New("twilio_verify: password is missing: the account's auth token, or an API key's secret")
	case !strings.HasPrefix(c.Service, "VA"):
		return nil, errors.New("twilio_verify: service is the SID of a Verify service, which begins with VA")
	case c.Template != "" && !strings.HasPrefix(c.Template, "HJ"):
		return nil, errors.New("twilio_verify: template is the SID of a template, which begins with HJ")
	case !slices.Contains(channels, c.Channel):
		return nil, errors.New("twilio_verify: channel is sms, call, whatsapp or email")
	}
	if c.Username == "" {
		c.Username = c.Account
	}
	if c.BaseURL == "" {
		c.BaseURL = DefaultURL
	}
	return &Sender{c, sms.NewClient(Name, c.Timeout)}, nil
}

// Name is "twilio_verify".
func (*Sender) Name() string { return Name }

// The length of a code of ours that Verify takes.
const (
	shortestCode = 4
	longestCode  = 10
)

// Send starts a verification with the message's code.
func (s *Sender) Send(ctx context.Context, m sms.Message) (sms.Receipt, error) {
	code := m.Code.Reveal()
	if len(code) < shortestCode || len(code) > longestCode {
		return sms.Receipt{}, &sms.Failure{Sender: Name, Kind: runner.ErrSetup, Reason: "Verify sends codes of 4 to 10 characters, and the message has none"}
	}
	channel := m.Channel
	if channel == "" {
		channel = s.c.Channel
	}
	form := url.Values{"To": {m.To}, "Channel": {string(channel)}, "CustomCode": {code}}
	if s.c.RateLimit != "" {
		// A separator keeps apart what would otherwise run together.
		limits, err := json.Marshal(map[string]string{s.c.RateLimit: m.To + "|" + m.IP})
		if err != nil {
			return sms.Receipt{}, &sms.Failure{Sender: Name, Kind: sms.ErrRefused, Reason: "the number is not one that can be sent to"}
		}
		form.Set("RateLimits", string(limits))
	}
	for name, value := range map[string]string{"Locale": locale(m.Locale), "TemplateSid": s.c.Template, "DeviceIp": m.IP} {
		if value != "" {
			form.Set(name, value)
		}
	}
	a, err := s.post(ctx, "/Verifications", form)
	if err != nil {
		return sms.Receipt{}, err
	}
	got := read(a)
	if a.Status == http.StatusCreated && got.SID != "" {
		return sms.Receipt{Sender: Name, ID: got.SID, Channel: channel, Feedback: got.SID}, nil
	}
	return sms.Receipt{}, a.FailBy(Name, got.code(), codes)
}

// gone is what Verify answers for a verification that is over.
const gone = 20404

// Approve tells Verify that a code was entered rightly. One that is over already,
// approved, or ten minutes old, is no error.
func (s *Sender) Approve(ctx context.Context, feedback string) error {
	a, err := s.post(ctx, "/Verifications/"+url.PathEscape(feedback), url.Values{"Status": {"approved"}})
	if err != nil {
		return err
	}
	got := read(a)
	if a.Status == http.StatusOK || a.Status == http.StatusNotFound && (got.Code == gone || got.Code == 0) {
		return nil
	}
	return a.FailBy(Name, got.code(), codes)
}

func (s *Sender) post(ctx context.Context, path string, form url.Values) (sms.Answer, error) {
	return s.client.Do(ctx, sms.Request{
		Method:      http.MethodPost,
		URL:         s.c.BaseURL + "/v2/Services/" + url.PathEscape(s.c.Service) + path,
		ContentType: "application/x-www-form-urlencoded",
		User:        s.c.Username, Password: s.c.Password.Reveal(),
		Body: []byte(form.Encode()),
	})
}

// answer is a verification, or an error.
type answer struct {
	SID  string `json:"sid"`
	Code int    `json:"code"`
}

func read(a sms.Answer) answer {
	var got answer
	_ = json.Unmarshal(a.Body, &got) // what is none is read as empty
	return got
}

func (a answer) code() string {
	if a.Code == 0 {
		return ""
	}
	return strconv.Itoa(a.Code)
}

// locale is a tag as Verify takes it: its language, but for a few that need more.
func locale(tag string) string {
	base, _, _ := strings.Cut(tag, "-")
	switch strings.ToLower(tag) {
	case "pt-br", "zh-cn", "zh-hk", "en-gb":
		return tag
	}
	return base
}

// codes are what Verify's error codes mean.
var codes = map[string]sms.Verdict{
	"60200": {Kind: sms.ErrRefused, Reason: "the number is not one that can be sent to"},
	"60202": {Kind: sms.ErrRefused, Reason: "too many checks of one code"},
	"60203": {Kind: sms.ErrRefused, Reason: "too many codes to that number"},
	"60204": {Kind: runner.ErrSetup, Reason: "the service has custom codes switched off"},
	"60205": {Kind: sms.ErrRefused, Reason: "the number is not a mobile one"},
	"60207": {Kind: runner.ErrSetup, Reason: "the service has too many rate limits"},
	"60212": {Kind: sms.ErrRefused, Reason: "too many codes to that number in a short time"},
	"60238": {Kind: sms.ErrRefused, Reason: "Twilio does not send to that number"},
	"60410": {Kind: sms.ErrRefused, Reason: "Fraud Guard blocks numbers of that range"},
	"60412": {Kind: sms.ErrRefused, Reason: "Fraud Guard blocks that number"},
	"60605": {Kind: sms.ErrRefused, Reason: "the service does not send to that country"},
	"20003": {Kind: runner.ErrCredentials, Reason: "the account's SID or token is wrong"},
	"20404": {Kind: runner.ErrSetup, Reason: "there is no such service"},
	"20429": {Kind: sms.ErrRefused, Reason: "a rate limit of the service is used up"},
}

package clickatell

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
	"callflow/engine/lazy"
	"callflow/engine/runner"
	"callflow/providers/sms"
)

// Name is the sender's word in configuration.
const Name = "clickatell"

// API is one of Clickatell's three.
type API string

// The APIs.
const (
	One      API = "one"
	Platform API = "platform"
	HTTP     API = "http"
)

// Where the APIs are.
const (
	PlatformURL = "https://platform.clickatell.com"
	HTTPURL     = "https://api.clickatell.com"
)

// Config is an integration. Key is for One and Platform; the other three are for
// HTTP.
type Config struct {
	API         API // "": One
	Key         engine.Secret
	User, APIID string
	Password    engine.Secret
	From        string // "": the integration's
	Timeout     time.Duration
	BaseURL     string // "": the API's own
}

// Sender sends with Clickatell.
type Sender struct {
	c      Config
	client *sms.Client
}

// New makes a sender. It opens no connection.
func New(c Config) (*Sender, error) {
	if c.API == "" {
		c.API = One
	}
	base := PlatformURL
	switch c.API {
	case One, Platform:
		if c.Key.Len() == 0 {
			return nil, errors.New("clickatell: key is missing: the API key of an integration")
		}
	case HTTP:
		base = HTTPURL
		if c.User == "" || c.Password.Len() == 0 || c.APIID == "" {
			return nil, errors.New("clickatell: the api http needs user, password and api_id")
		}
	default:
		return nil, errors.New("clickatell: api is one, platform or http")
	}
	if c.BaseURL == "" {
		c.BaseURL = base
	}
	return &Sender{c, sms.NewClient(Name, c.Timeout)}, nil
}

// Name is "clickatell".
func (*Sender) Name() string { return Name }

// Send hands a message to Clickatell.
func (s *Sender) Send(ctx context.Context, m sms.Message) (sms.Receipt, error) {
	m.To = strings.TrimPrefix(m.To, "+")
	if m.From == "" {
		m.From = s.c.From
	}
	m.From = strings.TrimPrefix(m.From, "+")
	switch s.c.API {
	case Platform:
		return s.platform(ctx, m)
	case HTTP:
		return s.legacy(ctx, m)
	}
	return s.one(ctx, m)
}

func (s *Sender) post(ctx context.Context, path string, v any) (sms.Answer, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return sms.Answer{}, &sms.Failure{Sender: Name, Kind: sms.ErrRefused, Reason: "the text cannot be sent"}
	}
	return s.client.Do(ctx, sms.Request{
		Method: http.MethodPost, URL: s.c.BaseURL + path, ContentType: "application/json",
		Header: http.Header{"Authorization": {s.c.Key.Reveal()}, "Accept": {"application/json"}}, Body: body,
	})
}

func (s *Sender) one(ctx context.Context, m sms.Message) (sms.Receipt, error) {
	type message struct {
		Channel string `json:"channel"`
		To      string `json:"to"`
		Content string `json:"content"`
		From    string `json:"from,omitempty"`
		Key     string `json:"clientMessageId,omitempty"`
	}
	a, err := s.post(ctx, "/v1/message", map[string][]message{"messages": {{"sms", m.To, m.Text.Reveal(), m.From, m.Key}}})
	if err != nil {
		return sms.Receipt{}, err
	}
	var got struct {
		Messages []struct {
			ID       string `json:"apiMessageId"`
			Accepted bool   `json:"accepted"`
			Error    *fault `json:"error"`
		} `json:"messages"`
		Error *fault `json:"error"`
		fault
	}
	if json.Unmarshal(a.Body, &got) != nil {
		return sms.Receipt{}, a.Fail(Name)
	}
	if ok := a.Status == http.StatusAccepted || a.Status == http.StatusMultiStatus; ok && len(got.Messages) == 1 {
		if p := got.Messages[0]; p.Accepted && p.ID != "" && got.Error == nil {
			return sms.Receipt{Sender: Name, ID: p.ID, Channel: sms.SMS}, nil
		}
		if got.Messages[0].Error != nil {
			return sms.Receipt{}, a.FailBy(Name, got.Messages[0].Error.code(), codes)
		}
	}
	if got.Error != nil {
		return sms.Receipt{}, a.FailBy(Name, got.Error.code(), codes)
	}
	return sms.Receipt{}, a.FailBy(Name, got.code(), codes)
}

// fault is how the current API says what was wrong.
type fault struct {
	Code int `json:"code"`
}

func (f fault) code() string {
	if f.Code == 0 {
		return ""
	}
	return strconv.Itoa(f.Code)
}

func (s *Sender) platform(ctx context.Context, m sms.Message) (sms.Receipt, error) {
	v := struct {
		Content string   `json:"content"`
		To      []string `json:"to"`
		From    string   `json:"from,omitempty"`
		Key     string   `json:"clientMessageId,omitempty"`
	}{m.Text.Reveal(), []string{m.To}, m.From, m.Key}
	a, err := s.post(ctx, "/messages", v)
	if err != nil {
		return sms.Receipt{}, err
	}
	var got struct {
		Messages []struct {
			ID       string          `json:"apiMessageId"`
			Accepted bool            `json:"accepted"`
			Code     json.RawMessage `json:"errorCode"`
			Error    json.RawMessage `json:"error"`
		} `json:"messages"`
		Code json.RawMessage `json:"errorCode"`
	}
	if json.Unmarshal(a.Body, &got) != nil {
		return sms.Receipt{}, a.Fail(Name)
	}
	code := got.Code
	if len(got.Messages) == 1 {
		p := got.Messages[0]
		if a.Status == http.StatusAccepted && p.Accepted && p.ID != "" {
			return sms.Receipt{Sender: Name, ID: p.ID, Channel: sms.SMS}, nil
		}
		code = p.Code
	}
	f := a.FailBy(Name, number(code), nil)
	if a.Status == http.StatusAccepted {
		f.Kind, f.Reason, f.Maybe = sms.ErrRefused, "Clickatell did not accept the message", false
	}
	return sms.Receipt{}, f
}

// number is a code as a number or a text, if it is one.
func number(raw json.RawMessage) string {
	text := strings.Trim(string(raw), `"`)
	if _, err := strconv.Atoi(text); err != nil {
		return ""
	}
	return text
}

// legacyAnswer is "ID: abc" or "ERR: 001, Authentication failed".
var legacyAnswer = lazy.Regexp(`^(ID|ERR): *([0-9A-Za-z-]+)`)

func (s *Sender) legacy(ctx context.Context, m sms.Message) (sms.Receipt, error) {
	query := url.Values{
		"user": {s.c.User}, "password": {s.c.Password.Reveal()}, "api_id": {s.c.APIID},
		"to": {m.To}, "text": {m.Text.Reveal()},
	}
	if m.From != "" {
		query.Set("from", m.From)
	}
	if m.Key != "" {
		query.Set("cliMsgId", m.Key[:min(len(m.Key), 32)])
	}
	a, err := s.client.Do(ctx, sms.Request{Method: http.MethodGet, URL: s.c.BaseURL + "/http/sendmsg?" + query.Encode()})
	if err != nil {
		return sms.Receipt{}, err
	}
	got := legacyAnswer().FindStringSubmatch(strings.TrimSpace(string(a.Body)))
	switch {
	case a.Status != http.StatusOK || got == nil:
		return sms.Receipt{}, a.Fail(Name)
	case got[1] == "ID":
		return sms.Receipt{Sender: Name, ID: got[2], Channel: sms.SMS}, nil
	}
	return sms.Receipt{}, a.FailBy(Name, "ERR "+got[2], codes)
}

// codes are what the codes of the current API and of the oldest mean.
var codes = map[string]sms.Verdict{
	"1":  {Kind: runner.ErrCredentials, Reason: "the API key is wrong"},
	"2":  {Kind: runner.ErrCredentials, Reason: "the account is not active"},
	"3":  {Kind: runner.ErrSetup, Reason: "the integration is not active"},
	"7":  {Kind: runner.ErrSetup, Reason: "our address is not on the integration's list"},
	"18": {Kind: sms.ErrOutage, Reason: "an error at Clickatell"},
	"19": {Kind: sms.ErrOutage, Reason: "an error at Clickatell"},
	"20": {Kind: runner.ErrSetup, Reason: "the account has no money left"},
	"21": {Kind: runner.ErrSetup, Reason: "the request is malformed"},
	"23": {Kind: runner.ErrSetup, Reason: "a parameter is wrong"},
	"24": {Kind: sms.ErrRefused, Reason: "the text is too long"},
	"25": {Kind: sms.ErrRefused, Reason: "the number is not one that can be sent to"},
	"26": {Kind: sms.ErrRefused, Reason: "the recipient has opted out"},
	"43": {Kind: sms.ErrOutage, Reason: "too many messages at once"},

	"ERR 001": {Kind: runner.ErrCredentials, Reason: "user or password is wrong"},
	"ERR 007": {Kind: runner.ErrSetup, Reason: "our address is not on the account's list"},
	"ERR 100": {Kind: sms.ErrOutage, Reason: "an error at Clickatell"},
	"ERR 101": {Kind: runner.ErrSetup, Reason: "a parameter is wrong"},
	"ERR 105": {Kind: sms.ErrRefused, Reason: "the number is not one that can be sent to"},
	"ERR 106": {Kind: runner.ErrSetup, Reason: "the sender shown is not allowed"},
	"ERR 108": {Kind: runner.ErrSetup, Reason: "api_id is wrong"},
	"ERR 114": {Kind: sms.ErrRefused, Reason: "there is no way to that number"},
	"ERR 301": {Kind: runner.ErrSetup, Reason: "the account has no money left"},
}

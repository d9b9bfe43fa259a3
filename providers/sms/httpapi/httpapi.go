package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"callflow/engine"
	"callflow/providers/sms"
)

// Name is the sender's word in configuration.
const Name = "http"

// Config is the template.
type Config struct {
	Method string // "": POST
	URL    string
	// Headers are "Name: value". They may hold secrets.
	Headers     []engine.Secret
	ContentType string // "": application/json
	Body        string
	// Success are the statuses of a message that was taken: "200", "200-299,304".
	// "": 200-299.
	Success string
	// Refused are the statuses of a decision about the number: "400,422".
	Refused string
	// Expect is what a good answer says besides: "status=QUEUED" compares a member
	// of its JSON, whose path is written with dots; anything without = must stand
	// in it. "": nothing.
	Expect string
	// ID is the path of the message's id in the answer's JSON; "": none.
	ID      string
	From    string
	Timeout time.Duration
}

// Sender sends with an API that is described by a template.
type Sender struct {
	method, contentType string
	url                 target
	headers             []header
	body                body
	success, refused    ranges
	expect, id, from    string
	client              *sms.Client
}

type header struct{ name, value string }

// New makes a sender of a template. It opens no connection.
func New(c Config) (*Sender, error) {
	s := &Sender{method: c.Method, contentType: c.ContentType, expect: c.Expect, id: c.ID, from: c.From, client: sms.NewClient(Name, c.Timeout)}
	if s.method == "" {
		s.method = http.MethodPost
	}
	switch s.method {
	case http.MethodPost, http.MethodPut, http.MethodGet:
	default:
		return nil, fmt.Errorf("http: method is %q; expected POST, PUT or GET", s.method)
	}
	if s.contentType == "" {
		s.contentType = "application/json"
	}
	var err error
	if s.url, err = parseTarget(c.URL); err != nil {
		return nil, fmt.Errorf("http: %w", err)
	}
	if s.body, err = parseBody(s.contentType, c.Body); err != nil {
		return nil, fmt.Errorf("http: %w", err)
	}
	if s.body == nil {
		s.contentType = ""
	}
	whole := c.URL + c.Body
	if !strings.Contains(whole, "{to}") && !strings.Contains(whole, "{digits}") {
		return nil, errors.New("http: neither url nor body says whom to send to: {to}, or {digits} without the plus sign")
	}
	if !strings.Contains(whole, "{text}") && !strings.Contains(whole, "{code}") {
		return nil, errors.New("http: neither url nor body says what to send: {text} or {code}")
	}
	for _, h := range c.Headers {
		name, value, ok := strings.Cut(h.Reveal(), ":")
		value = strings.TrimSpace(value)
		if !ok || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			return nil, errors.New(`http: a header is written "Name: value"`)
		}
		if err := unknown(value); err != nil {
			return nil, fmt.Errorf("http: header %s: %w", name, err)
		}
		s.headers = append(s.headers, header{name, value})
	}
	if c.Success == "" {
		c.Success = "200-299"
	}
	if s.success, err = parseRanges(c.Success); err != nil {
		return nil, fmt.Errorf("http: success: %w", err)
	}
	if s.refused, err = parseRanges(c.Refused); err != nil {
		return nil, fmt.Errorf("http: refused: %w", err)
	}
	return s, nil
}

// Name is "http".
func (*Sender) Name() string { return Name }

// Send hands a message to the API.
func (s *Sender) Send(ctx context.Context, m sms.Message) (sms.Receipt, error) {
	if m.From == "" {
		m.From = s.from
	}
	v := values(m)
	unsent := func(reason string) (sms.Receipt, error) {
		return sms.Receipt{}, &sms.Failure{Sender: Name, Kind: sms.ErrRefused, Reason: reason}
	}
	r := sms.Request{Method: s.method, ContentType: s.contentType, Header: http.Header{}}
	var err error
	if r.URL, err = s.url.fill(v); err != nil {
		return unsent(err.Error())
	}
	for _, h := range s.headers {
		value := fill(h.value, v, func(s string) string { return s })
		if !httpguts.ValidHeaderFieldValue(value) {
			return unsent("a value cannot stand in the header " + h.name)
		}
		r.Header.Set(h.name, value)
	}
	if s.body != nil {
		if r.Body, err = s.body.fill(v); err != nil {
			return unsent("the text cannot be sent")
		}
	}
	a, err := s.client.Do(ctx, r)
	if err != nil {
		return sms.Receipt{}, err
	}
	return s.read(a)
}

// read finds out what an answer means.
func (s *Sender) read(a sms.Answer) (sms.Receipt, error) {
	f := a.Fail(Name)
	switch {
	case s.refused.has(a.Status):
		f.Kind, f.Reason, f.Maybe = sms.ErrRefused, "the API did not accept the message", false
		return sms.Receipt{}, f
	case !s.success.has(a.Status):
		return sms.Receipt{}, f
	}
	var tree any
	_ = json.Unmarshal(a.Body, &tree) // where it is none, nothing is found in it
	if path, want, ok := strings.Cut(s.expect, "="); ok {
		if member(tree, path) != want {
			f.Kind, f.Reason, f.Maybe = sms.ErrOutage, "the answer does not say what is expected", true
			return sms.Receipt{}, f
		}
	} else if !strings.Contains(string(a.Body), s.expect) {
		f.Kind, f.Reason, f.Maybe = sms.ErrOutage, "the answer does not say what is expected", true
		return sms.Receipt{}, f
	}
	return sms.Receipt{Sender: Name, ID: member(tree, s.id), Channel: sms.SMS}, nil
}

// member finds a value in JSON by its path: "messages.0.status".
func member(tree any, path string) string {
	if path == "" {
		return ""
	}
	for part := range strings.SplitSeq(path, ".") {
		switch t := tree.(type) {
		case map[string]any:
			tree = t[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(t) {
				return ""
			}
			tree = t[i]
		default:
			return ""
		}
	}
	switch t := tree.(type) {
	case string:
		return t
	case float64:
		return strconv.FormatFloat(t, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(t)
	}
	return ""
}

// ranges are statuses.
type ranges [][2]int

func parseRanges(text string) (ranges, error) {
	var all ranges
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		low, high, ok := strings.Cut(part, "-")
		if !ok {
			high = low
		}
		from, err1 := strconv.Atoi(low)
		to, err2 := strconv.Atoi(high)
		if err1 != nil || err2 != nil || from < 100 || to > 599 || from > to {
			return nil, fmt.Errorf("found %q, expected statuses such as 200 or 200-299", part)
		}
		all = append(all, [2]int{from, to})
	}
	return all, nil
}

func (r ranges) has(status int) bool {
	for _, span := range r {
		if status >= span[0] && status <= span[1] {
			return true
		}
	}
	return false
}

package calls

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"callflow/engine/runner"
	"callflow/engine/runner/outbound"
	"callflow/providers/sms"
)

// timeout bounds one request, of which the outbox makes others later.
const timeout = 8 * time.Second

// Client sends requests to a platform.
type Client struct{ client *sms.Client }

// NewClient makes a client with connections of its own. Redirects are not followed.
func NewClient(platform string) *Client { return &Client{sms.NewClient(platform, timeout)} }

// Request is one request.
type Request = sms.Request

// Answer is what comes back.
type Answer = sms.Answer

// Do sends a request and returns the answer, whatever its status. The error is an
// *outbound.Failure.
func (c *Client) Do(ctx context.Context, r Request) (Answer, error) {
	a, err := c.client.Do(ctx, r)
	if err == nil {
		return a, nil
	}
	f := &outbound.Failure{Kind: outbound.ErrOutage, Maybe: true}
	var failed *sms.Failure
	if errors.As(err, &failed) {
		f.Reason, f.Maybe, f.After = failed.Reason, failed.Maybe, failed.After
	}
	return a, f
}

// Verdict is what a platform's code means.
type Verdict struct {
	Kind   error
	Reason string
}

// Fail makes the failure of an answer that took no call: by the platform's own code where
// the table has it, else by the status.
func Fail(a Answer, code string, table map[string]Verdict) *outbound.Failure {
	f := &outbound.Failure{Code: fmt.Sprintf("HTTP %d", a.Status), After: a.After}
	if code != "" {
		f.Code = clip(code) + ", " + f.Code
	}
	if v, ok := table[code]; ok && code != "" {
		f.Kind, f.Reason = v.Kind, v.Reason
		return f
	}
	switch {
	case a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden:
		f.Kind, f.Reason = runner.ErrCredentials, "check the platform's credentials"
	case a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable:
		f.Kind, f.Reason = outbound.ErrOutage, "not now"
	case a.Status == http.StatusPaymentRequired:
		f.Kind, f.Reason = runner.ErrSetup, "the account has no money left"
	case a.Status == http.StatusNotFound:
		f.Kind, f.Reason = runner.ErrSetup, "the account or the application is not there"
	case a.Status == http.StatusBadRequest || a.Status == http.StatusUnprocessableEntity:
		f.Kind, f.Reason = outbound.ErrRefused, "the platform does not accept the call"
	case a.Status >= 200 && a.Status < 300:
		f.Kind, f.Reason, f.Maybe = outbound.ErrOutage, "the answer is not understood", true
	case a.Status == http.StatusRequestTimeout || a.Status >= 500:
		// Whatever failed may have failed after the call had begun.
		f.Kind, f.Reason, f.Maybe = outbound.ErrOutage, "an error at the platform", true
	default:
		f.Kind, f.Reason = runner.ErrSetup, "the platform does not understand the request"
	}
	return f
}

// clip bounds what a platform wrote and keeps letters, digits and dashes of it.
func clip(code string) string {
	var kept []byte
	for i := 0; i < len(code) && len(kept) < 32; i++ {
		if c := code[i]; c == '-' || c == '_' || c == '.' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' {
			kept = append(kept, c)
		}
	}
	return string(kept)
}

// MaxID bounds a platform's name of a call, in bytes.
const MaxID = 128

// Seconds are whole seconds of a duration, at least one.
func Seconds(d time.Duration) int { return max(int((d+time.Second-1)/time.Second), 1) }

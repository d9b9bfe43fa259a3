package sender

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"callflow/engine/runner"
	"callflow/providers/telephony"
)

const (
	// DefaultTimeout bounds one attempt.
	DefaultTimeout = 5 * time.Second
	// maxAnswer is how much of an answer is read, in bytes.
	maxAnswer = 16 << 10
)

// Sender delivers commands. It is safe for concurrent use.
type Sender struct {
	// Count, where there is one, is told what came of each attempt: delivered, over where
	// the call has ended, refused, credentials where the platform does not accept ours, or
	// failed, which is tried again. Set it before the first.
	Count func(outcome string)
	// Sent, where there is one, is told of each request that was made, and of its answer:
	// status zero is none. The answer is its own no longer than the call. Set it before the
	// first.
	Sent func(c telephony.Command, status int, answer []byte)

	platforms map[string]telephony.Commanding
	client    *http.Client
}

var _ runner.Commander = (*Sender)(nil)

// New returns a sender for those of the codecs whose platform takes commands.
// transport may be nil.
func New(codecs []telephony.Codec, transport http.RoundTripper) *Sender {
	s := &Sender{
		platforms: map[string]telephony.Commanding{},
		client: &http.Client{
			Transport:     transport,
			Timeout:       DefaultTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	for _, c := range codecs {
		if c, ok := c.(telephony.Commanding); ok {
			s.platforms[c.Name()] = c
		}
	}
	return s
}

// Deliver makes one attempt at a command. The error wraps runner.ErrCallOver,
// runner.ErrRefused or runner.ErrCredentials where the platform says so.
func (s *Sender) Deliver(ctx context.Context, command []byte) error {
	err := s.deliver(ctx, command)
	if s.Count != nil {
		s.Count(outcome(err))
	}
	return err
}

func outcome(err error) string {
	switch {
	case err == nil:
		return "delivered"
	case errors.Is(err, runner.ErrCallOver):
		return "over"
	case errors.Is(err, runner.ErrRefused):
		return "refused"
	case errors.Is(err, runner.ErrCredentials):
		return "credentials"
	}
	return "failed"
}

func (s *Sender) deliver(ctx context.Context, command []byte) error {
	c, err := telephony.ParseCommand(command)
	if err != nil {
		return fmt.Errorf("%w: %w", runner.ErrRefused, err)
	}
	codec := s.platforms[c.Platform]
	if codec == nil {
		return fmt.Errorf("%w: the platform %q is not configured, or takes no commands", runner.ErrRefused, c.Platform)
	}
	for _, first := range c.First {
		if err := s.send(ctx, codec, first); err != nil && !errors.Is(err, runner.ErrRefused) {
			return err
		} else if err != nil && s.Count != nil {
			s.Count(outcome(err))
		}
	}
	return s.send(ctx, codec, c)
}

// send makes one attempt at one command.
func (s *Sender) send(ctx context.Context, codec telephony.Commanding, c telephony.Command) error {
	address, header := codec.API()
	req, err := http.NewRequestWithContext(ctx, c.Method, address+c.Path, bytes.NewReader(c.Body))
	if err != nil {
		return fmt.Errorf("%w: command %s: %w", runner.ErrRefused, c.Key, err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	if len(c.Body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := s.client.Do(req)
	if err != nil {
		s.sent(c, 0, nil)
		var u *url.Error
		if errors.As(err, &u) { // whose text has the address, and so the call
			err = u.Err
		}
		return fmt.Errorf("%s: command %s: %w", c.Platform, c.Key, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	s.sent(c, resp.StatusCode, body)
	if err != nil && resp.StatusCode/100 == 2 {
		err = nil // it was taken, whatever it goes on to say
	}
	if err == nil {
		err = codec.Judge(resp.StatusCode, body)
	}
	for _, e := range []struct{ is, as error }{
		{telephony.ErrCallOver, runner.ErrCallOver},
		{telephony.ErrRefused, runner.ErrRefused},
		{telephony.ErrNotOurs, runner.ErrCredentials},
	} {
		if errors.Is(err, e.is) {
			err = fmt.Errorf("%w: %w", e.as, err)
		}
	}
	if err != nil {
		return fmt.Errorf("%s: command %s: %w", c.Platform, c.Key, err)
	}
	return nil
}

func (s *Sender) sent(c telephony.Command, status int, answer []byte) {
	if s.Sent != nil {
		s.Sent(c, status, answer)
	}
}

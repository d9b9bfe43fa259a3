package log

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"callflow/providers/sms"
)

// Name is the sender's word in configuration.
const Name = "log"

// Sender writes messages.
type Sender struct {
	mu sync.Mutex
	w  io.Writer
	n  int
}

// New makes a sender that writes to w, a line for each message.
func New(w io.Writer) *Sender { return &Sender{w: w} }

// Name is "log".
func (*Sender) Name() string { return Name }

// Send writes a message. It fails as a vendor does when it cannot.
func (s *Sender) Send(ctx context.Context, m sms.Message) (sms.Receipt, error) {
	if ctx.Err() != nil {
		return sms.Receipt{}, &sms.Failure{Sender: Name, Kind: sms.ErrOutage, Reason: "given up"}
	}
	if !strings.HasPrefix(m.To, "+") {
		return sms.Receipt{}, &sms.Failure{Sender: Name, Kind: sms.ErrRefused, Reason: "the number is not one that can be sent to"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := fmt.Fprintf(s.w, "message to %s: %s\n", m.To, strconv.Quote(m.Text.Reveal())); err != nil {
		return sms.Receipt{}, &sms.Failure{Sender: Name, Kind: sms.ErrOutage, Reason: "it cannot be written"}
	}
	s.n++
	return sms.Receipt{Sender: Name, ID: strconv.Itoa(s.n), Channel: sms.SMS}, nil
}

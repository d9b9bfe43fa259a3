package sms

import (
	"context"
	"time"

	"callflow/engine"
)

// Sender delivers messages. It is safe for concurrent use.
type Sender interface {
	// Name is the sender's word in configuration and logs.
	Name() string
	// Send hands a message to the vendor, once. It gives up when its context does.
	// The error is a *Failure.
	Send(ctx context.Context, m Message) (Receipt, error)
}

// Approver is a sender that learns from codes that were entered rightly: it never
// sees the check itself (Twilio Verify).
type Approver interface {
	// Approve reports that the code of a message was entered. feedback is the
	// receipt's. Reporting twice, or too late, is no error.
	Approve(ctx context.Context, feedback string) error
}

// Message is what is to be sent.
type Message struct {
	// To is the number, E.164: "+61412345678".
	To string
	// From is the sender to show; "": the sender's own.
	From string
	// Text is what to send; Code is the one-time code in it, for vendors that word
	// the message themselves. Empty: there is none.
	Text, Code engine.Secret
	Channel    Channel // "": SMS
	Locale     string  // BCP 47, or ""
	// IP is the address of whoever asked for the code, or "". On a phone call
	// there is none.
	IP string
	// Key is the same for every try of one message, and for no other.
	Key string
}

// Channel is how a message travels.
type Channel string

// The channels. Few senders have more than the first.
const (
	SMS      Channel = "sms"
	Call     Channel = "call"
	WhatsApp Channel = "whatsapp"
	Email    Channel = "email"
)

// Receipt is what a vendor says of a message that it took.
type Receipt struct {
	Sender string
	// ID is the vendor's, for its support and our log.
	ID      string
	Channel Channel
	// Feedback is what Approve wants later; "": nothing.
	Feedback string
}

// DefaultTimeout is how long one message may take. Auth0 waits 30 seconds for its
// gateway, and a caller far less.
const DefaultTimeout = 5 * time.Second

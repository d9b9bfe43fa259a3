package sms

import "context"

// Carriers finds out who carries a number.
type Carriers interface {
	// Carrier looks a number up, E.164. The error is a *Failure.
	Carrier(ctx context.Context, number string) (Carrier, error)
}

// Carrier is a network. MCC and MNC are compared as a pair, never joined: an MNC
// has two digits or three, and both may be unknown.
type Carrier struct {
	MCC, MNC string
	Name     string
	// Type is "mobile", "landline", "fixedVoip", "nonFixedVoip", …, or "".
	Type string
	// Country is ISO 3166: "AU", or "".
	Country string
	// Valid is false for a number that nobody can have.
	Valid bool
}

package engine

import (
	"crypto/subtle"
	"fmt"
	"io"
)

// hidden is what every way of printing a Secret writes.
const hidden = "***"

// Secret is text that must not be seen: a PIN, keys pressed ahead, a token.
//
// However it is printed, formatted, marshalled or logged it is "***"; only
// Reveal gives the text. The text sits behind a pointer, because fmt walks
// unexported fields of enclosing structs by reflection without asking methods.
// The zero value is an empty secret.
type Secret struct{ text *string }

// NewSecret hides s.
func NewSecret(s string) Secret {
	if s == "" {
		return Secret{}
	}
	return Secret{&s}
}

// Reveal returns the hidden text. Call it where the text is used, never where
// it is described.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Len is the number of bytes hidden. A trace may show it, at most.
func (s Secret) Len() int { return len(s.Reveal()) }

// Equal compares in constant time.
func (s Secret) Equal(o Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(o.Reveal())) == 1
}

// String returns "***", for an empty secret too.
func (Secret) String() string { return hidden }

// GoString returns "***".
func (Secret) GoString() string { return hidden }

// Format writes "***" for every verb and flag.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText returns "***", and with it what JSON, YAML and XML write.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

package telephony

import "fmt"

// DocumentError is an answer that is longer than a platform reads. It is an
// ErrUnsupported.
type DocumentError struct{ Bytes, Most int }

// Error says how long the answer is, and how long it may be.
func (e *DocumentError) Error() string {
	return fmt.Sprintf("the answer has %d bytes, and the platform reads at most %d", e.Bytes, e.Most)
}

// Unwrap returns ErrUnsupported.
func (*DocumentError) Unwrap() error { return ErrUnsupported }

// CheckDocument finds an answer that is too long: a DocumentError.
func CheckDocument(body []byte, most int) error {
	if len(body) > most {
		return &DocumentError{len(body), most}
	}
	return nil
}

package telephony

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// Command is an instruction for a platform that takes no documents.
type Command struct {
	// Platform is the codec's name.
	Platform string `json:"platform"`
	// Key makes a command that is sent again do nothing. It is part of the request, in
	// whatever way the platform has it.
	Key    string `json:"key"`
	Method string `json:"method"`
	// Path stands behind the address of the platform's API: "/calls/…".
	Path string          `json:"path"`
	Body json.RawMessage `json:"body,omitempty"`
	// First are sent before it, one after the other, because the platform tells of no end
	// of theirs. One that the platform refuses is passed over. They have no First of their
	// own.
	First []Command `json:"first,omitempty"`
}

// Append appends the command as it is kept.
func (c Command) Append(dst []byte) ([]byte, error) {
	b := bytes.NewBuffer(dst)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false) // the body stays as it was written
	if err := e.Encode(c); err != nil {
		return nil, fmt.Errorf("command %s: %w", c.Key, err)
	}
	return b.Bytes()[:b.Len()-1], nil // without the line's end
}

// ParseCommand reads what Append wrote.
func ParseCommand(data []byte) (Command, error) {
	var c Command
	if err := json.Unmarshal(data, &c); err != nil {
		return Command{}, fmt.Errorf("command: %w", err)
	}
	for _, one := range append([]Command{c}, c.First...) {
		if one.Platform != c.Platform || one.Platform == "" || one.Method == "" || one.Path == "" || one.Path[0] != '/' {
			return Command{}, errors.New("command: it has no platform, no method or no path")
		}
	}
	return c, nil
}

// Commanding is what a codec is, besides, whose platform takes commands.
type Commanding interface {
	Codec
	// API is where commands go, and what tells the platform that they are ours: the
	// address of its API without a slash at its end, and header fields, which hold a
	// secret.
	API() (address string, header http.Header)
	// Judge reads the platform's answer to a command: nil, ErrCallOver, ErrRefused or
	// ErrNotOurs, wrapped, or another error where it should be sent again.
	Judge(status int, body []byte) error
}

// Errors of Judge.
var (
	// ErrCallOver: the call has ended, so that there is nothing to be told.
	ErrCallOver = errors.New("the call is over")
	// ErrRefused: the platform will never take this command.
	ErrRefused = errors.New("the platform refuses the command")
	// ErrNotOurs: the platform does not accept our credentials.
	ErrNotOurs = errors.New("the platform does not accept our credentials")
)

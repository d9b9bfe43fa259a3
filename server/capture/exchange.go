package capture

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Exchange is one line of a capture: a hook, and what it was answered. What the platform
// was told besides has lines of its own.
type Exchange struct {
	// Experiment is the flow.
	Experiment string `json:"experiment"`
	Platform   string `json:"platform"`
	// Call is its id, wherever it stands in the hooks.
	Call string `json:"call"`
	// T is when the hook was answered, in seconds since the call began.
	T       float64 `json:"t"`
	Request struct {
		Method  string            `json:"method"`
		URL     string            `json:"url"` // from its path on
		Headers map[string]string `json:"headers"`
		Raw     string            `json:"raw"`
	} `json:"request"`
	Response struct {
		Status int    `json:"status"`
		Type   string `json:"type,omitempty"`
		// Body is the document where that is JSON, else a string with it.
		Body json.RawMessage `json:"body,omitempty"`
	} `json:"response"`
	// Effects are what the answer follows from besides, in order: sign-ins, codes and
	// services.
	Effects []Effect `json:"effects,omitempty"`
	// Commands are what the platform's API was sent because of it, in order.
	Commands []Command `json:"-"`
}

// body is the answer as it came.
func (e Exchange) body() string {
	var text string
	if len(e.Response.Body) > 0 && e.Response.Body[0] == '"' && json.Unmarshal(e.Response.Body, &text) == nil {
		return text
	}
	return string(e.Response.Body)
}

// maxLine bounds a line.
const maxLine = 2 << 20

// Read reads a capture: its hooks, each with its commands. A last line without its end was being written when the server
// ended, and is left out.
func Read(from io.Reader) ([]Exchange, error) {
	var all []Exchange
	in := bufio.NewReaderSize(from, 64<<10)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if len(line) > maxLine {
			return nil, fmt.Errorf("line %d has more than %d bytes", n, maxLine)
		}
		var e struct {
			Exchange
			Command *Command `json:"command"`
		}
		dec := json.NewDecoder(bytes.NewReader(line))
		err = dec.Decode(&e)
		switch command := e.Command; {
		case err == nil && command != nil && 0 < command.Of && command.Of <= len(all) && command.Path != "":
			command.T = e.T
			all[command.Of-1].Commands = append(all[command.Of-1].Commands, *command)
		case err != nil || command != nil || e.Request.URL == "":
			return nil, fmt.Errorf("line %d is no exchange: it has no request with a url", n)
		default:
			all = append(all, e.Exchange)
		}
	}
}

package logstream

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

const (
	// maxBody bounds a request, in bytes, and maxEvents what stands in it.
	maxBody   = 4 << 20
	maxEvents = 2000
)

// Errors of Parse. They say nothing of what came.
var (
	ErrMalformed = errors.New("the body is not JSON of a log stream: JSONARRAY, JSONLINES or JSONOBJECT")
	ErrTooMany   = fmt.Errorf("the body has more than %d events", maxEvents)
)

// Parse reads the events of a request, in any of the three formats: an array, an
// event on each line, or one event, which some exporters wrap as {"logs":[…]}. What
// has no type or no id is left out and counted in unread.
func Parse(body []byte) (events []Event, unread int, err error) {
	var found []object
	dec := json.NewDecoder(bytes.NewReader(body))
	for {
		var raw json.RawMessage
		if err := dec.Decode(&raw); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, 0, ErrMalformed
		}
		switch raw[0] {
		case '[':
			found, err = appendArray(found, raw)
		case '{':
			found, err = appendObject(found, raw)
		default:
			err = ErrMalformed
		}
		if err != nil {
			return nil, 0, err
		}
	}
	if len(found) == 0 && len(bytes.TrimSpace(body)) == 0 {
		return nil, 0, ErrMalformed
	}
	for _, o := range found {
		if e, ok := eventOf(o); ok {
			events = append(events, e)
		} else {
			unread++
		}
	}
	return events, unread, nil
}

// appendArray adds the objects of an array; what is none counts as one that cannot
// be read.
func appendArray(found []object, raw json.RawMessage) ([]object, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil { // the bracket
		return nil, ErrMalformed
	}
	for dec.More() {
		var one json.RawMessage
		if err := dec.Decode(&one); err != nil {
			return nil, ErrMalformed
		}
		if len(found) == maxEvents {
			return nil, ErrTooMany
		}
		found = append(found, objectOf(one))
	}
	return found, nil
}

// appendObject adds an event, or those that it wraps.
func appendObject(found []object, raw json.RawMessage) ([]object, error) {
	o := objectOf(raw)
	if logs := o["logs"]; len(logs) > 0 && logs[0] == '[' {
		return appendArray(found, logs)
	}
	if len(found) == maxEvents {
		return nil, ErrTooMany
	}
	return append(found, o), nil
}

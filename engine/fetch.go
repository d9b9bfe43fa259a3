package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// maxBody bounds the body of a request, in bytes.
const maxBody = 64 << 10

// fill puts the session's values into a request, each encoded for its place.
func (f FetchSpec) fill(st *step) (Fetch, error) {
	out := Fetch{Service: f.Service, Method: f.Method, Timeout: f.Timeout}
	path, err := f.Path.render(st.s, st.words, segment)
	if err != nil {
		return out, err
	}
	out.Path = path
	for i, q := range f.Query {
		v, err := q.Value.render(st.s, st.words, nil)
		if err != nil {
			return out, err
		}
		sep := "&"
		if i == 0 && !strings.Contains(path, "?") {
			sep = "?"
		}
		out.Path += sep + url.QueryEscape(q.Name) + "=" + url.QueryEscape(v)
	}
	for _, h := range f.Headers {
		v, err := h.Value.render(st.s, st.words, header)
		if err != nil {
			return out, err
		}
		out.Headers = append(out.Headers, Header{h.Name, v})
	}
	if f.Body != nil {
		var b bytes.Buffer
		if err := f.Body.write(&b, st); err != nil {
			return out, err
		}
		if b.Len() > maxBody {
			return out, fmt.Errorf("the body is larger than %d bytes", maxBody)
		}
		out.Body = b.Bytes()
	}
	return out, nil
}

// segment encodes a value as part of one path segment. It can neither add a
// segment nor climb.
func segment(v string) (string, error) {
	if v == "" || v == "." || v == ".." {
		return "", errors.New("a value in the path is empty, \".\" or \"..\"")
	}
	return url.PathEscape(v), nil
}

// header refuses what would begin another header field.
func header(v string) (string, error) {
	if strings.ContainsAny(v, "\r\n\x00") {
		return "", errors.New("a value in a header has a line break")
	}
	return v, nil
}

// write renders the body as JSON.
func (n *Node) write(b *bytes.Buffer, st *step) error {
	switch {
	case n.Raw != "":
		b.WriteString(n.Raw)
	case n.Object != nil:
		b.WriteByte('{')
		for i := range n.Object {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSON(b, n.Object[i].Name)
			b.WriteByte(':')
			if err := n.Object[i].Value.write(b, st); err != nil {
				return err
			}
		}
		b.WriteByte('}')
	case n.Array != nil:
		b.WriteByte('[')
		for i := range n.Array {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := n.Array[i].write(b, st); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	default:
		v, err := Operand{Template: n.Template}.value(st)
		if err != nil {
			return err
		}
		writeJSON(b, v)
	}
	return nil
}

func writeJSON(b *bytes.Buffer, v any) {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		b.WriteString("null") // NaN or infinity: JSON has no word for them
		return
	}
	b.Truncate(b.Len() - 1) // the encoder ends with a line break
}

// readRecord reads the declared fields from a service's answer and nothing else.
// The error names the field and the type found, never the value.
func readRecord(fields []Field, body []byte) (Record, error) {
	if len(fields) == 0 {
		return Record{}, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, errors.New("the service's answer is not a JSON object")
	}
	record := make(Record, 0, len(fields))
	for _, f := range fields {
		raw, ok := members[f.Name]
		if !ok {
			return nil, fmt.Errorf("the service's answer has no %q", f.Name)
		}
		v, err := readValue(f, raw)
		if err != nil {
			return nil, err
		}
		record = append(record, Var{f.Name, v})
	}
	return record, nil
}

func readValue(f Field, raw json.RawMessage) (Value, error) {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, fmt.Errorf("the service's answer: %q cannot be read", f.Name)
	}
	found := "null"
	switch v := v.(type) {
	case string:
		if f.Type.Base == TypeText {
			if len(v) > maxValue {
				return nil, fmt.Errorf("the service's answer: %q is longer than %d bytes", f.Name, maxValue)
			}
			return v, nil
		}
		found = "text"
	case float64:
		if f.Type.Base == TypeNumber {
			return v, nil
		}
		found = "a number"
	case bool:
		if f.Type.Base == TypeBool {
			return v, nil
		}
		found = "a truth value"
	case []any:
		found = "a list"
	case map[string]any:
		found = "an object"
	}
	return nil, fmt.Errorf("the service's answer: %q: expected %s, found %s", f.Name, f.Type.Base, found)
}

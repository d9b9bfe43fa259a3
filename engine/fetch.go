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
		writeJSON(b, loose(v))
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
		v, err := readValue(f.Name, f.Type, raw)
		if err != nil {
			return nil, err
		}
		record = append(record, Var{f.Name, v})
	}
	return record, nil
}

// readValue reads a field, called name, of a type.
func readValue(name string, typ Type, raw json.RawMessage) (Value, error) {
	if typ.Base == TypeList {
		return readList(name, *typ.Item, raw)
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, fmt.Errorf("the service's answer: %q cannot be read", name)
	}
	found := "null"
	switch v := v.(type) {
	case string:
		if typ.Base == TypeText {
			if len(v) > maxValue {
				return nil, fmt.Errorf("the service's answer: %q is longer than %d bytes", name, maxValue)
			}
			return v, nil
		}
		found = "text"
	case float64:
		if typ.Base == TypeNumber {
			return v, nil
		}
		found = "a number"
	case bool:
		if typ.Base == TypeBool {
			return v, nil
		}
		found = "a truth value"
	case []any:
		found = "a list"
	case map[string]any:
		found = "an object"
	}
	return nil, fmt.Errorf("the service's answer: %q: expected %s, found %s", name, typ.Base, found)
}

// readList reads a list, and of each of its items the fields declared and nothing
// else.
func readList(name string, item Type, raw json.RawMessage) (Value, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil || items == nil {
		return nil, fmt.Errorf("the service's answer: %q: expected a list", name)
	}
	if len(items) > maxItems {
		return nil, fmt.Errorf("the service's answer: %q has %d items; at most %d are read", name, len(items), maxItems)
	}
	list := make(List, 0, len(items))
	for i, raw := range items {
		place := fmt.Sprintf("%s[%d]", name, i)
		if item.Base != TypeRecord {
			v, err := readValue(place, item, raw)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
			continue
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(raw, &members); err != nil || members == nil {
			return nil, fmt.Errorf("the service's answer: %q: expected an object", place)
		}
		record := make(Record, 0, len(item.Fields))
		for _, f := range item.Fields {
			raw, ok := members[f.Name]
			if !ok {
				return nil, fmt.Errorf("the service's answer has no %q", place+"."+f.Name)
			}
			v, err := readValue(place+"."+f.Name, f.Type, raw)
			if err != nil {
				return nil, err
			}
			record = append(record, Var{f.Name, v})
		}
		list = append(list, record)
	}
	if err := list.fits(); err != nil {
		return nil, fmt.Errorf("the service's answer: %q: %w", name, err)
	}
	return list, nil
}

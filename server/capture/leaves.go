package capture

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
)

// maxLeaves bounds the values and names of one hook.
const maxLeaves = 1000

// leaf is one value of a document, or the name of one: where it stands, and how it is
// written there.
type leaf struct {
	from, to int
	value    string
	write    func(string) string
	isName   bool
}

// leaves are the values and names of a body: of a JSON document, or of a form.
func leaves(body []byte) ([]leaf, error) {
	trimmed := bytes.TrimSpace(body)
	if len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[') {
		return jsonLeaves(body)
	}
	return formLeaves(string(body))
}

func jsonLeaves(body []byte) ([]leaf, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var all []leaf
	type level struct{ object, key bool }
	var levels []level
	for {
		before := dec.InputOffset()
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, errors.New("the body is no JSON")
		}
		if d, ok := token.(json.Delim); ok {
			switch d {
			case '{', '[':
				levels = append(levels, level{object: d == '{', key: d == '{'})
				continue
			default:
				levels = levels[:len(levels)-1]
			}
		} else {
			isName := len(levels) > 0 && levels[len(levels)-1].key
			end := int(dec.InputOffset())
			start := int(before) + bytes.IndexFunc(body[before:end], func(r rune) bool { return !strings.ContainsRune(" \t\r\n,:", r) })
			switch v := token.(type) {
			case string:
				all = append(all, leaf{start, end, v, quote, isName})
			case json.Number:
				all = append(all, leaf{start, end, v.String(), func(s string) string { return s }, isName})
			}
			if isName {
				levels[len(levels)-1].key = false
				continue
			}
		}
		if n := len(levels); n > 0 && levels[n-1].object {
			levels[n-1].key = true
		}
		if len(all) > maxLeaves {
			return nil, errors.New("the body has too many values")
		}
	}
}

// quote writes a JSON string.
func quote(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string can be written
	return strings.TrimSuffix(b.String(), "\n")
}

// formLeaves are the values and names of a form, or of a query.
func formLeaves(form string) ([]leaf, error) {
	var all []leaf
	at := 0
	for pair := range strings.SplitSeq(form, "&") {
		if i := strings.IndexByte(pair, '='); i >= 0 {
			name, err := url.QueryUnescape(pair[:i])
			value, wrong := url.QueryUnescape(pair[i+1:])
			if err != nil || wrong != nil {
				return nil, errors.New("the form is none")
			}
			all = append(all, leaf{at, at + i, name, url.QueryEscape, true}, leaf{at + i + 1, at + len(pair), value, url.QueryEscape, false})
		} else if strings.TrimSpace(pair) != "" {
			return nil, errors.New("the body is neither JSON nor a form")
		}
		at += len(pair) + 1
	}
	if len(all) > maxLeaves {
		return nil, errors.New("the form has too many values")
	}
	return all, nil
}

// valuesOf are leaves that are no names.
func valuesOf(all []leaf) []leaf {
	return slices.DeleteFunc(all, func(l leaf) bool { return l.isName })
}

// with writes a document with other values and names.
func with(document []byte, all []leaf, values []string) []byte {
	var b bytes.Buffer
	at := 0
	for i, l := range all {
		b.Write(document[at:l.from])
		b.WriteString(l.write(values[i]))
		at = l.to
	}
	b.Write(document[at:])
	return b.Bytes()
}

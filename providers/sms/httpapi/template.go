package httpapi

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"slices"
	"strings"

	"callflow/engine/lazy"
	"callflow/providers/sms"
)

// word is what is replaced in a template.
var word = lazy.Regexp(`\{([a-z_]+)\}`)

// names are the words there are.
var names = []string{"to", "digits", "from", "text", "code", "key", "locale"}

// values are those of a message.
func values(m sms.Message) map[string]string {
	return map[string]string{
		"to": m.To, "digits": strings.TrimPrefix(m.To, "+"), "from": m.From,
		"text": m.Text.Reveal(), "code": m.Code.Reveal(), "key": m.Key, "locale": m.Locale,
	}
}

// unknown finds a word in braces that is none of ours. In a body braces may mean
// something else: there, only words that look like ours are found.
func unknown(template string) error {
	for _, found := range word().FindAllStringSubmatch(template, -1) {
		if !slices.Contains(names, found[1]) {
			return fmt.Errorf("{%s} is not known; there are {%s}", found[1], strings.Join(names, "}, {"))
		}
	}
	return nil
}

// fill replaces the words of a template, each encoded.
func fill(template string, v map[string]string, encode func(string) string) string {
	return word().ReplaceAllStringFunc(template, func(w string) string { return encode(v[w[1:len(w)-1]]) })
}

// target is a URL with words in its path and its query.
type target struct{ path, query string }

func parseTarget(raw string) (target, error) {
	if err := unknown(raw); err != nil {
		return target{}, err
	}
	plain := word().ReplaceAllString(raw, "x")
	u, err := url.Parse(plain)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return target{}, errors.New("url is not an address that begins with https://")
	case u.Fragment != "":
		return target{}, errors.New("url has a #fragment, which is never sent")
	}
	path, query, _ := strings.Cut(raw, "?")
	if host, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(path, "https://"), "http://"), "/"); word().MatchString(host) {
		return target{}, errors.New("url has a {word} in its host: a message must not choose where it goes")
	}
	return target{path, query}, nil
}

// errSegment is a value that would climb in a path.
var errSegment = errors.New("a value cannot stand in the path")

func (t target) fill(v map[string]string) (string, error) {
	for _, found := range word().FindAllStringSubmatch(t.path, -1) {
		if s := v[found[1]]; s == "" || s == "." || s == ".." {
			return "", errSegment
		}
	}
	u := fill(t.path, v, url.PathEscape)
	if t.query != "" {
		u += "?" + fill(t.query, v, url.QueryEscape)
	}
	return u, nil
}

// body is a body with words in it.
type body interface {
	fill(v map[string]string) ([]byte, error)
}

func parseBody(contentType, raw string) (body, error) {
	if raw == "" {
		return nil, nil
	}
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, errors.New("content_type is not one, such as application/json")
	}
	switch {
	case kind == "application/json" || strings.HasSuffix(kind, "+json"):
		var tree any
		d := json.NewDecoder(strings.NewReader(raw))
		d.UseNumber()
		if err := d.Decode(&tree); err != nil || d.More() {
			return nil, errors.New("body is not JSON; a {word} stands within quotes")
		}
		b := jsonBody{tree}
		return b, b.check(tree)
	case kind == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(raw)
		if err != nil {
			return nil, errors.New("body is not a form, such as to={to}&text={text}")
		}
		return formBody(form), unknown(raw)
	case kind == "application/xml" || kind == "text/xml":
		return xmlBody(raw), unknown(raw)
	case kind == "text/plain":
		return textBody(raw), unknown(raw)
	}
	return nil, fmt.Errorf("content_type is %q; a body can be JSON, a form, XML or plain text", kind)
}

type jsonBody struct{ tree any }

func (b jsonBody) check(tree any) error {
	switch t := tree.(type) {
	case string:
		return unknown(t)
	case []any:
		for _, v := range t {
			if err := b.check(v); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, v := range t {
			if err := b.check(v); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b jsonBody) fill(v map[string]string) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(filled(b.tree, v)); err != nil {
		return nil, err
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}

func filled(tree any, v map[string]string) any {
	switch t := tree.(type) {
	case string:
		return fill(t, v, func(s string) string { return s })
	case []any:
		out := make([]any, len(t))
		for i := range t {
			out[i] = filled(t[i], v)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(t))
		for k := range t {
			out[k] = filled(t[k], v)
		}
		return out
	}
	return tree
}

type formBody url.Values

func (b formBody) fill(v map[string]string) ([]byte, error) {
	out := url.Values{}
	for name, list := range b {
		for _, value := range list {
			out.Add(name, fill(value, v, func(s string) string { return s }))
		}
	}
	return []byte(out.Encode()), nil
}

type xmlBody string

func (b xmlBody) fill(v map[string]string) ([]byte, error) {
	return []byte(fill(string(b), v, func(s string) string {
		var out strings.Builder
		_ = xml.EscapeText(&out, []byte(s))
		return out.String()
	})), nil
}

type textBody string

func (b textBody) fill(v map[string]string) ([]byte, error) {
	return []byte(fill(string(b), v, func(s string) string { return s })), nil
}

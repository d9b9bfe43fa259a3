package player

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// wholeHook is a hook of a conversation, with all that stands in it: what the platform's
// pages show, nothing less.
type wholeHook struct {
	name    string
	answers []string
	moves   []Move
	change  func(*Options)
	hook    int // from 0, the first
	want    string
}

// play plays the conversation, and compares the method, the address and every field.
func (c wholeHook) play(t *testing.T, d *desk, play func(context.Context, Options) Result) {
	t.Helper()
	var all []string
	short := d.short
	d.short = func(r *http.Request, body []byte) (string, bool) {
		_, answered := short(r, body)
		all = append(all, wholly(t, r, body))
		return "", answered
	}
	d.t, d.answers = t, slices.Clone(c.answers)
	o := d.options()
	o.Script, o.Now = c.moves, func() time.Time { return time.Unix(1795257016, 0) }
	if c.change != nil {
		c.change(&o)
	}
	r := play(t.Context(), o)
	if len(all) <= c.hook {
		t.Fatalf("%s: %d hooks came, and then %s (%v)", c.name, len(all), r.End, r.Err)
	}
	if want := strings.TrimSpace(c.want); all[c.hook] != want {
		t.Errorf("%s: got\n%s\nexpected\n%s", c.name, all[c.hook], want)
	}
}

// wholly writes a hook down: what is asked of whom, and its fields in order.
func wholly(t *testing.T, r *http.Request, body []byte) string {
	t.Helper()
	var fields []string
	values := r.URL.Query()
	switch kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); {
	case kind == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			t.Error(err)
		}
		maps.Copy(values, form)
	case kind == "application/json":
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.UseNumber()
		var v any
		if err := decoder.Decode(&v); err != nil {
			t.Error(err)
		}
		if _, err := decoder.Token(); err != io.EOF {
			t.Errorf("behind the body: %v", err)
		}
		flat(&fields, "", v)
	case r.Method != http.MethodGet:
		t.Errorf("%s %s: content type %q", r.Method, r.URL, kind)
	}
	for name, list := range values {
		for _, value := range list {
			fields = append(fields, strings.TrimSpace(name+" "+value))
		}
	}
	slices.Sort(fields)
	return r.Method + " " + r.URL.Path + "\n" + strings.Join(fields, "\n")
}

// flat are the members of a JSON value, each with the way to it.
func flat(into *[]string, at string, v any) {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			*into = append(*into, strings.TrimSpace(at+" {}"))
		}
		for name, e := range v {
			flat(into, strings.TrimPrefix(at+"."+name, "."), e)
		}
	case []any:
		if len(v) == 0 {
			*into = append(*into, at+" []")
		}
		for i, e := range v {
			flat(into, fmt.Sprintf("%s.%d", at, i), e)
		}
	case string:
		*into = append(*into, fmt.Sprintf("%s %q", at, v))
	default:
		*into = append(*into, fmt.Sprintf("%s %v", at, v))
	}
}

// hookOf is a hook in the words of wholly: where it goes, and its fields in any order.
func hookOf(where string, fields ...string) string {
	var all []string
	for _, f := range fields {
		all = append(all, strings.Split(f, "\n")...)
	}
	slices.Sort(all)
	return where + "\n" + strings.Join(all, "\n")
}

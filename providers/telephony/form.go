package telephony

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// Field is one field of a form.
type Field struct{ Name, Value string }

// maxFields bounds a form: the platforms send some forty fields.
const maxFields = 512

// ReadForm reads a form, in its order. What is no form is read all the same, so
// that its signature can be judged, and is an error. Values are never shown in it:
// they may be keys of a PIN.
func ReadForm(form string) (fields []Field, err error) {
	fields = make([]Field, 0, min(strings.Count(form, "&")+1, maxFields))
	plain := func(s string) string {
		text, bad := url.QueryUnescape(s)
		if bad != nil {
			err = errors.New("the form has a broken percent sign")
			return s
		}
		return text
	}
	for part := range strings.SplitSeq(form, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		fields = append(fields, Field{plain(name), plain(value)})
	}
	if len(fields) > maxFields {
		err = fmt.Errorf("the form has more than %d fields", maxFields)
	}
	return fields, err
}

// IsForm tells whether the body of a request is a form, by its content type; one
// without a type is taken for it.
func IsForm(h http.Header) bool {
	kind := MediaType(h)
	return kind == "" || kind == "application/x-www-form-urlencoded"
}

// MediaType is the content type of a body in small letters, without parameters.
func MediaType(h http.Header) string {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return strings.ToLower(h.Get("Content-Type"))
	}
	return kind
}

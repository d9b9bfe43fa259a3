package services

import (
	"errors"
	"net/url"
	"slices"
	"strings"
)

// parseBase reads the URL of a service. Its errors do not repeat it: people put
// passwords into URLs.
func parseBase(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case s == "":
		return nil, errors.New("url is missing")
	case err != nil:
		return nil, errors.New("url is not a URL; write https://host/path")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("url begins with neither https:// nor http://")
	case u.Hostname() == "":
		return nil, errors.New("url names no host; write https://host/path")
	case u.User != nil:
		return nil, errors.New("url holds a user or a password; put credentials into headers")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("url holds a ? or a #; queries belong to the flow")
	case strays(u.EscapedPath()):
		return nil, errors.New(`url holds a "." or ".." as part of its path`)
	}
	return u, nil
}

// errPath is what a path is refused with. It does not repeat the path, which
// holds what a caller entered.
var errPath = errors.New("path not allowed")

// join appends the path of a request, with its query, to the service's URL. The
// result is always below that URL: a path that strays is refused.
func (svc *service) join(path string) (*url.URL, error) {
	path, query, _ := strings.Cut(path, "?")
	if !strings.HasPrefix(path, "/") || strings.ContainsAny(path+query, "#\\") || strays(path) || !printable(path+query) {
		return nil, errPath
	}
	u := *svc.base
	whole := strings.TrimSuffix(u.EscapedPath(), "/") + path
	var err error
	if u.Path, err = url.PathUnescape(whole); err != nil {
		return nil, errPath
	}
	u.RawPath, u.RawQuery = whole, query
	return &u, nil
}

// strays tells whether a path, once decoded by whoever reads it, has a part "."
// or "..".
func strays(path string) bool {
	decoded, err := url.PathUnescape(path)
	if err != nil {
		return true
	}
	parts := strings.FieldsFunc(decoded, func(r rune) bool { return r == '/' || r == '\\' })
	return slices.Contains(parts, ".") || slices.Contains(parts, "..")
}

// printable tells whether s is escaped as a URL must be: printable ASCII without
// spaces.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

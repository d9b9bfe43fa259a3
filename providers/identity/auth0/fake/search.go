package fake

import (
	"fmt"
	"strconv"
	"strings"
)

// query is a search that the tenant understands: one field, one exact value.
type query struct {
	field string
	value any // a string if it was quoted, else what it looks like
}

// parseQuery reads app_metadata.account_number:"12345", with \ before " and \.
func parseQuery(q string) (query, error) {
	field, value, ok := strings.Cut(q, ":")
	if !ok || field == "" || value == "" || strings.ContainsAny(field, " \"()") {
		return query{}, fmt.Errorf("cannot parse %q", q)
	}
	if value[0] != '"' {
		if strings.ContainsAny(value, " \"()*?[]") {
			return query{}, fmt.Errorf("cannot parse %q", q)
		}
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			return query{field, n}, nil
		}
		return query{field, value}, nil
	}
	var text strings.Builder
	for i := 1; i < len(value); i++ {
		switch {
		case value[i] == '"' && i == len(value)-1:
			return query{field, text.String()}, nil
		case value[i] == '"':
			return query{}, fmt.Errorf("cannot parse %q: text after the closing quote", q)
		case value[i] == '\\' && i+1 < len(value):
			i++
		}
		text.WriteByte(value[i])
	}
	return query{}, fmt.Errorf("cannot parse %q: no closing quote", q)
}

// matches compares type and value: 12345 is not "12345".
func (q query) matches(profile map[string]any) bool {
	var at any = profile
	for name := range strings.SplitSeq(q.field, ".") {
		m, ok := at.(map[string]any)
		if !ok {
			return false
		}
		at = m[name]
	}
	if n, ok := at.(int); ok {
		at = float64(n)
	}
	return at != nil && at == q.value
}

// search returns the profiles that match, as the search shows them.
func (t *Tenant) search(q query, lag Fault) []map[string]any {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.config.Now()
	found := []map[string]any{}
	for _, r := range t.records {
		if u := r.searched(now, lag.Delay); u != nil {
			if p := r.profile(u); q.matches(p) {
				found = append(found, p)
			}
		}
	}
	return found
}

// other returns a profile that is not the one asked for.
func (t *Tenant) other(not func(map[string]any) bool) []map[string]any {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.records {
		if p := r.user.profile(); !not(p) {
			return []map[string]any{p}
		}
	}
	return []map[string]any{}
}

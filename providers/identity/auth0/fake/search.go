package fake

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// query is a search that the tenant understands: terms, of which one has to match.
type query []term

// term is one field and one exact value.
type term struct {
	field string
	value any // a string if it was quoted, else what it looks like
}

// or stands between terms, and may stand within quotes.
const or = " OR "

// parseQuery reads terms with OR between them.
func parseQuery(q string) (query, error) {
	var all query
	quoted, parts := false, []string{""}
	for i := 0; i < len(q); i++ {
		switch last := &parts[len(parts)-1]; {
		case !quoted && strings.HasPrefix(q[i:], or):
			parts = append(parts, "")
			i += len(or) - 1
		case quoted && q[i] == '\\' && i+1 < len(q):
			*last += q[i : i+2]
			i++
		default:
			quoted = quoted != (q[i] == '"')
			*last += q[i : i+1]
		}
	}
	for _, part := range parts {
		one, err := parseTerm(part)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// parseTerm reads app_metadata.account_number:"12345", with \ before " and \.
func parseTerm(q string) (term, error) {
	field, value, ok := strings.Cut(q, ":")
	if !ok || field == "" || value == "" || strings.ContainsAny(field, " \"()") {
		return term{}, fmt.Errorf("cannot parse %q", q)
	}
	if value[0] != '"' {
		if strings.ContainsAny(value, " \"()*?[]") {
			return term{}, fmt.Errorf("cannot parse %q", q)
		}
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			return term{field, n}, nil
		}
		return term{field, value}, nil
	}
	var text strings.Builder
	for i := 1; i < len(value); i++ {
		switch {
		case value[i] == '"' && i == len(value)-1:
			return term{field, text.String()}, nil
		case value[i] == '"':
			return term{}, fmt.Errorf("cannot parse %q: text after the closing quote", q)
		case value[i] == '\\' && i+1 < len(value):
			i++
		}
		text.WriteByte(value[i])
	}
	return term{}, fmt.Errorf("cannot parse %q: no closing quote", q)
}

// matches tells whether a term does.
func (q query) matches(profile map[string]any) bool {
	return slices.ContainsFunc(q, func(t term) bool { return t.matches(profile, strings.Split(t.field, ".")) })
}

// matches compares type and value: 12345 is not "12345". Of a list one element does.
func (t term) matches(at any, path []string) bool {
	switch at := at.(type) {
	case []map[string]any:
		return slices.ContainsFunc(at, func(m map[string]any) bool { return t.matches(m, path) })
	case map[string]any:
		return len(path) > 0 && t.matches(at[path[0]], path[1:])
	case int:
		return len(path) == 0 && float64(at) == t.value
	}
	return len(path) == 0 && at != nil && at == t.value
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

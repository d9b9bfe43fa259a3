package server

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"callflow/providers/phone"
)

// Number says which flow answers a called number, or those that begin as it does.
type Number struct {
	// Number is a number, the beginning of some with a star behind it, such as
	// "+6125550*" or, in its region, "02 5550*", or "*" for all that nothing else is
	// said of.
	Number string
	Flow   string
	// Language is in which the flow begins; "": the platform's word, or the flow's
	// first.
	Language string
	// Platforms name other flows for calls that come through certain platforms.
	Platforms map[string]string
	// Headers name other flows for calls whose SIP invitation had a certain header,
	// "X-Line: sales". They are looked at first.
	Headers map[string]string
}

// routing finds the flow for a call.
type routing struct {
	region   phone.Region
	exact    map[string]*Number
	prefixes []prefix // the longest first
	standard *Number
}

type prefix struct {
	normal string
	number *Number
}

func newRouting(numbers []Number, region phone.Region) (*routing, error) {
	r := &routing{region: region, exact: make(map[string]*Number, len(numbers))}
	seen := map[string]string{}
	for i := range numbers {
		n := &numbers[i]
		kind, normals := Pattern(n.Number, region)
		for _, normal := range normals {
			if first, twice := seen[kind+normal]; twice {
				return nil, fmt.Errorf("server: the numbers %q and %q are the same", first, n.Number)
			}
			seen[kind+normal] = n.Number
		}
		for _, h := range slices.Sorted(maps.Keys(n.Headers)) {
			if name, _, ok := strings.Cut(h, ":"); !ok || strings.TrimSpace(name) == "" {
				return nil, fmt.Errorf("server: the number %q: %q is no header, expected one such as \"X-Line: sales\"", n.Number, h)
			}
		}
		switch kind {
		case "*":
			r.standard = n
		case "prefix ":
			for _, normal := range normals {
				r.prefixes = append(r.prefixes, prefix{normal, n})
			}
		default:
			r.exact[normals[0]] = n
		}
	}
	slices.SortStableFunc(r.prefixes, func(a, b prefix) int { return cmp.Compare(len(b.normal), len(a.normal)) })
	return r, nil
}

// Pattern tells what a number of the configuration stands for: itself, "" and its
// normal form; those that begin so, "prefix " and their beginning; or all, "*". A
// beginning as it is dialled in the region has another with its country's code. Two
// that share a normal form are the same.
func Pattern(number string, region phone.Region) (kind string, normals []string) {
	before, open := strings.CutSuffix(strings.TrimSpace(number), "*")
	switch {
	case open && before == "":
		return "*", []string{""}
	case open && strings.Trim(before, "+0123456789 -.()") == "":
		normals = append(normals, NormalNumber(before))
		for _, e164 := range region.Beginnings(before) {
			if normal := strings.TrimPrefix(e164, "+"); !slices.Contains(normals, normal) {
				normals = append(normals, normal)
			}
		}
		return "prefix ", normals
	}
	return "", []string{normalIn(number, region)}
}

// Mistaken is how a pattern of the configuration is written that one might mean by few
// digits and a star: "+611300*" for "1300*" in Australia, which stands for extensions.
func Mistaken(number string, region phone.Region) (pattern string, ok bool) {
	before, open := strings.CutSuffix(strings.TrimSpace(number), "*")
	if !open {
		return "", false
	}
	e164, ok := region.Mistaken(before)
	return e164 + "*", ok
}

// normalIn is a number as it is compared: with its country's code, where the
// region tells which.
func normalIn(number string, region phone.Region) string {
	if e164, ok := region.Normalize(number); ok {
		return strings.TrimPrefix(e164, "+")
	}
	return NormalNumber(number)
}

// find returns what is said of a called number; nil: nothing.
func (r *routing) find(called string) *Number {
	if len(r.exact)+len(r.prefixes) == 0 {
		return r.standard
	}
	// First as it was written, which costs next to nothing: most platforms send
	// numbers with their country's code.
	written := NormalNumber(called)
	if n := r.exact[written]; n != nil {
		return n
	}
	normal := normalIn(called, r.region)
	if n := r.exact[normal]; n != nil {
		return n
	}
	for _, p := range r.prefixes {
		if strings.HasPrefix(normal, p.normal) || strings.HasPrefix(written, p.normal) {
			return p.number
		}
	}
	return r.standard
}

// flow is the flow for a call to the number.
func (n *Number) flow(platform string, headers map[string]string) string {
	for _, want := range slices.Sorted(maps.Keys(n.Headers)) {
		name, value, _ := strings.Cut(want, ":")
		if got, ok := headers[strings.ToLower(strings.TrimSpace(name))]; ok && got == strings.TrimSpace(value) {
			return n.Headers[want]
		}
	}
	if flow, ok := n.Platforms[platform]; ok {
		return flow
	}
	return n.Flow
}

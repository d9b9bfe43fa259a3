package capture

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"callflow/providers/telephony"
)

// Hook is a webhook that was answered.
type Hook struct {
	// Request is as the codec had it. Its body is the hook's own.
	Request telephony.Request
	Inbound telephony.Inbound
	Status  int
}

// errNeeded is a value that the codec needs and that must not be kept.
var errNeeded = errors.New("the platform's codec needs a value that must not be kept")

// redacted is a hook as it is kept.
type redacted struct {
	path, query string
	body        []byte
}

// redact takes out of a hook what its codec does not need, and has the rest replaced.
// asked is the question that it answers, or nil.
func (c *Call) redact(h Hook, asked *question) (redacted, error) {
	in := h.Inbound
	m := c.masks
	m.learn(in.Call.ID, in.Call.Account, in.Call.From, in.Call.To, in.Call.Name)
	typed, want, isTyped := c.entered(in.Event, asked)
	token, _, _ := strings.Cut(in.Token, "?")
	other := c.token(token)
	// What was and what is to be count alike until all is replaced.
	canonical := func(in telephony.Inbound, last bool) string {
		got, _, _ := strings.Cut(in.Token, "?")
		if !last && got == token {
			got = other
		}
		return meaning(in, got, func(keys string) string {
			if !last && keys == typed {
				return want
			}
			return keys
		})
	}
	r := h.Request
	kept := redacted{path: c.path(r.URL.Path), query: r.URL.RawQuery, body: r.Body}
	read := func(k redacted) (telephony.Inbound, error) {
		request := r
		request.URL = &url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host, Path: k.path, RawQuery: k.query}
		request.Body = k.body
		return c.codec.Decode(request)
	}
	goal := canonical(in, false)
	same := func(k redacted, last bool) bool {
		got, err := read(k)
		return err == nil && canonical(got, last) == goal
	}
	if !same(kept, false) {
		return kept, fmt.Errorf("%w: the address", errNeeded)
	}
	for _, part := range []struct {
		text  []byte
		of    func([]byte) ([]leaf, error)
		apply func(k redacted, text []byte) redacted
	}{
		{
			[]byte(kept.query), func(b []byte) ([]leaf, error) { return formLeaves(string(b)) },
			func(k redacted, text []byte) redacted { k.query = string(text); return k },
		},
		{kept.body, leaves, func(k redacted, text []byte) redacted { k.body = text; return k }},
	} {
		if len(part.text) == 0 {
			continue
		}
		all, err := part.of(part.text)
		if err != nil {
			return kept, err
		}
		values := make([]string, len(all))
		for i, l := range all {
			values[i] = undated(l.value)
		}
		if next := part.apply(kept, with(part.text, all, values)); same(next, false) {
			kept = next
		} else {
			for i, l := range all {
				values[i] = l.value
			}
		}
		// A platform has the caller's number where there is no name, and its codec looks
		// whether it is: the same is replaced at once wherever it stands.
		singly := slices.Clone(values)
		for i, l := range all {
			if !l.isName && (isNumber(l.value, in.Call.From) || isNumber(l.value, in.Call.To)) {
				values[i] = m.all(l.value, '1')
			}
		}
		if next := part.apply(kept, with(part.text, all, values)); same(next, false) {
			kept = next
		} else {
			values = singly
		}
		for i, l := range all {
			try := func(candidate string) bool {
				before := values[i]
				values[i] = candidate
				if next := part.apply(kept, with(part.text, all, values)); same(next, false) {
					kept = next
					return true
				}
				values[i] = before
				return false
			}
			if l.isName {
				if !c.isName(l.value) && !try(m.name(l.value)) && !isPlain(l.value) {
					return kept, fmt.Errorf("%w: name %d", errNeeded, i)
				}
				continue
			}
			switch {
			case slices.ContainsFunc(c.candidates(l.value, token, other), try), c.words(l.value, try):
			case isTyped && l.value == typed && try(want):
			case values[i] != l.value, isHarmless(l.value), c.isStatus(l.value):
			default:
				return kept, fmt.Errorf("%w: value %d", errNeeded, i)
			}
		}
	}
	if !same(kept, true) {
		return kept, fmt.Errorf("%w: it would be another event", errNeeded)
	}
	return kept, nil
}

// isNumber tells a number, with or without its plus, from other values.
func isNumber(value, number string) bool {
	core := strings.TrimPrefix(number, "+")
	return len(core) >= minKnown && !isWithheld(number) && strings.TrimPrefix(strings.TrimSpace(value), "+") == core
}

// candidates are what may stand for a value, the emptiest first.
func (c *Call) candidates(value, token, other string) []string {
	m := c.masks
	all := []string{m.all(value, '1')}
	if u, err := url.Parse(value); err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") && u.User == nil {
		prefix := u.Scheme + "://" + u.Host // the platform's
		all = append(all, prefix+m.all(strings.TrimPrefix(value, prefix), '1'))
		// A store that many share: the platform's is known by how its addresses go on.
		if bucket, _, more := strings.Cut(strings.TrimPrefix(u.EscapedPath(), "/"), "/"); more && isHarmless(bucket) {
			prefix += "/" + bucket
			all = append(all, prefix+m.all(strings.TrimPrefix(value, prefix), '1'))
		}
	}
	if token != "" {
		all = append(all, c.tokenIn(value, token, other))
		for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
			if plain, err := enc.DecodeString(value); err == nil && strings.Contains(string(plain), token) {
				all = append(all, enc.EncodeToString([]byte(c.tokenIn(string(plain), token, other))))
			}
		}
	}
	if isDate(value) {
		all = append(all, strings.Map(func(r rune) rune {
			if '0' <= r && r <= '9' {
				return '1'
			}
			return r
		}, value))
	}
	return all
}

// words replaces what stands in Base64 behind a token, or where one would stand: the
// parameters that a codec gives a platform to hand back. Those stay that are needed and
// harmless. try tells whether a value will do; false: none does.
func (c *Call) words(value string, try func(string) bool) bool {
	plain, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return false
	}
	token, query, found := strings.Cut(string(plain), "?")
	all, err := formLeaves(query)
	all = valuesOf(all)
	if !found || token != "" && tokens().FindString(token) != token || err != nil {
		return false
	}
	for pair := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(pair, "="); !isHarmless(name) || c.masks.has(name) {
			return false
		}
	}
	values := make([]string, len(all))
	for i, l := range all {
		values[i] = l.value
	}
	write := func() string {
		return base64.StdEncoding.EncodeToString([]byte(c.token(token) + "?" + string(with([]byte(query), all, values))))
	}
	fits := false
	for i, l := range all {
		values[i] = c.masks.all(l.value, '1')
		if fits = try(write()); fits {
			continue
		}
		if values[i] = l.value; !isHarmless(l.value) {
			return false
		}
		fits = try(write())
	}
	return fits
}

// tokenIn replaces a token; what stands around it must be harmless.
func (c *Call) tokenIn(value, token, other string) string {
	before, after, found := strings.Cut(value, token)
	if !found || !isHarmless(before) || !isParams(after) {
		return ""
	}
	return before + other + after
}

// isParams tells the few words of its own that a codec adds to a token.
func isParams(s string) bool {
	for pair := range strings.SplitSeq(strings.TrimPrefix(s, "?"), "&") {
		name, value, _ := strings.Cut(pair, "=")
		if !isHarmless(name) || !isHarmless(value) {
			return false
		}
	}
	return true
}

// isHarmless tells a word of a protocol, such as no-answer, from what callers are,
// have or say: it is short, and has no digits but one or two that stand for something.
// Names have spaces, and so has one word of a protocol, which says whose doing the end
// of a call at Plivo was. What stands for a number that is withheld is nobody's.
func isHarmless(s string) bool {
	if s == "Answer XML" || isWithheld(s) {
		return true
	}
	if len(s) > 32 {
		return false
	}
	digits := 0
	for i := range len(s) {
		switch ch := s[i]; {
		case '0' <= ch && ch <= '9':
			digits++
		case 'a' <= ch && ch <= 'z', 'A' <= ch && ch <= 'Z', ch == '_', ch == '-', ch == '.', ch == ':', ch == '/':
		default:
			return false
		}
	}
	return digits <= 2
}

// isName tells a name of the protocol's from one that is a caller's, or a number.
func (c *Call) isName(name string) bool { return isPlain(name) && !c.masks.has(name) }

// isPlain tells words such as platforms have for names: "call_sid", "statuses[0].digits".
func isPlain(name string) bool {
	const maxName = 64
	digits := 0
	for _, r := range name {
		switch {
		case '0' <= r && r <= '9':
			digits++
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', strings.ContainsRune("_-.:/[]$@", r):
		default:
			return false
		}
	}
	return digits <= 2 && len(name) <= maxName
}

// undated is a value without its date, where it is an instant: the time between two of them
// may be what matters.
func undated(value string) string {
	if !isDate(value) {
		return value
	}
	return "1111-11-11" + value[len("1111-11-11"):]
}

// isDate tells an instant as platforms write it.
func isDate(s string) bool {
	return len(s) >= 10 && len(s) <= 40 && s[4] == '-' && s[7] == '-' && strings.Trim(s, "0123456789-:.TZ+ ") == ""
}

// path is the path of a hook with another token, and without what an installation
// has in front of it. A first hook names the flow, so that it does not depend on the
// called number.
func (c *Call) path(path string) string {
	prefix := "/v1/" + c.codec.Name()
	_, after, _ := strings.Cut(path, prefix)
	switch {
	case strings.HasPrefix(after, "/turns/"):
		return prefix + "/turns/" + c.token(strings.TrimPrefix(after, "/turns/"))
	case strings.HasPrefix(after, "/calls"):
		return prefix + "/calls/" + c.flow
	}
	return prefix + "/status"
}

// token stands for SESSION/TURN/NONCE, of whose nonce the language and the flow that
// stand behind it stay.
func (c *Call) token(token string) string {
	session, rest, ok := strings.Cut(token, "/")
	turn, nonce, _ := strings.Cut(rest, "/")
	if !ok {
		return token
	}
	nonce, rest, more := strings.Cut(nonce, ".")
	other := c.masks.of(session) + "/" + turn + "/" + c.masks.of(nonce)
	if more {
		other += "." + rest
	}
	return other
}

// method is how a hook was sent.
func method(r telephony.Request) string {
	if r.Method == "" {
		return http.MethodPost
	}
	return r.Method
}

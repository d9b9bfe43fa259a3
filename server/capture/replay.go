package capture

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"callflow/engine/lazy"
)

// Replay plays a capture at a server.
type Replay struct {
	// URL is the server's; what it serves stands under it.
	URL string
	// Client sends; nil: the standard one.
	Client *http.Client
	// Sign, where there is one, signs a hook as the platform does.
	Sign func(r *http.Request, body []byte)
	// API takes the server's commands, where the call had any: the server has to be told
	// that it is the platform's. One API is of one Replay at a time.
	API *API
	// Outcomes are the server's, where what becomes of its effects is taken from the
	// capture.
	Outcomes *Outcomes
	// ID is the id of the call that is played, as long as it likes: a server answers
	// no call twice. "": that of the capture.
	ID string
}

// Played is one exchange as it was played.
type Played struct {
	Exchange Exchange
	Status   int
	Body     string
	// Commands are those that followed from it.
	Commands []PlayedCommand
	// Difference is where the answer, or a command, is not the one that was kept, or "".
	Difference string
}

// PlayedCommand is a command as it came, or did not.
type PlayedCommand struct {
	Command Command // as it was kept
	// Difference is where it is another one, or "".
	Difference string
}

// maxAnswer bounds an answer.
const maxAnswer = 1 << 20

// Play sends the hooks of a capture in order, each where the answer before it leads,
// and compares the answers, and the commands that follow from each. It ends at the first
// that differs, for those after it would be about something else, and where a hook cannot
// be sent.
func (r Replay) Play(ctx context.Context, capture []Exchange) ([]Played, error) {
	if slices.ContainsFunc(capture, func(e Exchange) bool { return len(e.Commands) > 0 }) && r.API == nil {
		return nil, errors.New("the call was told by commands, and there is no API for those of the server")
	}
	if r.API != nil && len(capture) > 0 {
		r.API.begin(cmp.Or(r.ID, capture[0].Call))
	}
	capture = inTime(capture)
	var all []Played
	tokens := map[string]string{}
	for i, e := range capture {
		r.Outcomes.reach(i)
		p, err := r.play(ctx, e, tokens)
		if err != nil {
			return all, fmt.Errorf("hook %d: %w", i+1, err)
		}
		if p.Difference == "" && r.API != nil && i == len(capture)-1 {
			p.Difference = r.API.surplus()
		}
		all = append(all, p)
		if p.Difference != "" {
			break
		}
	}
	return all, nil
}

// play sends a hook, and waits for what follows from it.
func (r Replay) play(ctx context.Context, e Exchange, tokens map[string]string) (Played, error) {
	due := e.due()
	if len(due) > 0 {
		r.API.expect(due)
	}
	p, err := r.send(ctx, e, tokens)
	for _, kept := range due {
		if err != nil || p.Difference != "" {
			break
		}
		var c PlayedCommand
		c, err = r.command(ctx, kept, e, tokens)
		p.Commands = append(p.Commands, c)
		p.Difference = c.Difference
	}
	return p, err
}

func (r Replay) send(ctx context.Context, e Exchange, tokens map[string]string) (Played, error) {
	at, raw := e.Request.URL, e.Request.Raw
	for _, kept := range longest(tokens) {
		at, raw = swap(at, kept, tokens[kept]), swap(raw, kept, tokens[kept])
	}
	if r.ID != "" && e.Call != "" {
		at = strings.ReplaceAll(at, e.Call, r.ID)
		for _, write := range written() {
			raw = swap(raw, write(e.Call), write(r.ID))
		}
	}
	req, err := http.NewRequestWithContext(ctx, e.Request.Method, strings.TrimRight(r.URL, "/")+at, strings.NewReader(raw))
	if err != nil {
		return Played{}, errors.New("its url is none")
	}
	for name, value := range e.Request.Headers {
		req.Header.Set(name, value)
	}
	if r.Sign != nil {
		r.Sign(req, []byte(raw))
	}
	client := r.Client
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return Played{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return Played{}, err
	}
	p := Played{Exchange: e, Status: resp.StatusCode, Body: string(body)}
	switch {
	case resp.StatusCode != e.Response.Status:
		p.Difference = fmt.Sprintf("answered with %d, expected %d", resp.StatusCode, e.Response.Status)
	default:
		p.Difference = compare(e.body(), string(body), e.Call, r.ID, tokens)
	}
	return p, nil
}

// tokenPattern is SESSION/TURN/NONCE.
const tokenPattern = `[A-Za-z0-9_-]{8,}/[0-9]+/[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_.-]+)?`

var (
	tokens = lazy.Regexp(tokenPattern)
	// masked is what stands for words and numbers that are not kept, several with
	// what stands between them, and for whom a transfer calls.
	masked = lazy.Regexp(`\+?[0-9]{7,}|sips?:[^"'<>\s;?]+|(?:[xX]+|é+|字+|𝒳+|0+)(?:[ .,'-]*(?:[xX]{2,}|é+|字+|𝒳+|0+))*`)
	// encoded is a token that a platform has in Base64.
	encoded = lazy.Regexp(`[A-Za-z0-9+/_-]{24,}={0,2}`)
	// sealed is what addresses have of a secret, where a platform signs nothing.
	sealed = lazy.Regexp(`[?&](?:amp;)?seal=[0-9a-f]+`)
	// lasting are the clocks, of 8x8 and of Telnyx, that have in them how long the words
	// take, which may be others.
	lasting = lazy.Regexp(`"(?:overallTimeout|timeout_millis)":[0-9]+,?`)
	// named is what makes a command of Telnyx one that comes once: it is made of all that
	// the command says, the token included.
	named = lazy.Regexp(`"command_id":"[^"]*"`)
)

// written are the ways in which an id stands in a body, and in what is encoded there.
func written() []func(string) string {
	return []func(string) string{func(id string) string { return id }, url.QueryEscape}
}

// swap replaces a token, or an id, in Base64 too.
func swap(text, kept, live string) string {
	text = strings.ReplaceAll(text, kept, live)
	return encoded().ReplaceAllStringFunc(text, func(word string) string {
		plain, err := base64.StdEncoding.DecodeString(word)
		if err != nil || !bytes.Contains(plain, []byte(kept)) {
			return word
		}
		return base64.StdEncoding.EncodeToString(bytes.ReplaceAll(plain, []byte(kept), []byte(live)))
	})
}

// compare tells where an answer differs from the one that was kept, and learns what
// its tokens are. Words and numbers that were not kept may be any.
func compare(kept, live, call, id string, known map[string]string) string {
	if id != "" && call != "" {
		kept = strings.ReplaceAll(kept, call, id)
	}
	var compact bytes.Buffer
	if json.Compact(&compact, []byte(live)) == nil {
		live = compact.String() // as the kept one is
	}
	plain := func(s string) string {
		return spread(named().ReplaceAllString(lasting().ReplaceAllString(sealed().ReplaceAllString(s, ""), ""), ""))
	}
	mine, theirs := plain(kept), plain(live)
	if id != "" && call != "" { // where it stood in Base64
		for _, write := range written() {
			mine = strings.ReplaceAll(mine, write(call), write(id))
		}
	}
	found := map[string]string{}
	their := tokens().FindAllString(theirs, -1)
	for i, token := range tokens().FindAllString(mine, -1) {
		if i < len(their) && found[token] == "" {
			found[token] = their[i]
		}
	}
	for token, other := range found {
		known[token] = other
		session, _, _ := strings.Cut(token, "/")
		known[session], _, _ = strings.Cut(other, "/") // which recordings are named by
	}
	for _, kept := range longest(known) {
		mine = strings.ReplaceAll(mine, kept, known[kept])
	}
	var pattern strings.Builder
	pattern.WriteString(`(?s)\A`)
	for i, part := range strings.Split(mine, Base) {
		if i > 0 {
			pattern.WriteString(`https?://[^"'<>\s]+?`)
		}
		at := 0
		for _, span := range masked().FindAllStringIndex(part, -1) {
			pattern.WriteString(regexp.QuoteMeta(part[at:span[0]]) + `[^<>"]*?`)
			at = span[1]
		}
		pattern.WriteString(regexp.QuoteMeta(part[at:]))
	}
	whole, err := regexp.Compile(pattern.String() + `\z`)
	if err != nil {
		return "the kept answer is too large to compare"
	}
	if whole.MatchString(theirs) {
		return ""
	}
	return fmt.Sprintf("answered with\n  %s\nexpected\n  %s", clip(live), clip(kept))
}

// longest are the keys of a map, the longest first: some are parts of others.
func longest(known map[string]string) []string {
	return slices.SortedFunc(maps.Keys(known), func(a, b string) int {
		return cmp.Or(len(b)-len(a), strings.Compare(a, b))
	})
}

// spread has what is in Base64 and holds a token stand as it is.
func spread(text string) string {
	return encoded().ReplaceAllStringFunc(text, func(word string) string {
		if plain, err := base64.StdEncoding.DecodeString(word); err == nil && tokens().Match(plain) {
			return string(plain)
		}
		return word
	})
}

// clip shortens an answer for a message.
func clip(s string) string {
	if len(s) > 2000 {
		return strings.ToValidUTF8(s[:2000], "") + "…"
	}
	return s
}

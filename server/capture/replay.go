package capture

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
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
	// ID is the id of the call that is played, as long as it likes: a server answers
	// no call twice. "": that of the capture.
	ID string
}

// Played is one exchange as it was played.
type Played struct {
	Exchange Exchange
	Status   int
	Body     string
	// Difference is where the answer is not the one that was kept, or "".
	Difference string
}

// maxAnswer bounds an answer.
const maxAnswer = 1 << 20

// Play sends the hooks of a capture in order, each where the answer before it leads,
// and compares the answers. It ends at the first that differs, for those after it
// would be about something else, and where a hook cannot be sent.
func (r Replay) Play(ctx context.Context, capture []Exchange) ([]Played, error) {
	var all []Played
	tokens := map[string]string{}
	for i, e := range capture {
		p, err := r.send(ctx, e, tokens)
		if err != nil {
			return all, fmt.Errorf("hook %d: %w", i+1, err)
		}
		all = append(all, p)
		if p.Difference != "" {
			break
		}
	}
	return all, nil
}

func (r Replay) send(ctx context.Context, e Exchange, tokens map[string]string) (Played, error) {
	at, raw := e.Request.URL, e.Request.Raw
	for kept, live := range tokens {
		at, raw = swap(at, kept, live), swap(raw, kept, live)
	}
	if r.ID != "" && e.Call != "" {
		at, raw = strings.ReplaceAll(at, e.Call, r.ID), strings.ReplaceAll(raw, e.Call, r.ID)
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
	// what stands between them.
	masked = lazy.Regexp(`(?:[xX]+|é+|字+|𝒳+|0+)(?:[ .,'-]*(?:[xX]{2,}|é+|字+|𝒳+|0+))*`)
	// encoded is a token that a platform has in Base64.
	encoded = lazy.Regexp(`[A-Za-z0-9+/_-]{24,}={0,2}`)
	// sealed is what addresses have of a secret, where a platform signs nothing.
	sealed = lazy.Regexp(`[?&](?:amp;)?seal=[0-9a-f]+`)
	// lasting is the clock of 8x8 that has in it how long the words take, which may be
	// others.
	lasting = lazy.Regexp(`"overallTimeout":[0-9]+,?`)
)

// swap replaces a token, in Base64 too.
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
		return spread(lasting().ReplaceAllString(sealed().ReplaceAllString(s, ""), ""))
	}
	mine, theirs := plain(kept), plain(live)
	found := map[string]string{}
	their := tokens().FindAllString(theirs, -1)
	for i, token := range tokens().FindAllString(mine, -1) {
		if i < len(their) && found[token] == "" {
			found[token] = their[i]
		}
	}
	for token, other := range found {
		mine = strings.ReplaceAll(mine, token, other)
		known[token] = other
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

package telnyx

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// What is said in client_state behind our token: what the command was for.
const (
	onParam      = "on"
	onAnswer     = "answer"
	onGather     = "gather"
	onWait       = "wait" // a Continue
	onPart       = "part"
	onOver       = "over" // nothing follows but the end
	onBridge     = "bridge"
	onDial       = "dial" // the other leg of a transfer
	onTape       = "tape" // the recording of the whole call
	partParam    = "part"
	nameParam    = "name"
	fromParam    = "from"
	toParam      = "to"
	callParam    = "call"
	accountParam = "account"
	orderParam   = "order" // the token of the order that the call was made for

	maxWords = 4 << 10 // of a client_state, decoded
	maxParts = 1000
	maxOrder = 256
)

// What Telnyx takes.
const (
	maxDigits   = 128
	maxClock    = 120 * time.Second
	minClock    = 100 * time.Millisecond
	maxDuration = 10 * time.Minute
	minDuration = 60 * time.Second // what it takes without being told
	minRing     = 5
	maxRing     = 600
	maxTalk     = 14400
)

const defaultTimeout = 5 * time.Second

// state is the client_state of a command: our token and what the command is for.
func state(token, on string, more ...string) string {
	words := telephony.WithParam(token, onParam, on)
	for i := 0; i+1 < len(more); i += 2 {
		words = telephony.WithParam(words, more[i], url.QueryEscape(more[i+1]))
	}
	return base64.StdEncoding.EncodeToString([]byte(words))
}

// words are what a client_state says: the token, with its query, and the query. What
// is not ours says nothing.
func words(encoded string) (token string, query url.Values) {
	if encoded == "" || base64.StdEncoding.DecodedLen(len(encoded)) > maxWords {
		return "", nil
	}
	plain, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "", nil
	}
	_, text, found := strings.Cut(string(plain), "?")
	if !found {
		return "", nil
	}
	if query, err = url.ParseQuery(text); err != nil {
		return "", nil
	}
	return string(plain), query
}

// command is a command being written: an action and the members of its body.
type command struct {
	action string
	body   []byte
	// own is what its client_state says, where that is not what the answer waits for: the
	// words of state.
	own []string
	// first are sent before it.
	first []*command
}

func newCommand(action string) *command { return &command{action: action, body: []byte{'{'}} }

func (c *command) name(name string) {
	if len(c.body) > 1 {
		c.body = append(c.body, ',')
	}
	c.body = append(append(append(c.body, '"'), name...), '"', ':')
}

func (c *command) text(name, value string) *command {
	c.name(name)
	c.body = telephony.AppendText(c.body, value)
	return c
}

func (c *command) number(name string, n int) *command {
	c.name(name)
	c.body = strconv.AppendInt(c.body, int64(n), 10)
	return c
}

func (c *command) flag(name string, yes bool) *command {
	c.name(name)
	c.body = strconv.AppendBool(c.body, yes)
	return c
}

// headers writes header fields for the other side, where there are any.
func (c *command) headers(fields []engine.Header) {
	if len(fields) == 0 {
		return
	}
	c.name("custom_headers")
	for i, h := range fields {
		between := byte(',')
		if i == 0 {
			between = '['
		}
		c.body = append(c.body, between)
		c.body = append(c.body, `{"name":`...)
		c.body = telephony.AppendText(c.body, h.Name)
		c.body = append(c.body, `,"value":`...)
		c.body = append(telephony.AppendText(c.body, telephony.PlainText(h.Value)), '}')
	}
	c.body = append(c.body, ']')
}

// millis writes a duration in milliseconds, within bounds.
func (c *command) millis(name string, t, least, most time.Duration) *command {
	return c.number(name, int(max(least, min(t, most))/time.Millisecond))
}

// done is the command for a call. Its key is made of the turn and of all that it says:
// sent twice it is one, and two that differ are two.
func (c *command) done(call, token string) telephony.Command {
	path := "/calls/" + url.PathEscape(call) + "/actions/" + c.action
	sum := sha256.Sum256(append([]byte(path), c.body...))
	key := hex.EncodeToString(sum[:8])
	if session, turn, ok := strings.Cut(token, "/"); ok { // and not the nonce: keys are logged
		turn, _, _ = strings.Cut(turn, "/")
		key = session + "." + turn + "." + key
	}
	c.text("command_id", key)
	return telephony.Command{Platform: Name, Key: key, Method: http.MethodPost, Path: path, Body: append(c.body, '}')}
}

// Judge reads Telnyx' answer to a command.
func (*Codec) Judge(status int, body []byte) error {
	if status/100 == 2 {
		return nil
	}
	code := problem(body)
	what := fmt.Sprintf("HTTP %d", status)
	if code != "" {
		what += ", error " + code
	}
	switch {
	case code == "90018", status == http.StatusNotFound, status == http.StatusGone:
		return fmt.Errorf("%w: %s", telephony.ErrCallOver, what)
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return fmt.Errorf("%w: %s", telephony.ErrNotOurs, what)
	case status == http.StatusRequestTimeout, status == http.StatusConflict, status == http.StatusTooEarly, status == http.StatusTooManyRequests, status >= 500, status < 400:
		return fmt.Errorf("telnyx cannot take it now: %s", what)
	}
	return fmt.Errorf("%w: %s", telephony.ErrRefused, what)
}

// problem is the code of the first error of an answer: digits, or "". The rest may
// quote what the caller was told.
func problem(body []byte) (code string) {
	err := telephony.ReadObject(body, func(name []byte, value telephony.Value) error {
		first, ok := value.First()
		if string(name) != "errors" || !ok {
			return nil
		}
		return telephony.ReadObject(first, func(name []byte, value telephony.Value) error {
			if string(name) == "code" {
				code, _ = value.Text()
			}
			return nil
		})
	})
	if n, bad := strconv.Atoi(code); err != nil || bad != nil || n < 0 || len(code) > 8 {
		return ""
	}
	return code
}

package player

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Tropo plays a call as the pages of Tropo's WebAPI have it: a document is run in
// order, and its handlers say what is asked next: continue at its end, incomplete where
// a question or a transfer came to nothing, hangup when the call is over, which nobody
// hears of otherwise. A document without continue ends the call. Keys that are pressed
// between two questions are lost. The secret is shown in the first URL alone.
func Tropo(ctx context.Context, o Options) Result {
	t := &tropoCall{played: begin(o)}
	t.play(ctx)
	return t.done()
}

const tropoTimeout = 10 * time.Second

type tropoCall struct {
	*played
	doc      tropoDocument // in force
	sequence int           // of results
}

func (t *tropoCall) play(ctx context.Context) {
	side := func(number, name string) map[string]any {
		if name == "" {
			name = "unknown"
		}
		id := strings.TrimPrefix(number, "+")
		return map[string]any{"id": id, "e164Id": id, "name": name, "channel": "VOICE", "network": "SIP"}
	}
	doc, err := t.hook(ctx, Start, t.first(), map[string]any{"session": map[string]any{
		"id": t.Call.ID, "accountId": "46256", "applicationId": "900001", "timestamp": t.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
		"userType": "HUMAN", "initialText": nil, "callId": "leg-" + t.Call.ID,
		"to": side(t.Call.To, ""), "from": side(t.Call.From, t.Call.Name),
		"headers": map[string]any{"Call-ID": "83-13c4-2", "CSeq": "2 INVITE", "x-sid": "77d9"}, "parameters": map[string]any{},
	}})
	if err != nil {
		t.refuse(err)
		return
	}
	t.doc = doc
	t.follow(func() error { return t.run(ctx) }, func(err error) { t.end(ctx, Broken, err) })
}

// first is the application's URL, with the secret in it.
func (t *tropoCall) first() string {
	if t.Secret.Len() == 0 {
		return t.URL
	}
	sep := "?"
	if strings.Contains(t.URL, "?") {
		sep = "&"
	}
	return t.URL + sep + "key=" + url.QueryEscape(t.Secret.Reveal())
}

// run carries out a document and asks for the next.
func (t *tropoCall) run(ctx context.Context) error {
	event, came := "continue", map[string]any{}
	for _, a := range t.doc.actions {
		failed, action, err := t.perform(ctx, a)
		switch {
		case err != nil:
			return err
		case t.caller.gone() && (a.name == "record" || action == nil && (a.name == "ask" || a.name == "transfer")):
			t.left(ctx, action)
			return nil
		case t.result.End != "":
			return nil
		}
		if action != nil {
			came = action
		}
		if failed {
			event = "incomplete"
			break
		}
	}
	next, ok := t.doc.on[event]
	if !ok || next.next == "" {
		next = t.doc.on["continue"]
	}
	if next.next == "" {
		t.end(ctx, HungUp, nil)
		return nil
	}
	doc, err := t.hook(ctx, Turn, next.next, t.came("ANSWERED", came))
	if err != nil {
		return err // no page says what happens then
	}
	t.doc = doc
	if t.caller.gone() { // who hung up after the last key
		t.left(ctx, nil)
	}
	return nil
}

// perform carries out one action. It tells whether it came to nothing, and what is
// told of it.
func (t *tropoCall) perform(ctx context.Context, a tropoAction) (failed bool, came map[string]any, err error) {
	switch a.name {
	case "say":
		t.say(a.p)
	case "wait":
		ms, _ := a.p["milliseconds"].(float64)
		return false, nil, t.Wait(ctx, time.Duration(ms)*time.Millisecond)
	case "hangup":
		t.end(ctx, HungUp, nil)
	case "ask":
		failed, came = t.ask(a)
	case "transfer":
		failed, came = t.transfer(a)
	case "record":
		failed, came = t.record(a)
	}
	return failed, came, nil
}

func (t *tropoCall) ask(a tropoAction) (failed bool, came map[string]any) {
	choices, _ := a.p["choices"].(map[string]any)
	value, _ := choices["value"].(string)
	g, _ := readGrammar(value) // checked
	terminator, _ := choices["terminator"].(string)
	attempts := 1
	if n, ok := a.p["attempts"].(float64); ok {
		attempts = int(n)
	}
	disposition := ""
	for n := 1; n <= attempts; n++ {
		t.sayAll(a.p["say"])
		keys, end := t.caller.entry(question{max: g.most, terminator: terminator, options: g.options})
		t.caller.ahead = ""
		entered := strings.TrimSuffix(keys, terminator)
		switch {
		case end == left:
			return false, nil
		case end == silent:
			disposition = "TIMEOUT"
		case !g.takes(entered):
			disposition = "NOMATCH"
		default:
			return false, map[string]any{
				"name": a.p["name"], "attempts": n, "disposition": "SUCCESS", "confidence": 100,
				"interpretation": entered, "utterance": strings.Join(strings.Split(entered, ""), " "), "value": entered, "concept": nil,
				"xml": `<?xml version="1.0"?><result grammar="0@abc.vxmlgrammar"></result>`,
			}
		}
	}
	return true, map[string]any{
		"name": a.p["name"], "attempts": attempts, "disposition": disposition, "confidence": 0, "interpretation": nil, "utterance": nil, "value": nil,
	}
}

func (t *tropoCall) transfer(a tropoAction) (failed bool, came map[string]any) {
	disposition := t.nextDial("SUCCESS")
	if t.caller.hangsUp() {
		return false, nil
	}
	came = map[string]any{"name": a.p["name"], "disposition": disposition}
	if disposition == "SUCCESS" {
		came["duration"], came["connectedDuration"], came["userType"] = 149, 145, "HUMAN"
	}
	return disposition != "SUCCESS", came
}

func (t *tropoCall) record(a tropoAction) (failed bool, came map[string]any) {
	t.sayAll(a.p["say"])
	result := t.nextRecording()
	came = map[string]any{"name": a.p["name"], "attempts": 1, "disposition": "SUCCESS", "duration": 7, "url": a.p["url"], "value": "#"}
	switch result {
	case hungUp:
		t.caller.leave()
		delete(came, "value")
	case "empty":
		return true, map[string]any{"name": a.p["name"], "attempts": 1, "disposition": "TIMEOUT"}
	case "failed":
		came["uploadStatus"] = "failed"
	}
	return false, came
}

// sayAll has the caller hear what an action says: one thing or a list, in which those for an event
// belong to later attempts.
func (t *tropoCall) sayAll(v any) {
	switch v := v.(type) {
	case map[string]any:
		t.say(v)
	case []any:
		for _, e := range v {
			if say, ok := e.(map[string]any); ok && say["event"] == nil {
				t.say(say)
			}
		}
	}
}

func (t *tropoCall) say(say map[string]any) {
	text, _ := say["value"].(string)
	switch {
	case strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://"):
		text = recorded(text)
	case isMarkup(text):
		text = html.UnescapeString(withoutTags(text))
	}
	if text != "" {
		t.heard(text)
	}
}

// came is a result.
func (t *tropoCall) came(state string, action map[string]any) map[string]any {
	t.sequence++
	if action == nil {
		action = map[string]any{}
	}
	return map[string]any{"result": map[string]any{
		"sessionId": t.Call.ID, "callId": "leg-" + t.Call.ID, "state": state, "sessionDuration": t.seconds(),
		"sequence": t.sequence, "complete": true, "error": nil, "calledid": strings.TrimPrefix(t.Call.To, "+"), "actions": action,
	}}
}

// hook posts to an address and reads the document that comes back.
func (t *tropoCall) hook(ctx context.Context, kind Kind, address string, body map[string]any) (tropoDocument, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return tropoDocument{}, err
	}
	d := delivery{kind: kind, url: address, body: data, timeout: tropoTimeout}
	return fetch(ctx, t.played, d, retries{}, func(a answer) (tropoDocument, error) {
		if err := isJSON(a, http.StatusOK); err != nil {
			return tropoDocument{}, err
		}
		return readTropo(a.body)
	})
}

// left ends a call whose caller has hung up while an action ran.
func (t *tropoCall) left(ctx context.Context, action map[string]any) {
	t.close(Left, nil)
	t.disconnected(ctx, action)
}

// end ends the call.
func (t *tropoCall) end(ctx context.Context, how End, err error) {
	if t.result.End != "" {
		return
	}
	t.close(how, err)
	t.disconnected(ctx, nil)
}

// disconnected fires the hangup handler of the document in force.
func (t *tropoCall) disconnected(ctx context.Context, action map[string]any) {
	address := t.doc.on["hangup"].next
	if address == "" {
		return
	}
	data, err := json.Marshal(t.came("DISCONNECTED", action))
	if err == nil {
		t.notify(ctx, delivery{kind: Notice, url: address, body: data, timeout: tropoTimeout})
	}
}

// tropoGrammar is what an ask takes: a number of digits, or one of several words.
type tropoGrammar struct {
	least, most int
	options     []string
}

// readGrammar reads a simple grammar: [4 DIGITS], [1-10 DIGITS], or a list.
func readGrammar(s string) (g tropoGrammar, err error) {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		inner, whole := strings.CutSuffix(inner, " DIGITS]")
		from, to, ranged := strings.Cut(inner, "-")
		if !ranged {
			to = from
		}
		var errs [2]error
		g.least, errs[0] = strconv.Atoi(from)
		g.most, errs[1] = strconv.Atoi(to)
		if err = errors.Join(errs[:]...); err != nil || !whole || g.least < 1 || g.most < g.least {
			return g, fmt.Errorf("the grammar %q is no number of digits", s)
		}
		return g, nil
	}
	for word := range strings.SplitSeq(s, ",") {
		word = strings.TrimSpace(word)
		if word == "" || strings.ContainsAny(word, "[]()") {
			return g, fmt.Errorf("the grammar %q is no list", s)
		}
		g.options = append(g.options, word)
		g.most = max(g.most, len(word))
	}
	return g, nil
}

// takes tells whether keys are of the grammar. A star is no digit.
func (g tropoGrammar) takes(keys string) bool {
	if g.options != nil {
		return slices.Contains(g.options, keys)
	}
	return len(keys) >= g.least && len(keys) <= g.most && strings.Trim(keys, "0123456789") == ""
}

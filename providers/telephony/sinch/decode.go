package sinch

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Bounds of what is kept of a request, in bytes. What is longer is refused.
const (
	maxID    = 128
	maxParty = 256
	maxToken = 512
)

// Bounds of the headers of a call that are kept: their number, and how long the name
// and the value of one may be, in bytes.
const (
	maxHeaders   = 32
	maxHeaderLen = 256
)

// event is what we read of an event. Which members there are depends on what happened.
type event struct {
	name, callid              telephony.Value
	cli, to, headers          telephony.Value
	menu                      telephony.Value
	reason, result            telephony.Value
	cookies, custom           telephony.Value
	amd, noticeType           telephony.Value
	token, from, calls        string // of the cookies
	hasToken                  bool
	menuType, menuValue       telephony.Value
	kind, ended, disconnected string
	order                     string // the token of the order that the call was made for, or ""
	notice, detected, detail  string // of notify and amd
}

func (e *event) field(name string) *telephony.Value {
	switch name {
	case "event":
		return &e.name
	case "callid", "callId":
		return &e.callid
	case "cli":
		return &e.cli
	case "to":
		return &e.to
	case "callHeaders":
		return &e.headers
	case "menuResult":
		return &e.menu
	case "reason":
		return &e.reason
	case "result":
		return &e.result
	case "cookies":
		return &e.cookies
	case "custom":
		return &e.custom
	case "amd":
		return &e.amd
	case "type":
		return &e.noticeType
	}
	return nil
}

// Decode reads a request that was verified.
func (c *Codec) Decode(r telephony.Request) (telephony.Inbound, error) {
	in, err := decode(r)
	if err != nil {
		return in, fmt.Errorf("sinch: %w: %w", telephony.ErrMalformed, err)
	}
	return in, nil
}

func decode(r telephony.Request) (telephony.Inbound, error) {
	in := telephony.Inbound{Call: engine.Call{Platform: Name}}
	if len(r.Body) > telephony.MaxBody {
		return in, fmt.Errorf("%d bytes long, expected at most %d", len(r.Body), telephony.MaxBody)
	}
	switch r.Route {
	case telephony.RouteStart, telephony.RouteTurn, telephony.RouteNotice:
	default:
		return in, fmt.Errorf("route %q is none of start, turn and notice", r.Route)
	}
	var e event
	err := telephony.ReadObject(r.Body, func(name []byte, value telephony.Value) error {
		if f := e.field(string(name)); f != nil {
			*f = value
		}
		return nil
	})
	if err == nil {
		err = e.read()
	}
	if err == nil {
		in.Call.ID, err = word("callid", e.callid, maxID)
	}
	if err == nil && in.Call.ID == "" {
		err = errors.New("callid is missing: this is no event of a call")
	}
	if err != nil {
		return in, err
	}
	if e.kind != "ice" { // whoever calls from an app can say what they like
		in.Order = e.order
	}
	switch e.kind {
	case "ice":
		in.Route = telephony.RouteStart
		return in, e.begun(&in)
	case "pie":
		return in, e.pressed(&in)
	case "ace":
		e.taken(&in)
	case "dice":
		e.over(&in)
	case "notify":
		in.Route = telephony.RouteNotice
		if in.Order != "" {
			in.Stage = e.noticed()
		}
	default:
		return in, errors.New("event is none of ice, ace, pie, dice and notify")
	}
	return in, nil
}

// read reads what is common to all events.
func (e *event) read() error {
	e.kind, _ = e.name.Text()
	e.ended, _ = e.result.Text()
	e.disconnected, _ = e.reason.Text()
	keep := func(key, value string) {
		switch {
		case len(value) > maxToken:
		case key == turnCookie:
			e.token, e.hasToken = value, isToken(value)
		case key == fromCookie && len(value) <= maxParty:
			e.from = value
		case key == toCookie && len(value) <= maxParty:
			e.calls = value
		case key == orderCookie && isOrder(value):
			e.order = value
		}
	}
	if err := pairs(e.cookies, keep); err != nil {
		return err
	}
	if custom, _ := e.custom.Text(); isOrder(custom) {
		e.order = custom
	}
	e.notice, _ = e.noticeType.Text()
	if len(e.amd) == 0 || e.amd[0] != '{' {
		return nil
	}
	return telephony.ReadObject(e.amd, func(name []byte, value telephony.Value) error {
		switch string(name) {
		case "status":
			e.detected, _ = value.Text()
		case "reason":
			e.detail, _ = value.Text()
		}
		return nil
	})
}

// taken reads that somebody has answered: a call of ours, which then begins, or the other
// leg of a transfer. Nothing can be connected in the answer to the first, so that the
// call comes back at once.
func (e *event) taken(in *telephony.Inbound) {
	switch {
	case isTurn(e.token):
		in.Route, in.Progress, in.Token = telephony.RouteTurn, true, e.token
	case in.Order != "":
		in.Route, in.Early, in.Stage = telephony.RouteStart, true, telephony.StageAnswered
		if who := e.who(); who != "" {
			in.Stage = who
		}
	default: // of a leg that we know nothing of
		in.Route = telephony.RouteNotice
	}
}

// pairs reads keys and values: a list of {key, value}, or an object.
func pairs(v telephony.Value, keep func(key, value string)) error {
	switch {
	case len(v) > 0 && v[0] == '{':
		return telephony.ReadObject(v, func(name []byte, value telephony.Value) error {
			if s, ok := value.Text(); ok {
				keep(string(name), s)
			}
			return nil
		})
	case len(v) > 0 && v[0] == '[':
		return v.Each(func(pair telephony.Value) error {
			if len(pair) == 0 || pair[0] != '{' {
				return nil
			}
			var key, value string
			err := telephony.ReadObject(pair, func(name []byte, v telephony.Value) error {
				switch string(name) {
				case "key":
					key, _ = v.Text()
				case "value":
					value, _ = v.Text()
				}
				return nil
			})
			keep(key, value)
			return err
		})
	}
	return nil
}

// begun reads the first event of a call.
func (e *event) begun(in *telephony.Inbound) (err error) {
	if in.Call.From, err = word("cli", e.cli, maxParty); err != nil {
		return err
	}
	if len(e.to) > 0 && e.to[0] == '{' {
		err = telephony.ReadObject(e.to, func(name []byte, value telephony.Value) (err error) {
			if string(name) == "endpoint" {
				in.Call.To, err = word("to.endpoint", value, maxParty)
			}
			return err
		})
	}
	in.Call.From, in.Call.To = international(in.Call.From), international(in.Call.To)
	if err != nil {
		return err
	}
	headers := map[string]string{}
	err = pairs(e.headers, func(key, value string) {
		key = strings.ToLower(key)
		if strings.HasPrefix(key, "x-") && len(key) <= maxHeaderLen && len(value) <= maxHeaderLen && len(headers) < maxHeaders {
			headers[key] = value
		}
	})
	in.Headers = headers
	return err
}

// international puts the plus in front of a number that Sinch has left it away from.
func international(s string) string {
	if telephony.IsInternational(s) {
		return "+" + s
	}
	return s
}

// pressed reads what came of a menu.
func (e *event) pressed(in *telephony.Inbound) error {
	if len(e.menu) == 0 || e.menu[0] != '{' {
		return errors.New("menuResult is missing")
	}
	err := telephony.ReadObject(e.menu, func(name []byte, value telephony.Value) error {
		switch string(name) {
		case "type":
			e.menuType = value
		case "value":
			e.menuValue = value
		}
		return nil
	})
	if err != nil {
		return err
	}
	kind, _ := e.menuType.Text()
	if strings.EqualFold(kind, "hangup") {
		in.Route, in.Event = telephony.RouteNotice, engine.CallEnded{By: "caller", Reason: "hangup"}
		return nil
	}
	if !e.hasToken {
		return errors.New("the event has no cookie that says which turn it is of")
	}
	lost := has(e.token, telephony.LostParam, telephony.LostValue)
	if !isTurn(e.token) { // back to where the call began
		in.Route, in.Token = telephony.RouteStart, e.token
		in.Call.From, in.Call.To = e.from, e.calls
		if lost {
			in.Event = engine.Lost{}
		}
		return nil
	}
	in.Route, in.Token = telephony.RouteTurn, e.token
	switch {
	case lost, strings.EqualFold(kind, "error"):
		in.Event = engine.Lost{}
	case has(e.token, onParam, onContinue):
		in.Event = engine.Resumed{}
	case has(e.token, onParam, onAsk):
		in.Event, err = e.keys(kind)
	default:
		in.Event = engine.Lost{} // a menu that nobody asked for
	}
	return err
}

// keys reads an entry. A # among the keys may be the one that ends it, which is for the
// engine to see. What is no time-out and has no keys is an entry all the same: of wrong
// keys that are not told, or of a finish key that Sinch has taken for one.
func (e *event) keys(kind string) (engine.Event, error) {
	keys, err := "", error(nil)
	if len(e.menuValue) > 0 && !e.menuValue.IsNull() {
		var ok bool
		if keys, ok = e.menuValue.Text(); !ok {
			err = fmt.Errorf("menuResult.value: found %s, expected text", e.menuValue.Kind())
		} else if !telephony.AreKeys(keys) {
			err = fmt.Errorf("menuResult.value: expected at most %d keys of 0-9, *, # and A-D", telephony.MaxKeys)
		}
	}
	switch {
	case err != nil:
		return nil, err
	case keys == "" && (strings.EqualFold(kind, "invalidinput") || strings.EqualFold(kind, "sequence")):
		return engine.Digits{Ended: engine.EndUnknown}, nil
	case keys == "":
		return engine.NoInput{}, nil
	case strings.HasSuffix(keys, "#"):
		return engine.Digits{Keys: engine.NewSecret(keys), Ended: engine.EndTerminator}, nil
	case strings.EqualFold(kind, "timeout"):
		return engine.Digits{Keys: engine.NewSecret(keys), Ended: engine.EndGap}, nil
	}
	return engine.Digits{Keys: engine.NewSecret(keys), Ended: engine.EndUnknown}, nil
}

// over reads the end of a call: where it ended in a transfer, the end of that.
func (e *event) over(in *telephony.Inbound) {
	switch e.disconnected {
	case "INVALIDSVAMLACTION", "CALLBACKERROR", "NOCREDITPARTNER":
		in.Alarm = telephony.AlarmText("Sinch reports", e.disconnected)
	}
	person := "CALLERHANGUP"
	if in.Order != "" {
		person, in.Stage = "CALLEEHANGUP", e.endStage()
	}
	if isTurn(e.token) && has(e.token, onParam, onDial) {
		in.Route, in.Token = telephony.RouteTurn, e.token
		in.Event = engine.DialEnded{Result: dialled(e.ended), CallerGone: true}
		return
	}
	in.Route = telephony.RouteNotice
	ended := engine.CallEnded{Reason: telephony.Truncate(telephony.PlainText(e.disconnected), 40)}
	switch e.disconnected {
	case person:
		ended.By = "caller"
	case "CALLERHANGUP", "MANAGERHANGUP":
		ended.By = "us"
	}
	in.Event = ended
}

func dialled(result string) engine.DialResult {
	switch result {
	case "ANSWERED":
		return engine.DialCompleted
	case "BUSY":
		return engine.DialBusy
	case "NOANSWER":
		return engine.DialNoAnswer
	}
	return engine.DialFailed
}

// isToken tells whether s can be what we have put into a cookie.
func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || 'z' < c) && (c < 'A' || 'Z' < c) && (c < '0' || '9' < c) && strings.IndexByte("-/?&=._~", c) < 0 {
			return false
		}
	}
	return s != ""
}

// isOrder tells whether s can be the token of an order: two words with a dot between.
func isOrder(s string) bool {
	id, nonce, ok := strings.Cut(s, ".")
	return ok && len(s) <= maxParty && id != "" && nonce != "" && !strings.ContainsFunc(id+nonce, func(r rune) bool {
		return (r < 'a' || 'z' < r) && (r < 'A' || 'Z' < r) && (r < '0' || '9' < r)
	})
}

// isTurn tells whether a token names a turn, and does not lead back to where the call
// began.
func isTurn(token string) bool { return isToken(token) && !strings.HasPrefix(token, "?") }

// has tells whether a token's query says name=value.
func has(token, name, value string) bool {
	_, query, _ := strings.Cut(token, "?")
	return telephony.HasParam(&url.URL{RawQuery: query}, name, value)
}

// word reads a member that is text, a number, null or missing.
func word(name string, v telephony.Value, most int) (string, error) {
	if len(v) == 0 || v.IsNull() {
		return "", nil
	}
	s, ok := v.Text()
	if !ok {
		return "", fmt.Errorf("%s: found %s, expected text", name, v.Kind())
	}
	if len(s) > most {
		return "", fmt.Errorf("%s: %d bytes long, expected at most %d", name, len(s), most)
	}
	return s, nil
}

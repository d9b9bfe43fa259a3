package player

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// EightX8 plays a call as the reference of 8x8's voice call actions has it: one webhook
// is told of calls and of what was captured, another of the end of sessions, and a call
// flow ends the call where it runs out. A time-out is a failed try, and when there are no
// more, nothing was captured. The secret is shown in the webhooks' URLs.
func EightX8(ctx context.Context, o Options) Result {
	e := &eightCall{played: begin(o)}
	e.play(ctx)
	return e.done()
}

const (
	eightTimeout = 5 * time.Second
	// eightBlink is the longest time between two keys, in milliseconds, in which nobody answers.
	eightBlink = 500
	// eightHold is how long such a question lasts beyond its words, which take no time here.
	eightHold = time.Second
)

type eightCall struct {
	*played
	events int
}

func (e *eightCall) play(ctx context.Context) {
	doc, err := e.hook(ctx, Start, "CALL_RECEIVED", nil, nil)
	if err != nil {
		e.refuse(err)
		return
	}
	e.follow(func() error {
		next, err := e.run(ctx, doc)
		switch {
		case err != nil:
			return err
		case next == nil:
			e.end(ctx, HungUp, nil)
		default:
			doc = *next
		}
		return nil
	}, func(err error) { e.end(ctx, Broken, err) })
}

// run carries out a call flow; nil is the end of the call.
func (e *eightCall) run(ctx context.Context, doc callFlow) (*callFlow, error) {
	for i, a := range doc.actions {
		switch a.name {
		case "say":
			e.say(max(1, int(a.number("repetition"))), a.p["text"])
		case "hangup":
			return nil, nil
		case "sayAndCapture":
			thrownAway := i+1 < len(doc.actions) && doc.actions[i+1].name == "hangup"
			return e.capture(ctx, doc, a, thrownAway)
		}
	}
	return nil, nil
}

// capture asks a question. With a hangup right behind it, what is entered is thrown away.
func (e *eightCall) capture(ctx context.Context, doc callFlow, a flowAction, thrownAway bool) (*callFlow, error) {
	terminator := "#"
	if a.p["completeOnHash"] == false {
		terminator = ""
	}
	var captured any
	for range int(a.number("noOfTries")) {
		e.say(1, a.p["promptMessage"])
		if a.number("digitTimeout") <= eightBlink {
			if err := e.Wait(ctx, eightHold); err != nil {
				return nil, err
			}
			continue
		}
		keys, end := e.caller.entry(question{max: int(a.number("maxDigits")), terminator: terminator})
		e.caller.ahead = ""
		if end == left {
			e.end(ctx, Left, nil)
			return &doc, nil
		}
		keys = strings.TrimSuffix(keys, terminator)
		if keys != "" && (end == full || end == terminated) && len(keys) >= int(a.number("minDigits")) {
			e.say(1, a.p["successMessage"])
			captured = keys
			break
		}
		e.say(1, a.p["failureMessage"])
	}
	if thrownAway {
		return nil, nil
	}
	next, err := e.hook(ctx, Turn, "ACTION_COMPLETED", doc.id, map[string]any{"dtmf": captured, "asrCaptured": nil})
	if e.gone() {
		e.end(ctx, Left, nil)
	}
	return &next, err
}

func (e *eightCall) say(times int, v any) {
	text, _ := v.(string)
	e.heardTimes(times, text, false)
}

// hook tells of the call and reads the call flow that comes back.
func (e *eightCall) hook(ctx context.Context, kind Kind, status string, id, data any) (callFlow, error) {
	e.events++
	sip := 200
	if kind == Start {
		sip = 100 // nobody has answered yet
	}
	d, err := e.delivery(kind, e.URL, map[string]any{
		"namespace": "VOICE", "eventType": "CALL_ACTION", "description": "Action of the call",
		"payload": map[string]any{
			"eventId": fmt.Sprintf("%s-%d", e.Call.ID, e.events), "sessionId": e.Call.ID, "callId": "leg-" + e.Call.ID, "subAccountId": e.Call.Account,
			"callStatus": status, "callDirection": "INBOUND", "callType": "PSTN", "source": e.Call.From, "destination": e.Call.To,
			"sourceFormat": "MSISDN", "destinationFormat": "MSISDN", "timestamp": e.Now().UTC().Format(time.RFC3339),
			"clientActionId": id, "callDuration": e.seconds(), "sipCode": sip, "eventData": data,
		},
	})
	if err != nil {
		return callFlow{}, err
	}
	return fetch(ctx, e.played, d, retries{}, func(a answer) (callFlow, error) {
		if err := isJSON(a, http.StatusOK); err != nil {
			return callFlow{}, err
		}
		return readCallFlow(a.body)
	})
}

// delivery makes an event ready.
func (e *eightCall) delivery(kind Kind, address string, body map[string]any) (delivery, error) {
	if e.Secret.Len() > 0 {
		address += "?key=" + url.QueryEscape(e.Secret.Reveal())
	}
	data, err := json.Marshal(body)
	return delivery{kind: kind, url: address, body: data, timeout: eightTimeout}, err
}

// end ends the call, and tells of the end of its session.
func (e *eightCall) end(ctx context.Context, how End, err error) {
	if e.result.End != "" {
		return
	}
	e.close(how, err)
	if e.StatusURL == "" {
		return
	}
	d, bad := e.delivery(Notice, e.StatusURL, map[string]any{
		"namespace": "VOICE", "eventType": "SESSION_SUMMARY", "description": "Summary of a session",
		"payload": map[string]any{
			"sessionId": e.Call.ID, "subAccountId": e.Call.Account, "sessionStatus": "COMPLETED",
			"startTime": e.began.UTC().Format(time.RFC3339), "endTime": e.Now().UTC().Format(time.RFC3339), "callCount": 1,
		},
	})
	if bad == nil {
		e.notify(ctx, d)
	}
}

// callFlow is an answer that 8x8 would carry out.
type callFlow struct {
	id      any // clientActionId
	actions []flowAction
}

type flowAction struct {
	name string
	p    map[string]any
}

func (a flowAction) number(name string) float64 {
	n, _ := a.p[name].(float64)
	return n
}

// eightActions are the actions that a phone menu has use for, with the types of their
// properties; ! for those that must be there.
func eightActions() map[string]map[string]string {
	return map[string]map[string]string{
		"say":    {"text!": aString, "voiceProfile!": aString, "repetition": aNumber, "speed": aNumber},
		"hangup": {},
		"sayAndCapture": {
			"promptMessage!": aString, "voiceProfile!": aString, "successMessage": aString, "failureMessage": aString, "speed": aNumber,
			"minDigits": aNumber, "maxDigits": aNumber, "digitTimeout": aNumber, "overallTimeout": aNumber, "completeOnHash": aBool, "noOfTries": aNumber,
		},
	}
}

// readCallFlow reads an answer: all of it, or nothing.
func readCallFlow(body []byte) (callFlow, error) {
	var whole struct {
		ID   *string `json:"clientActionId"`
		Flow []struct {
			Action string         `json:"action"`
			Params map[string]any `json:"params"`
		} `json:"callflow"`
	}
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.DisallowUnknownFields()
	if err := d.Decode(&whole); err != nil {
		return callFlow{}, fmt.Errorf("a call flow is a list of actions: %w", err)
	}
	doc := callFlow{}
	if whole.ID != nil {
		doc.id = *whole.ID
	}
	for i, a := range whole.Flow {
		spec, ok := eightActions()[a.Action]
		if !ok {
			return doc, fmt.Errorf("action %d: there is no %q", i+1, a.Action)
		}
		if err := fitting(a.Action, a.Params, spec); err != nil {
			return doc, fmt.Errorf("action %d: %w", i+1, err)
		}
		action := flowAction{a.Action, a.Params}
		if err := action.check(); err != nil {
			return doc, fmt.Errorf("action %d: %w", i+1, err)
		}
		doc.actions = append(doc.actions, action)
	}
	return doc, nil
}

// check holds an action to the values that are allowed.
func (a flowAction) check() error {
	if speed, ok := a.p["speed"].(float64); ok && (speed < 0.5 || speed > 2) {
		return fmt.Errorf("the speed is %v, expected 0.5 to 2", speed)
	}
	if times, ok := a.p["repetition"].(float64); ok && times != 1 && times != 2 && times != 3 {
		return fmt.Errorf("it is said %v times, expected 1 to 3", times)
	}
	if a.name != "sayAndCapture" {
		return nil
	}
	least, most := a.number("minDigits"), a.number("maxDigits")
	gap, whole := a.number("digitTimeout"), a.number("overallTimeout")
	switch {
	case most < 1 || most > 25 || least > most:
		return fmt.Errorf("it takes %v to %v digits", least, most)
	case whole < 1 || gap >= whole:
		return fmt.Errorf("the gap of %v is not shorter than the whole of %v", gap, whole)
	case a.number("noOfTries") != 1:
		return errors.New("it counts tries")
	}
	return nil
}

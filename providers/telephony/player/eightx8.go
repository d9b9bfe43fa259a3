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
	for _, a := range doc.actions {
		switch a.name {
		case "say":
			e.say(a.p["text"])
		case "hangup":
			return nil, nil
		case "sayAndCapture":
			return e.capture(ctx, doc, a)
		}
	}
	return nil, nil
}

func (e *eightCall) capture(ctx context.Context, doc callFlow, a flowAction) (*callFlow, error) {
	most, _ := a.p["maxDigits"].(float64)
	tries, _ := a.p["noOfTries"].(float64)
	terminator := ""
	if a.p["completeOnHash"] == true {
		terminator = "#"
	}
	var captured any
	for range int(tries) {
		e.say(a.p["promptMessage"])
		if gap, _ := a.p["digitTimeout"].(float64); gap <= eightBlink {
			whole, _ := a.p["overallTimeout"].(float64)
			if err := e.Wait(ctx, time.Duration(whole)*time.Millisecond); err != nil {
				return nil, err
			}
			continue
		}
		keys, end := e.caller.entry(question{max: int(most), terminator: terminator, flush: true})
		if end == left {
			e.end(ctx, Left, nil)
			return &doc, nil
		}
		keys = strings.TrimSuffix(keys, terminator)
		if keys != "" && (end == full || end == terminated) {
			captured = keys
			break
		}
	}
	next, err := e.hook(ctx, Turn, "ACTION_COMPLETED", doc.id, map[string]any{"dtmf": captured, "asrCaptured": nil})
	if e.gone() {
		e.end(ctx, Left, nil)
	}
	return &next, err
}

func (e *eightCall) say(v any) {
	text, _ := v.(string)
	e.heardTimes(1, text, false)
}

// hook tells of the call and reads the call flow that comes back.
func (e *eightCall) hook(ctx context.Context, kind Kind, status string, id, data any) (callFlow, error) {
	e.events++
	d, err := e.delivery(kind, e.URL, map[string]any{
		"namespace": "VOICE", "eventType": "CALL_ACTION", "description": "Action of the call",
		"payload": map[string]any{
			"eventId": fmt.Sprintf("%s-%d", e.Call.ID, e.events), "sessionId": e.Call.ID, "callId": "leg-" + e.Call.ID, "subAccountId": e.Call.Account,
			"callStatus": status, "callDirection": "INBOUND", "callType": "PSTN", "source": e.Call.From, "destination": e.Call.To,
			"sourceFormat": "MSISDN", "destinationFormat": "MSISDN", "timestamp": e.Now().UTC().Format(time.RFC3339),
			"clientActionId": id, "callDuration": e.seconds(), "sipCode": 200, "eventData": data,
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
		if err := checkCapture(a.Action, a.Params); err != nil {
			return doc, fmt.Errorf("action %d: %w", i+1, err)
		}
		doc.actions = append(doc.actions, flowAction{a.Action, a.Params})
	}
	return doc, nil
}

// checkCapture holds a sayAndCapture to the values that are allowed.
func checkCapture(name string, p map[string]any) error {
	if name != "sayAndCapture" {
		return nil
	}
	least, _ := p["minDigits"].(float64)
	most, _ := p["maxDigits"].(float64)
	gap, _ := p["digitTimeout"].(float64)
	whole, _ := p["overallTimeout"].(float64)
	switch {
	case most < 1 || most > 25 || least > most:
		return fmt.Errorf("it takes %v to %v digits", least, most)
	case whole < 1 || gap >= whole:
		return fmt.Errorf("the gap of %v is not shorter than the whole of %v", gap, whole)
	case p["noOfTries"] != 1.0:
		return errors.New("it counts tries")
	}
	return nil
}

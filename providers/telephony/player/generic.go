package player

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Generic plays a call as a platform that keeps to our own contract in full.
func Generic(ctx context.Context, o Options) Result {
	g := &genericCall{played: begin(o)}
	g.play(ctx)
	return g.done()
}

// The contract's header, and how long its platforms wait.
const (
	genericHeader  = "Callflow-Signature"
	genericTimeout = 10 * time.Second
	genericTries   = 3
)

type genericCall struct {
	*played
	notice string // where the end of the call goes
}

// event is what is posted; nil where there is none to post.
type event map[string]any

// play goes from document to document.
func (g *genericCall) play(ctx context.Context) {
	doc, err := g.hook(ctx, Start, g.URL, g.URL, nil)
	if err != nil {
		g.refuse(err)
		return
	}
	g.follow(func() error {
		next, lost, ev, err := g.perform(ctx, doc)
		if err != nil || next == "" {
			return err
		}
		before := doc
		if doc, err = g.hook(ctx, Turn, next, lost, ev); err != nil {
			if before.Apology != nil && before.Apology.Text != nil {
				g.heard(*before.Apology.Text)
			}
			return err
		}
		if len(doc.Verbs) == 0 { // nothing has changed: what was asked still is
			doc.Verbs = before.Verbs
		}
		if g.caller.gone() {
			g.end(ctx, Left)
		}
		return nil
	}, func(err error) { g.fail(ctx, err) })
}

// perform carries out a document up to the verb that waits, and returns where
// the call goes from there: nowhere when it has ended.
func (g *genericCall) perform(ctx context.Context, doc genericReply) (next, lost string, ev event, err error) {
	for _, raw := range doc.Verbs {
		var head struct {
			Verb string `json:"verb"`
		}
		if err := json.Unmarshal(raw, &head); err != nil {
			return "", "", nil, fmt.Errorf("a verb is not an object: %w", err)
		}
		switch head.Verb {
		case "say":
			var v genericSay
			if err := strict(raw, &v); err != nil {
				return "", "", nil, err
			}
			err = g.say(v.genericText)
		case "pause":
			var v genericPause
			if err := strict(raw, &v); err != nil {
				return "", "", nil, err
			}
			if v.Length == nil || *v.Length < 0 {
				return "", "", nil, errors.New("pause has no length_ms")
			}
			err = g.Wait(ctx, time.Duration(*v.Length)*time.Millisecond)
		case "gather":
			return g.gather(ctx, raw)
		case "dial":
			var v genericDial
			if err := strict(raw, &v); err != nil {
				return "", "", nil, err
			}
			if v.To == "" || v.Next == "" {
				return "", "", nil, errors.New("dial has no target or no next")
			}
			g.caller.ahead = ""
			if g.caller.hangsUp() {
				g.end(ctx, Left)
				return "", "", nil, nil
			}
			result := g.nextDial("completed")
			if v.Whisper && result == "completed" {
				if err := g.whisperTo(ctx, v.Next); err != nil {
					return "", "", nil, err
				}
			}
			return v.Next, v.Lost, event{"type": "dial_ended", "result": result, "caller_gone": v.Refer && result == "completed"}, nil
		case "play":
			var v genericPlay
			if err := strict(raw, &v); err != nil {
				return "", "", nil, err
			}
			g.heard(recorded(v.URL))
		case "record_call":
			var v genericRecordCall
			if err := strict(raw, &v); err != nil {
				return "", "", nil, err
			}
			g.result.Recordings = append(g.result.Recordings, v.Do)
		case "enqueue":
			g.caller.ahead = ""
			return g.enqueue(ctx, raw)
		case "record":
			g.caller.ahead = ""
			return g.record(raw)
		case "continue":
			var v genericContinue
			if err := strict(raw, &v); err != nil {
				return "", "", nil, err
			}
			if v.Next == "" {
				return "", "", nil, errors.New("continue has no next")
			}
			return v.Next, v.Lost, event{"type": "continued"}, nil
		case "hangup":
			if err := strict(raw, &head); err != nil {
				return "", "", nil, err
			}
			g.end(ctx, HungUp)
			return "", "", nil, nil
		default:
			return "", "", nil, fmt.Errorf("%q is no verb of the contract", head.Verb)
		}
		if err != nil {
			return "", "", nil, err
		}
	}
	return "", "", nil, errors.New("the document ends without a verb that waits or hangs up")
}

func (g *genericCall) gather(ctx context.Context, raw json.RawMessage) (next, lost string, ev event, err error) {
	var v genericGather
	if err := strict(raw, &v); err != nil {
		return "", "", nil, err
	}
	switch {
	case v.Prompts == nil || v.Secret == nil || v.Flush == nil || v.BargeIn == nil:
		return "", "", nil, errors.New("gather lacks one of prompts, secret, flush, barge_in")
	case v.Min < 1 || v.Max < v.Min:
		return "", "", nil, fmt.Errorf("gather takes %d to %d digits", v.Min, v.Max)
	case v.Next == "":
		return "", "", nil, errors.New("gather has no next")
	case v.Speech != nil && (*v.Secret || v.Speech.Language == ""):
		return "", "", nil, errors.New("gather listens for a secret, or in no language")
	}
	if *v.Secret {
		g.result.Recordings = append(g.result.Recordings, "secret")
	}
	for _, p := range v.Prompts {
		if err := g.say(p); err != nil {
			return "", "", nil, err
		}
	}
	keys, end := g.caller.entry(question{max: v.Max, terminator: v.Terminator, options: v.Options, flush: *v.Flush, speech: v.Speech != nil, secret: *v.Secret})
	words := map[ending]string{terminated: "terminator", full: "length", cut: "gap"}
	switch end {
	case left:
		g.end(ctx, Left)
		return "", "", nil, nil
	case silent:
		ev = event{"type": "silence"}
	case said:
		ev = event{"type": "speech", "text": keys, "confidence": 0.9}
	case mumbled:
		ev = event{"type": "speech", "text": ""}
	default:
		ev = event{"type": "digits", "keys": keys, "ended": words[end]}
	}
	return v.Next, v.Lost, ev, nil
}

func (g *genericCall) say(t genericText) error {
	if t.Text == nil || t.BargeIn == nil {
		return errors.New("a text lacks text or barge_in")
	}
	g.heard(t.heard())
	return nil
}

// record records the caller.
func (g *genericCall) record(raw json.RawMessage) (next, lost string, ev event, err error) {
	var v genericRecord
	if err := strict(raw, &v); err != nil {
		return "", "", nil, err
	}
	if v.Recording == "" || v.Max <= 0 || v.Beep == nil || v.Next == "" {
		return "", "", nil, errors.New("record lacks one of recording, max_ms, beep, next")
	}
	result := g.nextRecording()
	ev = event{"type": "recorded", "result": result}
	if result == hungUp {
		g.caller.leave()
		ev["result"], ev["caller_gone"] = "recorded", true
	}
	if ev["result"] == "recorded" {
		ev["url"], ev["length_ms"] = "https://recorder.example.com/"+v.Recording+".wav", 7000
	}
	return v.Next, v.Lost, ev, nil
}

// enqueue has the caller wait, and asks again and again what they hear.
func (g *genericCall) enqueue(ctx context.Context, raw json.RawMessage) (next, lost string, ev event, err error) {
	var v genericEnqueue
	if err := strict(raw, &v); err != nil {
		return "", "", nil, err
	}
	if v.Queue == "" || v.Again == nil || v.Next == "" {
		return "", "", nil, errors.New("enqueue lacks one of queue, again, next")
	}
	end := g.nextWaiting()
	ended, began := event{"type": "queue_ended", "result": end.End}, g.Now()
	for n := 0; end.End != unqueued; n++ {
		if n == maxWaits {
			return "", "", nil, errWaiting
		}
		doc, err := g.hook(ctx, Turn, v.Next, "", event{"type": "waiting", "position": end.at(g.Now().Sub(began))})
		if err != nil {
			return "", "", nil, err
		}
		left, err := g.waits(ctx, doc)
		switch {
		case err != nil:
			return "", "", nil, err
		case left:
			ended["result"] = "left"
			return v.Next, v.Lost, ended, nil
		case end.End == hungUp:
			g.caller.leave()
			ended["result"], ended["caller_gone"] = "left", true
			return v.Next, v.Lost, ended, nil
		case end.over(g.Now().Sub(began)):
			return v.Next, v.Lost, ended, nil
		}
	}
	return v.Next, v.Lost, ended, nil
}

// waits plays what a caller hears in a queue.
func (g *genericCall) waits(ctx context.Context, doc genericReply) (left bool, err error) {
	for _, raw := range doc.Verbs {
		var head struct {
			Verb string `json:"verb"`
		}
		if err := json.Unmarshal(raw, &head); err != nil {
			return false, err
		}
		length := 0
		switch head.Verb {
		case "say":
			var v genericSay
			if err = strict(raw, &v); err == nil && v.Text != nil {
				g.result.Waited = append(g.result.Waited, *v.Text)
				g.heard(*v.Text)
			}
		case "music":
			var v genericMusic
			if err = strict(raw, &v); err == nil {
				g.result.Waited = append(g.result.Waited, "music "+v.URL)
			}
			length = v.Length
		case "pause":
			var v genericPause
			if err = strict(raw, &v); err == nil && v.Length != nil {
				length = *v.Length
			}
		case "leave":
			return true, strict(raw, &head)
		default:
			err = fmt.Errorf("a waiting caller cannot be played %q", head.Verb)
		}
		if err != nil {
			return false, err
		}
		if err := g.Wait(ctx, time.Duration(length)*time.Millisecond); err != nil {
			return false, err
		}
	}
	return false, nil
}

// whisperTo asks for the words to whoever has taken a dial.
func (g *genericCall) whisperTo(ctx context.Context, url string) error {
	doc, err := g.hook(ctx, Turn, url, "", event{"type": "whisper"})
	if err != nil {
		return err
	}
	for _, raw := range doc.Verbs {
		var v genericSay
		if err := strict(raw, &v); err != nil {
			return err
		}
		if v.Verb != "say" || v.Text == nil {
			return fmt.Errorf("a whisper holds %q, expected only say", v.Verb)
		}
		g.whispered(v.heard())
	}
	return nil
}

// hook posts an event and reads the document that comes back. Where none does, it
// says that it is lost, some times over.
func (g *genericCall) hook(ctx context.Context, kind Kind, url, lost string, ev event) (genericReply, error) {
	body, err := g.body(ev, kind == Start)
	if err != nil {
		return genericReply{}, err
	}
	for try := 0; ; try++ {
		doc, err := fetch(ctx, g.played, delivery{
			kind: kind, url: url, header: genericHeader, body: body, signature: g.sign(body), timeout: genericTimeout,
		}, retries{}, readGeneric)
		if err == nil {
			if doc.Notice != "" {
				g.notice = doc.Notice
			}
			return doc, nil
		}
		if try == genericTries || lost == "" || ctx.Err() != nil {
			return genericReply{}, err
		}
		if err := g.Wait(ctx, time.Second<<try); err != nil {
			return genericReply{}, err
		}
		url = lost
		if kind == Turn {
			if body, err = g.body(event{"type": "lost"}, false); err != nil {
				return genericReply{}, err
			}
		}
	}
}

func (g *genericCall) body(ev event, whole bool) ([]byte, error) {
	call := map[string]any{"id": g.Call.ID}
	if g.Call.Account != "" {
		call["account"] = g.Call.Account
	}
	if whole {
		for name, value := range map[string]string{
			"from": g.Call.From, "to": g.Call.To, "name": g.Call.Name, "language": g.Call.Language,
		} {
			if value != "" {
				call[name] = value
			}
		}
	}
	body := map[string]any{"call": call}
	if ev != nil {
		body["event"] = ev
	}
	return json.Marshal(body)
}

// end ends the call, and says so.
func (g *genericCall) end(ctx context.Context, how End) {
	g.close(how, nil)
	by := "us" // the server, in its own words
	if how == Left {
		by = "caller"
	}
	g.tell(ctx, event{"type": "call_ended", "by": by, "reason": "normal"})
}

// fail ends a call whose document cannot be carried out.
func (g *genericCall) fail(ctx context.Context, err error) {
	g.close(Broken, err)
	g.tell(ctx, event{"type": "call_ended", "by": "", "reason": "failed"})
}

func (g *genericCall) tell(ctx context.Context, ev event) {
	url := g.notice
	if url == "" {
		url = g.StatusURL
	}
	if url == "" {
		return
	}
	body, err := g.body(ev, false)
	if err != nil {
		g.fault(err)
		return
	}
	g.notify(ctx, delivery{
		kind: Notice, url: url, header: genericHeader, body: body, signature: g.sign(body), timeout: genericTimeout,
	})
}

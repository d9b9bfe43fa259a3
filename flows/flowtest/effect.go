package flowtest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"callflow/engine"
)

// result is what became of an effect: the event of it, how long it took, and
// how a transcript tells it.
type result struct {
	event engine.Event
	took  time.Duration
	text  string
	// late tells it when nobody waits any more.
	late string
}

// effect performs an effect against the world. One that takes longer than the
// deadline is an outage to the flow, whatever came of it.
func (p *Player) effect(ctx context.Context, e engine.Effect) result {
	switch e := e.(type) {
	case engine.Authenticate:
		in, took := p.opts.World.Authenticate(ctx, e)
		r := result{took: took, late: fmt.Sprintf("sign-in of %s: %s", e.Account, in.Result)}
		if took > deadline {
			in = engine.SignedIn{Result: engine.SignInUnavailable}
		}
		r.event, r.text = in, fmt.Sprintf("sign-in of %s: %s%s", e.Account, in.Result, lasted(took))
		p.t.SignIns = append(p.t.SignIns, SignInTry{p.now, e.Account, in.Result})
		return r
	case engine.SendCode:
		sent, shown, took := p.opts.World.SendCode(ctx, e)
		text := sentText(e, shown, sent.Result)
		if took > deadline {
			sent = engine.CodeSent{Result: engine.CodeSentUnavailable}
		}
		return result{event: sent, took: took, text: text + lasted(took), late: text}
	case engine.CheckCode:
		checked, took := p.opts.World.CheckCode(ctx, e)
		text := checkedText(checked)
		if took > deadline {
			checked = engine.CodeChecked{Result: engine.CodeUnavailable}
		}
		return result{event: checked, took: took, text: text + lasted(took), late: text}
	case engine.Identify:
		found, took := p.opts.World.Identify(ctx, e)
		text := foundText(e.Number, found)
		if took > deadline {
			found = engine.Identified{Result: engine.IdentifiedUnavailable}
		}
		return result{event: found, took: took, text: text + lasted(took), late: text}
	case engine.Request:
		answer, took := p.opts.World.Request(ctx, e)
		r := result{took: took, late: p.called(e.Fetch, "", answer)}
		if took > deadline {
			answer = engine.Answered{Result: engine.AnswerError, Detail: "no answer within " + deadline.String()}
		}
		r.event, r.text = answer, told(e.Fetch, answer)+lasted(took)
		return r
	case engine.Action:
		return p.act(ctx, e)
	case engine.AwaitRecording:
		return result{event: engine.RecordingReady{ID: e.ID, URL: recordingURL + e.ID + ".wav", Length: talking}, text: "recording: ready"}
	}
	return result{}
}

// called notes what a service got and tells it.
func (p *Player) called(f engine.Fetch, key string, a engine.Answered) string {
	p.t.Calls = append(p.t.Calls, ServiceCall{
		At: p.now, State: p.session.State, Service: f.Service, Method: f.Method, Path: f.Path,
		Body: json.RawMessage(f.Body), Key: key, Result: a.Result, Detail: a.Detail,
	})
	return told(f, a)
}

func told(f engine.Fetch, a engine.Answered) string {
	text := fmt.Sprintf("%s: %s %s: %s", f.Service, f.Method, f.Path, a.Result)
	if a.Detail != "" {
		text += " (" + a.Detail + ")"
	}
	return text
}

// lasted says how long an answer took, where that is worth saying.
func lasted(took time.Duration) string {
	if took < 100*time.Millisecond {
		return ""
	}
	return ", after " + min(took, deadline).Round(100*time.Millisecond).String()
}

package flowtest

import (
	"context"

	"callflow/engine"
)

// recordingURL is where recordings of a simulation would be had.
const recordingURL = "https://recordings.example.com/"

// endRecording ends the recording that is running: the caller has spoken for a
// while, and hangs up or not.
func (p *Player) endRecording(ctx context.Context, gone bool) error {
	v := p.voice
	ev := engine.RecordEnded{Result: engine.RecordDone, CallerGone: gone}
	if n := len(p.opts.Records); n > 0 && !gone {
		ev.Result = p.opts.Records[0]
		if n > 1 {
			p.opts.Records = p.opts.Records[1:]
		}
	}
	switch ev.Result {
	case engine.RecordDone:
		ev.Length = min(talking, v.Max)
		ev.URL = recordingURL + v.ID + ".wav"
		p.now += ev.Length
	case engine.RecordEmpty:
		p.now += v.Silence
	}
	p.cause = p.record(Entry{Kind: Recorded, State: p.session.State, Text: string(ev.Result)})
	if gone {
		p.gone = true
		p.record(Entry{Kind: HungUp, State: p.session.State})
	}
	p.voice = nil
	return p.react(ctx, ev)
}

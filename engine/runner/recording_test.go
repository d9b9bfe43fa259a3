package runner_test

import (
	"testing"
	"testing/synctest"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
)

// TestRecordingIsToldLater: a caller hangs up while speaking, and the platform
// tells later, or never, where the recording is.
func TestRecordingIsToldLater(t *testing.T) {
	ready := func(p *phone, id string) {
		p.Helper()
		if err := p.run.Notice(p.Context(), runner.Notice{Call: p.call, Event: engine.RecordingReady{
			ID: id, URL: "https://recordings.example.com/1.wav", Length: 7 * time.Second,
		}}); err != nil {
			p.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name  string
		play  func(b *bench, p *phone)
		files int
	}{
		{"after the end of the call", func(b *bench, p *phone) {
			p.ended()
			b.sweeps(p.run, 8*time.Second)
			p.alive()
			ready(p, p.id()+"-1")
			ready(p, p.id()+"-1")
		}, 1},
		{"before it", func(_ *bench, p *phone) {
			ready(p, p.id()+"-1")
			p.ended()
		}, 1},
		{"of another recording", func(_ *bench, p *phone) {
			p.ended()
			ready(p, p.id()+"-2")
		}, 0},
		{"never", func(_ *bench, p *phone) { p.ended() }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSpec(t, "desk", "hash-1")
				s.Start = "message"
				s.state("message", engine.RecordState{Var: "message", Min: time.Second, Max: time.Minute}, "recorded file", "empty bye", "failed bye")
				s.action("file", "herd", "done bye", "rejected bye", "pending bye", "unknown bye")
				s.hangup("bye", "Bye.")
				b := newBench(t, s.program())
				p := b.phone(b.runner()).start()
				tt.play(b, p)
				b.sweeps(p.run, 30*time.Second)
				p.dead()
				equal(t, "messages filed", len(b.world.paths()), tt.files)
				b.close()
			})
		})
	}
}

package runner_test

import (
	"fmt"
	"strings"
	"testing"

	"go.uber.org/zap"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/store/memory"
)

// BenchmarkTurn answers hooks of a live call, from token to encoded reply, with
// the memory store.
func BenchmarkTurn(b *testing.B) {
	for _, bm := range []struct {
		name string
		play func(p *benchPhone)
	}{
		{"question", func(p *benchPhone) { p.send(keys("5")); p.send(engine.DialEnded{Result: engine.DialBusy}) }},
		{"request", func(p *benchPhone) { p.send(keys("1")) }},
		{"action", func(p *benchPhone) { p.send(keys("2")) }},
	} {
		b.Run(bm.name, func(b *testing.B) {
			p := newBenchPhone(b)
			b.ReportAllocs()
			b.ResetTimer()
			n := 0
			for i := 0; i < b.N; i += p.turns - n {
				n = p.turns
				if p.turns > 150 {
					p.call.ID = fmt.Sprint("call-", i)
					p.start()
					n = p.turns
				}
				bm.play(p)
			}
		})
	}
}

// BenchmarkCall plays the whole bank line: seven hooks, a sign-in, a request.
func BenchmarkCall(b *testing.B) {
	p := newBenchPhone(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.call.ID = fmt.Sprint("call-", i)
		p.start()
		p.send(keys("1"))
		p.send(keys("9"))
	}
}

// benchPhone is a phone that takes no time to speak of.
type benchPhone struct {
	testing.TB
	run   *runner.Runner
	call  engine.Call
	token runner.Token
	body  []byte
	turns int
}

func newBenchPhone(b *testing.B) *benchPhone {
	b.Helper()
	store := memory.New()
	r, err := runner.New(runner.Deps{
		Catalog: newCatalog(desk(b, "hash-"+strings.Repeat("0", 59))), Store: store,
		Authenticator: &identity{}, Services: &world{}, Sealer: runner.Unsealed(), Log: zap.NewNop(),
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = r.Close(b.Context())
		_ = store.Close()
	})
	p := &benchPhone{TB: b, run: r, body: make([]byte, 400), call: engine.Call{
		Platform: "jambonz", Account: "b4a1c1c8-5e2f-4a5f-9b2b-1f0d7b6f3a11", ID: "9a7f2f7e-2c55-4d38-a6a6-6a3f0e2b9c10", From: "+15550123", To: "+15550199",
	}}
	p.start()
	return p
}

// encode remembers the token, and answers with bytes of the usual number.
func (p *benchPhone) encode(o runner.Out) (runner.Reply, error) {
	p.token = o.Token
	return runner.Reply{Status: 200, ContentType: "application/json", Body: p.body}, nil
}

func (p *benchPhone) start() {
	_, outcome, err := p.run.Start(p.Context(), runner.Start{Flow: "desk", Call: p.call, Encode: p.encode})
	p.check(outcome, err)
	p.turns = 0
	p.send(keys("1234"))
}

func (p *benchPhone) send(ev engine.Event) {
	_, outcome, err := p.run.Turn(p.Context(), runner.Hook{Token: p.token, Call: p.call, Event: ev, Encode: p.encode})
	p.check(outcome, err)
	p.turns++
}

func (p *benchPhone) check(outcome runner.Outcome, err error) {
	if err != nil || outcome != runner.Stepped {
		p.Fatal(outcome, err)
	}
}

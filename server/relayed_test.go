package server_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/flows/flowtest"
	"callflow/providers/telephony"
	"callflow/providers/telephony/player"
)

// relayed is a script in the simulator, as a platform tells of it: what it cannot tell
// has been made what it tells in its place, by nothing but what its codec declares. A
// call over HTTP is held to all of it.
type relayed struct {
	*flowtest.Transcript
	// moments are when the caller makes each of their moves, since the call began.
	moments []time.Duration
}

// relayedBy plays a script in the simulator as a platform tells of it. Whoever has done
// everything and is asked for more hangs up.
func relayedBy(t *testing.T, e example, test *flowtest.Scenario, can telephony.Capabilities, script []player.Move) relayed {
	t.Helper()
	world := test.World(e.beside, e.users)
	c := &teller{can: can, script: script}
	c.Player = flowtest.New(e.bundle.Flows[e.flow], flowtest.Options{
		World: world, Call: test.Call, At: test.At, Dials: world.Dials(), Queues: world.Queues(),
		Records: recordsTold(can, world.Records()), KeysOnly: world.KeysOnly() || !can.Speech,
	})
	if err := c.play(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	r := relayed{c.Transcript(), c.moments}
	for _, i := range c.unspoken {
		r.Entries[i].Text = ""
	}
	for _, i := range slices.Backward(c.waits) {
		for _, v := range e.bundle.Flows[e.flow].Hold(&r.Session, 1) {
			if say, ok := v.(engine.Say); ok {
				r.Entries = slices.Insert(r.Entries, i, flowtest.Entry{Kind: flowtest.Held, Text: say.Text})
			}
		}
	}
	return r
}

// recordsTold are the ends of recordings as a platform tells of them.
func recordsTold(can telephony.Capabilities, ends []engine.RecordResult) []engine.RecordResult {
	ends = slices.Clone(ends)
	for i, end := range ends {
		switch {
		case end == engine.RecordFailed && !can.RecordFailure:
			ends[i] = engine.RecordDone
		case end == engine.RecordEmpty:
			ends[i] = map[telephony.RecordSilence]engine.RecordResult{
				telephony.SilenceEmpty: engine.RecordEmpty, telephony.SilenceRecorded: engine.RecordDone, telephony.SilenceFailed: engine.RecordFailed,
			}[can.RecordSilence]
		}
	}
	return ends
}

// teller is a caller in the simulator and the platform between the two.
type teller struct {
	*flowtest.Player
	can     telephony.Capabilities
	script  []player.Move
	moments []time.Duration
	// ahead are keys that no question has taken yet, behind which the caller may hang up.
	ahead   string
	leaving bool
	// waits are where in the transcript the caller waits for a notice that never comes: where
	// a recording is to be had that failed.
	waits []int
	// unspoken are prompts for which the platform had told of the keys before it came to them.
	unspoken []int
}

func (c *teller) play(ctx context.Context) error {
	if err := c.Start(ctx); err != nil {
		return err
	}
	for {
		q, asked := c.Question()
		if !asked {
			return c.Settle(ctx)
		}
		do := c.busy
		if q.Gather != nil {
			do = func(ctx context.Context) error { return c.answer(ctx, q.Gather) }
		}
		if err := do(ctx); err != nil {
			return err
		}
	}
}

// busy ends what runs by itself: by a hang-up, or as it ends.
func (c *teller) busy(ctx context.Context) error {
	q, _ := c.Question()
	gone := c.leaving && c.ahead == ""
	if !gone && c.ahead == "" && len(c.script) > 0 && c.script[0].Hangup && c.script[0].Keys.Len() == 0 {
		c.script, gone = c.script[1:], true
		defer c.moved(len(c.Transcript().Entries))
	}
	if q.Record != nil && c.can.RecordNotice {
		c.waits = append(c.waits, len(c.Transcript().Entries)+1)
	}
	return c.EndBusy(ctx, gone || q.Dial != nil && !c.can.TransferReturns)
}

// answer does what the caller does next at a question.
func (c *teller) answer(ctx context.Context, g *engine.Gather) error {
	if c.ahead == "" {
		if c.leaving || len(c.script) == 0 {
			return c.Hangup(ctx)
		}
		m := c.script[0]
		c.script = c.script[1:]
		defer c.moved(len(c.Transcript().Entries))
		switch {
		case m.Unclear && !c.can.Unclear:
			return c.Move(ctx, flowtest.Move{})
		case m.Say.Len() > 0:
			return c.Move(ctx, flowtest.Move{Say: m.Say, Unclear: m.Unclear})
		case m.Keys.Len() == 0:
			return c.Move(ctx, flowtest.Move{Hangup: m.Hangup})
		}
		c.ahead, c.leaving = m.Keys.Reveal(), m.Hangup
	}
	keys, whole := c.entry(g)
	if c.can.TypeAhead == telephony.TypeAheadKept {
		c.ahead = "" // the simulator keeps them itself
	} else if rest := c.ahead[len(keys):]; c.can.TypeAhead == telephony.TypeAheadNone {
		c.ahead = ""
	} else {
		c.ahead = rest
	}
	leaves := c.leaving && c.ahead == ""
	if c.can.TypeAhead == telephony.TypeAheadKept {
		return c.Move(ctx, flowtest.Move{Keys: engine.NewSecret(keys), Hangup: leaves})
	}
	if leaves && !whole {
		return c.Hangup(ctx) // of an unfinished entry nobody hears
	}
	keys = c.told(g, keys, whole)
	if keys == "" {
		return c.Move(ctx, flowtest.Move{Hangup: leaves})
	}
	return c.tell(ctx, keys, leaves)
}

// tell has the platform tell of an entry, behind which the caller may hang up.
func (c *teller) tell(ctx context.Context, keys string, leaves bool) error {
	entries, from := c.taken(), len(c.Transcript().Entries)
	do := func() error { return c.Press(ctx, keys) }
	if leaves {
		do = func() error { return c.Move(ctx, flowtest.Move{Keys: engine.NewSecret(keys), Hangup: true}) }
	}
	if err := do(); err != nil {
		return err
	}
	if q, asked := c.Question(); asked && q.Pressed > 0 && c.taken() == entries {
		return c.Expire(ctx)
	}
	for i, e := range c.Transcript().Entries[from:] {
		if e.Kind == flowtest.Heard && e.Cut {
			c.unspoken = append(c.unspoken, from+i)
		}
	}
	return nil // of several entries at once, the last may be unfinished: the question goes on
}

// taken is how many entries the flow's questions have taken.
func (c *teller) taken() (n int) {
	for _, e := range c.Transcript().Entries {
		if e.Kind == flowtest.Pressed && !e.Dropped {
			n++
		}
	}
	return n
}

// entry is what the platform takes of the keys pressed for a question, and whether
// that is an entry that has come to its end.
func (c *teller) entry(g *engine.Gather) (keys string, whole bool) {
	if c.can.TypeAhead == telephony.TypeAheadKept {
		return c.ahead, true
	}
	listed := c.listed(g)
	// Of the keys of several entries told at once, the last may wait for more.
	q, _ := c.Question()
	waits := q.Pressed - c.Transcript().Session.Entry.Partial.Len()
	for i := range c.ahead {
		keys = c.ahead[:i+1]
		if listed && slices.Contains(g.Options, keys) && !slices.ContainsFunc(g.Options, func(o string) bool { return o != keys && strings.HasPrefix(o, keys) }) {
			return keys, true
		}
		if waits+i+1 == g.Max || g.Terminator == keys[i:] && strings.Contains(c.can.FinishKeys, g.Terminator) {
			return keys, true
		}
	}
	return keys, false
}

// noKeys is an entry without keys: the key that ends one, and no question has another
// use for.
const noKeys = "#"

// told is what the platform tells of an entry; "": silence.
func (c *teller) told(g *engine.Gather, keys string, whole bool) string {
	entered := keys
	if whole && g.Terminator != "" {
		entered = strings.TrimSuffix(keys, g.Terminator)
	}
	switch {
	case !whole && !c.can.Partial, entered == "" && !c.can.FinishAlone:
		return ""
	case (c.listed(g) || strings.Trim(entered, c.can.EntryKeys) != "") && !slices.Contains(g.Options, entered):
		return noKeys
	}
	return keys
}

// listed tells that the platform is given the options: some have keys that it tells of in
// no other way.
func (c *teller) listed(g *engine.Gather) bool {
	return slices.ContainsFunc(g.Options, func(o string) bool { return strings.Trim(o, c.can.EntryKeys) != "" })
}

// moved takes note of when a move was made of which the transcript tells from an entry on.
func (c *teller) moved(from int) {
	for _, e := range c.Transcript().Entries[from:] {
		switch e.Kind {
		case flowtest.Pressed, flowtest.Said, flowtest.Silence, flowtest.HungUp:
			c.moments = append(c.moments, e.At)
			return
		}
	}
	c.moments = append(c.moments, 0)
}

// same tells that two calls took the same way, and that the same was heard in them.
func (t relayed) same(as relayed) bool {
	heard := func(t relayed) (all []string) {
		for _, e := range t.Entries {
			if e.Kind == flowtest.Heard {
				all = append(all, e.State, e.Text)
			}
		}
		return all
	}
	return slices.Equal(courseIn(t.Transcript).outcomes, courseIn(as.Transcript).outcomes) && slices.Equal(heard(t), heard(as))
}

// inTime has the caller make each move when they do in the simulator, in a call that
// begins at an instant: a platform's speech takes no time here, and the simulator's does.
func (t relayed) inTime(script []player.Move, begins time.Time) []player.Move {
	script = slices.Clone(script)
	for i := range min(len(script), len(t.moments)) {
		before := script[i].Before
		script[i].Before = func() {
			time.Sleep(time.Until(begins.Add(t.moments[i])))
			if before != nil {
				before()
			}
		}
	}
	return script
}

// tooLong tells that the call lasts until the flow's limit.
func (t relayed) tooLong() bool {
	return slices.ContainsFunc(t.Entries, func(e flowtest.Entry) bool {
		return slices.ContainsFunc(e.Hops, func(h engine.Hop) bool { return h.Outcome == engine.OutLimit && h.Reason == "duration" })
	})
}

// whispered is what those heard who took transfers. Whoever hangs up in one may do so
// before it is taken: nobody knows what was whispered then.
func (t relayed) whispered() (all []string, known bool) {
	for i, e := range t.Entries {
		switch {
		case e.Kind == flowtest.Whispered:
			all = append(all, e.Text)
		case e.Kind == flowtest.Dialled && i+1 < len(t.Entries) && t.Entries[i+1].Kind == flowtest.HungUp:
			return nil, false
		}
	}
	return all, true
}

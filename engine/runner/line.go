package runner

import (
	"errors"

	"go.uber.org/zap"
)

// line logs what became of a hook, in one line: never keys, numbers, names or
// words of the caller's.
func (t *turn) line(outcome Outcome) {
	entry := t.r.log.Check(zap.InfoLevel, "turn")
	if entry == nil {
		return
	}
	turn := t.token.Turn
	if outcome == Stepped || outcome == Held {
		turn = t.s.Turn - 1 // the one that was answered
	}
	fields := t.scratch.fields[:0]
	fields = append(
		fields,
		zap.String("outcome", string(outcome)),
		zap.String("platform", t.call.Platform),
		zap.String("call", t.call.ID),
		zap.String("session", t.id),
		zap.Int("turn", turn),
		zap.String("flow", t.flow),
		zap.String("from", t.from),
		zap.String("outcomes", string(t.trace)),
		zap.String("to", t.s.State),
		zap.Int("verbs", len(t.verbs)),
		zap.Duration("took", t.r.now().Sub(t.arrived)),
	)
	if len(t.milestones) > 0 {
		fields = append(fields, zap.Strings("milestones", t.milestones))
	}
	entry.Write(fields...)
}

// stackOf is where a panic happened; nothing for other errors.
func stackOf(err error) []zap.Field {
	var caught *panicError
	if !errors.As(err, &caught) {
		return nil
	}
	return []zap.Field{zap.ByteString("stack", caught.stack)}
}

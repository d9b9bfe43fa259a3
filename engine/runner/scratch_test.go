package runner

import (
	"bytes"
	"testing"
)

// The room that a turn leaves to the next holds no words of its caller, nor what is saved
// of the call: with Unsealed, that is in clear.
func TestRoomIsCleared(t *testing.T) {
	t.Parallel()
	words := func() []byte { return []byte("what a caller said") }
	room := scratch{data: words(), answer: words(), sealed: words(), plain: words()}
	r := &Runner{}
	r.done(&turn{r: r, scratch: room})
	for name, left := range map[string][]byte{"data": room.data, "answer": room.answer, "sealed": room.sealed, "plain": room.plain} {
		if !bytes.Equal(left, make([]byte, len(left))) {
			t.Errorf("%s: %q is left", name, left)
		}
	}
}

package format

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkSource lays out flows of ten to ten thousand states: the time for each
// byte stays the same.
func BenchmarkSource(b *testing.B) {
	for _, states := range []int{10, 100, 1000, 10_000} {
		src := untidy(states)
		b.Run(fmt.Sprintf("states=%d", states), func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				if out, diags := Source("flow.yaml", src); out == nil {
					b.Fatal(diags)
				}
			}
		})
	}
}

// untidy is a flow of so many states, none of which is laid out.
func untidy(states int) []byte {
	var b strings.Builder
	b.WriteString("callflow: 1\nflow: t\nstates:\n")
	for i := range states {
		fmt.Fprintf(&b, "    # State %d.\n    s%d:\n", i, i)
		switch next := fmt.Sprintf("s%d", (i+1)%states); i % 3 {
		case 0:
			fmt.Fprintf(&b, "        next: {noinput: %s}\n        menu:\n            options: {1: %s, 2: %s}\n            prompt: Press 1, or 2.\n", next, next, next)
		case 1:
			fmt.Fprintf(&b, "        next: %s   # on\n        say: >-\n            A text\n            of two lines.\n", next)
		default:
			fmt.Fprintf(&b, "        {next: {done: %s, rejected: %s, pending: %s}, action: {body: {a: 1, b: [1, 2]}, post: /things/of/this/kind, service: herd}}\n", next, next, next)
		}
	}
	b.WriteString("start: s0\n")
	return []byte(b.String())
}

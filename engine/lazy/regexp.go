// Package lazy makes what packages hold when it is first asked for, so that a start
// does not pay for what it does not use.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp is a regular expression that is compiled when it is first asked for. The
// first use panics where expr is none: it is meant for expressions in the source.
func Regexp(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

package flowtest

import (
	"slices"
	"strings"

	"callflow/engine"
)

// cut reads one entry off the keys pressed, as a platform does for a gather: n
// keys belong to it, and done says that it is over.
func cut(g *engine.Gather, keys string) (n int, ended engine.Ended, done bool) {
	for i := range len(keys) {
		switch {
		case g.Terminator != "" && keys[i] == g.Terminator[0]:
			return i + 1, engine.EndTerminator, true
		case len(g.Options) > 0 && decided(g.Options, keys[:i+1]), i+1 == g.Max:
			return i + 1, engine.EndLength, true
		}
	}
	return len(keys), engine.EndOpen, false
}

// decided tells that entry is an option which no longer option begins with.
func decided(options []string, entry string) bool {
	return slices.Contains(options, entry) && !slices.ContainsFunc(options, func(o string) bool {
		return len(o) > len(entry) && strings.HasPrefix(o, entry)
	})
}

// digits is the event of an entry of keys that ended so. The terminator is left
// out, as most platforms do.
func digits(keys string, ended engine.Ended) engine.Digits {
	if ended == engine.EndTerminator {
		keys = keys[:len(keys)-1]
	}
	return engine.Digits{Keys: engine.NewSecret(keys), Ended: ended}
}

// mask hides keys, not how many they are.
func mask(keys string) string { return strings.Repeat("*", len(keys)) }

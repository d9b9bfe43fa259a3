package engine

// Coalesce makes what is said right before a question part of the question's
// prompts, so that keys pressed meanwhile count. Words that must not be
// interrupted, and everything before them, are played first.
func Coalesce(verbs []Verb) []Verb {
	last := len(verbs) - 1
	if last < 1 {
		return verbs
	}
	g, ok := verbs[last].(Gather)
	if !ok || !g.BargeIn {
		return verbs
	}
	first := last
	for first > 0 {
		say, ok := verbs[first-1].(Say)
		if !ok || !say.BargeIn {
			break
		}
		first--
	}
	if first == last {
		return verbs
	}
	prompts := make([]Say, 0, last-first+len(g.Prompts))
	for _, v := range verbs[first:last] {
		prompts = append(prompts, v.(Say))
	}
	g.Prompts = append(prompts, g.Prompts...)
	out := make([]Verb, 0, first+1)
	out = append(out, verbs[:first]...)
	return append(out, g)
}

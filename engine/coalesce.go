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
	first, says := last, 0
	for first > 0 {
		if say, ok := verbs[first-1].(Say); ok && say.BargeIn {
			says++
		} else if _, ok := verbs[first-1].(CallRecording); !ok {
			break
		}
		first--
	}
	if says == 0 {
		return verbs
	}
	prompts := make([]Say, 0, says+len(g.Prompts))
	out := append(make([]Verb, 0, len(verbs)-says), verbs[:first]...)
	for _, v := range verbs[first:last] {
		if say, ok := v.(Say); ok {
			prompts = append(prompts, say)
		} else {
			out = append(out, v) // a recording pauses before the question's words
		}
	}
	g.Prompts = append(prompts, g.Prompts...)
	return append(out, g)
}

package engine

// Name is "replay".
func (ReplayState) Name() string { return "replay" }

// Outcomes of a replay.
func (ReplayState) Outcomes() []Outcome { return []Outcome{OutNext} }

func (k ReplayState) arrive(st *step) Outcome {
	if v, ok := st.s.field([]string{k.Var, "url"}); ok && !st.ending() {
		if url, ok := v.(string); ok && url != "" {
			st.verbs = append(st.verbs, Replay{URL: url})
		}
	}
	return OutNext
}

func (ReplayState) route(*step, Event) Outcome { return "" }

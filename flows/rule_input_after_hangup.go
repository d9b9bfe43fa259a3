package flows

import "callflow/engine"

// inputAfterHangup warns of questions on the way that a flow goes when the
// caller has gone: nobody is there to answer them, and the way ends there.
func inputAfterHangup(c *compiler) {
	ref := c.doc.OnHangup
	if ref == nil || c.states[ref.Value] == nil {
		return
	}
	edges := map[string][]engine.Transition{}
	for _, t := range c.spec.Transitions {
		edges[t.From] = append(edges[t.From], t)
	}
	kinds := make(map[string]engine.Kind, len(c.spec.States))
	for i := range c.spec.States {
		kinds[c.spec.States[i].Name] = c.spec.States[i].Kind
	}
	seen := map[string]bool{ref.Value: true}
	for queue := []string{ref.Value}; len(queue) > 0; queue = queue[1:] {
		name := queue[0]
		if st := c.states[name]; st != nil && needsCaller(kinds[name]) {
			d := c.report(CodeInputAfterHangup, ref.Pos, "after a hang-up the flow gets to %q, a %s, and nobody is there for it", name, st.Word.Value)
			d.Related = append(d.Related, Related{Pos: st.Name.Pos, Message: "the state is here"})
			d.Hint = "give the hang-up states of its own, without questions"
			continue
		}
		for _, t := range edges[name] {
			switch t.Outcome {
			case engine.OutHangup, engine.OutLimit, engine.OutError, engine.OutAbort, engine.OutGone:
				continue
			}
			if !seen[t.To] {
				seen[t.To] = true
				queue = append(queue, t.To)
			}
		}
	}
}

// needsCaller tells the kinds that the engine passes over once the caller has
// gone.
func needsCaller(k engine.Kind) bool {
	switch k.(type) {
	case engine.TransferState, engine.AuthenticateState, engine.ChallengeState, engine.VerifyState, engine.QueueState, engine.RecordState:
		return true
	}
	return isInput(k)
}

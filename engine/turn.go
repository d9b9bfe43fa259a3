package engine

// Turn is what a step gives: the next session, what to play, and the effect it
// waits for, if any.
type Turn struct {
	Session Session
	// Verbs are what is new since the step before.
	Verbs []Verb
	// Await is the effect wanted before the flow can go on. Perform it and step
	// again with its result.
	Await Effect
	Trace []Hop
	// Milestones are those that the call reached in this step for the first time.
	Milestones []string
}

// Hop is one move of the machine, told without what a caller entered.
type Hop struct {
	From    string `json:"from"`
	Kind    string `json:"kind"`
	Event   string `json:"event,omitempty"`
	Outcome string `json:"outcome"`
	Reason  string `json:"reason,omitempty"`
	To      string `json:"to"`
}

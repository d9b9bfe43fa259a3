package flows

// rule looks at a whole flow for one kind of mistake.
type rule struct {
	name string
	doc  string
	run  func(*compiler)
}

// rules are run in this order, after the states have been compiled.
var rules = []rule{
	{"dangling-next", "every state named exists", danglingNext},
	{"missing-next", "every outcome leads somewhere", missingNext},
	{"unreachable-state", "a call can get to every state", unreachableState},
}

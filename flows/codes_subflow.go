package flows

// exampleSubflow is verify_owner.yaml, and exampleFlow opening_hours.yaml: they
// stand beside the examples that enter them.
const (
	exampleSubflow = `callflow: 1
flow: verify_owner
languages: [en]
parameters: { animal: text }
outputs: { owner: text }
start: find
states:
  find:
    request:
      service: herd
      get: /animals/${animal}
      returns: { owner: text }
    next: { ok: found, error: failed }
  found: { return: { outcome: verified, with: { owner: "${find.owner}" } } }
  failed: { return: failed }
`
	exampleFlow = `callflow: 1
flow: opening_hours
languages: [en]
start: hours
states:
  hours: { hangup: { say: We are open from nine to five. } }
`
	// entering is the beginning of an example that enters verify_owner.
	entering = `callflow: 1
flow: main
languages: [en]
start: animal
states:
  animal:
    collect: { prompt: Please enter the five digits of the animal., digits: 5 }
    next: owner
  yes: { hangup: { say: "The owner is ${owner.owner}." } }
  no: { hangup: { say: We do not know this animal. } }
`
)

// subflowCodes are the mistakes of flows that enter others.
func subflowCodes() []CodeDoc {
	fixed := entering + `  owner:
    subflow: { flow: verify_owner, with: { animal: "${animal}" } }
    next: { verified: yes, failed: no }
`
	return []CodeDoc{
		{
			Code:    CodeUnknownSubflow,
			Summary: "A state enters a flow that is not there.",
			Explanation: `A flow is entered by its name. It is looked for among the flows that are loaded
together, and then beside the file: NAME.yaml, NAME/flow.yaml, ../NAME/flow.yaml.`,
			Example: entering + `  owner:
    subflow: { flow: verify_owners, with: { animal: "${animal}" } }
    next: { verified: yes, failed: no }
`,
			Fixed: fixed,
		},
		{
			Code:    CodeNotASubflow,
			Summary: "A flow is entered that never returns.",
			Explanation: `A flow that others enter ends in a "return", whose outcome says how the other goes
on. One that only hangs up is a flow of its own.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: hours
states:
  hours: { subflow: opening_hours, next: { told: bye } }
  bye: { hangup: { say: Goodbye. } }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
start: hours
states:
  hours: { say: We are open from nine to five., next: bye }
  bye: { hangup: { say: Goodbye. } }
`,
		},
		{
			Code:        CodeSubflowCycle,
			Summary:     "Flows enter one another in a circle.",
			Explanation: `A flow that enters itself would never be left again. What is to be repeated is a way back to a state.`,
			Example: `callflow: 1
flow: ask
languages: [en]
start: size
states:
  size: { menu: { prompt: "Press 1 for small, or 2 to hear this again.", options: { 1: small, 2: again } } }
  again: { subflow: ask, next: { small: small } }
  small: { return: small }
`,
			Fixed: `callflow: 1
flow: ask
languages: [en]
start: size
states:
  size: { menu: { prompt: "Press 1 for small, or 2 to hear this again.", options: { 1: small, 2: size } } }
  small: { return: small }
`,
		},
		{
			Code:        CodeUnknownParameter,
			Summary:     "A sub-flow is given a value that it has no parameter for.",
			Explanation: `What a sub-flow takes stands under its "parameters". It sees nothing else of the flow that enters it.`,
			Example: entering + `  owner:
    subflow: { flow: verify_owner, with: { animal: "${animal}", farm: "12" } }
    next: { verified: yes, failed: no }
`,
			Fixed: fixed,
		},
		{
			Code:        CodeMissingParameter,
			Summary:     "A sub-flow is not given what it needs.",
			Explanation: `A parameter without a default must be given wherever the sub-flow is entered.`,
			Example: entering + `  owner:
    subflow: { flow: verify_owner }
    next: { verified: yes, failed: no }
`,
			Fixed: fixed,
		},
		{
			Code:        CodeUnknownOutput,
			Summary:     "A return gives an output that the flow does not declare.",
			Explanation: `What a sub-flow gives back stands under its "outputs", with a type, so that the flow which enters it can use it.`,
			Example: `callflow: 1
flow: size
languages: [en]
outputs: { size: text }
start: ask
states:
  ask: { menu: { prompt: "Press 1 for small, or 2 for large.", options: { 1: done, 2: done } } }
  done: { return: { outcome: chosen, with: { size: "${ask}", count: "1" } } }
`,
			Fixed: `callflow: 1
flow: size
languages: [en]
outputs: { size: text }
start: ask
states:
  ask: { menu: { prompt: "Press 1 for small, or 2 for large.", options: { 1: done, 2: done } } }
  done: { return: { outcome: chosen, with: { size: "${ask}" } } }
`,
		},
		{
			Code:    CodeMissingOutput,
			Summary: "A return gives some of the outputs and not the others.",
			Explanation: `It gives all of them or none, so that whoever reads one of them after an outcome
knows whether they are there.`,
			Example: `callflow: 1
flow: size
languages: [en]
outputs: { size: text, code: text }
start: ask
states:
  ask: { menu: { prompt: "Press 1 for small, or 2 for large.", options: { 1: done, 2: done } } }
  done: { return: { outcome: chosen, with: { size: "${ask}" } } }
`,
			Fixed: `callflow: 1
flow: size
languages: [en]
outputs: { size: text, code: text }
start: ask
states:
  ask: { menu: { prompt: "Press 1 for small, or 2 for large.", options: { 1: done, 2: done } } }
  done: { return: { outcome: chosen, with: { size: "${ask}", code: "A${ask}" } } }
`,
		},
	}
}

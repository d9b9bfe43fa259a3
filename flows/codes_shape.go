package flows

// shapeCodes are the mistakes of what a flow is made of.
func shapeCodes() []CodeDoc {
	return []CodeDoc{
		{
			Code:    CodeUnsupportedVersion,
			Summary: "The flow is written in a version of the language that this program does not read.",
			Explanation: `The first line of a flow names the version of the language, so that a flow never
changes its meaning under a newer program. This program reads "callflow: 1".`,
			Example: `callflow: 7
flow: greeting
languages: [en]
start: hello
states:
  hello:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeUnknownKey,
			Summary: "A key is none that the language has at this place.",
			Explanation: `Unknown keys are refused, because a misspelt setting that is silently dropped is
found by callers. The message lists the keys there are, and the nearest one.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    collect:
      prompt: Enter four digits.
      digits: 4
      timout: 8s
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    collect:
      prompt: Enter four digits.
      digits: 4
      timeout: 8s
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:        CodeMissingKey,
			Summary:     "A key that must be there is not.",
			Explanation: `The message names the key and what it is for.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    collect:
      prompt: Enter four digits.
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    collect:
      prompt: Enter four digits.
      digits: 4
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeWrongType,
			Summary: "A value is of another shape than its key takes.",
			Explanation: `There is a list where a text belongs, a text where a mapping belongs, and so on.
The message says what was found and what the key takes.`,
			Example: `callflow: 1
flow: greeting
languages: [en]
start: hello
voice: [Karen]
states:
  hello:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: greeting
languages: [en]
start: hello
voice: Karen
states:
  hello:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeEmptyValue,
			Summary: "A key has nothing after it.",
			Explanation: `Write a value, or take the key out. If there seems to be a value, look whether it
begins with a # (a comment to YAML) or is not indented under its key.`,
			Example: `callflow: 1
flow: greeting
languages: [en]
start: hello
voice:
states:
  hello:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: greeting
languages: [en]
start: hello
voice: Karen
states:
  hello:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:        CodeBadValue,
			Summary:     "A value is none of those that its key takes, or out of bounds.",
			Explanation: `The message says what was found and what the key takes.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    collect:
      prompt: Enter four digits.
      digits: 4
      attempts: none
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    collect:
      prompt: Enter four digits.
      digits: 4
      attempts: 2
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeBadName,
			Summary: "A name is not one that a flow, a state or a variable can have.",
			Explanation: `Names are small letters, digits and _, and begin with a letter: they appear in
expressions, in addresses and in the names of measurements. A few words mean
something else in expressions (call, caller, digits, true) and are no names.`,
			Example: `callflow: 1
flow: greeting
languages: [en]
start: Main-Menu
states:
  Main-Menu:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: greeting
languages: [en]
start: main_menu
states:
  main_menu:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeNameTaken,
			Summary: "Two things have the same name.",
			Explanation: `What a caller enters in a state is kept under the state's name, so a variable
cannot have that name too. Two flows of one installation cannot share a name
either.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: topic
variables:
  topic: { type: text, default: billing }
states:
  topic:
    collect: { prompt: Enter four digits., digits: 4 }
    next: bye
  bye:
    hangup: { say: "We call you back about ${topic}." }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
start: number
variables:
  topic: { type: text, default: billing }
states:
  number:
    collect: { prompt: Enter four digits., digits: 4 }
    next: bye
  bye:
    hangup: { say: "We call you back about ${topic} ${digits(number)}." }
`,
		},
		{
			Code:        CodeNoStates,
			Summary:     "The flow has no states.",
			Explanation: `A call is always in one of a flow's states. List them under "states".`,
			Example: `callflow: 1
flow: greeting
languages: [en]
start: hello
states: {}
`,
			Fixed: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeMissingStart,
			Summary: "The flow does not say where a call begins.",
			Explanation: `Name the first state with "start". The order in which states are written says
nothing.`,
			Example: `callflow: 1
flow: greeting
languages: [en]
states:
  hello:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeMissingKind,
			Summary: "A state does not say what it does.",
			Explanation: `A state does one thing: it says something, asks for keys, signs a caller in, asks
a service, and so on. The key under the state's name says which.`,
			Example: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    say: Welcome.
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:        CodeUnknownKind,
			Summary:     "A state is of a kind that the language does not have.",
			Explanation: `The message lists the kinds there are, and the nearest one.`,
			Example: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    speak: Welcome.
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    say: Welcome.
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:        CodeSeveralKinds,
			Summary:     "A state does two things.",
			Explanation: `Make two states of it, and lead from the first to the second with "next".`,
			Example: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    say: Welcome.
    transfer: { to: "+15550100" }
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    say: Welcome.
    next: agent
  agent:
    transfer: { to: "+15550100" }
    next: { completed: bye, busy: bye, no_answer: bye, failed: bye }
  bye:
    hangup: { say: Goodbye. }
`,
		},
	}
}

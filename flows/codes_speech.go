package flows

// speechCodes are the mistakes of questions that listen.
func speechCodes() []CodeDoc {
	return []CodeDoc{
		{
			Code:    CodeSpokenSecret,
			Summary: "A question for a secret listens.",
			Explanation: `A secret is entered by its keys. What is said aloud is heard by everybody who
stands near, and by whoever makes text of it. "speech" under the defaults leaves
questions for secrets alone.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: pin
states:
  pin:
    collect: { prompt: Please enter your PIN., digits: 4, secret: true, speech: true }
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
start: pin
states:
  pin:
    collect: { prompt: Please enter your PIN., digits: 4, secret: true }
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeSilentWords,
			Summary: "Words can be said, but nothing listens.",
			Explanation: `"say" tells what chooses an option, or stands for a key that is valid everywhere,
where a question listens. None does unless "speech" says so, in the question or in
the defaults.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: choose
states:
  choose:
    menu:
      prompt: Press 1, or say billing.
      options:
        1: { say: [billing, my bill], next: bye }
  bye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
start: choose
states:
  choose:
    menu:
      prompt: Press 1, or say billing.
      options:
        1: { say: [billing, my bill], next: bye }
      speech: true
  bye:
    hangup: { say: Goodbye. }
`,
		},
	}
}

package flows

// expressionCodes are the mistakes of expressions and variables.
func expressionCodes() []CodeDoc {
	return []CodeDoc{
		{
			Code:    CodeBadExpression,
			Summary: "An expression cannot be read, or uses what the language does not have.",
			Explanation: `Expressions are small on purpose: names and their fields, numbers, texts, comparisons,
arithmetic, and, or, not, and a few functions. They have no loops and no clock.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    collect: { prompt: Enter your rating., digits: 1 }
    next: judge
  judge:
    branch:
      when:
        - { if: ask == , next: thanks }
      else: bye
  thanks:
    hangup: { say: Thank you. }
  bye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    collect: { prompt: Enter your rating., digits: 1 }
    next: judge
  judge:
    branch:
      when:
        - { if: ask == "5", next: thanks }
      else: bye
  thanks:
    hangup: { say: Thank you. }
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeWrongExpressionType,
			Summary: "An expression is of another type than is needed.",
			Explanation: `What a caller enters is text, so that 007 stays 007: compare it with a text ("3"), or
make it a number with int(). A condition must be true or false.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    collect: { prompt: Enter your rating., digits: 1 }
    next: judge
  judge:
    branch:
      when:
        - { if: ask > 3, next: thanks }
      else: bye
  thanks:
    hangup: { say: Thank you. }
  bye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    collect: { prompt: Enter your rating., digits: 1 }
    next: judge
  judge:
    branch:
      when:
        - { if: ask > "3", next: thanks }
      else: bye
  thanks:
    hangup: { say: Thank you. }
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeUnknownName,
			Summary: "An expression names something that nothing in the flow defines.",
			Explanation: `Names are variables, the states that hold an entry or an answer, and call and
caller. The message gives the nearest one.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: rating
states:
  rating:
    collect: { prompt: Enter your rating., digits: 1 }
    next: bye
  bye:
    hangup: { say: "You entered ${digits(ratng)}." }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
start: rating
states:
  rating:
    collect: { prompt: Enter your rating., digits: 1 }
    next: bye
  bye:
    hangup: { say: "You entered ${digits(rating)}." }
`,
		},
		{
			Code:    CodeMayFail,
			Summary: "An expression can fail while a call runs.",
			Explanation: `Whether int(), date() or time() can read a text is only known when there is one, and
so is whether / and % divide by zero. The call then goes where the state's error outcome leads: to on_error, or to an apology.
A flow that says what on_error is gets no warning. Where only digits can come, compare texts instead.`,
			Example: `callflow: 1
flow: news
languages: [en]
start: news
states:
  news:
    request:
      service: bank
      get: /news
      returns: { count: text }
    next: { ok: judge, error: bye }
  judge:
    branch:
      when:
        - { if: int(news.count) > 0, next: some }
      else: bye
  some:
    hangup: { say: There is news. }
  bye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: news
languages: [en]
start: news
states:
  news:
    request:
      service: bank
      get: /news
      returns: { count: number }
    next: { ok: judge, error: bye }
  judge:
    branch:
      when:
        - { if: news.count > 0, next: some }
      else: bye
  some:
    hangup: { say: There is news. }
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeBareNumber,
			Summary: "A number in a prompt does not say how it is read aloud.",
			Explanation: `Is 1205 "twelve hundred and five", "one two zero five", or an amount of money? Say
so: digits(), money(), date(), time().`,
			Example: `callflow: 1
flow: news
languages: [en]
start: balance
states:
  balance:
    request:
      service: bank
      get: /balance
      returns: { amount: number }
    next: { ok: tell, error: sorry }
  tell:
    hangup: { say: "You have ${balance.amount}." }
  sorry:
    hangup: { say: Please call again later. }
`,
			Fixed: `callflow: 1
flow: news
languages: [en]
start: balance
states:
  balance:
    request:
      service: bank
      get: /balance
      returns: { amount: number, currency: text }
    next: { ok: tell, error: sorry }
  tell:
    hangup: { say: "You have ${money(balance.amount, balance.currency)}." }
  sorry:
    hangup: { say: Please call again later. }
`,
		},
		{
			Code:        CodeUnusedVariable,
			Summary:     "A variable is declared and nothing reads it.",
			Explanation: `It may be left over, or meant where another name stands. Take it out, or use it.`,
			Example: `callflow: 1
flow: greeting
languages: [en]
start: hello
variables:
  topic: { type: text, default: billing }
states:
  hello:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: greeting
languages: [en]
start: hello
variables:
  topic: { type: text, default: billing }
states:
  hello:
    hangup: { say: "We call you back about ${topic}." }
`,
		},
		{
			Code:    CodeNotAssignable,
			Summary: "A set gives a value to a name that only the engine gives values to.",
			Explanation: `call is what is known of the call, and caller who was proved by a sign-in: no flow can
say who a caller is. What was entered in a state is kept under the state's name and
is not changed either.`,
			Example: `callflow: 1
flow: greeting
languages: [en]
start: pretend
states:
  pretend:
    set: { caller: "12345" }
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: greeting
languages: [en]
start: pretend
states:
  pretend:
    set: { topic: billing }
    next: bye
  bye:
    hangup: { say: "We call you back about ${topic}." }
`,
		},
		{
			Code:    CodeSecretExposed,
			Summary: "A secret stands where it would be heard, sent or written.",
			Explanation: `What is collected with "secret: true" is handed to a sign-in and to nothing else: no
prompt, no condition, no path, field or header of a service.`,
			Example: `callflow: 1
flow: bank
languages: [en]
start: pin
states:
  pin:
    collect: { prompt: Enter your PIN., digits: 4, secret: true }
    next: bye
  bye:
    hangup: { say: "You entered ${digits(pin)}." }
`,
			Fixed: `callflow: 1
flow: bank
languages: [en]
start: pin
states:
  pin:
    collect: { prompt: Enter your PIN., digits: 4, secret: true }
    next: bye
  bye:
    hangup: { say: Thank you. }
`,
		},
	}
}

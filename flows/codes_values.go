package flows

// valueCodes are the mistakes of what states ask and say.
func valueCodes() []CodeDoc {
	return []CodeDoc{
		{
			Code:        CodeBadKey,
			Summary:     "A key is none that a telephone has.",
			Explanation: `A telephone has the keys 0 to 9, * and #. An option may be several of them: 12.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    menu:
      prompt: Press A to finish.
      options: { a: bye }
  bye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    menu:
      prompt: Press 2 to finish.
      options: { 2: bye }
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeBadDigits,
			Summary: "A number of digits cannot be read or entered.",
			Explanation: `"digits" takes how many digits are asked for: a number such as 4, or a range such
as 1-10.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    collect:
      prompt: Enter your account number.
      digits: 10-1
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
      prompt: Enter your account number.
      digits: 1-10
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeBadDuration,
			Summary: "A length of time cannot be read or used.",
			Explanation: `Lengths of time are a number and a unit: 5s, 500ms, 2m, 1m30s. A number alone could
be anything.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    collect:
      prompt: Enter four digits.
      digits: 4
      timeout: 5
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
      timeout: 5s
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeBadPattern,
			Summary: "A pattern is no regular expression.",
			Explanation: `A pattern is matched against the whole entry; 4[0-9]{3} is four digits of which the
first is a 4.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    collect:
      prompt: Enter four digits.
      digits: 4
      pattern: "4[0-9{3}"
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
      pattern: "4[0-9]{3}"
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeBadLanguage,
			Summary: "A language is none, or one without words of its own.",
			Explanation: `Languages are tags such as en, en-AU or es. The engine says a few things itself, when
nobody answers or something fails, and needs words for them in every language of a
flow; a words file adds a language.`,
			Example: `callflow: 1
flow: greeting
languages: [english]
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
			Code:    CodeMissingLanguage,
			Summary: "A text is missing in one of the flow's languages.",
			Explanation: `Callers of that language would hear silence. Every text stands in every language
of "languages".`,
			Example: `callflow: 1
flow: greeting
languages: [en, es]
start: hello
states:
  hello:
    hangup:
      say: { en: Goodbye. }
`,
			Fixed: `callflow: 1
flow: greeting
languages: [en, es]
start: hello
states:
  hello:
    hangup:
      say: { en: Goodbye., es: Adiós. }
`,
		},
		{
			Code:        CodeUnknownLanguage,
			Summary:     "A text stands in a language that the flow does not list.",
			Explanation: `Nobody would ever hear it. Add the language to "languages", or mend its tag.`,
			Example: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    hangup:
      say: { en: Goodbye., es: Adiós. }
`,
			Fixed: `callflow: 1
flow: greeting
languages: [en, es]
start: hello
states:
  hello:
    hangup:
      say: { en: Goodbye., es: Adiós. }
`,
		},
		{
			Code:        CodeDuplicateOption,
			Summary:     "Two options have the same key.",
			Explanation: `Only one of them could be taken. Give the other one another key.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    menu:
      prompt: Press 1 for the news, or 1 to finish.
      options:
        1: news
        1: bye
  news:
    say: There is no news.
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
    menu:
      prompt: Press 1 for the news, or 2 to finish.
      options:
        1: news
        2: bye
  news:
    say: There is no news.
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeOptionShadowed,
			Summary: "An option, a key that is valid everywhere, or a condition can never be taken.",
			Explanation: `Something before it takes every call: an earlier condition that is the same, or one
that always holds. Take one of the two out, or change the order. A key under "globals"
that no question leaves free is a warning: it does nothing.`,
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
        - { if: ask == "5", next: thanks }
        - { if: ask == "5", next: bye }
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
			Code:    CodeSettledCondition,
			Summary: "A condition comes out the same in every call.",
			Explanation: `It compares what is written out, or asks for what an answer cannot be: for two digits
of an entry of one, for a choice that the menu does not offer, for less and more than
the same number at once. What it leads to is never reached, or all that comes after it.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    collect: { prompt: "Please rate us, from 1 to 9.", digits: 1 }
    next: judge
  judge:
    branch:
      when:
        - { if: int(ask) > 9, next: thanks }
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
    collect: { prompt: "Please rate us, from 1 to 9.", digits: 1 }
    next: judge
  judge:
    branch:
      when:
        - { if: int(ask) == 9, next: thanks }
      else: bye
  thanks:
    hangup: { say: Thank you. }
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodePrefixOption,
			Summary: "An option begins another one, so that whoever presses it has to wait.",
			Explanation: `After 1 the engine cannot know whether 12 is meant until no more keys come: each
caller who presses 1 waits for the time between keys. Give one of the options a
key that begins no other.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    menu:
      prompt: Press 1 for the news, or 12 to finish.
      options:
        1: news
        12: bye
  news:
    say: There is no news.
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
    menu:
      prompt: Press 1 for the news, or 2 to finish.
      options:
        1: news
        2: bye
  news:
    say: There is no news.
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodePromptOptionMismatch,
			Summary: "A prompt names a key that is no option, or an option is not in the prompt.",
			Explanation: `Callers press what they are told to press, and never what they are not told. The
prompt is looked at in every language.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    menu:
      prompt: "Press 1 for the news, 2 to finish, or 3 for an agent."
      options:
        1: news
        2: bye
  news:
    say: There is no news.
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
    menu:
      prompt: Press 1 for the news, or 2 to finish.
      options:
        1: news
        2: bye
  news:
    say: There is no news.
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeRetryNeedsAttempts,
			Summary: "A sign-in says where to ask again, but not how often; or the reverse.",
			Explanation: `"retry" names the state that asks again after a refused sign-in, and "attempts" how
many sign-ins there are in all. One without the other does nothing.`,
			Example: `callflow: 1
flow: bank
languages: [en]
start: account
states:
  account:
    collect: { prompt: Enter your account number., digits: 5 }
    next: pin
  pin:
    collect: { prompt: Enter your PIN., digits: 4, secret: true }
    next: sign_in
  sign_in:
    authenticate: { account: "${account}", pin: "${pin}", retry: pin }
    next: { authenticated: hello, denied: refused }
  hello:
    hangup: { say: "Welcome ${caller.greeting}." }
  refused:
    hangup: { say: That does not match. }
`,
			Fixed: `callflow: 1
flow: bank
languages: [en]
start: account
states:
  account:
    collect: { prompt: Enter your account number., digits: 5 }
    next: pin
  pin:
    collect: { prompt: Enter your PIN., digits: 4, secret: true }
    next: sign_in
  sign_in:
    authenticate: { account: "${account}", pin: "${pin}", retry: pin, attempts: 3 }
    next: { authenticated: hello, denied: refused }
  hello:
    hangup: { say: "Welcome ${caller.greeting}." }
  refused:
    hangup: { say: That does not match. }
`,
		},
		{
			Code:    CodeUnsafeTransfer,
			Summary: "A transfer goes to a number that a caller could choose.",
			Explanation: `Whoever chooses the number lets you pay for the call. Transfer to a number that is
written in the flow or comes from a service, and choose between several with a
branch.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: number
states:
  number:
    collect: { prompt: Enter the number to call., digits: 5-15 }
    next: agent
  agent:
    transfer: { to: "+${number}", say: Connecting you now. }
    next: { completed: bye, busy: bye, no_answer: bye, failed: bye }
  bye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
start: agent
states:
  agent:
    transfer: { to: "+15550100", say: Connecting you now. }
    next: { completed: bye, busy: bye, no_answer: bye, failed: bye }
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeUnsafeCode,
			Summary: "A one-time code goes to a number that a caller could choose.",
			Explanation: `Whoever chooses the number lets you pay for messages to it, as often as he likes. Send
codes to the number that the call came from, ${call.from}, or to one that a service
knows. A spoken code cannot reach the line that is calling.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: number
states:
  number:
    collect: { prompt: Enter your mobile number., digits: 5-15 }
    next: send
  send:
    challenge: { to: "+${number}" }
    next: { sent: bye, rejected: bye }
  bye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
start: send
states:
  send:
    challenge: { to: "${call.from}" }
    next: { sent: bye, rejected: bye }
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeBadRequest,
			Summary: "A request cannot be sent as it is written.",
			Explanation: `The path begins with / and names no server, which belongs to the installation; a
header has a name and one line; a body is sent with methods that take one.`,
			Example: `callflow: 1
flow: news
languages: [en]
start: news
states:
  news:
    request:
      service: bank
      get: https://bank.example.com/news
      returns: { headline: text }
    next: { ok: tell, error: sorry }
  tell:
    hangup: { say: "${news.headline}" }
  sorry:
    hangup: { say: There is no news. }
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
      returns: { headline: text }
    next: { ok: tell, error: sorry }
  tell:
    hangup: { say: "${news.headline}" }
  sorry:
    hangup: { say: There is no news. }
`,
		},
		{
			Code:    CodeUnknownService,
			Summary: "A service is not one that the installation has.",
			Explanation: `Flows name services; where they are and how they are reached stands in
callflow.yaml under "services".`,
			Example: `callflow: 1
flow: news
languages: [en]
start: news
states:
  news:
    request:
      service: bnak
      get: /news
      returns: { headline: text }
    next: { ok: tell, error: sorry }
  tell:
    hangup: { say: "${news.headline}" }
  sorry:
    hangup: { say: There is no news. }
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
      returns: { headline: text }
    next: { ok: tell, error: sorry }
  tell:
    hangup: { say: "${news.headline}" }
  sorry:
    hangup: { say: There is no news. }
`,
		},
	}
}

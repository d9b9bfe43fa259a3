package flows

// wayCodes are the mistakes of the ways through a flow.
func wayCodes() []CodeDoc {
	return []CodeDoc{
		{
			Code:        CodeUnknownOutcome,
			Summary:     "A next names an outcome that this kind of state does not have.",
			Explanation: `The message lists the outcomes there are, and the nearest one.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: agent
states:
  agent:
    transfer: { to: "+15550100", say: Connecting you now. }
    next: { completed: bye, busy: bye, no_answer: bye, failed: bye, engaged: bye }
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
			Code:    CodeMissingNext,
			Summary: "An outcome leads nowhere.",
			Explanation: `Silence, mistakes and failures have built-in ends, and "defaults" may give others;
what else a state can conclude, the flow has to say where it leads.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: sure
states:
  sure:
    confirm: { prompt: "Press 1 for yes, or 2 for no." }
    next: { yes: bye }
  bye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
start: sure
states:
  sure:
    confirm: { prompt: "Press 1 for yes, or 2 for no." }
    next: { yes: bye, no: again }
  again:
    hangup: { say: Please call again. }
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeDanglingNext,
			Summary: "A state is named that is not there.",
			Explanation: `The name is misspelt, or the state is still to be written. The message gives the
nearest name.`,
			Example: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    say: Welcome.
    next: godbye
  goodbye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    say: Welcome.
    next: goodbye
  goodbye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeUnreachableState,
			Summary: "No call gets to a state.",
			Explanation: `Nothing leads to it, or only states that no call gets to either. Lead to it, or take
it out.`,
			Example: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    hangup: { say: Goodbye. }
  news:
    hangup: { say: There is no news. }
`,
			Fixed: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    say: Welcome.
    next: news
  news:
    hangup: { say: There is no news. }
`,
		},
		{
			Code:    CodeDeadEnd,
			Summary: "From a state no way leads to an end of the call.",
			Explanation: `Callers who get there stay until they give up, something fails, or the call reaches
its limits. Lead one of the outcomes to a hangup.`,
			Example: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    say: Welcome.
    next: news
  news:
    say: There is no news.
    next: hello
`,
			Fixed: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    say: Welcome.
    next: news
  news:
    hangup: { say: There is no news. }
`,
		},
		{
			Code:    CodeUnboundedLoop,
			Summary: "A way round needs no key, and nothing stops it from turning.",
			Explanation: `A telephone left off the hook, or a service that keeps failing, would keep the call
going round. A question bounds itself by its attempts, but starts anew when a call
comes back to it. Say max_visits at a state of the loop, or lead on elsewhere.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    menu:
      prompt: Press 1 to finish.
      options: { 1: bye }
    next: { exhausted: ask }
  bye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    max_visits: 2
    menu:
      prompt: Press 1 to finish.
      options: { 1: bye }
    next: { exhausted: ask }
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeUnsetVariable,
			Summary: "A variable is read on a way on which nothing has set it.",
			Explanation: `The keys show how a caller gets there. Lead there only by way of the state that sets
the variable, or give it a value under "variables".`,
			Example: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    menu:
      prompt: Press 1 to enter a number, or 2 to finish.
      options: { 1: number, 2: bye }
  number:
    collect: { prompt: Enter four digits., digits: 4 }
    next: bye
  bye:
    hangup: { say: "You entered ${digits(number)}." }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    menu:
      prompt: Press 1 to enter a number, or 2 to finish.
      options: { 1: number, 2: bye }
  number:
    collect: { prompt: Enter four digits., digits: 4 }
    next: entered
  entered:
    hangup: { say: "You entered ${digits(number)}." }
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeInputAfterHangup,
			Summary: "On the way that a flow goes after a hang-up it asks the caller something.",
			Explanation: `"on_hangup" runs when the caller has gone: it may tell a service what happened, but
nobody is there to hear a question, sign in or be connected.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: ask
on_hangup: why
states:
  ask:
    collect: { prompt: Enter four digits., digits: 4 }
    next: bye
  why:
    collect: { prompt: Enter a reason., digits: 1 }
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
start: ask
on_hangup: note
states:
  ask:
    collect: { prompt: Enter four digits., digits: 4 }
    next: bye
  note:
    action:
      service: herd
      post: /gone
      body: { from: "${call.from}" }
    next: { done: bye, rejected: sorry, pending: sorry }
  bye:
    hangup: { say: Goodbye. }
  sorry:
    hangup: { say: That did not work. }
`,
		},
		{
			Code:    CodeUnknownFact,
			Summary: "A state requires something that nothing can prove.",
			Explanation: `The facts are authenticated (a sign-in succeeded) and phone_verified (a one-time code
was entered).`,
			Example: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    requires: signed_in
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
			Code:    CodeRequiresUnproved,
			Summary: "A caller gets to a state without what it requires.",
			Explanation: `The engine would refuse to enter the state, and the call would end with an apology.
The keys show the shortest way there. Lead to the state only from the authenticated
exit of a sign-in, or from states that require it too.`,
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
    authenticate: { account: "${account}", pin: "${pin}" }
    next: { authenticated: payments, denied: payments }
  payments:
    requires: authenticated
    hangup: { say: You have no payments waiting. }
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
    authenticate: { account: "${account}", pin: "${pin}" }
    next: { authenticated: payments, denied: refused }
  payments:
    requires: authenticated
    hangup: { say: You have no payments waiting. }
  refused:
    hangup: { say: That does not match. }
`,
		},
		{
			Code:    CodeUnboundPrincipal,
			Summary: "A protected state asks for the account that was entered, not the one that was proved.",
			Explanation: `Whoever has signed in could enter another account number and hear somebody else's
balance. After a sign-in, caller.account is the account that was proved; send that.`,
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
    authenticate: { account: "${account}", pin: "${pin}" }
    next: { authenticated: balance, denied: refused }
  balance:
    requires: authenticated
    request:
      service: bank
      get: /accounts/${account}/balance
      returns: { amount: number, currency: text }
    next: { ok: tell, error: sorry }
  tell:
    requires: authenticated
    hangup: { say: "You have ${money(balance.amount, balance.currency)}." }
  sorry:
    hangup: { say: Please call again later. }
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
    authenticate: { account: "${account}", pin: "${pin}" }
    next: { authenticated: balance, denied: refused }
  balance:
    requires: authenticated
    request:
      service: bank
      get: /accounts/${caller.account}/balance
      returns: { amount: number, currency: text }
    next: { ok: tell, error: sorry }
  tell:
    requires: authenticated
    hangup: { say: "You have ${money(balance.amount, balance.currency)}." }
  sorry:
    hangup: { say: Please call again later. }
  refused:
    hangup: { say: That does not match. }
`,
		},
		{
			Code:    CodeMisleadingWords,
			Summary: "Callers hear the same words whether something was done or not.",
			Explanation: `After an action that was rejected, or that nobody has answered yet, callers must not
hear what they hear after one that was done: they would believe it.`,
			Example: `callflow: 1
flow: report
languages: [en]
start: animal
states:
  animal:
    collect: { prompt: Enter the animal number., digits: 5 }
    next: record
  record:
    action:
      service: herd
      post: /events
      body: { animal: "${animal}" }
    next: { done: thanks, rejected: office, pending: thanks }
  thanks:
    hangup: { say: Recorded. Thank you. }
  office:
    hangup: { say: That was not accepted. Please call the office. }
`,
			Fixed: `callflow: 1
flow: report
languages: [en]
start: animal
states:
  animal:
    collect: { prompt: Enter the animal number., digits: 5 }
    next: record
  record:
    action:
      service: herd
      post: /events
      body: { animal: "${animal}" }
    next: { done: thanks, rejected: office, pending: later }
  thanks:
    hangup: { say: Recorded. Thank you. }
  office:
    hangup: { say: That was not accepted. Please call the office. }
  later:
    hangup: { say: We have your report and will file it shortly. }
`,
		},
	}
}

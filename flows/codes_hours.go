package flows

// hoursCodes are the mistakes of schedules.
func hoursCodes() []CodeDoc {
	return []CodeDoc{
		{
			Code:    CodeBadTimeZone,
			Summary: "A time zone is none, or is missing.",
			Explanation: `Hours are read by the clocks of a place, which know when summer time begins:
Australia/Sydney, America/New_York, Europe/Madrid. Short names such as EST do not.`,
			Example: `callflow: 1
flow: main
languages: [en]
time_zone: Sydney
schedules:
  office: { open: { mon-fri: 09:00-17:00 } }
start: now
states:
  now:
    hours: office
    next: { open: agent, closed: bye }
  agent:
    transfer: { to: "+15550100" }
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
time_zone: Australia/Sydney
schedules:
  office: { open: { mon-fri: 09:00-17:00 } }
start: now
states:
  now:
    hours: office
    next: { open: agent, closed: bye }
  agent:
    transfer: { to: "+15550100" }
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeBadSchedule,
			Summary: "A day, a time or a holiday of a schedule cannot be read, or hours overlap.",
			Explanation: `Days are mon-fri, sat or daily; hours are 09:00-17:00, a list of such, or closed.
Hours that end before they begin go on over midnight, and belong to the day they
begin on.`,
			Example: `callflow: 1
flow: main
languages: [en]
time_zone: Australia/Sydney
schedules:
  office: { open: { mon-fri: 9-17 } }
start: now
states:
  now:
    hours: office
    next: { open: agent, closed: bye }
  agent:
    transfer: { to: "+15550100" }
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
time_zone: Australia/Sydney
schedules:
  office: { open: { mon-fri: 09:00-17:00 } }
start: now
states:
  now:
    hours: office
    next: { open: agent, closed: bye }
  agent:
    transfer: { to: "+15550100" }
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:        CodeUnknownSchedule,
			Summary:     "A state asks a schedule that the flow does not describe.",
			Explanation: `The name is misspelt, or the schedule is still to be written under "schedules".`,
			Example: `callflow: 1
flow: main
languages: [en]
start: now
states:
  now:
    hours: office
    next: { open: agent, closed: bye }
  agent:
    transfer: { to: "+15550100" }
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
time_zone: Australia/Sydney
schedules:
  office: { open: { mon-fri: 09:00-17:00 } }
start: now
states:
  now:
    hours: office
    next: { open: agent, closed: bye }
  agent:
    transfer: { to: "+15550100" }
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:        CodeUnusedSchedule,
			Summary:     "No state asks a schedule.",
			Explanation: `Callers are answered at all hours. Ask the schedule in a state, or take it out.`,
			Example: `callflow: 1
flow: main
languages: [en]
time_zone: Australia/Sydney
schedules:
  office: { open: { mon-fri: 09:00-17:00 } }
start: bye
states:
  bye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
start: bye
states:
  bye:
    hangup: { say: Goodbye. }
`,
		},
	}
}

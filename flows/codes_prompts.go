package flows

// promptCodes are the mistakes of what is said other than in plain text.
func promptCodes() []CodeDoc {
	return []CodeDoc{
		{
			Code:    CodeBadAudio,
			Summary: "A recording is not there, or cannot be played.",
			Explanation: `A recording is a wav or mp3 file that stands beside the flow, or anywhere at an
https address. Its name is written out, so that it can be checked before a caller
hears nothing. A file must be what its name says and have at most 10 MiB.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: hello
states:
  hello:
    play: { audio: "http://media.example.com/welcome.wav", text: Welcome. }
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
start: hello
states:
  hello:
    play: { audio: "https://media.example.com/welcome.wav", text: Welcome. }
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeMissingFallback,
			Summary: "A recording has no text.",
			Explanation: `Where a platform cannot play a recording, the text is spoken instead. The text is
also what transcripts, tests and pictures of the flow show.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: hello
states:
  hello:
    play: "https://media.example.com/welcome.wav"
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
start: hello
states:
  hello:
    play: { audio: "https://media.example.com/welcome.wav", text: Welcome. }
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeBadSSML,
			Summary: "Markup cannot be read, or is not allowed.",
			Explanation: `SSML is one <speak> element, written as XML: every tag is closed, and & and < in
a text are &amp; and &lt;. Elements that platforms speak alike are allowed: break,
emphasis, lang, p, phoneme, prosody, s, say-as, sub and w. Values stand between
tags, where they are text and never markup.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: hello
states:
  hello:
    hangup: { say: { ssml: "<speak>Bye <break time='1s'> now.</speak>" } }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
start: hello
states:
  hello:
    hangup: { say: { ssml: "<speak>Bye <break time='1s'/> now.</speak>" } }
`,
		},
		{
			Code:        CodeUnknownPrompt,
			Summary:     "A prompt has no text.",
			Explanation: `{ prompt: NAME } stands for the text of that name under "prompts".`,
			Example: `callflow: 1
flow: main
languages: [en]
start: hello
states:
  hello:
    hangup: { say: { prompt: goodbye } }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
start: hello
prompts:
  goodbye: Goodbye, and thank you.
states:
  hello:
    hangup: { say: { prompt: goodbye } }
`,
		},
		{
			Code:        CodeUnusedPrompt,
			Summary:     "A prompt is said nowhere.",
			Explanation: `Nothing says a text that stands under "prompts". It is checked all the same.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: hello
prompts:
  goodbye: Goodbye, and thank you.
states:
  hello:
    hangup: { say: Goodbye. }
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
start: hello
prompts:
  goodbye: Goodbye, and thank you.
states:
  hello:
    hangup: { say: { prompt: goodbye } }
`,
		},
	}
}

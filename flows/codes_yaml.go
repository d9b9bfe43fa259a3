package flows

import "strings"

// yamlCodes are the mistakes of a file as YAML.
func yamlCodes() []CodeDoc {
	return []CodeDoc{
		{
			Code:    CodeUnreadableFile,
			Summary: "A file is not there, or cannot be read.",
			Explanation: `The list of flows names a file, or a pattern of files, and nothing was found
there. Look at the spelling, and at where the path starts from: the folder of
callflow.yaml.`,
		},
		{
			Code:    CodeSyntaxError,
			Summary: "The file is not YAML.",
			Explanation: `Nothing more can be said about a file that cannot be read at all, so this is
reported alone. Only the line is known. Most often a quote or a bracket is not
closed, a text with a colon and a space in it stands without quotes, or a line is
indented too far or with a tab.`,
			Example: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    hangup:
      say: Our hours: nine to five.
`,
			Fixed: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    hangup:
      say: "Our hours: nine to five."
`,
		},
		{
			Code:    CodeTooLarge,
			Summary: "The file is larger, deeper or has more states than is read.",
			Explanation: `The bounds are far beyond what a flow needs: they keep a broken or hostile file
from using up the machine. Split a flow that is really that large.`,
			Example: `callflow: 1
flow: greeting
languages: [en]
start: hello
states: ` + strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth) + "\n",
		},
		{
			Code:    CodeSecondDocument,
			Summary: "A second document begins inside the file.",
			Explanation: `A line of three dashes starts another document, which YAML readers drop without
a word. A file holds one flow; put the other one in a file of its own.`,
			Example: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    hangup: { say: Goodbye. }
---
flow: other
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
			Code:    CodeAliasNotAllowed,
			Summary: "An anchor (&name) or an alias (*name) is used.",
			Explanation: `Aliases make what a line means depend on another place in the file, and can make
a small file endless. Write the value where it is needed, or put what all
questions share under "defaults". A text that begins with & or * needs quotes.`,
			Example: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    say: &words Welcome.
    next: bye
  bye:
    hangup: { say: *words }
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
    hangup: { say: Welcome. }
`,
		},
		{
			Code:    CodeTagNotAllowed,
			Summary: "A YAML tag (!!str, !custom) is used.",
			Explanation: `The language knows by itself what is a text and what is a number. Leave the tag
out. A text that begins with an exclamation mark needs quotes.`,
			Example: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    hangup: { say: !!str Goodbye. }
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
			Code:    CodeDuplicateKey,
			Summary: "A key stands twice in one mapping.",
			Explanation: `YAML readers take one of the two and drop the other without a word. Take one out,
or give one of them another name.`,
			Example: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    say: Welcome.
    next: bye
    next: hello
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
			Code:        CodeQuoteStar,
			Summary:     "The star key stands without quotes.",
			Explanation: `To YAML a * begins an alias. Where the star of a telephone is meant, write "*".`,
			Example: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    menu:
      prompt: Press star to finish.
      options:
        *: bye
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
      prompt: Press star to finish.
      options:
        "*": bye
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeQuoteHash,
			Summary: "The pound key stands without quotes.",
			Explanation: `To YAML a # begins a comment, and what stands after it is gone. Where the pound
key of a telephone is meant, write "#".`,
			Example: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    menu:
      prompt: Press 1 to hear this again.
      options:
        1: ask
        #: bye
`,
			Fixed: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    menu:
      prompt: Press 1 to hear this again, or pound to finish.
      options:
        1: ask
        "#": bye
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeCommentSwallowedText,
			Summary: "A text is cut short by a # after a blank.",
			Explanation: `Outside quotes a blank and a # begin a comment, even in the middle of a sentence:
callers would hear only the beginning. Put the text in quotes.`,
			Example: `callflow: 1
flow: main
languages: [en]
start: ask
states:
  ask:
    collect:
      prompt: Enter your number, then press # to finish.
      digits: 1-10
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
      prompt: "Enter your number, then press # to finish."
      digits: 1-10
    next: bye
  bye:
    hangup: { say: Goodbye. }
`,
		},
		{
			Code:    CodeCommaInFlowText,
			Summary: "A text inside braces is cut up by a comma or a colon.",
			Explanation: `Inside { } a comma ends a value: what follows becomes a key of its own, and callers
would hear half the sentence. Put the text in quotes, or write it on a line of its
own without braces.`,
			Example: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    hangup: { say: Sorry, that failed. }
`,
			Fixed: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    hangup: { say: "Sorry, that failed." }
`,
		},
		{
			Code:    CodeUnquotedExpressionInBraces,
			Summary: "A ${…} stands without quotes inside braces.",
			Explanation: `Inside { } YAML takes the brace of ${…} for the beginning of another mapping. Put
the whole text in quotes.`,
			Example: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    hangup: { say: ${call.name} }
`,
			Fixed: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    hangup: { say: "${call.name}" }
`,
		},
		{
			Code:    CodeBraceKey,
			Summary: "A colon inside braces has no space after it.",
			Explanation: `Inside { } a colon separates a key from its value only with a space after it:
{ say:Goodbye. } is one word, and { 1:bye } is no option 1.`,
			Example: `callflow: 1
flow: greeting
languages: [en]
start: hello
states:
  hello:
    hangup: { say:Goodbye. }
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
	}
}

package flows

// Code names one kind of mistake. It is a stable word: tools and people may
// search for it, silence it and link to it.
type Code string

// Reading the file as YAML.
const (
	// CodeUnreadableFile is a file that is not there or cannot be read.
	CodeUnreadableFile Code = "unreadable-file"
	// CodeSyntaxError is a file that is not YAML at all. It is reported alone.
	CodeSyntaxError Code = "syntax-error"
	// CodeTooLarge is a file beyond the bounds of size, depth or number of states.
	CodeTooLarge Code = "too-large"
	// CodeSecondDocument is a "---" that starts a second document in the file.
	CodeSecondDocument Code = "second-document"
	// CodeAliasNotAllowed is an anchor (&x) or an alias (*x).
	CodeAliasNotAllowed Code = "alias-not-allowed"
	// CodeTagNotAllowed is a YAML tag (!!int, !custom).
	CodeTagNotAllowed Code = "tag-not-allowed"
	// CodeDuplicateKey is a key that stands twice in one mapping.
	CodeDuplicateKey Code = "duplicate-key"
	// CodeQuoteStar is the key * without quotes.
	CodeQuoteStar Code = "quote-star"
	// CodeQuoteHash is the key # without quotes, which YAML reads as a comment.
	CodeQuoteHash Code = "quote-hash"
	// CodeCommentSwallowedText is a text cut short by " #".
	CodeCommentSwallowedText Code = "comment-swallowed-text"
	// CodeCommaInFlowText is a comma or a colon in an unquoted text inside braces,
	// which makes new keys of the rest of the text.
	CodeCommaInFlowText Code = "comma-in-flow-text"
	// CodeUnquotedExpressionInBraces is ${x} without quotes inside braces.
	CodeUnquotedExpressionInBraces Code = "unquoted-expression-in-braces"
	// CodeBraceKey is {1:a}: one key "1:a", for want of a space.
	CodeBraceKey Code = "brace-key"
)

// The shape of a flow.
const (
	// CodeUnsupportedVersion is a language version this program does not read.
	CodeUnsupportedVersion Code = "unsupported-version"
	// CodeUnknownKey is a key the language has not got at this place.
	CodeUnknownKey Code = "unknown-key"
	// CodeMissingKey is a key that must be there.
	CodeMissingKey Code = "missing-key"
	// CodeWrongType is a list where a text belongs, and the like.
	CodeWrongType Code = "wrong-type"
	// CodeEmptyValue is a key with nothing after it.
	CodeEmptyValue Code = "empty-value"
	// CodeBadValue is a value that is none of those a key takes, or out of bounds.
	CodeBadValue Code = "bad-value"
	// CodeBadName is a name of a flow, state or variable that is none.
	CodeBadName Code = "bad-name"
	// CodeNameTaken is one name for two things.
	CodeNameTaken Code = "name-taken"
	// CodeNoStates is a flow without a state.
	CodeNoStates Code = "no-states"
	// CodeMissingStart is a flow that does not say where a call begins.
	CodeMissingStart Code = "missing-start"
	// CodeMissingKind is a state that does not say what it does.
	CodeMissingKind Code = "missing-kind"
	// CodeUnknownKind is a state of a kind the language has not got.
	CodeUnknownKind Code = "unknown-kind"
	// CodeSeveralKinds is a state of two kinds at once.
	CodeSeveralKinds Code = "several-kinds"
)

// Values of a state.
const (
	// CodeBadKey is a telephone key that is none.
	CodeBadKey Code = "bad-key"
	// CodeSpokenSecret is a question for a secret that listens.
	CodeSpokenSecret Code = "spoken-secret"
	// CodeSilentWords is words that could be said where no question listens.
	CodeSilentWords Code = "silent-words"
	// CodeBadDigits is a number of digits that cannot be read or entered.
	CodeBadDigits Code = "bad-digits"
	// CodeBadDuration is a length of time that cannot be read or used.
	CodeBadDuration Code = "bad-duration"
	// CodeBadPattern is a pattern that is no regular expression, or that no entry
	// can match.
	CodeBadPattern Code = "bad-pattern"
	// CodeBadLanguage is a language tag that is none, or one without words of
	// its own.
	CodeBadLanguage Code = "bad-language"
	// CodeMissingLanguage is a prompt that lacks one of the flow's languages.
	CodeMissingLanguage Code = "missing-language"
	// CodeUnknownLanguage is a prompt in a language that the flow does not list.
	CodeUnknownLanguage Code = "unknown-language"
	// CodeBadAudio is a recording that is not there, or that cannot be played.
	CodeBadAudio Code = "bad-audio"
	// CodeMissingFallback is a recording without a text.
	CodeMissingFallback Code = "missing-fallback"
	// CodeBadSSML is markup that cannot be read or is not allowed.
	CodeBadSSML Code = "bad-ssml"
	// CodeUnknownPrompt is the name of a prompt that the flow has not got.
	CodeUnknownPrompt Code = "unknown-prompt"
	// CodeUnusedPrompt is a prompt of the flow that nothing says.
	CodeUnusedPrompt Code = "unused-prompt"
	// CodeDuplicateOption is a key that two options of a menu claim.
	CodeDuplicateOption Code = "duplicate-option"
	// CodeOptionShadowed is an option, a global key or a branch arm that can
	// never be taken.
	CodeOptionShadowed Code = "option-shadowed"
	// CodeSettledCondition is a condition that comes out the same in every call.
	CodeSettledCondition Code = "settled-condition"
	// CodePrefixOption is an option that begins another one, and so costs a wait.
	CodePrefixOption Code = "prefix-option"
	// CodePromptOptionMismatch is "press 3" without an option 3, or the reverse.
	CodePromptOptionMismatch Code = "prompt-option-mismatch"
	// CodeRetryNeedsAttempts is authenticate's retry without attempts to use up,
	// or the reverse.
	CodeRetryNeedsAttempts Code = "retry-needs-attempts"
	// CodeUnsafeTransfer is a transfer to a number that a caller could choose.
	CodeUnsafeTransfer Code = "unsafe-transfer"
	// CodeUnsafeCode is a one-time code that goes to a number which a caller could
	// choose, or is spoken to the line that is calling.
	CodeUnsafeCode Code = "unsafe-code"
	// CodeBadRequest is a method, path, header or body that cannot be sent.
	CodeBadRequest Code = "bad-request"
	// CodeUnknownService is a service that the installation does not have.
	CodeUnknownService Code = "unknown-service"
	// CodeBadTimeZone is a time zone that is none, or one that is missing.
	CodeBadTimeZone Code = "bad-time-zone"
	// CodeBadSchedule is a day, a time or a holiday that cannot be read, or hours
	// that overlap.
	CodeBadSchedule Code = "bad-schedule"
	// CodeUnknownSchedule is a schedule that the flow does not describe.
	CodeUnknownSchedule Code = "unknown-schedule"
	// CodeUnusedSchedule is a schedule that no state asks.
	CodeUnusedSchedule Code = "unused-schedule"
)

// Expressions and variables.
const (
	// CodeBadExpression is an expression that cannot be read or is not allowed.
	CodeBadExpression Code = "bad-expression"
	// CodeWrongExpressionType is an expression of another type than is needed.
	CodeWrongExpressionType Code = "wrong-expression-type"
	// CodeUnknownName is a variable or a function that nothing defines.
	CodeUnknownName Code = "unknown-name"
	// CodeMayFail is an expression that can fail while a call runs.
	CodeMayFail Code = "may-fail"
	// CodeBareNumber is a number in a prompt that is not said how to read aloud.
	CodeBareNumber Code = "bare-number"
	// CodeUnusedVariable is a variable that nothing reads.
	CodeUnusedVariable Code = "unused-variable"
	// CodeNotAssignable is a set of a name that only the engine gives values to.
	CodeNotAssignable Code = "not-assignable"
	// CodeSecretExposed is a secret where it would be heard, sent or written.
	CodeSecretExposed Code = "secret-exposed"
)

// The ways through a flow.
const (
	// CodeUnknownOutcome is a next for an outcome that the kind has not got.
	CodeUnknownOutcome Code = "unknown-outcome"
	// CodeMissingNext is an outcome that leads nowhere.
	CodeMissingNext Code = "missing-next"
	// CodeDanglingNext is a reference to a state that is not there.
	CodeDanglingNext Code = "dangling-next"
	// CodeUnreachableState is a state that no call gets to.
	CodeUnreachableState Code = "unreachable-state"
	// CodeDeadEnd is a state from which no call gets to an end.
	CodeDeadEnd Code = "dead-end"
	// CodeUnboundedLoop is a way round that nothing stops from turning.
	CodeUnboundedLoop Code = "unbounded-loop"
	// CodeUnsetVariable is a variable that is read on a way on which nothing set it.
	CodeUnsetVariable Code = "unset-variable"
	// CodeUnknownSubflow is the entrance of a flow that is not there.
	CodeUnknownSubflow Code = "unknown-subflow"
	// CodeNotASubflow is the entrance of a flow that never returns.
	CodeNotASubflow Code = "not-a-subflow"
	// CodeSubflowCycle is flows that enter one another in a circle.
	CodeSubflowCycle Code = "subflow-cycle"
	// CodeUnknownParameter is a value for a parameter that a sub-flow has not got.
	CodeUnknownParameter Code = "unknown-parameter"
	// CodeMissingParameter is a parameter without a default that is given no value.
	CodeMissingParameter Code = "missing-parameter"
	// CodeUnknownOutput is a return with an output that is not declared.
	CodeUnknownOutput Code = "unknown-output"
	// CodeMissingOutput is a return that gives some outputs and not others.
	CodeMissingOutput Code = "missing-output"
	// CodeInputAfterHangup is a question on the way a flow goes when the caller has
	// gone.
	CodeInputAfterHangup Code = "input-after-hangup"
	// CodeUnknownFact is a requires of a fact that there is not.
	CodeUnknownFact Code = "unknown-fact"
	// CodeRequiresUnproved is a way to a state without the fact it requires.
	CodeRequiresUnproved Code = "requires-unproved"
	// CodeUnboundPrincipal is a protected state that uses the account a caller
	// entered instead of the one that was proved.
	CodeUnboundPrincipal Code = "unbound-principal"
	// CodeMisleadingWords is the same words after a failure as after success.
	CodeMisleadingWords Code = "misleading-words"
)

// Severity is what diagnostics of this code do.
func (c Code) Severity() Severity {
	switch c {
	case CodeMayFail,
		CodeBareNumber,
		CodePrefixOption,
		CodePromptOptionMismatch,
		CodeInputAfterHangup,
		CodeMissingFallback,
		CodeSettledCondition,
		CodeSilentWords,
		CodeUnusedVariable,
		CodeUnusedSchedule,
		CodeUnusedPrompt:
		return Warning
	default:
		return Error
	}
}

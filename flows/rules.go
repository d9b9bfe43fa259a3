package flows

// rule looks at a whole flow for one kind of mistake. Mistakes within a single
// value are found where the value is compiled.
type rule struct {
	code Code
	run  func(*compiler)
}

// rules are run in this order, after the states have been compiled.
var rules = []rule{
	{CodeDanglingNext, danglingNext},
	{CodeMissingNext, missingNext},
	{CodeUnreachableState, unreachableState},
	{CodeBadPattern, badPattern},
	{CodeOptionShadowed, optionShadowed},
	{CodeSettledCondition, settledCondition},
	{CodePrefixOption, prefixOption},
	{CodePromptOptionMismatch, promptOptionMismatch},
	{CodeUnsafeTransfer, unsafeTransfer},
	{CodeUnsafeCode, unsafeCode},
	{CodeInputAfterHangup, inputAfterHangup},
	{CodeUnusedVariable, unusedVariable},
	{CodeUnusedSchedule, unusedSchedule},
	{CodeUnusedPrompt, unusedPrompt},
	{CodeSilentWords, silentWords},
}

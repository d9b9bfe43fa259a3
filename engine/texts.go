package engine

import "slices"

// TextsOf are all texts of a state, whoever hears them: what it says, asks, announces
// and whispers, those after a mistake and for the items of a list included.
func TextsOf(k Kind) []Text {
	var all []Text
	switch k := k.(type) {
	case SayState:
		all = []Text{k.Text}
	case PlayState:
		all = []Text{k.Text}
	case HangupState:
		all = []Text{k.Text}
	case MenuState:
		if k.Each != nil {
			all = []Text{k.Each.Say, k.Each.SayMore}
		}
	case AuthenticateState:
		all = []Text{k.Sorry}
	case VerifyState:
		all = []Text{k.Sorry}
	case TransferState:
		all = []Text{k.Say, k.Whisper}
	case QueueState:
		all = slices.Clone(k.Say)
	case RecordState:
		all = []Text{k.Prompt}
	}
	if a := AskingOf(k); a != nil {
		all = slices.Concat(a.Prompt, a.NoInputText, a.NoMatchText, all)
	}
	return slices.DeleteFunc(all, func(t Text) bool { return len(t) == 0 })
}

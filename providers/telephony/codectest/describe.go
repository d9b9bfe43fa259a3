package codectest

import (
	"fmt"

	"callflow/engine"
)

// Describe is an event in words, for comparing and for reading: `digits 4471
// terminator`, `noinput`, `dial busy`. Digits are shown: it is for tests only.
func Describe(e engine.Event) string {
	switch e := e.(type) {
	case nil:
		return "nothing"
	case engine.Digits:
		end := string(e.Ended)
		if e.Ended == engine.EndUnknown {
			end = "unknown"
		}
		if e.Keys.Len() == 0 {
			return "digits none " + end
		}
		return "digits " + e.Keys.Reveal() + " " + end
	case engine.Speech:
		if e.Text.Len() == 0 {
			return "something said"
		}
		return fmt.Sprintf("said %q %.2f", e.Text.Reveal(), e.Confidence)
	case engine.NoInput:
		return "noinput"
	case engine.Lost:
		return "lost"
	case engine.Resumed:
		return "resumed"
	case engine.DialEnded:
		if e.CallerGone {
			return "dial " + string(e.Result) + " caller gone"
		}
		return "dial " + string(e.Result)
	case engine.RecordEnded:
		text := "recording " + string(e.Result)
		if e.URL != "" {
			text += " at " + e.URL
		}
		if e.Length > 0 {
			text += " of " + e.Length.String()
		}
		if e.CallerGone {
			text += " caller gone"
		}
		return text
	case engine.RecordingReady:
		return "recording " + e.ID + " ready at " + e.URL
	case engine.QueueWaiting:
		return fmt.Sprintf("waiting at %d", e.Position)
	case engine.QueueEnded:
		if e.CallerGone {
			return "queue " + string(e.Result) + " caller gone"
		}
		return "queue " + string(e.Result)
	case engine.WhisperWanted:
		return "whisper wanted"
	case engine.CallEnded:
		by := e.By
		if by == "" {
			by = "unknown"
		}
		return "ended by " + by
	}
	return fmt.Sprintf("%T", e)
}

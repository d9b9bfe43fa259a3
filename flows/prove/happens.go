package prove

import (
	"strings"

	"callflow/engine"
)

// Happens says in a few words what happens in a state of a kind when it has an
// outcome, as in "nobody answers the transfer": for those states whose outcomes are
// not the caller's keys. It is "" for other kinds, and for what goes without saying.
func Happens(k engine.Kind, o engine.Outcome) string {
	var words map[engine.Outcome]string
	switch k := k.(type) {
	case engine.AuthenticateState:
		words = map[engine.Outcome]string{
			engine.OutAuthenticated: "signed in", engine.OutDenied: "sign-in denied", engine.OutRetryDenied: "sign-in denied",
			engine.OutLocked: "account locked", engine.OutChallenge: "second factor asked for", engine.OutUnavailable: "sign-in down",
		}
	case engine.ChallengeState:
		words = map[engine.Outcome]string{
			engine.OutSent: "code sent", engine.OutRejected: "no code for this number", engine.OutUnavailable: "codes cannot be sent",
		}
	case engine.VerifyState:
		words = map[engine.Outcome]string{
			engine.OutVerified: "the right code", engine.OutAuthenticated: "the right code", engine.OutDenied: "a wrong code", engine.OutRetryDenied: "a wrong code",
			engine.OutExpired: "an expired code", engine.OutLocked: "too many wrong codes", engine.OutUnavailable: "codes cannot be checked",
		}
	case engine.IdentifyState:
		words = map[engine.Outcome]string{
			engine.OutOne: "one account has the number", engine.OutMany: "several accounts have the number",
			engine.OutNone: "no account has the number", engine.OutUnavailable: "numbers cannot be looked up",
		}
	case engine.RequestState:
		words = map[engine.Outcome]string{
			engine.OutOK: k.Fetch.Service + " answers", engine.OutNotFound: k.Fetch.Service + " finds nothing", engine.OutError: k.Fetch.Service + " fails",
		}
	case engine.ActionState:
		words = map[engine.Outcome]string{
			engine.OutDone: k.Fetch.Service + " takes it", engine.OutRejected: k.Fetch.Service + " refuses",
			engine.OutPending: k.Fetch.Service + " does not answer", engine.OutUnknown: "nobody knows whether " + k.Fetch.Service + " got it",
		}
	case engine.QueueState:
		words = map[engine.Outcome]string{
			engine.OutConnected: "somebody takes the call", engine.OutTimeout: "nobody takes the call for " + k.MaxWait.String(),
			engine.OutOffer: "nobody takes the call for " + k.OfferAfter.String(), engine.OutFailed: "the queue fails",
		}
	case engine.RecordState:
		words = map[engine.Outcome]string{
			engine.OutRecorded: "something is recorded", engine.OutEmpty: "nothing is recorded", engine.OutFailed: "the recording fails",
		}
	case engine.TransferState:
		words = map[engine.Outcome]string{
			engine.OutCompleted: "the transfer ends", engine.OutBusy: "the transfer meets a busy line",
			engine.OutNoAnswer: "nobody answers the transfer", engine.OutFailed: "the transfer fails",
		}
	case engine.HoursState:
		words = map[engine.Outcome]string{
			engine.OutOpen: k.Schedule.Name + " open", engine.OutClosed: k.Schedule.Name + " closed", engine.OutHoliday: k.Schedule.Name + " on a holiday",
		}
	default:
		return ""
	}
	if text, ok := words[o]; ok {
		return text
	}
	return strings.ReplaceAll(o, "_", " ")
}

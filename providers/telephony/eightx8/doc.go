// Package eightx8 is the codec for the voice call actions of 8x8: a webhook is posted
// when a call comes in and when an action is over, and answered with a call flow, a
// list of actions. What follows from its reference:
//
//   - There is one webhook for calls, and one for the ends of sessions. Which turn an
//     event is of stands in the clientActionId that an answer gives and an event repeats.
//   - A sayAndCapture asks for one entry, with one try. A time-out is a failed try, of
//     which no keys are told: an entry ends by its length or by #, and in no other way.
//   - No page says whether the end of a say is told of like that of a capture. So a
//     question is the only action of its answer, and says all that stands before it.
//   - There is no redirect: a caller is held with a question that nobody is asked, whose
//     time is up at once.
//   - Nothing is signed: a secret is shown in the webhook's URL or by basic
//     authentication.
//
// The README says how to connect an account.
package eightx8

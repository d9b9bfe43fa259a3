// Package vonage is the codec for the Voice API of Vonage, formerly Nexmo.
//
// Vonage asks for the first document when a call comes in, by GET or by POST, and
// posts JSON afterwards; it is answered with a document (NCCO), an array of actions
// that it runs in order until a hook's answer replaces what is left. What follows
// from its reference (the NCCO and webhook references of 2021 and of today, which
// the README names where they differ):
//
//   - A document that runs out ends the call: there is no action that hangs up. So a
//     bare hangup is the shortest wait, because an empty document could be taken for
//     no document at all.
//   - Everything that waits is followed by a notify that brings the call back to us
//     as lost, and that by an apology, after which the call ends.
//   - An input has one clock, for the first key and between keys, of 10 s at most,
//     and no more than 20 keys. Whether a key, the length or the clock ended it is
//     told by timed_out alone.
//   - A connect tells how it ended by a synchronous event, whose answer replaces the
//     document, and is followed by a notify for the case that it is not asked.
//   - A record says only later, to the notice hook, where the recording is.
//   - The call is known by its conversation_uuid, the one name that every webhook
//     has: uuid is that of a leg, and is missing from some.
//   - Webhooks are signed with a JWT. Nothing in it is kept, so a webhook that is
//     sent again is accepted again within the window; the turn and nonce in its URL,
//     the tombstone of a first hook and the mailbox of notices are what makes a
//     repeat harmless. The jti would tell repeats apart only to somebody who
//     remembers them.
//
// The README says how to connect an account.
package vonage

// Package twilio is the codec for Twilio Programmable Voice.
//
// Twilio asks with forms and is answered with TwiML, an XML document whose verbs it
// runs in order, until the answer to a webhook replaces what is left of it. What
// follows from how it behaves:
//
//   - Silence is no webhook of its own: a gather says actionOnEmptyResult, and
//     what stands behind it leads back to us all the same.
//   - A recording on which nothing is to be heard is no webhook either: the call
//     goes on behind the record, and the address there says so.
//   - The action of each verb carries what it belongs to ("on=gather"), because
//     the form of a redirect and that of a silent gather look alike.
//   - Twilio has one clock for the first key and between keys, in whole seconds.
//   - The end of an entry by its length and by time look alike.
//   - A redirect whose webhook fails ends the call, or leads to the fallback URL
//     of the number: set to the start hook with lost=1, it brings the call back.
//   - An empty document hangs up. "Nothing changes" is a redirect.
//
// Sources: Twilio's own pages on TwiML, webhooks and security; the npm package
// twilio 6.2.0, whose validator of signatures is asked in a test.
//
// The README says how to connect an account.
package twilio

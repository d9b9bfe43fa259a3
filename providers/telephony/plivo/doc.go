// Package plivo is the codec for Plivo's Voice API.
//
// Plivo asks with forms and is answered with Plivo XML, a document whose elements it
// runs in order, until the answer to a webhook replaces what is left of it. What
// follows from how it behaves:
//
//   - Silence has no webhook of its own: what stands behind a question is run. It is
//     a redirect that says so ("on=silence"), and behind it one that says "lost".
//   - Keys alone are asked for with GetDigits, which has a clock to the first key and
//     one between keys. GetInput, which is newer, has one clock over all of an entry
//     in place of the first, so that a slow caller would be cut off; it asks where a
//     question listens, because only it can.
//   - The end of an entry by its finish key, its length and by time look alike.
//   - The action of each element carries what it belongs to ("on=dial"), because the
//     forms do not say.
//   - A secret question says log="false", so that Plivo keeps no keys of it.
//   - An empty document hangs up. "Nothing changes" is a redirect.
//   - Numbers come without their plus; they get it back.
//
// Sources: Plivo's own pages on its XML, callbacks, hangup causes and signatures; the
// npm package plivo 4.79.0, whose validator of signatures and whose builders of
// elements are asked in a test.
//
// The README says how to connect an account.
package plivo

// Package jambonz is the codec for jambonz, the open-source platform.
//
// jambonz posts JSON and is answered with a document: an array of verbs that it
// runs in order, until a hook's answer replaces what is left of it. How it really
// behaves was watched on jambonz 0.9.8; the recorded exchanges are in testdata and
// every one of them is a test here. What follows from them:
//
//   - A gather always carries minDigits 1 and an interDigitTimeout. Without them
//     jambonz forgets the keys of a slow caller. Too few keys are the engine's to
//     judge.
//   - A document with one fault is thrown away whole, and the call goes on with
//     what stood behind the verb before. So every verb that waits is followed by a
//     tail that brings the call back to us, or else apologises and hangs up.
//   - Keys pressed while we answer are lost, so type-ahead is lossy.
//   - What is said is text, whoever wrote it: jambonz would play a text that looks
//     like an address, and obey one that looks like markup. See speech.go.
//   - A retry carries the signature and the time of the first delivery.
//
// The README says how to connect an account.
package jambonz

// Package signalwire is the codec for SignalWire's SWML, in JSON.
//
// SignalWire posts the call and its variables and is answered with a document, whose
// steps it runs in order until one of them asks for another document. What follows from
// how it behaves:
//
//   - Nothing comes back by itself: a prompt sets variables, and the step behind it asks
//     us for the next document, with the variables of all that has been. So the address
//     says what it is about ("on=gather").
//   - The chain of transfers is 32 long for one call, at most. From some turn on, which
//     the turn's own number tells, a document is asked for by execute instead, which is
//     no transfer: the new document runs as a subroutine of the one before it, and ends
//     the call itself.
//   - Every "${" in a document begins an expression. No text keeps one.
//   - What asks for documents is signed, what tells of the course of a call is not: it
//     has to bring a password.
//   - What ended an entry is known where a finish key did.
//   - Of a recording it is known that there is one, and not how long it is.
//
// Sources: SignalWire's own pages on SWML, its errors and its signatures
// (signalwire/docs); the npm package @signalwire/web-api 3.1.7, whose validator is asked
// in a test.
//
// The README says how to connect an account.
package signalwire

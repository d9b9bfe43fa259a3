// Package tropo is the codec for the WebAPI of Tropo: a session is posted when a call
// comes in, a result when something has come of a document, and both are answered
// with {"tropo":[…]}, a list of actions and of what is to happen after them.
//
// The service that had this interface is gone; what is compatible with it, or was
// built for it, is what this is for. It follows the pages of Tropo and of Voxeo before
// it, and its own libraries for Node, Python, Ruby, Java and PHP, which differ in
// age: objects and lists, state and callState, small and capital letters are all read.
// What follows from them:
//
//   - Handlers ("on") hold for one document. Every document therefore says where its
//     end goes, and where to tell of a hang-up: without the second we should never
//     hear of one.
//   - What came of a question is told by the handler that fired, so each has an
//     address of its own: continue, incomplete and error. Only where an incomplete
//     one names a mismatch is it more than silence.
//   - An ask has one attempt, always; its grammar is a number of digits, or the list
//     of a menu's options where one of them has a star.
//   - A text that could be an address or markup is sent as markup that says it.
//   - Nothing is signed. The first hook shows a secret, in its URL or by basic
//     authentication; the URLs that a document gives to Tropo are sealed with it, so
//     that it is written into no document.
//
// The README says how to connect an application.
package tropo

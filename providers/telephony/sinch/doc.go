// Package sinch is the codec for the Voice API of Sinch: every event of a call is
// posted to the one callback URL of an application, and answered with SVAML, a list of
// instructions and one action. What follows from its reference and from its package for
// Node:
//
//   - There is one URL, so that what an event is about is told by the event itself and
//     by a cookie that an answer has set: the turn, and what was asked.
//   - An answer has exactly one action, with which it ends. Nothing stands behind it,
//     so that a callback that fails ends the call.
//   - A runMenu asks for one entry, with no repeats. It has one clock, for the first key
//     and between keys, and no key that ends an entry: what is shorter than the most
//     digits ends by silence, and # stands among the keys.
//   - There is no redirect: a caller is held with a menu that says nothing and whose
//     time is up at once.
//   - A connectPstn or connectSip is the last that happens on a call. When it is over,
//     so is the call, and its end tells what came of it.
//   - Events are signed with the application's secret over the method, the body, its
//     type, the time and the path. Sinch signs with it what it posts as it has others
//     sign what they post.
//
// The README says how to connect an application.
package sinch

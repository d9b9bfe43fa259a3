// Package runner performs turns against the world: it loads a session, steps it,
// performs the effects it asks for, saves session and reply, and answers. It
// declares the ports it needs (Store, Authenticator, Services, Catalog) and
// imports none of their adapters.
//
//	run, err := runner.New(runner.Deps{Catalog: flows, Store: store, …})
//	go run.Run(ctx)                           // sweeper, outbox, expiry
//	reply, outcome, err := run.Turn(ctx, hook) // one for each webhook
//	err = run.Close(ctx)                      // waits for whatever still runs
//
// # The contract
//
// A turn hook carries a Token: session, turn number, and a nonce that was made
// for that turn alone. The runner then does this, in this order:
//
//  1. It takes the session's lock in this process, so that a redelivery waits
//     for the delivery before it, and loads the session. The session's id
//     derives from platform, account and call id: a hook that names another call
//     than its token's is stale.
//  2. It compares turn number and nonce, the latter in constant time. The turn
//     before: this hook was answered already, and gets the saved reply, byte for
//     byte. Any other than the current one: stale; it changes nothing and is
//     answered with no verbs.
//  3. It steps the session. While the turn awaits an effect, it claims the
//     effect's record (session, turn, position) under a lease, performs the
//     effect, keeps the result there and steps again. Whoever finds the record
//     — a retry, a conflict, another instance — waits for its result or takes it,
//     and starts nothing. An action is promised in the outbox before it is sent.
//  4. When an effect outlasts the caller's patience, what there is to say goes
//     out with a Continue, and the effect runs on. The hook that comes back picks
//     up the result or is held again. Timing.Deadline after it was claimed the
//     effect counts as unavailable, and a late result is ignored.
//  5. It encodes the answer, and commits session and reply, each sealed as a whole,
//     by compare-and-swap.
//     On ErrConflict somebody else took this turn, and it goes back to 1, where
//     the saved reply now waits.
//  6. It answers.
//
// The first hook has no token. Its session is inserted if absent, and a replay of
// it gets the saved reply while the call is still on its first turn; later it is
// stale, and after the end it meets the tombstone. One that the platform has fallen back
// to, because a hook failed, is a Lost of the current turn; in the first turn, where the
// caller may have heard nothing yet, it gets the saved reply once, which is counted.
//
// # When something fails
//
// What became of an effect whose runner crashed: a request runs again once its
// lease has passed, an action is resent by the outbox under the same key, a
// sign-in is unavailable, for it must not be tried twice.
//
// While the store fails, the answer is a stateless hold that points back at the
// same turn, up to five times in a row, and then an apology. What the caller had
// pressed is kept in memory meanwhile; where another instance takes over, the
// question is asked again. The nonce of a token ends in flow and language, so that
// all this can be said in the caller's. Every other failure
// — a session that cannot be read, a program that is gone, a verb that cannot be
// encoded, a panic — is an apology and a hangup in the call's language, and one
// line in the log.
//
// # The end of a call
//
// A CallEnded notice waits in the session's mailbox for Timing.Grace, because it
// may overtake the last key: a hook of the current turn that comes meanwhile is
// still stepped, but nobody hears its verbs. Then the flow's on_hangup runs, once,
// by the sweeper or at the end of that turn. A call whose notice never comes ends
// Timing.Idle after its last hook. Either way the session becomes a tombstone;
// actions that were promised are delivered all the same.
//
// # The outbox
//
// The actions of a call are delivered in order, each under its key until a service
// answers: after 1 s, then doubling to 5 min, a quarter more or less, and every 5
// min where our credentials are refused. One that nobody took within Timing.GiveUp
// is parked with an alarm in the log; it stays in the outbox, and holds back those
// of the same call behind it. A service that must not see an action twice gets it
// again only while no byte of it has left.
package runner

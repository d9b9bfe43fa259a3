// Package lockout slows down whoever guesses PINs. It stands in front of an
// identity provider, which sees one address for all callers and cannot do it, and
// counts in the store, which outlives calls, restarts and instances:
//
//	auth, err := lockout.New(lockout.Deps{Next: directory, Counters: store, Key: key, Limits: lockout.Defaults()})
//
// An attempt is counted before it is tried, so that of many at once no more get
// through than are allowed. It is given back when the PIN was right, and when the
// provider gave no answer: an outage uses up nothing. Only a PIN that was refused
// stays counted, the same whether the account exists or not.
//
// # What is counted
//
// Attempts at one account, whoever makes them; attempts from one calling number,
// whatever the account; and attempts on one trunk, which is all that is left where
// the calling number is withheld. Callers without a number have none in common.
//
// An account or a number has some free attempts. From then on each one refused
// makes the next wait twice as long, up to a longest wait; nobody is shut out for
// ever. One attempt is forgotten in each Forget, which is therefore how often
// somebody patient can go on guessing. While a wait lasts, the answer is
// engine.SignInLocked and the provider is not asked. A trunk has so many refused
// attempts in each window.
//
// A caller who has signed in to an account from a number before is counted apart
// from everybody else: whoever guesses at the account from elsewhere, or floods the
// trunk, does not keep its owner out. A number can be forged; whoever knows it gets
// what one account allows, once more.
//
// # Several instances, and crashes
//
// What is counted is shared by all instances; what is on its way is known to its own
// only. There an attempt that is refused waits for those before it, and goes ahead
// when one of them is given back. Another instance does not wait: where the free
// attempts are all on their way elsewhere at that moment, even a right PIN is answered
// with engine.SignInLocked, and the next is not. Waiting would take two more writes
// for each sign-in, or hold up everybody who is refused rightly.
//
// An attempt whose instance dies before it is given back stays counted: one for each
// sign-in on its way, which Forget forgets like the others. The same holds where the
// store does not take its end, and where another instance, whose clock is behind, has
// counted meanwhile. When an account's owner signs in, attempts on their way at other
// instances are forgiven with the rest, at most Free of them.
//
// # What the store sees
//
// Keyed hashes, made with a key that comes from the seal key. Who was counted
// cannot be read from a store or a backup, but can be looked up by whoever has the
// key and the account or number. A caller's hash begins as the account's does.
package lockout

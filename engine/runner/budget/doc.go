// Package budget stands in front of whoever sends one-time codes, and lets each
// caller, each number and the whole line have so many, and each caller so many
// wrong entries. It refuses numbers that the installation does not allow.
//
//	codes, err := budget.New(budget.Deps{
//		Next: provider, Counters: store, Key: key, Limits: budget.Defaults(),
//		Allow: []string{"+61"}, Normalize: region.Normalize,
//	})
//
// Counts are kept in the store, so that redialling resets none and all instances
// share them. A code is counted before it is sent, and given back after an outage;
// an entry is counted before it is checked, and given back unless it was wrong.
// The store's keys are keyed hashes: nobody can read a number out of them.
package budget

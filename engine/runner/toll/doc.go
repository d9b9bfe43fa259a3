// Package toll bounds the calls that an installation pays for: transfers, and the
// calls back that flows promise. They go to the numbers that an installation allows
// and to no others, so many at once, so long each, so many an hour, and for so much
// money a day.
//
//	gate, err := toll.New(toll.Deps{
//		Counters: store, Key: key, Limits: toll.Defaults(),
//		Allow: []string{"+61"}, Normalize: region.Normalize,
//	})
//
// # What passes
//
// A number that is written out in a flow was chosen by whoever wrote the flow: it
// passes, unless it is a telephone number and Allow names others. A number that comes
// from anywhere else passes only if Allow names how it begins, or names it whole
// where it is an extension, or the host of its SIP address ("@pbx.example.com").
//
// # What is counted
//
// Counts are kept in the store, so that all instances share them and redialling
// resets none. A call is counted before it begins, at the price of its longest
// duration; what it did not use is given back when it ends. One whose end nobody
// reports is forgotten when it must have ended. A process that crashes in between
// leaves calls counted that were not made, never the other way round. The store's
// keys are keyed hashes: nobody can read a number out of them.
//
// # What is not
//
// Callers who wait in a queue are not counted. Its name is written out in the flow,
// and nobody is called for it: whoever takes the call comes to the platform's queue by
// themselves. What such a call costs is the line that the caller pays for, for as long
// as max_wait lets them wait; the call back that it may offer instead is counted as any
// other.
package toll

// Package storetest is the suite that every store passes. A store's test is
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) runner.Store { return memory.New() })
//	}
//
// and that of one that keeps things beyond its process has RunDurable besides.
//
// Stores read no clock, so the suite has none either: every instant is passed
// in, and nothing sleeps.
package storetest

// Package memory is the store that keeps everything in this process and loses
// it with the process. It is the default, and what tests run on.
//
//	store := memory.New()
//	defer store.Close()
//
// It is made for many idle sessions: one costs its bytes and some 250 more, and
// has no goroutine, timer or machine of its own. What has to happen at a time
// waits in queues ordered by time, so that neither Due nor Expire looks at a
// record before its time has come, and a turn, which only delays what waits,
// costs the queues nothing.
//
// Sessions with their mail, effects, promises, counters and programs each have a
// lock of their own. Commit and Entomb take two, always sessions before outbox.
package memory

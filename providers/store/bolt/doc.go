// Package bolt is the store that keeps everything in one file, for an
// installation on one machine whose calls must survive a restart.
//
//	store, err := bolt.Open("callflow.db")
//	defer store.Close()
//
// A method that changes something returns when the change is on disk. One
// goroutine writes: while it waits for the disk, operations gather, and it writes
// all of them as one record of a journal beside the file, with one sync, so that
// many calls share what a sync costs. Each operation has its own result. Reads see
// what was acknowledged before they began, and wait for nobody.
//
// What is in a journal lies in memory over the file until a checkpoint in the
// background has carried it there; the next journal is written to meanwhile. Close
// carries everything, and leaves the one file. After a crash Open does.
//
// Whoever gives up waiting, because its context has ended, does not know whether
// its operation was done: it may still be.
//
// What has to happen at a time stands in buckets ordered by time, so that neither
// Due nor Expire looks at a record before its time has come. They are lazy about
// delays: a session whose time moves later, as it does with every turn, stays
// where it is and moves on when its old time comes. A turn thus writes one record.
//
// One process at a time has the file; Snapshot copies it while it is in use. A
// file or a journal that is damaged, or is not what belongs there, is refused as it
// is. A last record that is torn is no damage: it was never acknowledged.
package bolt

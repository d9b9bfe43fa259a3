// Package logstream takes what an Auth0 log stream tells: that somebody has signed in
// with a code, which vendors of messages want to hear, and that somebody's telephone
// numbers have changed.
//
// A stream delivers at least once, in any order, and again for days: what was acted
// on is remembered by its log_id for longer than that, and what comes too late for a
// vendor is dropped. 200 is answered once everything is stored; anything else has
// Auth0 send it all again.
//
//	s, err := logstream.New(logstream.Deps{Tokens: …, Approver: gateway, Seen: store, …})
//	server.Deps{Inboxes: []server.Inbox{s.Inbox()}}
package logstream

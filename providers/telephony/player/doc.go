// Package player plays whole calls at a server, as a platform does: it posts the
// first hook, carries out the document that comes back, answers its questions from
// a script, follows its redirects, and tells of the end of the call. It signs what
// it posts.
//
//	result := player.Jambonz(ctx, player.Options{
//		URL:    "https://ivr.example.com/v1/jambonz/calls/authzero",
//		Secret: secret,
//		Call:   player.Call{ID: "call-1", From: "+15550100", To: "+61255500100"},
//		Script: []player.Move{{Keys: engine.NewSecret("12345#")}, {Hangup: true}},
//	})
//
// The players are written from what the platforms were seen to do, and share no
// code with the codecs: where a codec misreads its platform, a call played here
// goes wrong. They are strict, as the platforms are. Time passes only where Wait
// says so: nobody waits for a prompt to be spoken or a caller to think.
//
// What all of them need is in one part, played: what the caller does, how transfers,
// recordings and queues end, what was heard, the hooks that failed and those that are
// sent again. A player holds it and adds its platform: how a hook is written and signed,
// how a document is read, and what becomes of each thing in it.
package player

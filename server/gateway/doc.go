// Package gateway has messages sent for Auth0: it is the SMS gateway of a
// passwordless connection, and what an Action of the unified phone experience posts
// to. Whoever can have messages sent costs their sender money, so it is also where
// toll fraud ends, as far as messages go:
//
//   - A request is verified before it is read: a JWT, HS256 and nothing else.
//   - The number has a prefix that the installation allows, no country and no carrier
//     that it blocks.
//   - The message is within limits for its number, for the address that asked, for
//     the number's range and for the line, and within what a day may cost. All of
//     that is counted in the store, before anything is sent, so that instances that
//     share it share the limits.
//   - The same code for the same number is one message, however often and wherever it
//     is asked for; whoever asks while it is on its way waits. Where nobody knows
//     whether it was sent, it counts as sent.
//
// A verdict is given within Budget. Numbers, codes and texts reach neither the log,
// but for a masked number, nor the store, but as keyed hashes.
//
//	g, err := gateway.New(gateway.Deps{Sender: failover, Store: store, …})
//	verdict := g.Deliver(ctx, gateway.Request{To: "+61412345678", Text: …, Code: …})
//	err = g.Approved(ctx, "+61412345678", time.Now()) // the code was entered rightly
//	codes := g.Codes(tenant, factors)                 // calls Approved by itself
package gateway

// Command desk is the office behind several examples: it keeps what flows post to
// it, and knows which power lines are down.
//
//	go run ./examples/desk
//	go run ./examples/desk -slow 4s      # slower than callers like
package main

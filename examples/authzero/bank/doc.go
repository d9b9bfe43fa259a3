// Command bank is the service that the authzero example asks for balances.
//
//	go run ./examples/authzero/bank
//	go run ./examples/authzero/bank -slow 4s      # slower than callers like
package main

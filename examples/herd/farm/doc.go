// Command farm is the herd book that the herd example reports events to.
//
//	go run ./examples/herd/farm
//	go run ./examples/herd/farm -slow 4s      # slower than callers like
package main

// Package kinds writes the reference of each kind of state: a page made from what
// the language declares of the kind, and the example that stands in examples.
//
// A new kind gets its page with
//
//	go test ./flows/kinds -update
//
// and its example by a flow examples/KIND.yaml.
package kinds

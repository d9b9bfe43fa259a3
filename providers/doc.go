// Package providers says which adapters there are.
//
// An adapter is one implementation of a port: a platform's codec, an identity
// provider, a store. Each lives in a folder of its own and imports the engine and
// its family's contract, never another adapter. The tables of catalog.go are the
// only place that knows them all; whoever needs adapters is handed a table.
//
// To add one: write its package, pass the family's conformance suite, add an Entry.
// The entry's settings are checked, documented, printed with secrets hidden, and
// taken from file, environment and flags without another line of code.
package providers

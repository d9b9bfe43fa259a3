// Package generic is the codec for our own JSON contract, for any platform that has
// no codec of its own, and for a script with curl.
//
// The contract is in README.md, and as JSON Schema (draft-07) in
// request.schema.json and reply.schema.json, which RequestSchema and ReplySchema
// return. It says what the engine says, no more: a platform that can do all of it
// keeps keys pressed early, shows the terminator and has all three clocks.
//
// Fields that the contract does not know are passed over, so that a platform may
// send more; those that it knows must be of their type, and a message says which one
// is not.
package generic

// Package schema describes the language to editors: as JSON Schema (draft-07),
// made from the declarations that the parser itself uses.
//
//	text, err := schema.Flow(flows.Declared())
//
// A schema sees the shape of a file: keys, kinds, words, lengths of time. What a
// flow means (where it leads, what an expression is worth, who may get where) is
// for flows.Compile. Whatever check has nothing against, the schema has nothing
// against either.
package schema

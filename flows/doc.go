// Package flows is the language: it reads a flow, checks it and compiles it to
// an engine.Program.
//
//	program, diags := flows.CompileSource("support.yaml", src, flows.Options{})
//	if diags.HasErrors() { … }
//
// Parse walks the nodes of the YAML file by hand, so that everything in a
// Document knows where it stands. Compile resolves names, types, languages and
// defaults, applies the rules, and runs the proofs of package prove over the
// transitions that the engine's machine is built from. Nothing stops at the
// first mistake: one run reports every independent one, at its character, each
// under a Code that is documented with an example.
//
// The language itself is described in README.md.
package flows

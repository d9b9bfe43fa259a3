// Package newflow writes the beginning of a flow: a flow that runs as it is, and a
// test of it that passes.
package newflow

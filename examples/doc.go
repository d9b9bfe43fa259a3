// Package examples holds flows to start from, each in a folder of its own: the
// flow, its users and stand-ins, a small real service where it needs one, scenarios,
// a configuration to serve it with, and a README. The tests here keep all of it
// true.
package examples

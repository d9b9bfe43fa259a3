// Package loopback runs the small services of the examples, on this machine only.
package loopback

//go:build race

package server_test

// underRace: the race detector runs, and everything takes ten times as long.
const underRace = true

// Package log "sends" messages to a terminal, so that everything can be tried
// before there is an account with anybody. It writes codes in clear, which is its
// purpose: an installation that others can reach refuses to start with it.
package log

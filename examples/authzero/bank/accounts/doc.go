// Package accounts is the bank of the authzero example: a few accounts, and
// nothing that a bank would call security. It tells what is in them to whoever
// asks, so it must not listen beyond this machine.
package accounts

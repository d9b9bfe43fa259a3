// Package smstest is what every sender of messages must do, against a vendor that
// answers in its own shapes.
package smstest

// Package events is the herd book of the herd example: it records events of
// animals, each once, however often it is told.
package events

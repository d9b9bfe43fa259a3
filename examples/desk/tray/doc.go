// Package tray is the office behind several examples: what is posted to it lies in
// a tray, each paper once, however often it is sent; and it answers what the flows
// ask. It trusts whoever reaches it, so it must not listen beyond this machine.
package tray

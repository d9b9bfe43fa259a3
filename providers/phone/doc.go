// Package phone writes telephone numbers in one way, so that they can be compared
// and looked up: E.164, "+61412345678". Platforms, address books and people write
// them in others.
package phone

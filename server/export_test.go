package server

import "callflow/providers/phone"

// Answers tells whether a number of the configuration answers a call, where it is the
// only one.
func Answers(number, called string, region phone.Region) bool {
	r, err := newRouting([]Number{{Number: number, Flow: "f"}}, region)
	return err == nil && r.find(called) != nil
}

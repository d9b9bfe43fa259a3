// Package twilioverify sends one-time codes through Twilio Verify, which watches
// for fraud while it does so.
//
// Each code is a Verification of a service (VA…) that has custom codes switched on:
// Auth0, or whoever made the code, checks it, so that Twilio never learns of a
// right one by itself. Approve tells it, which is what its Fraud Guard learns from.
//
// A block by Fraud Guard (60410, 60412), by geographic permissions (60605) or for
// too many codes to one number (60203, 60212) is a decision: no other sender may be
// asked. 20429 is what a value of RateLimits answers that was used too often, and
// is one too. Sources: twilio/twilio-oai, twilio.com/docs/api/errors.
package twilioverify

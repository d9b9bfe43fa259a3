// Package vonage sends messages with Vonage, through either of its two APIs.
//
// The SMS API (POST https://rest.nexmo.com/sms/json, a form) answers 200 always:
// whether a message was taken stands in the status of each of its parts, and all
// must be "0". The Messages API (POST https://api.nexmo.com/v1/messages, JSON)
// answers 202, or a problem document. Numbers go without their plus sign. Sources:
// Nexmo/api-specification, Vonage/vonage-node-sdk.
package vonage

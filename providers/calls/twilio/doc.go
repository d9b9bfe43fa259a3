// Package twilio asks Twilio for calls: a form to POST
// https://api.twilio.com/2010-04-01/Accounts/SID/Calls.json, authorized by the account
// and its token or by an API key, answered by 201 and the call's sid. With
// MachineDetection Twilio asks Url for a document only when it knows who has answered,
// and tells AnsweredBy. It takes no key that would make one call of two requests.
// Sources: Twilio's API reference, github.com/twilio/twilio-oai.
package twilio

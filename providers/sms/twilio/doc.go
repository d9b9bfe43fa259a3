// Package twilio sends messages with Twilio's Messages resource.
//
// POST /2010-04-01/Accounts/{AC…}/Messages.json with Basic authentication and a
// form; 201 with the message's sid is success. Errors are JSON with a code, which
// tells a decision about the number from a fault of the account
// (twilio/twilio-oai, twilio.com/docs/api/errors).
package twilio

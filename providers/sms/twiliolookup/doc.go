// Package twiliolookup asks Twilio Lookup who carries a number.
//
// GET /v2/PhoneNumbers/{E.164}?Fields=line_type_intelligence with Basic
// authentication. The network's codes are strings, which may be null, and its own
// code may have two digits or three (twilio/twilio-oai).
package twiliolookup

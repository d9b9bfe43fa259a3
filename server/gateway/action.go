package gateway

import _ "embed"

//go:embed action.js
var action string

// ActionSource is the source of an Action of Auth0's for the trigger
// custom-phone-provider, which hands every message to this gateway. Its secrets are
// GATEWAY_URL, GATEWAY_SECRET, GATEWAY_SUBJECT and GATEWAY_AUDIENCE; the secret is the
// key itself, not its base64url.
func ActionSource() string { return action }

// Package services sends the requests and actions of flows to HTTP services,
// which flows know by name only. What a name means belongs to the installation:
//
//	services:
//	  bank:
//	    url: https://bank.example.com/v1
//	    timeout: 3s
//	    headers: { Authorization: "Bearer ${env:BANK_TOKEN}" }
//
// One table (answer.go) says what an HTTP answer means for a flow. A request is
// tried up to three times within its time where that is safe; an action is sent
// exactly once for each call of Action, under its idempotency key, and repeating
// it is the outbox's business.
//
// A service is never reached at a private address unless it is declared private,
// whatever its name resolves to at the moment of dialling. Redirects are not
// followed and proxies of the environment are not used, so that headers with
// secrets go nowhere else. What is said about a failure is a fixed word or a
// status: neither a caller's data, which stands in paths, nor a secret.
package services

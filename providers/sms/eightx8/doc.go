// Package eightx8 sends messages with 8x8's Connect platform.
//
// POST /api/v1/subaccounts/{subaccount}/messages with a bearer token and JSON; 200
// with the status QUEUED is success, and 200 with another status is none. The form
// of errors is not settled by any source; a code in them is looked for and not
// relied on. Regions have hosts of their own.
package eightx8

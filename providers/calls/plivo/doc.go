// Package plivo asks Plivo for calls: POST https://api.plivo.com/v1/Account/ID/Call/,
// authorized by the account's id and token, answered by 201 and a request_uuid. Plivo asks
// answer_url for a document when somebody has answered, tells hangup_url how the call
// ended, and machine_detection_url who answered; it does not tell when a machine has
// finished. It takes no key that would make one call of two requests. Source: Plivo's API
// reference.
package plivo

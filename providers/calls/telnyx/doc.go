// Package telnyx asks Telnyx for calls that are steered by commands: POST
// https://api.telnyx.com/v2/calls, authorized by an API key, answered with the call's
// call_control_id. The token of the order goes in client_state, which comes back in every
// event of the call; events tell that somebody has answered, who, when a machine has
// finished, and how the call ended. A second request under the same command_id is ignored,
// but only for a minute, which is too short to rely on after a stop. Sources: the types of
// the package telnyx 7.24.0 and Telnyx' pages of errors and of detection.
package telnyx

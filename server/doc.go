// Package server is HTTP around the runner: platforms' webhooks, the media files
// of flows, and health.
//
//	POST /v1/PLATFORM/calls                            a call begins: the called number chooses the flow
//	POST /v1/PLATFORM/calls/FLOW                       a call of that flow begins
//	POST /v1/PLATFORM/turns/SESSION/TURN/NONCE         what came of the last answer
//	POST /v1/PLATFORM/status                           a notice, which is only acknowledged
//	GET  /v1/media/FLOW/PATH                           a file from the media folder beside the flow
//	GET  /v1/audio/HASH/NAME                           a recording that a flow plays
//	GET  /api/lookup?phone=NUMBER                      whose a number is, for agents
//	GET  /console/lookup                               the same as a page
//	POST /auth0/…                                      what an identity provider posts, see Inbox
//	GET  /metrics                                      counts of what happened
//	GET  /healthz                                      the process is up
//	GET  /readyz                                       it can take calls, or why not
//
// A hook is verified on its raw bytes, decoded, taken by the runner, and answered
// with what the platform's codec makes of the answer. Nobody but a stranger gets a
// bare status: a hook that is not signed as the platform signs, a body beyond all
// bounds, a route that is not there. Whatever else goes wrong is said to the
// caller, in words, before the call is hung up.
//
// Addresses in answers are built from PublicURL, never from what a request says of
// its host.
//
//	srv, err := server.New(server.Deps{Runner: run, Codecs: codecs, …})
//	err = srv.Run(ctx, listener)   // until ctx ends; then it drains
package server

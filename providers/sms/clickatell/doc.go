// Package clickatell sends messages with Clickatell, through any of the three APIs
// that its customers have keys for.
//
//	one       POST https://platform.clickatell.com/v1/message: the current one
//	platform  POST https://platform.clickatell.com/messages: the one before
//	http      GET  https://api.clickatell.com/http/sendmsg: the oldest
//
// None of them says by its status alone whether a message was taken: 202, 207 and
// 200 may be refusals, so the body is always read. Numbers go without their plus
// sign, and a key goes into Authorization without a scheme.
package clickatell

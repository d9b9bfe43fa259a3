// Package sinch asks Sinch for calls by its custom callout: POST
// https://calling.api.sinch.com/calling/v1/callouts, signed with the application's key and
// secret, answered with the call's callId. How it is connected is said in SVAML, inside of
// the request, where alone there is a time that it rings, and detection of machines. The
// token of the order goes as custom, which comes back in every event of the call, and as a
// cookie besides. Events go to the application's callback URL: ace when somebody has
// answered, with who it was where that is found out before; notify with that, and with the
// beep, where it is found out beside the call; dice when it is over. It takes no key that
// would make one call of two requests. Sources: the types of @sinch/voice 1.4.0, and the
// pages of Sinch's calling API, of its callbacks, and of detection (AMD v2).
package sinch

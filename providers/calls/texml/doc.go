// Package texml asks Telnyx for calls that are answered by TeXML documents: POST
// https://api.telnyx.com/v2/texml/Accounts/SID/Calls, authorized by an API key, answered
// without a name of the call. Telnyx asks Url for a document when somebody has answered,
// and tells StatusCallback how the call gets on and who answered. It takes no key that
// would make one call of two requests. Source: Telnyx' API reference.
package texml

// Package vonage asks Vonage for calls: POST https://api.nexmo.com/v1/calls with a token
// that the application's private key signs (RS256), answered by 201 and the call's uuid
// and conversation_uuid. Numbers go without their plus sign. The answer URL is asked by
// POST, and events tell how the call gets on, what answered, and when a machine has
// finished. It takes no key that would make one call of two requests. Sources:
// Nexmo/api-specification, @vonage/voice, developer.vonage.com.
package vonage

// Package calls is what the adapters that ask platforms for calls have in common. They
// are outbound.Platforms: one folder per platform, beside its codec, which opens no
// connection.
package calls

// Package directory signs callers in against a file of users. It is the embedded
// default, so that everything runs before there is an identity provider.
//
//   - account: 007
//     pin: $argon2id$v=19$m=19456,t=2,p=1$c29tZSBzYWx0IGhlcmU$…
//     greeting: Ana
//     phones: [+61255500123]
//
// Open reads such a file and reports everything wrong with it at once, each with
// its place. The file holds hashes, never PINs: "callflow users hash" makes one.
//
// An answer does not tell an unknown account from a wrong PIN, neither by its
// words nor by the time it takes, and a locked user is told so only after the
// right PIN. Counting wrong attempts is not this package's business.
package directory

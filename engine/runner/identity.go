package runner

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"

	"callflow/engine"
)

// lowerBase32 gives words of a-z and 2-7, which are safe in a URL's path.
var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// SessionID derives the id of a call's session from platform, account and call
// id: the same on every instance and for every hook. It is 128 bits, in 26
// characters that are safe in a URL.
func SessionID(c engine.Call) string {
	id := sessionID(&c)
	return string(id[:])
}

func sessionID(c *engine.Call) (id [26]byte) {
	var room [192]byte
	b := room[:0]
	for _, part := range [...]string{c.Platform, c.Account, c.ID} {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	sum := sha256.Sum256(b)
	lowerBase32.Encode(id[:], sum[:16])
	return id
}

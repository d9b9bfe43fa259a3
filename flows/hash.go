package flows

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
)

// hash is the content hash of all that the program is made from.
func (c *compiler) hash() string {
	h := sha256.New()
	for _, part := range [][]byte{[]byte("callflow " + Version), []byte("engine " + engineVersion), c.doc.Source} {
		writePart(h, part)
	}
	for _, sub := range c.member.sources()[1:] {
		writePart(h, sub.Text)
	}
	for _, lang := range c.langs {
		src, _, _ := c.wordsSource(lang)
		writePart(h, []byte(lang))
		writePart(h, src)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// writePart writes a part with its length before it, so that no two lists of
// parts are written alike.
func writePart(w io.Writer, part []byte) {
	var size [8]byte
	for i, n := 0, len(part); i < len(size); i++ {
		size[i] = byte(n >> (8 * i))
	}
	_, _ = w.Write(size[:])
	_, _ = w.Write(part)
}

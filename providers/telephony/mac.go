package telephony

import (
	"crypto/hmac"
	"hash"
	"sync"

	"callflow/engine"
)

// MAC makes keyed hashes under one secret, for platforms that sign with an HMAC in
// a way of their own. It is safe for concurrent use.
type MAC struct{ hashes sync.Pool }

// NewMAC returns an HMAC over a hash, such as sha1.New.
func NewMAC(h func() hash.Hash, secret engine.Secret) *MAC {
	return &MAC{sync.Pool{New: func() any { return hmac.New(h, []byte(secret.Reveal())) }}}
}

// Sum appends the HMAC of text to dst.
func (m *MAC) Sum(dst, text []byte) []byte {
	mac := m.hashes.Get().(hash.Hash)
	mac.Reset()
	mac.Write(text)
	dst = mac.Sum(dst)
	m.hashes.Put(mac)
	return dst
}

package telephony

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"

	"callflow/engine"
)

// SealParam is the last parameter of a URL that is sealed.
const SealParam = "seal"

// Seals prove that URLs are ours, for what platforms post without a signature: the seal
// is the HMAC-SHA256 of the path and the query under a secret. Of the body and the time
// nothing is proved, and whoever sees such a URL can post to it.
type Seals []*MAC

// NewSeals makes seals of secrets: the first seals, each opens. None: nothing is sealed.
func NewSeals(secrets []engine.Secret) Seals {
	var s Seals
	for _, secret := range secrets {
		s = append(s, NewMAC(sha256.New, secret))
	}
	return s
}

// Seal adds the seal to an address of ours.
func (s Seals) Seal(address string) string {
	if len(s) == 0 || address == "" {
		return address
	}
	if strings.Contains(address, "?") {
		address += "&"
	} else {
		address += "?"
	}
	path := address
	if _, rest, ok := strings.Cut(address, "://"); ok {
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			path = rest[i:]
		}
	}
	return address + SealParam + "=" + sealOf(s[0], path)
}

// Sealed tells whether u is as Seal has written it. there tells that it has a seal,
// good or bad.
func (s Seals) Sealed(u *url.URL) (good, there bool) {
	seal, there := Param(u, SealParam)
	if !there {
		return false, false
	}
	query, ok := strings.CutSuffix(u.RawQuery, SealParam+"="+seal)
	if !ok {
		return false, true // something was added behind it
	}
	for _, m := range s {
		good = hmac.Equal([]byte(sealOf(m, u.EscapedPath()+"?"+query)), []byte(seal)) || good
	}
	return good, true
}

func sealOf(m *MAC, text string) string {
	var raw [sha256.Size]byte
	return hex.EncodeToString(m.Sum(raw[:0], []byte(text)))
}

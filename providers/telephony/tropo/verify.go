package tropo

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// sealParam is the last parameter of each URL in a document. It proves that the URL
// is one of ours: the HMAC-SHA256 of its path and query under the secret.
const sealParam = "seal"

func newSeals(secrets []engine.Secret) []*telephony.MAC {
	var seals []*telephony.MAC
	for _, s := range secrets {
		seals = append(seals, telephony.NewMAC(sha256.New, s))
	}
	return seals
}

// Verify checks that r shows the secret, or comes to a URL that we have sealed with
// it. Tropo signs nothing: of the body and the time nothing is proved. A URL that is
// seen can be posted to again; the turn and the random word in it make that harmless.
func (c *Codec) Verify(r telephony.Request, _ time.Time) error {
	if len(c.seals) == 0 {
		return nil
	}
	if seal, ok := telephony.Param(r.URL, sealParam); ok && len(r.Header["Authorization"]) == 0 {
		if c.sealed(r.URL, seal) {
			return nil
		}
		return fmt.Errorf("tropo: %w: the URL is not as we have given it to Tropo; check that public_url is the address under which it reaches us", telephony.ErrSignature)
	}
	if err := c.password.Verify(r); err != nil {
		return fmt.Errorf("tropo: %w", err)
	}
	return nil
}

// sealed tells whether seal is that of u.
func (c *Codec) sealed(u *url.URL, seal string) bool {
	query, ok := strings.CutSuffix(u.RawQuery, sealParam+"="+seal)
	if !ok {
		return false // something was added behind it
	}
	text := []byte(u.EscapedPath() + "?" + query)
	found := false
	for _, m := range c.seals {
		found = hmac.Equal([]byte(sum(m, text)), []byte(seal)) || found
	}
	return found
}

// seal adds the seal to an address of ours.
func (c *Codec) seal(address string) string {
	if len(c.seals) == 0 || address == "" {
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
	return address + sealParam + "=" + sum(c.seals[0], []byte(path))
}

func sum(m *telephony.MAC, text []byte) string {
	var raw [sha256.Size]byte
	return hex.EncodeToString(m.Sum(raw[:0], text))
}

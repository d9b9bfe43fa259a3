package tropo

import (
	"fmt"
	"time"

	"callflow/providers/telephony"
)

// Verify checks that r shows the secret, or comes to a URL that we have sealed with
// it. Tropo signs nothing: of the body and the time nothing is proved. A URL that is
// seen can be posted to again; the turn and the random word in it make that harmless.
func (c *Codec) Verify(r telephony.Request, _ time.Time) error {
	if len(c.seals) == 0 {
		return nil
	}
	if good, there := c.seals.Sealed(r.URL); there && len(r.Header["Authorization"]) == 0 {
		if good {
			return nil
		}
		return fmt.Errorf("tropo: %w: the URL is not as we have given it to Tropo; check that public_url is the address under which it reaches us", telephony.ErrSignature)
	}
	if err := c.password.Verify(r); err != nil {
		return fmt.Errorf("tropo: %w", err)
	}
	return nil
}

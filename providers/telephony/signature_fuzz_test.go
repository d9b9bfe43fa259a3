package telephony

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"callflow/engine"
)

// No header is good but one that was made with the secret, for the very body and about
// now: whatever a header says is compared with what it would have to say.
func FuzzSignature(f *testing.F) {
	secret := engine.NewSecret("whsec_of_the_fuzzer")
	at := time.Unix(1_800_000_000, 0)
	good := Sign(secret, at, []byte(`{"digits":"1"}`))
	f.Add(good, "", []byte(`{"digits":"1"}`), int64(0))
	f.Add("t=1,v1=00", good, []byte(`{"digits":"1"}`), int64(301))
	f.Add(" t=1800000000 , v1="+good[len("t=1800000000,v1="):], "v1=", []byte(`{"digits":"1"}`), int64(-300))
	f.Add("t=0001800000000,t=,v1=,v1", "=,=", []byte(nil), int64(1)<<62)
	sig, err := NewSignature(SignatureConfig{Header: "Callflow-Signature", Secrets: []engine.Secret{engine.NewSecret("old"), secret}})
	if err != nil {
		f.Fatal(err)
	}
	verify := func(body []byte, at time.Time, header ...string) error {
		return sig.Verify(Request{Header: http.Header{"Callflow-Signature": header}, Body: body}, at)
	}
	f.Fuzz(func(t *testing.T, first, second string, body []byte, late int64) {
		late %= 1_000_000
		now := at.Add(time.Duration(late) * time.Second)
		header := Sign(secret, at, body)
		within := late >= -300 && late <= 300
		if err := verify(body, now, header); (err == nil) != within || err != nil && !errors.Is(err, ErrStale) {
			t.Errorf("its own signature, %d s late: %v", late, err)
		}
		if err := verify(slices.Concat([]byte{' '}, body), now, header); !errors.Is(err, ErrSignature) {
			t.Errorf("with a byte more: %v", err)
		}
		// Neither line was made for this body.
		if err := verify(slices.Concat(body, []byte(" of another line")), now, first, second); !errors.Is(err, ErrSignature) {
			t.Errorf("%q, %q: %v", first, second, err)
		}
	})
}

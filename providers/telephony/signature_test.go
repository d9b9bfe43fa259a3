package telephony

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"callflow/engine"
)

const (
	vectorBody = `{"call_sid":"5f3e0d5f-ba6f-4b18-8d80-0f1ac2b17e01","reason":"dtmfDetected","digits":"4471"}`
	vectorSig  = "t=1795257016,v1=19af4133781f4b38976e68211d21792810136252f2388288b6ae4d2573e2edc3"
)

func newSignature(t *testing.T, secrets ...string) *Signature {
	t.Helper()
	c := SignatureConfig{Header: "x-signature"}
	for _, s := range secrets {
		c.Secrets = append(c.Secrets, engine.NewSecret(s))
	}
	s, err := NewSignature(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSignVector: the vendor's own package accepts this one.
func TestSignVector(t *testing.T) {
	at := time.Unix(1795257016, 0)
	if got := Sign(engine.NewSecret("wh_secret"), at, []byte(vectorBody)); got != vectorSig {
		t.Errorf("got %s, want %s", got, vectorSig)
	}
}

func TestVerify(t *testing.T) {
	at := time.Unix(1795257016, 0)
	sum := strings.TrimPrefix(vectorSig, "t=1795257016,")
	foreign := "v1=" + strings.Repeat("ab", 32)
	for _, tt := range []struct {
		name   string
		header []string
		want   error
	}{
		{"as sent", []string{vectorSig}, nil},
		{"with spaces", []string{" t=1795257016 , " + sum + " "}, nil},
		{"signature first", []string{sum + ",t=1795257016"}, nil},
		{"capitals", []string{"t=1795257016," + "v1=" + strings.ToUpper(sum[3:])}, nil},
		{"several signatures", []string{"t=1795257016," + foreign + "," + sum}, nil},
		{"several fields", []string{"t=1795257016", foreign, sum}, nil},
		{"another version beside", []string{"t=1795257016,v0=00," + sum}, nil},
		{"the right one after too many", []string{"t=1795257016," + strings.Repeat(foreign+",", maxSignatures) + sum}, ErrSignature},
		{"none", nil, ErrUnsigned},
		{"empty", []string{""}, ErrSignature},
		{"no time", []string{sum}, ErrSignature},
		{"no signature", []string{"t=1795257016"}, ErrSignature},
		{"another time", []string{"t=1795257017," + sum}, ErrSignature},
		{"the first time counts", []string{"t=1795257017,t=1795257016," + sum}, ErrSignature},
		{"odd time", []string{"t=+1795257016," + sum}, ErrSignature},
		{"time with words", []string{"t=now," + sum}, ErrSignature},
		{"huge time", []string{"t=99999999999999999999," + sum}, ErrSignature},
		{"short signature", []string{vectorSig[:len(vectorSig)-2]}, ErrSignature},
		{"long signature", []string{vectorSig + "00"}, ErrSignature},
		{"not hexadecimal", []string{vectorSig[:len(vectorSig)-2] + "zz"}, ErrSignature},
		{"another version alone", []string{strings.Replace(vectorSig, "v1", "v0", 1)}, ErrSignature},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := Request{Header: http.Header{}, Body: []byte(vectorBody)}
			if tt.header != nil {
				r.Header["X-Signature"] = tt.header
			}
			for _, secrets := range [][]string{{"wh_secret"}, {"new", "wh_secret"}, {"wh_secret", "old"}} {
				if err := newSignature(t, secrets...).Verify(r, at); !errors.Is(err, tt.want) {
					t.Errorf("secrets %q: got %v, want %v", secrets, err, tt.want)
				}
			}
		})
	}
	t.Run("no header at all", func(t *testing.T) {
		if err := newSignature(t, "s").Verify(Request{}, at); !errors.Is(err, ErrUnsigned) {
			t.Errorf("got %v, want ErrUnsigned", err)
		}
	})
}

// TestVerifyTogether: one Signature serves all calls at once.
func TestVerifyTogether(t *testing.T) {
	s := newSignature(t, "old", "wh_secret")
	at := time.Unix(1795257016, 0)
	good := Request{Header: http.Header{"X-Signature": {vectorSig}}, Body: []byte(vectorBody)}
	bad := Request{Header: good.Header, Body: []byte(vectorBody + " ")}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 200 {
				if err := s.Verify(good, at); err != nil {
					t.Error(err)
				}
				if err := s.Verify(bad, at); !errors.Is(err, ErrSignature) {
					t.Errorf("a changed body: got %v", err)
				}
			}
		})
	}
	wait.Wait()
}

func TestTolerance(t *testing.T) {
	at := time.Unix(1795257016, 0)
	r := Request{Header: http.Header{"X-Signature": {vectorSig}}, Body: []byte(vectorBody)}
	s, err := NewSignature(SignatureConfig{
		Header: "X-Signature", Secrets: []engine.Secret{engine.NewSecret("wh_secret")}, Tolerance: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(r, at.Add(time.Second)); err != nil {
		t.Error(err)
	}
	err = s.Verify(r, at.Add(2*time.Second))
	if !errors.Is(err, ErrStale) || !strings.Contains(err.Error(), "signed 2s ago, allowed are 1s either way") {
		t.Errorf("got %v", err)
	}
	if err := s.Verify(r, at.Add(-2*time.Second)); !errors.Is(err, ErrStale) {
		t.Errorf("from the future: got %v", err)
	}
}

package telnyx

import (
	"bytes"
	"errors"
	"net/http"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// TestPublishedVector checks a signature that Telnyx' own package accepts, made with
// the first test key of RFC 8032.
func TestPublishedVector(t *testing.T) {
	t.Parallel()
	key := engine.NewSecret("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
	s, err := newSignature([]engine.Secret{key}, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	const body = `{"data":{"event_type":"call.gather.ended","id":"0ccc7b54-4df3-4bca-a65a-3da1ecc777f0","payload":{"digits":"4471","status":"valid"}}}`
	at := time.Unix(1795257016, 0)
	request := func(change func(*telephony.Request)) telephony.Request {
		r := telephony.Request{Method: http.MethodPost, Body: []byte(body), Header: http.Header{}}
		r.Header.Set("telnyx-timestamp", "1795257016")
		r.Header.Set("telnyx-signature-ed25519", "SpUKnww5+jJma24hWmg0bahJdTQC+uZgUB4NbXAdiC8/Fw6qj5uR3cCL0bz/hCiQ411bC6XazPvu/LBK1dw2Aw==")
		change(&r)
		return r
	}
	for _, tt := range []struct {
		name   string
		change func(*telephony.Request)
		at     time.Time
		want   error
	}{
		{"as published", func(*telephony.Request) {}, at, nil},
		{"a byte changed", func(r *telephony.Request) { r.Body[10] ^= 1 }, at, telephony.ErrSignature},
		{"a form field more", func(r *telephony.Request) { r.Body = append(r.Body, "&a=1"...) }, at, telephony.ErrSignature},
		{"another time", func(r *telephony.Request) { r.Header.Set(TimestampHeader, "1795257017") }, at, telephony.ErrSignature},
		{"no time", func(r *telephony.Request) { r.Header.Del(TimestampHeader) }, at, telephony.ErrUnsigned},
		{"no signature", func(r *telephony.Request) { r.Header.Del(SignatureHeader) }, at, telephony.ErrUnsigned},
		{"a negative time", func(r *telephony.Request) { r.Header.Set(TimestampHeader, "-1795257016") }, at, telephony.ErrSignature},
		{"later", func(*telephony.Request) {}, at.Add(301 * time.Second), telephony.ErrStale},
	} {
		if err := s.verify(request(tt.change), tt.at); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
	for _, bad := range []string{"x", "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo", "AAAA"} {
		if _, err := newSignature([]engine.Secret{engine.NewSecret(bad)}, 0, false); err == nil {
			t.Errorf("the key %q is taken", bad)
		}
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status int
		body   string
		want   error
		later  bool
	}{
		{200, `{"data":{"result":"ok"}}`, nil, false},
		{422, `{"errors":[{"code":"90018","title":"Call has already ended"}]}`, telephony.ErrCallOver, false},
		{404, `{"errors":[{"code":"10005"}]}`, telephony.ErrCallOver, false},
		{401, `{"errors":[{"code":"10009"}]}`, telephony.ErrNotOurs, false},
		{422, `{"errors":[{"code":"10032","detail":"4471"}]}`, telephony.ErrRefused, false},
		{400, `<html>`, telephony.ErrRefused, false},
		{429, ``, nil, true},
		{500, `{`, nil, true},
		{302, ``, nil, true},
	} {
		err := (&Codec{}).Judge(tt.status, []byte(tt.body))
		switch {
		case tt.later && (err == nil || errors.Is(err, telephony.ErrRefused)), !tt.later && !errors.Is(err, tt.want):
			t.Errorf("HTTP %d %s: got %v, want %v (later: %v)", tt.status, tt.body, err, tt.want, tt.later)
		}
	}
}

// FuzzVerify: what is signed is taken, whatever it holds, and nothing else is: neither
// another body, nor another time, nor another signature.
func FuzzVerify(f *testing.F) {
	f.Add([]byte(`{"data":{}}`), []byte(`{"data":{ }}`), "1795257016", "")
	f.Add([]byte("Digits=1&CallSid=c-1"), []byte("Digits=1&CallSid=c-1&a=1"), "-1", "AAAA")
	f.Add([]byte{}, []byte("|"), " 1795257016", "=")
	secret := engine.NewSecret("a key of the test")
	s, err := newSignature([]engine.Secret{publicKey(secret)}, 0, false)
	if err != nil {
		f.Fatal(err)
	}
	at := time.Unix(1795257016, 0)
	f.Fuzz(func(t *testing.T, body, other []byte, stamp, signed string) {
		r := telephony.Request{Method: http.MethodPost, Body: body, Header: http.Header{}}
		sign(&r, secret, at)
		if err := s.verify(r, at); err != nil {
			t.Fatal(err)
		}
		refused := func(what string, r telephony.Request) {
			if s.verify(r, at) == nil {
				t.Errorf("%s is taken", what)
			}
		}
		changed := r
		if changed.Body = other; !bytes.Equal(body, other) {
			refused("another body", changed)
		}
		changed = r
		changed.Header = r.Header.Clone()
		if changed.Header.Set(TimestampHeader, stamp); changed.Header.Get(TimestampHeader) != r.Header.Get(TimestampHeader) {
			refused("another time", changed)
		}
		changed.Header = r.Header.Clone()
		if changed.Header.Set(SignatureHeader, signed); changed.Header.Get(SignatureHeader) != r.Header.Get(SignatureHeader) {
			refused("another signature", changed)
		}
	})
}

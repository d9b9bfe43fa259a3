package player

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// answer is what came back from a hook.
type answer struct {
	status      int
	contentType string
	body        []byte
}

// delivery is a hook that is ready to be sent, as often as it takes: each time
// with the same bytes.
type delivery struct {
	kind            Kind
	url             string
	header          string // of the signature
	body, signature []byte
	timeout         time.Duration
	method          string // "": POST
	contentType     string // of the body; "": JSON
	more            http.Header
}

// sign makes the signature: t=SECONDS,v1=HEX over "SECONDS.BODY".
func (o *Options) sign(body []byte) []byte {
	if o.Secret.Len() == 0 {
		return nil
	}
	seconds := strconv.FormatInt(o.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(o.Secret.Reveal()))
	mac.Write([]byte(seconds))
	mac.Write([]byte{'.'})
	mac.Write(body)
	return []byte("t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil)))
}

// post sends a hook once. usable judges the answer; its error counts as the
// exchange's.
func (o *Options) post(ctx context.Context, d delivery, usable func(answer) error) (answer, error) {
	began := o.Now()
	a, err := o.send(ctx, d)
	if err == nil && usable != nil {
		err = usable(a)
	}
	if o.Observe != nil {
		o.Observe(Exchange{Kind: d.kind, URL: d.url, Status: a.status, Latency: o.Now().Sub(began), Err: err})
	}
	return a, err
}

func (o *Options) send(ctx context.Context, d delivery) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	method, contentType := http.MethodPost, "application/json"
	if d.method != "" {
		method = d.method
	}
	if d.contentType != "" {
		contentType = d.contentType
	}
	req, err := http.NewRequestWithContext(ctx, method, d.url, bytes.NewReader(d.body))
	if err != nil {
		return answer{}, err
	}
	for name, values := range d.more {
		req.Header[name] = values
	}
	if method != http.MethodGet {
		req.Header.Set("Content-Type", contentType)
	}
	if d.signature != nil {
		req.Header.Set(d.header, string(d.signature))
	}
	resp, err := o.Client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxReply+1))
	if err != nil {
		return answer{}, err // which is lost on the way
	}
	a := answer{status: resp.StatusCode, contentType: resp.Header.Get("Content-Type"), body: body}
	if len(body) > maxReply {
		err = fmt.Errorf("the answer has more than %d bytes", maxReply)
	}
	return a, err
}

// acknowledged tells whether a notice was taken.
func acknowledged(a answer) (answer, error) {
	if a.status < 200 || a.status > 299 {
		return a, fmt.Errorf("it was answered with HTTP %d", a.status)
	}
	return a, nil
}

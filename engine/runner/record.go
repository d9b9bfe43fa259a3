package runner

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"time"

	"callflow/engine"
)

// The kinds of effects and of what answers them, in saved records.
const (
	savedSignIn  = 's'
	savedRequest = 'r'
	savedAction  = 'a'
	savedVoice   = 'v'
	savedSend    = 'c'
	savedCheck   = 'k'
	savedFind    = 'i'
	savedCommand = 'm'
)

// fingerprint identifies an effect by everything in it, so that no result is ever taken
// for that of another. It holds a PIN's digest and is kept sealed.
type fingerprint [16]byte

func fingerprintOf(e engine.Effect) fingerprint {
	var b []byte
	switch e := e.(type) {
	case engine.Authenticate:
		b = append(b, savedSignIn)
		for _, s := range [...]string{e.Account, e.PIN.Reveal(), e.From, e.To, e.Trunk} {
			b = appendBytes(b, s)
		}
	case engine.Request:
		b = appendFetch(append(b, savedRequest), e.Fetch)
	case engine.Action:
		b = appendAction(b, e)
	case engine.AwaitRecording:
		b = appendBytes(append(b, savedVoice), e.ID)
	case engine.SendCode:
		b = append(b, savedSend)
		for _, s := range [...]string{e.Number, e.Pending.Reveal(), string(e.Channel), e.Lang, e.From, e.To, e.Trunk, e.Key} {
			b = appendBytes(b, s)
		}
	case engine.CheckCode:
		b = append(b, savedCheck)
		for _, s := range [...]string{e.Handle.Reveal(), e.Code.Reveal(), e.From, e.To, e.Trunk} {
			b = appendBytes(b, s)
		}
	case engine.Identify:
		b = appendBytes(append(b, savedFind), e.Number)
	}
	sum := sha256.Sum256(b)
	return fingerprint(sum[:16])
}

func appendFetch(dst []byte, f engine.Fetch) []byte {
	dst = appendBytes(dst, f.Service)
	dst = appendBytes(dst, f.Method)
	dst = appendBytes(dst, f.Path)
	dst = appendInt(dst, int64(len(f.Headers)))
	for _, h := range f.Headers {
		dst = appendBytes(dst, h.Name)
		dst = appendBytes(dst, h.Value)
	}
	dst = appendBytes(dst, f.Body)
	return appendInt(dst, int64(f.Timeout))
}

// appendAction is the saved form of an action, the data of its promise.
func appendAction(dst []byte, a engine.Action) []byte {
	dst = appendBytes(appendFetch(append(dst, effectFormat, savedAction), a.Fetch), a.Key)
	if a.Calls == "" {
		return dst // as it always was
	}
	return appendBytes(dst, a.Calls)
}

func parseAction(data []byte) (engine.Action, error) {
	r := reader{buf: data}
	r.format(effectFormat)
	r.format(savedAction)
	a := engine.Action{Fetch: engine.Fetch{Service: r.text(), Method: r.text(), Path: r.text()}}
	n := r.int()
	if n < 0 || n > int64(len(r.buf)) { // each takes at least two bytes
		return a, errSaved
	}
	for range n {
		a.Headers = append(a.Headers, engine.Header{Name: r.text(), Value: r.text()})
	}
	a.Body = bytes.Clone(r.bytes())
	if len(a.Body) == 0 {
		a.Body = nil
	}
	a.Timeout = time.Duration(r.int())
	a.Key = r.text()
	if len(r.buf) > 0 {
		a.Calls = r.text()
	}
	return a, r.done()
}

// appendResult is the saved form of an effect's result.
func appendResult(dst []byte, of fingerprint, ev engine.Event) []byte {
	dst = append(append(dst, effectFormat), of[:]...)
	switch ev := ev.(type) {
	case engine.SignedIn:
		dst = append(dst, savedSignIn)
		dst = appendBytes(dst, string(ev.Result))
		dst = appendBytes(dst, ev.Principal.Account)
		dst = appendBytes(dst, ev.Principal.ID)
		dst = appendBytes(dst, ev.Principal.Greeting)
		if ev.Pending.Len() > 0 {
			dst = appendBytes(dst, ev.Pending.Reveal())
		}
	case engine.CodeSent:
		dst = append(dst, savedSend)
		dst = appendBytes(dst, string(ev.Result))
		dst = appendBytes(dst, ev.Handle.Reveal())
		dst = appendBytes(dst, ev.Ending)
	case engine.CodeChecked:
		dst = append(dst, savedCheck)
		dst = appendBytes(dst, string(ev.Result))
		dst = appendBytes(dst, ev.Phone)
		if p := ev.Principal; p != nil {
			dst = appendBytes(dst, p.Account)
			dst = appendBytes(dst, p.ID)
			dst = appendBytes(dst, p.Greeting)
		}
	case engine.Identified:
		dst = append(dst, savedFind)
		dst = appendBytes(dst, string(ev.Result))
		for _, c := range ev.Accounts {
			dst = appendBytes(dst, c.Account)
			dst = appendBytes(dst, c.Kind)
		}
	case engine.Answered:
		dst = append(dst, savedRequest)
		dst = appendBytes(dst, string(ev.Result))
		dst = appendBytes(dst, ev.Detail)
		dst = appendBytes(dst, ev.Body)
	case engine.RecordingReady:
		dst = appendBytes(append(dst, savedVoice), ev.ID)
		dst = appendBytes(dst, ev.URL)
		dst = appendInt(dst, int64(ev.Length))
	}
	return dst
}

func parseResult(data []byte) (of fingerprint, ev engine.Event, err error) {
	r := reader{buf: data}
	r.format(effectFormat)
	if len(r.buf) < len(of) {
		return of, nil, errSaved
	}
	r.buf = r.buf[copy(of[:], r.buf):]
	switch r.byte() {
	case savedSignIn:
		in := engine.SignedIn{Result: engine.SignIn(r.text())}
		in.Principal = engine.Principal{Account: r.text(), ID: r.text(), Greeting: r.text()}
		if len(r.buf) > 0 { // earlier ones end here
			in.Pending = engine.NewSecret(r.text())
		}
		ev = in
	case savedSend:
		ev = engine.CodeSent{Result: engine.CodeSending(r.text()), Handle: engine.NewSecret(r.text()), Ending: r.text()}
	case savedCheck:
		in := engine.CodeChecked{Result: engine.CodeResult(r.text()), Phone: r.text()}
		if len(r.buf) > 0 {
			in.Principal = &engine.Principal{Account: r.text(), ID: r.text(), Greeting: r.text()}
		}
		ev = in
	case savedFind:
		in := engine.Identified{Result: engine.Identification(r.text())}
		for len(r.buf) > 0 && r.err == nil {
			in.Accounts = append(in.Accounts, engine.Candidate{Account: r.text(), Kind: r.text()})
		}
		ev = in
	case savedRequest:
		got := engine.Answered{Result: engine.Answer(r.text()), Detail: r.text()}
		if body := r.bytes(); len(body) > 0 {
			got.Body = bytes.Clone(body)
		}
		ev = got
	case savedVoice:
		ev = engine.RecordingReady{ID: r.text(), URL: r.text(), Length: time.Duration(r.int())}
	default:
		r.fail()
	}
	return of, ev, r.done()
}

// sealResult seals a result for the store.
func (r *Runner) sealResult(of fingerprint, ev engine.Event) ([]byte, error) {
	sealed, err := r.sealer.Seal(appendResult(nil, of, ev))
	if err != nil {
		return nil, fmt.Errorf("seal the result of an effect: %w", err)
	}
	return sealed, nil
}

// openResult reads a result from the store.
func (r *Runner) openResult(sealed []byte) (fingerprint, engine.Event, error) {
	plain, err := r.sealer.Open(sealed)
	if err != nil {
		return fingerprint{}, nil, fmt.Errorf("open the result of an effect: %w", err)
	}
	return parseResult(plain)
}

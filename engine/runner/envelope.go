package runner

import (
	"crypto/subtle"
	"strings"

	"callflow/engine"
)

// The formats of saved records, each their first byte.
const (
	envelopeFormat = 2
	// clearFormat is an envelope's whose session is not sealed: the version before
	// sealed only the secrets in it. Such a session is read, and sealed when it is
	// next saved.
	clearFormat = 1

	answerFormat = 1
	mailFormat   = 1
	effectFormat = 1
)

// envelope is what the runner keeps in front of a saved session: enough to judge
// a hook without reading the session itself.
type envelope struct {
	turn int // the session's
	// nonce belongs to the current turn, prev to the one before; empty where that
	// was the first hook, which has none.
	nonce, prev []byte
	// wake is what the record's Wake was set to, in microseconds: an earlier one
	// tells that there is mail.
	wake int64
	// asked is the turn in which the awaited effect was first asked for, held how
	// often the caller was told to hold for it.
	asked, held int
	// ended is the notice of the call's end, until the session is stepped with it;
	// nil: none.
	ended []byte
	// clear: the session behind it is not sealed.
	clear bool
}

func (e *envelope) append(dst []byte) []byte {
	format := byte(envelopeFormat)
	if e.clear {
		format = clearFormat
	}
	dst = append(dst, format)
	dst = appendInt(dst, int64(e.turn))
	dst = appendBytes(dst, e.nonce)
	dst = appendBytes(dst, e.prev)
	dst = appendInt(dst, e.wake)
	dst = appendInt(dst, int64(e.asked))
	dst = appendInt(dst, int64(e.held))
	return appendBytes(dst, e.ended)
}

// parseEnvelope returns the envelope, which holds parts of data, and the session's
// bytes, which openSession reads.
func parseEnvelope(data []byte) (envelope, []byte, error) {
	r := reader{buf: data}
	clear := len(data) > 0 && data[0] == clearFormat
	if clear {
		r.format(clearFormat)
	} else {
		r.format(envelopeFormat)
	}
	e := envelope{clear: clear, turn: int(r.int()), nonce: r.bytes(), prev: r.bytes(), wake: r.int(), asked: int(r.int()), held: int(r.int())}
	e.ended = r.bytes()
	return e, r.buf, r.err
}

// place says which turn a token is of.
type place int

const (
	elsewhere place = iota // late, foreign or from the future
	current
	before
)

func (e *envelope) place(t Token) place {
	random, _, _ := strings.Cut(t.Nonce, hintMark)
	switch {
	case t.Turn == e.turn && same(e.nonce, random):
		return current
	case t.Turn == e.turn-1 && same(e.prev, random):
		return before
	}
	return elsewhere
}

// same compares nonces in constant time. None is like no other.
func same(saved []byte, given string) bool {
	return len(saved) > 0 && subtle.ConstantTimeCompare(saved, []byte(given)) == 1
}

// savedAnswer is an answer as it is kept: sealed as a whole, for it holds what a
// caller was told.
type savedAnswer struct {
	// turn and nonce are those of the hook that was answered; zero and empty for
	// the first.
	turn  int
	nonce []byte
	reply Reply
	// next is the nonce of the turn that the answer asks for, where it has commands.
	next []byte
}

func (a *savedAnswer) append(dst []byte) []byte {
	dst = append(dst, answerFormat)
	dst = appendInt(dst, int64(a.turn))
	dst = appendBytes(dst, a.nonce)
	dst = appendInt(dst, int64(a.reply.Status))
	dst = appendBytes(dst, a.reply.ContentType)
	dst = appendBytes(dst, a.reply.Body)
	if c := &a.reply.Commands; len(c.Parts) > 0 {
		dst = appendBytes(dst, a.next)
		dst = appendBytes(dst, c.Last)
		for _, part := range c.Parts {
			dst = appendBytes(dst, part)
		}
	}
	return dst
}

func parseAnswer(data []byte) (savedAnswer, error) {
	r := reader{buf: data}
	r.format(answerFormat)
	a := savedAnswer{turn: int(r.int()), nonce: r.bytes()}
	a.reply = Reply{Status: int(r.int()), ContentType: r.text(), Body: r.bytes()}
	if len(r.buf) > 0 {
		a.next, a.reply.Commands.Last = r.bytes(), r.bytes()
		for more := true; more; more = len(r.buf) > 0 { // there is one at least
			a.reply.Commands.Parts = append(a.reply.Commands.Parts, r.bytes())
		}
	}
	return a, r.done()
}

// mailCallEnded is the only kind of mail there is.
const mailCallEnded = 1

// maxReason bounds what a notice's own words may cost, in bytes.
const maxReason = 200

func appendCallEnded(dst []byte, e engine.CallEnded) []byte {
	dst = append(dst, mailFormat, mailCallEnded)
	dst = appendBytes(dst, e.By[:min(len(e.By), maxReason)])
	return appendBytes(dst, e.Reason[:min(len(e.Reason), maxReason)])
}

// parseCallEnded reads the notice of a call's end.
func parseCallEnded(data []byte) (engine.CallEnded, error) {
	r := reader{buf: data}
	r.format(mailFormat)
	if r.byte() != mailCallEnded {
		r.fail()
	}
	e := engine.CallEnded{By: r.text(), Reason: r.text()}
	return e, r.done()
}

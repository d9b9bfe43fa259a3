package directory

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/sms"
)

// How long a code can be entered, and how often wrongly.
const (
	codeLife  = 5 * time.Minute
	codeTries = 3
)

// ByPhone are the users who have a number, E.164, sorted by account.
func (d *Directory) ByPhone(number string) []engine.Principal {
	var all []engine.Principal
	for i := range d.users {
		if u := &d.users[i]; slices.Contains(u.Phones, number) {
			all = append(all, u.Principal())
		}
	}
	slices.SortFunc(all, func(a, b engine.Principal) int { return strings.Compare(a.Account, b.Account) })
	return all
}

// CodesDeps is what Codes needs. Now has a default.
type CodesDeps struct {
	Directory *Directory
	// Counters remember which code of a number is the newest, and how often it was
	// entered.
	Counters runner.Counters
	// Sender delivers codes.
	Sender sms.Sender
	// Key makes codes: at least 16 bytes, the same for all instances and never
	// told to anybody.
	Key []byte
	Now func() time.Time
}

// Codes sends codes of six digits to telephone numbers, and checks them. A code is
// good for five minutes and three wrong entries, once, and only as long as no newer
// one was sent to the number. It is made from a key and from what it is sent for,
// so that it is kept nowhere, and is the same however often one step is repeated.
//
// A number proves the user who has it, where it is one; a number of several users,
// or of nobody, is proved and no more.
type Codes struct{ d CodesDeps }

var _ runner.Codes = (*Codes)(nil)

// NewCodes makes a sender of codes.
func NewCodes(d CodesDeps) (*Codes, error) {
	switch {
	case d.Directory == nil || d.Counters == nil || d.Sender == nil:
		return nil, errors.New("directory: Directory, Counters or Sender is missing")
	case len(d.Key) < 16:
		return nil, fmt.Errorf("directory: the key has %d bytes, expected at least 16", len(d.Key))
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	return &Codes{d}, nil
}

// SendCode sends a code, whether anybody here has the number or not. The number is
// E.164.
func (c *Codes) SendCode(ctx context.Context, e engine.SendCode) (engine.CodeSent, error) {
	e.Number = c.number(e)
	if !strings.HasPrefix(e.Number, "+") {
		return engine.CodeSent{Result: engine.CodeSentRejected}, nil
	}
	if err := c.open(ctx, e.Number, e.Key); err != nil {
		return engine.CodeSent{}, err
	}
	m := sms.Message{
		To: e.Number, Code: engine.NewSecret(c.code(e.Number, e.Key)), Channel: sms.SMS, Locale: e.Lang,
		Key: e.Key,
	}
	m.Text = engine.NewSecret(wording(e.Lang, m.Code.Reveal()))
	if e.Channel == engine.ChannelVoice {
		m.Channel = sms.Call
	}
	_, err := c.d.Sender.Send(ctx, m)
	var failure *sms.Failure
	switch {
	case err == nil, errors.As(err, &failure) && failure.Maybe:
		return c.SentCode(e), nil
	case errors.Is(err, sms.ErrRefused):
		return engine.CodeSent{Result: engine.CodeSentRejected}, nil
	}
	return engine.CodeSent{}, err
}

// SentCode is the code as if it was sent: it can be checked in any case.
func (c *Codes) SentCode(e engine.SendCode) engine.CodeSent {
	number := c.number(e)
	if len(number) < 4 {
		return engine.CodeSent{Result: engine.CodeSentUnavailable}
	}
	handle := number + " " + e.Key
	if e.Pending.Len() > 0 {
		handle += " " + e.Pending.Reveal()
	}
	return engine.CodeSent{
		Result: engine.CodeSentOn, Handle: engine.NewSecret(handle), Ending: number[len(number)-2:],
	}
}

// number is where a code goes: to the telephone of whoever signs in, where it is a
// second factor.
func (c *Codes) number(e engine.SendCode) string {
	if e.Pending.Len() == 0 {
		return e.Number
	}
	if u := c.d.Directory.pending(e.Pending); u != nil {
		return u.Phones[0]
	}
	return ""
}

// CheckCode checks a code. The entry is counted before it is compared, so that
// entries at the same time are not one.
func (c *Codes) CheckCode(ctx context.Context, e engine.CheckCode) (engine.CodeChecked, error) {
	expired := engine.CodeChecked{Result: engine.CodeExpired}
	number, rest, ok := strings.Cut(e.Handle.Reveal(), " ")
	if !ok {
		return expired, nil
	}
	key, pending, isFactor := strings.Cut(rest, " ")
	name := c.counter(number)
	for range 100 {
		now := c.d.Now()
		counter, err := c.d.Counters.Count(ctx, name, now)
		if err != nil {
			return engine.CodeChecked{}, fmt.Errorf("code: %w", err)
		}
		tries := counter.N&(1<<triesBits-1) - 1
		if counter.N>>triesBits != c.mark(key) || tries < 0 || tries >= codeTries {
			return expired, nil
		}
		next := runner.Counter{Key: name}
		right := e.Code.Equal(engine.NewSecret(c.code(number, key)))
		if !right {
			next = counter
			next.N++
		}
		switch err := c.d.Counters.Swap(ctx, counter, next, now); {
		case errors.Is(err, runner.ErrConflict):
			continue
		case err != nil:
			return engine.CodeChecked{}, fmt.Errorf("code: %w", err)
		case !right:
			return engine.CodeChecked{Result: engine.CodeDenied}, nil
		}
		if isFactor {
			return c.completed(engine.NewSecret(pending)), nil
		}
		return c.proved(number), nil
	}
	return engine.CodeChecked{}, errors.New("code: overtaken too often")
}

// proved is what a right code proves.
func (c *Codes) proved(number string) engine.CodeChecked {
	checked := engine.CodeChecked{Result: engine.CodeVerified, Phone: number}
	if who := c.d.Directory.ByPhone(number); len(who) == 1 {
		switch u := &c.d.Directory.users[c.d.Directory.byAccount[who[0].Account]]; {
		case u.Locked:
			return engine.CodeChecked{Result: engine.CodeLocked}
		case !u.Factor: // theirs is the second factor, and not the first
			checked.Principal = &who[0]
		}
	}
	return checked
}

// completed is what a right code proves besides a right PIN: who is calling, and no
// number.
func (c *Codes) completed(pending engine.Secret) engine.CodeChecked {
	u := c.d.Directory.pending(pending)
	if u == nil || u.Locked {
		return engine.CodeChecked{Result: engine.CodeLocked}
	}
	p := u.Principal()
	return engine.CodeChecked{Result: engine.CodeVerified, Principal: &p}
}

// triesBits are the bits of a counter that count entries, from 1. Those above say
// which code it is for.
const triesBits = 3

// open makes a code the newest of its number. One that is open already stays as it
// is.
func (c *Codes) open(ctx context.Context, number, key string) error {
	name := c.counter(number)
	for range 100 {
		now := c.d.Now()
		old, err := c.d.Counters.Count(ctx, name, now)
		if err != nil {
			return fmt.Errorf("code: %w", err)
		}
		if old.N>>triesBits == c.mark(key) {
			return nil
		}
		err = c.d.Counters.Swap(ctx, old, runner.Counter{Key: name, N: c.mark(key)<<triesBits + 1, At: now, Until: now.Add(codeLife)}, now)
		if !errors.Is(err, runner.ErrConflict) {
			return err
		}
	}
	return errors.New("code: overtaken too often")
}

func (c *Codes) hash(parts ...string) []byte {
	mac := hmac.New(sha256.New, c.d.Key)
	_, _ = mac.Write([]byte(strings.Join(parts, "\x00"))) // never fails
	return mac.Sum(nil)
}

// counter names the counter of a number without telling which it is.
func (c *Codes) counter(number string) string {
	return "codes/open/" + hex.EncodeToString(c.hash("number", number)[:16])
}

// mark tells the codes of a number apart.
func (c *Codes) mark(key string) int {
	return int(binary.BigEndian.Uint32(c.hash("mark", key)) >> 1)
}

// code is the code that is sent to a number for a reason.
func (c *Codes) code(number, key string) string {
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(c.hash("code", number, key))%1_000_000)
}

// wording is the message with a code.
func wording(lang, code string) string {
	base, _, _ := strings.Cut(strings.ToLower(lang), "-")
	if base == "es" {
		return "Su código es " + code + ". No lo comparta con nadie."
	}
	return "Your code is " + code + ". Do not give it to anybody."
}

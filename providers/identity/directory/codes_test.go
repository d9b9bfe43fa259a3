package directory_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/identity/directory"
	"callflow/providers/sms"
	"callflow/providers/store/memory"
)

// inbox takes messages.
type inbox struct {
	codes []string
	err   error
}

func (*inbox) Name() string { return "inbox" }

func (i *inbox) Send(_ context.Context, m sms.Message) (sms.Receipt, error) {
	i.codes = append(i.codes, m.Code.Reveal())
	return sms.Receipt{}, i.err
}

const phoneUsers = `
- { account: "1", pin: "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$b2ZcK1rVfJ9bVQ3p3m6m0v3m6m0v3m6m0v3m6m0v3m4", greeting: Ana, phones: ["+61412345678"] }
- { account: "2", pin: "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$b2ZcK1rVfJ9bVQ3p3m6m0v3m6m0v3m6m0v3m6m0v3m4", phones: ["+61412345679"] }
- { account: "3", pin: "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$b2ZcK1rVfJ9bVQ3p3m6m0v3m6m0v3m6m0v3m6m0v3m4", phones: ["+61412345679"] }
`

// factorUsers have the PIN 1234 and a second factor.
const factorUsers = `
- { account: "12345", pin: "$argon2id$v=19$m=19456,t=2,p=1$23TNKt4pve367gb/KLRLtw$m+KINHFQI5nEoGZKmER+ZrSDMnnFNZD5a91189B+sMc", greeting: Maria, phones: ["+61412345678", "+61412345679"], factor: true }
- { account: "222", pin: "$argon2id$v=19$m=19456,t=2,p=1$23TNKt4pve367gb/KLRLtw$m+KINHFQI5nEoGZKmER+ZrSDMnnFNZD5a91189B+sMc", phones: ["+61412345670"], factor: true, locked: true }
`

// A right PIN is half of a sign-in where the user has a second factor; the code goes
// to their own telephone, wherever they call from, and proves no number. The code
// alone proves nobody.
func TestSecondFactor(t *testing.T) {
	t.Parallel()
	users, err := directory.Parse("users.yaml", []byte(factorUsers))
	if err != nil {
		t.Fatal(err)
	}
	box := &inbox{}
	c, err := directory.NewCodes(directory.CodesDeps{Directory: users, Counters: memory.New(), Sender: box, Key: []byte("0123456789abcdef")})
	if err != nil {
		t.Fatal(err)
	}
	signIn := func(account, pin string) engine.SignedIn {
		t.Helper()
		in, err := users.Authenticate(t.Context(), engine.Authenticate{Account: account, PIN: engine.NewSecret(pin)})
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	if in := signIn("12345", "4321"); in.Result != engine.SignInDenied {
		t.Errorf("a wrong PIN: %+v", in)
	}
	if in := signIn("222", "1234"); in.Result != engine.SignInLocked {
		t.Errorf("a locked user: %+v", in)
	}
	in := signIn("12345", "1234")
	if in.Result != engine.SignInChallenge || in.Principal != (engine.Principal{}) {
		t.Fatalf("a right PIN: %+v", in)
	}
	e := engine.SendCode{Pending: in.Pending, From: "+15550100", Key: "call/1"}
	sent, err := c.SendCode(t.Context(), e)
	if err != nil || sent.Result != engine.CodeSentOn || sent.Ending != "78" {
		t.Fatal(sent, err)
	}
	if again := c.SentCode(e); again.Handle.Reveal() != sent.Handle.Reveal() {
		t.Error("a code of which nobody knows whether it was sent is another one")
	}
	check := func(code string) engine.CodeChecked {
		t.Helper()
		got, err := c.CheckCode(t.Context(), engine.CheckCode{Handle: sent.Handle, Code: engine.NewSecret(code)})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := check("000"); got.Result != engine.CodeDenied {
		t.Errorf("a wrong code: %+v", got)
	}
	if got := check(box.codes[0]); got.Result != engine.CodeVerified || got.Phone != "" || got.Principal == nil || *got.Principal != (engine.Principal{Account: "12345", ID: "directory|12345", Greeting: "Maria"}) {
		t.Errorf("the right code: %+v", got)
	}
	if sent, err = c.SendCode(t.Context(), engine.SendCode{Number: "+61412345678", Key: "call/2"}); err != nil {
		t.Fatal(err)
	}
	if got := check(box.codes[1]); got.Result != engine.CodeVerified || got.Principal != nil || got.Phone == "" {
		t.Errorf("a code without a PIN: %+v", got)
	}
	for _, pending := range []string{"user|1", "12345", "user|"} {
		sent, err := c.SendCode(t.Context(), engine.SendCode{Pending: engine.NewSecret(pending), Key: "call/3"})
		if err != nil || sent.Result != engine.CodeSentRejected || c.SentCode(engine.SendCode{Pending: engine.NewSecret(pending)}).Result != engine.CodeSentUnavailable {
			t.Errorf("%s: %+v, %v", pending, sent, err)
		}
	}
	if len(box.codes) != 2 {
		t.Errorf("%d codes were sent", len(box.codes))
	}
}

func newCodes(t *testing.T, box *inbox, now func() time.Time) *directory.Codes {
	t.Helper()
	users, err := directory.Parse("users.yaml", []byte(phoneUsers))
	if err != nil {
		t.Fatal(err)
	}
	c, err := directory.NewCodes(directory.CodesDeps{Directory: users, Counters: memory.New(), Sender: box, Key: []byte("0123456789abcdef"), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCodes(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	box := &inbox{}
	c := newCodes(t, box, func() time.Time { return now })
	send := func(number, key string) engine.Secret {
		t.Helper()
		sent, err := c.SendCode(t.Context(), engine.SendCode{Number: number, Key: key})
		if err != nil || sent.Result != engine.CodeSentOn || sent.Ending != number[len(number)-2:] {
			t.Fatal(sent, err)
		}
		return sent.Handle
	}
	last := func() string { return box.codes[len(box.codes)-1] }
	check := func(h engine.Secret, code string) engine.CodeChecked {
		t.Helper()
		got, err := c.CheckCode(t.Context(), engine.CheckCode{Handle: h, Code: engine.NewSecret(code)})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	expect := func(what string, got engine.CodeChecked, want engine.CodeResult) {
		t.Helper()
		if got.Result != want {
			t.Errorf("%s: %s; want %s", what, got.Result, want)
		}
	}

	h := send("+61412345678", "call/1")
	if len(last()) != 6 {
		t.Fatalf("the code %q has not six digits", last())
	}
	expect("a wrong code", check(h, "x"), engine.CodeDenied)
	got := check(h, last())
	expect("the right one", got, engine.CodeVerified)
	if got.Phone != "+61412345678" || got.Principal == nil || got.Principal.Account != "1" || got.Principal.Greeting != "Ana" {
		t.Errorf("%+v", got)
	}
	expect("a second time", check(h, last()), engine.CodeExpired)

	h = send("+61412345678", "call/2")
	for range 3 {
		expect("a wrong code", check(h, "000"), engine.CodeDenied)
	}
	expect("after three wrong ones", check(h, last()), engine.CodeExpired)

	older := send("+61412345678", "call/3")
	code := last()
	newer := send("+61412345678", "other/1")
	expect("an older code", check(older, code), engine.CodeExpired)
	expect("the newest", check(newer, last()), engine.CodeVerified)

	h = send("+61412345678", "call/4")
	now = now.Add(5*time.Minute + time.Second)
	expect("after five minutes", check(h, last()), engine.CodeExpired)

	got = check(send("+61412345679", "call/5"), last())
	expect("a number of two", got, engine.CodeVerified)
	if got.Principal != nil {
		t.Errorf("a number of two proves neither: %+v", got.Principal)
	}
	got = check(send("+61400000000", "call/6"), last())
	expect("a number of nobody", got, engine.CodeVerified)
	if got.Principal != nil || got.Phone != "+61400000000" {
		t.Errorf("%+v", got)
	}
}

// What becomes of a message decides what is said: a decision, an outage, or nobody
// knows, which counts as sent.
func TestCodesThatAreNotSent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want engine.CodeSending
	}{
		"refused":       {&sms.Failure{Kind: sms.ErrRefused}, engine.CodeSentRejected},
		"perhaps":       {&sms.Failure{Kind: sms.ErrOutage, Maybe: true}, engine.CodeSentOn},
		"an outage":     {&sms.Failure{Kind: sms.ErrOutage}, ""},
		"anything else": {errors.New("?"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			box := &inbox{err: c.err}
			sent, err := newCodes(t, box, nil).SendCode(t.Context(), engine.SendCode{Number: "+61412345678", Key: "k"})
			if sent.Result != c.want || (err != nil) != (c.want == "") {
				t.Errorf("%v, %v", sent.Result, err)
			}
			if len(box.codes) != 1 {
				t.Errorf("%d messages", len(box.codes))
			}
		})
	}
}

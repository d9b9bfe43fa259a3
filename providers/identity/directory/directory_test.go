package directory

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"callflow/engine"
)

func open(t testing.TB) *Directory {
	t.Helper()
	d, err := Open("testdata/ok/users.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, account, pin string
		want               engine.SignedIn
	}{
		{"right", "12345", "1234", engine.SignedIn{
			Result:    engine.SignInAuthenticated,
			Principal: engine.Principal{Account: "12345", ID: "directory|12345", Greeting: "Ana"},
		}},
		{"zeros are kept", "007", "0000", engine.SignedIn{
			Result:    engine.SignInAuthenticated,
			Principal: engine.Principal{Account: "007", ID: "crm-4711", Greeting: "James"},
		}},
		{"wrong PIN", "12345", "9999", engine.SignedIn{Result: engine.SignInDenied}},
		{"another user's PIN", "12345", "0000", engine.SignedIn{Result: engine.SignInDenied}},
		{"no PIN", "12345", "", engine.SignedIn{Result: engine.SignInDenied}},
		{"unknown account", "54321", "1234", engine.SignedIn{Result: engine.SignInDenied}},
		{"almost an account", "7", "0000", engine.SignedIn{Result: engine.SignInDenied}},
		{"no account", "", "1234", engine.SignedIn{Result: engine.SignInDenied}},
		{"locked", "99", "4321", engine.SignedIn{Result: engine.SignInLocked}},
		{"locked, wrong PIN", "99", "1234", engine.SignedIn{Result: engine.SignInDenied}},
	}
	// The third hash was made with other parameters than it now carries.
	d := open(t)
	d.users[2].pin.key = d.users[2].pin.derive(engine.NewSecret("4321"))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := d.Authenticate(t.Context(), engine.Authenticate{Account: tt.account, PIN: engine.NewSecret(tt.pin)})
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("answer is %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestAuthenticateNobody(t *testing.T) {
	t.Parallel()
	d, err := Parse("users.yaml", []byte("[]"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.Authenticate(t.Context(), engine.Authenticate{Account: "1", PIN: engine.NewSecret("1234")})
	if err != nil || got.Result != engine.SignInDenied {
		t.Errorf("answer is %+v, %v", got, err)
	}
}

// TestSameCost compares memory, which stands for time: argon2 takes both by the
// same parameters.
func TestSameCost(t *testing.T) { // not parallel: it measures allocations
	d := open(t)
	d.users[2].pin = d.users[0].pin // one cost for all
	d.decoys[2] = d.decoys[0]
	for i := range d.users {
		d.users[i].pin.memory = 4096
		d.decoys[i].memory = 4096
	}
	cost := func(account string) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := d.Authenticate(context.Background(), engine.Authenticate{Account: account, PIN: engine.NewSecret("9999")})
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Fatal(err)
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	known := cost("12345")
	for _, account := range []string{"54321", "99", "1", ""} {
		got := cost(account)
		if got < 4096<<10 || got > known+64<<10 || known > got+64<<10 {
			t.Errorf("account %q takes %d bytes, an account with a wrong PIN %d", account, got, known)
		}
	}
}

func TestDecoysCostWhatUsersDo(t *testing.T) {
	t.Parallel()
	d := open(t)
	for i, u := range d.users {
		got, want := d.decoys[i], u.pin
		if got.memory != want.memory || got.passes != want.passes || got.threads != want.threads ||
			len(got.key) != len(want.key) || len(got.salt) != len(want.salt) {
			t.Errorf("decoy %d costs %+v, the user's hash %+v", i, got, want)
		}
		if bytes.Equal(got.key, want.key) {
			t.Errorf("decoy %d holds the user's hash", i)
		}
	}
}

func TestGivesUpWaiting(t *testing.T) {
	t.Parallel()
	d := open(t)
	for range cap(d.hashing) { // all are busy
		d.hashing <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	answers := make(chan engine.SignedIn)
	var err error
	go func() {
		var a engine.SignedIn
		a, err = d.Authenticate(ctx, engine.Authenticate{Account: "12345", PIN: engine.NewSecret("1234")})
		answers <- a
	}()
	cancel()
	if a := <-answers; a.Result != engine.SignInUnavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("answer is %+v, %v", a, err)
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	d := open(t)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			a, err := d.Authenticate(t.Context(), engine.Authenticate{Account: "12345", PIN: engine.NewSecret("1234")})
			if err != nil || a.Result != engine.SignInAuthenticated {
				t.Errorf("answer is %+v, %v", a, err)
			}
		})
	}
	wg.Wait()
}

func TestHash(t *testing.T) {
	t.Parallel()
	hash, err := Hash(engine.NewSecret("1234"), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(hash, "1234") {
		t.Errorf("hash is %s", hash)
	}
	again, err := Hash(engine.NewSecret("1234"), rand.Reader)
	if err != nil || again == hash {
		t.Errorf("two hashes of a PIN are both %s (%v)", hash, err)
	}
	d, err := Parse("users.yaml", []byte("- {account: 1, pin: \""+hash+"\"}"))
	if err != nil {
		t.Fatal(err)
	}
	for pin, want := range map[string]engine.SignIn{"1234": engine.SignInAuthenticated, "1235": engine.SignInDenied} {
		got, err := d.Authenticate(t.Context(), engine.Authenticate{Account: "1", PIN: engine.NewSecret(pin)})
		if err != nil || got.Result != want {
			t.Errorf("PIN %s: %v, %v, want %s", pin, got.Result, err, want)
		}
	}
}

func TestHashRefuses(t *testing.T) {
	t.Parallel()
	for _, pin := range []string{"", "12a4", "12 34", "１２３４", strings.Repeat("1", 65)} {
		if hash, err := Hash(engine.NewSecret(pin), rand.Reader); err == nil {
			t.Errorf("PIN %q gives %s", pin, hash)
		} else if pin != "" && strings.Contains(err.Error(), pin) {
			t.Errorf("the error shows the PIN: %v", err)
		}
	}
	if _, err := Hash(engine.NewSecret("1234"), strings.NewReader("short")); err == nil {
		t.Error("a salt was made of five bytes")
	}
}

// TestKnownHash verifies what another implementation hashed.
func TestKnownHash(t *testing.T) {
	t.Parallel()
	h, err := parsePHC("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	if err != nil {
		t.Fatal(err)
	}
	if !h.verify(engine.NewSecret("password")) {
		t.Error("the right password is refused")
	}
}

func FuzzHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=8,t=1,p=1$Y2FsbGZsb3c$k781YRGKKTztUIR/l1EC2Q")
	f.Add("$argon2id$v=19$m=,t=,p=$$")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parsePHC(s)
		if err != nil {
			return
		}
		again, err := parsePHC(h.String())
		if err != nil || fmt.Sprint(again) != fmt.Sprint(h) {
			t.Fatalf("%s reads back as %v, %v", s, again, err)
		}
	})
}

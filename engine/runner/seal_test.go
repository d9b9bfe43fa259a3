package runner_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callflow/engine/runner"
)

func key(id string, fill byte) runner.Key {
	return runner.Key{ID: id, Secret: bytes.Repeat([]byte{fill}, 32)}
}

func sealer(t testing.TB, keys ...runner.Key) *runner.Sealer {
	t.Helper()
	s, err := runner.NewSealer(keys, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSealRotation(t *testing.T) {
	t.Parallel()
	before, during, after := sealer(t, key("a", 1)), sealer(t, key("b", 2), key("a", 1)), sealer(t, key("b", 2))
	old, err := before.Seal([]byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	recent, err := during.Seal([]byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		with   *runner.Sealer
		sealed []byte
		ok     bool
	}{
		{"old key, old text", before, old, true},
		{"both keys, old text", during, old, true},
		{"both keys, new text", during, recent, true},
		{"new key, new text", after, recent, true},
		{"new key, old text", after, old, false},
		{"old key, new text", before, recent, false},
		{"same id, other key", sealer(t, key("a", 3)), old, false},
	} {
		plain, err := tt.with.Open(tt.sealed)
		switch {
		case tt.ok && (err != nil || string(plain) != "secret"):
			t.Errorf("%s: %q, %v", tt.name, plain, err)
		case !tt.ok && (!errors.Is(err, runner.ErrSealed) || !strings.Contains(err.Error(), "seal_key")):
			t.Errorf("%s: %q, %v", tt.name, plain, err)
		}
	}
	if bytes.Contains(old, []byte("secret")) {
		t.Error("the text can be read")
	}
	again, err := before.Seal([]byte("secret"))
	if err != nil || bytes.Equal(again, old) {
		t.Errorf("sealing twice gives the same: %v", err)
	}
}

// Unsealed hides nothing, and what it returns is nobody else's.
func TestUnsealed(t *testing.T) {
	t.Parallel()
	s, plain := runner.Unsealed(), []byte("plain")
	sealed, err := s.Seal(plain)
	if err != nil || string(sealed) != "plain" {
		t.Fatalf("sealed is %q (%v)", sealed, err)
	}
	opened, err := s.Open(sealed)
	if err != nil || string(opened) != "plain" {
		t.Fatalf("opened is %q (%v)", opened, err)
	}
	clear(plain)
	clear(opened)
	if string(sealed) != "plain" {
		t.Error("bytes are shared")
	}
}

func TestSealDamage(t *testing.T) {
	t.Parallel()
	s := sealer(t, key("a", 1))
	sealed, err := s.Seal([]byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range sealed {
		cut, flipped := sealed[:i], bytes.Clone(sealed)
		flipped[i] ^= 1
		for _, damaged := range [][]byte{cut, flipped} {
			if _, err := s.Open(damaged); !errors.Is(err, runner.ErrSealed) {
				t.Errorf("byte %d: %v", i, err)
			}
		}
	}
}

func TestSealKeys(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		keys []runner.Key
		want string
	}{
		{"none", nil, "seal_key: no key given"},
		{"short", []runner.Key{{ID: "a", Secret: []byte("hunter2")}}, `seal_key: key "a" has 7 bytes, expected 32`},
		{"no id", []runner.Key{key("", 1)}, "seal_key: the id of key 1 has 0 bytes, expected 1 to 32"},
		{"long id", []runner.Key{key(strings.Repeat("a", 33), 1)}, "seal_key: the id of key 1 has 33 bytes, expected 1 to 32"},
		{"twice", []runner.Key{key("a", 1), key("a", 2)}, `seal_key: two keys have the id "a"`},
	} {
		_, err := runner.NewSealer(tt.keys, rand.Reader)
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error shows the key", tt.name)
		}
	}
	s, err := runner.NewSealer([]runner.Key{key("a", 1)}, strings.NewReader("too short"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Seal([]byte("x")); err == nil {
		t.Error("sealed without randomness")
	}
}

func FuzzOpen(f *testing.F) {
	// Not random, so that every process of the fuzzer has the same seed.
	s, err := runner.NewSealer([]runner.Key{key("a", 1)}, strings.NewReader("twelve bytes"))
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := s.Seal([]byte("secret"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add([]byte{})
	f.Add([]byte{255})
	f.Add([]byte{1, 'a'})
	f.Fuzz(func(t *testing.T, data []byte) {
		plain, err := s.Open(data)
		if err == nil && !bytes.Equal(data, sealed) {
			t.Errorf("opened %x: %q", data, plain)
		}
	})
}

// A call that began on the version before, which sealed only secrets, goes on, is put
// off and ends on this one, and is sealed as soon as it is saved.
func TestSessionInClear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		p := b.phone(b.runner())
		clear := func() {
			t.Helper()
			rec, err := runner.ClearForm(p.alive(), b.sealer)
			if err != nil {
				t.Fatal(err)
			}
			if err := b.store.Commit(t.Context(), rec, nil, 0); err != nil {
				t.Fatal(err)
			}
			equal(t, "sealed", runner.SealedForm(p.alive()), false)
		}
		p.start().press("1234")
		clear()
		p.press("1").hears("say Balance 7.", "say Menu?", "gather")
		equal(t, "sealed", runner.SealedForm(p.alive()), true)

		clear()
		sources, live := b.catalog.sources, b.catalog.live
		b.catalog.sources, b.catalog.live = nil, nil
		p.ended()
		other := b.runner()
		b.sweeps(other, 30*time.Second) // its program is gone: it is put off
		equal(t, "sealed", runner.SealedForm(p.alive()), false)
		b.catalog.sources, b.catalog.live = sources, live
		b.sweeps(other, 60*time.Second)
		p.dead()
		equal(t, "on_hangup", b.notes(), 1)
		b.close()
	})
}

// A sealer that nobody has given anything opens nothing, and does not pass for one that
// seals nothing.
func TestSealerWithoutKeys(t *testing.T) {
	t.Parallel()
	if plain, err := new(runner.Sealer).Open([]byte("plain")); !errors.Is(err, runner.ErrSealed) {
		t.Errorf("opened %q (%v)", plain, err)
	}
}

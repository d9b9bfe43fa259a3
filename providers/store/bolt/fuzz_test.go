package bolt

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"callflow/engine/runner"
)

// Whatever bytes a record has, reading them fails or gives what writing it again
// makes the same bytes of.
func FuzzRecords(f *testing.F) {
	rec := sessionRecord{version: 3, wake: 70, wakeAt: 50, expiry: never, expiryAt: 9, lastMail: 2}
	rec.mail = appendLetter(appendLetter(nil, letter{1, 5, []byte("one")}), letter{2, never, nil})
	f.Add(rec.write(sealed([]byte("data"), []byte("reply"))))
	tomb := sessionRecord{dead: true, version: math.MaxInt64, wake: never, wakeAt: never, expiry: -1, expiryAt: -1}
	f.Add(tomb.write(sealed(nil, []byte("reply"))))
	e := effectRecord{owner: "one", lease: 5, started: 1, done: true, result: []byte("result")}
	f.Add(e.write())
	p, err := recordOf(runner.Promise{Key: "k", Session: "s", Seq: -1, Data: []byte("data"), Resend: true, NextAt: time.UnixMicro(7), Owner: "one"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(p.write())
	f.Add(counterRecord{5, 6, 7}.write())
	f.Add(counts{1, 2}.write())
	f.Add(writeUser(&runner.PhoneUser{Account: "a", Name: "n", Numbers: []runner.PhoneNumber{{Number: "+1", Kind: runner.PhoneMFA}}, UpdatedAt: time.UnixMicro(7), Factors: []string{"+2"}}))
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{255}, 100))
	f.Fuzz(func(t *testing.T, v []byte) {
		given := bytes.Clone(v)
		same := func(what string, written []byte) {
			if !bytes.Equal(written, given) {
				t.Errorf("%s: %x is written as %x", what, given, written)
			}
		}
		if s, err := readSession(v); err == nil {
			same("session", s.rewrite())
			_ = s.record("id")
			if all, err := letters(s.mail); err == nil {
				var again []byte
				for _, l := range all {
					again = appendLetter(again, l)
				}
				if !bytes.Equal(again, s.mail) {
					t.Errorf("mail %x is written as %x", s.mail, again)
				}
				_ = mailOf(all)
			}
			if left, _, err := unread(s.mail, math.MinInt64); err == nil && !bytes.Equal(left, s.mail) && hasNoLowest(s.mail) {
				t.Errorf("of mail %x is left %x", s.mail, left)
			}
		}
		if u, err := readUser("id", v); err == nil && bytes.Equal(writeUser(&u), given) {
			if again, err := readUser("id", writeUser(&u)); err != nil || len(again.Phones()) != len(u.Phones()) {
				t.Errorf("user %x is read as %+v, then as %+v", given, u, again)
			}
		}
		if e, err := readEffect(v); err == nil && v[0] <= 1 {
			same("effect", e.write())
			_ = e.record(runner.EffectKey{})
		}
		if p, err := readPromise([]byte("k"), v); err == nil && v[0] <= 3 {
			same("promise", p.write())
			_ = p.promise()
			_ = p.linePlace()
		}
		if c, err := readCounter(v); err == nil {
			same("counter", c.write())
		}
		if c, err := readCounts(v); err == nil {
			same("counts", c.write())
		}
		at, key := placed(v)
		if len(v) >= instantSize {
			same("place", place(at, key))
		}
		if !bytes.Equal(v, given) {
			t.Error("reading changes the bytes")
		}
	})
}

// hasNoLowest tells that no letter has the lowest number there is, which is never
// unread.
func hasNoLowest(mail []byte) bool {
	all, err := letters(mail)
	for _, l := range all {
		if l.id == math.MinInt64 {
			return false
		}
	}
	return err == nil
}

// No file, however it is made, makes the look at it fail in any other way than with
// an error.
func FuzzVerify(f *testing.F) {
	path := filepath.Join(f.TempDir(), "callflow.db")
	s, err := Open(path)
	if err != nil {
		f.Fatal(err)
	}
	for _, id := range []string{"a", "b", "c"} {
		if err := s.Insert(f.Context(), runner.Record{ID: id, Data: make([]byte, 3000)}); err != nil {
			f.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		f.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	content = content[:min(len(content), 64<<10)]
	if err := verify(bytes.NewReader(content), int64(len(content))); err != nil {
		f.Fatalf("a good file: %v", err)
	}
	for _, at := range []int{0, 16, 32, 4096, 8192, 8192 + 8, 3 * 4096, 5*4096 + 12} {
		f.Add(uint32(at), []byte{1})
		f.Add(uint32(at), []byte{255, 255, 255, 255})
	}
	f.Fuzz(func(_ *testing.T, at uint32, with []byte) {
		damaged := bytes.Clone(content)
		copy(damaged[int(at)%len(damaged):], with)
		// The sums of the first pages are made good, or nothing behind them is seen.
		for _, m := range [][]byte{damaged[pageHead:], damaged[4096+pageHead:]} {
			binary.LittleEndian.PutUint64(m[metaSize-8:], metaSum(m))
		}
		_ = verify(bytes.NewReader(damaged), int64(len(damaged)))
	})
}

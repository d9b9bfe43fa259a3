package gateway_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callflow/providers/sms"
	"callflow/providers/store/bolt"
	"callflow/server/gateway"
)

// Auth0's Action asks up to five times for one code: one message, five times 200.
func TestFiveTimesOneCode(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"one after the other", "at once", "at once, at two instances"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, func(d *gateway.Deps) { d.Limits.Recipient.N = 1 })
				b.vendor.do = func(ctx context.Context, n int) (sms.Receipt, error) {
					time.Sleep(3 * time.Second)
					return sms.Receipt{Sender: "vendor"}, nil
				}
				inboxes := []int{0, 0, 0, 0, 0}
				other := endpoint(t, b.instance("b", func(d *gateway.Deps) { d.Limits.Recipient.N = 1 }))
				var wg sync.WaitGroup
				for i := range inboxes {
					in := b.inbox
					if i%2 == 1 && at == "at once, at two instances" {
						in = other
					}
					ask := func() {
						if status := b.post(in, legacy(number, code, "203.0.113.7")); status != 200 {
							t.Errorf("request %d is answered %d", i, status)
						}
					}
					if at == "one after the other" {
						ask()
						continue
					}
					wg.Go(ask)
				}
				wg.Wait()
				if b.vendor.count() != 1 || b.count(gateway.Delivered) != 1 || b.count(gateway.Repeated) != 4 {
					t.Errorf("%d messages, %v", b.vendor.count(), b.counted)
				}
				if got := b.spent(time.Now()); got != small().Cost {
					t.Errorf("it cost %s", got)
				}
				b.discreet()
			})
		})
	}
}

// Whoever asks hangs up while the message is on its way, and asks again: one message.
func TestAskedAgainAfterHangingUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.vendor.do = func(ctx context.Context, _ int) (sms.Receipt, error) {
			select {
			case <-time.After(4 * time.Second):
				return sms.Receipt{Sender: "vendor"}, nil
			case <-ctx.Done():
				return sms.Receipt{}, &sms.Failure{Sender: "vendor", Kind: sms.ErrOutage, Maybe: true}
			}
		}
		gone, hangUp := context.WithCancel(t.Context())
		go b.inbox.Take(gone, []byte(legacy(number, code, "")))
		time.Sleep(time.Second)
		hangUp()
		for range 2 {
			if status := b.post(b.inbox, legacy(number, code, "")); status != 200 {
				t.Errorf("answered %d", status)
			}
		}
		if b.vendor.count() != 1 {
			t.Errorf("%d messages", b.vendor.count())
		}
	})
}

// The connection to the vendor breaks off: the message may have been sent, and is not
// sent again, however often it is asked for.
func TestBrokenOffIsNotSentAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.vendor.do = failing(sms.ErrOutage, true)
	for range 3 {
		if status := b.post(b.inbox, legacy(number, code, "")); status != 502 {
			t.Errorf("answered %d", status)
		}
	}
	if b.vendor.count() != 1 || b.count(gateway.Doubtful) != 3 {
		t.Errorf("%d messages, %v", b.vendor.count(), b.counted)
	}
	if got := b.spent(time.Now()); got != small().Cost { // it may have been charged
		t.Errorf("it cost %s", got)
	}
}

// A message that was surely not sent is tried again, a few times, and costs nothing
// until it is.
func TestTriedAgainAfterAnOutage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	down := true
	b.vendor.do = func(ctx context.Context, n int) (sms.Receipt, error) {
		if down {
			return failing(sms.ErrOutage, false)(ctx, n)
		}
		return sms.Receipt{Sender: "vendor"}, nil
	}
	for range 4 {
		b.post(b.inbox, legacy(number, code, ""))
	}
	if got := b.spent(time.Now()); got != 0 {
		t.Errorf("an outage cost %s", got)
	}
	down = false
	for range 2 {
		if status := b.post(b.inbox, legacy(number, code, "")); status != 200 {
			t.Errorf("answered %d", status)
		}
	}
	if b.vendor.count() != 5 || b.spent(time.Now()) != small().Cost {
		t.Errorf("%d tries, %s", b.vendor.count(), b.spent(time.Now()))
	}
	down = true
	for i := range 20 {
		b.post(b.inbox, legacy(number, "111111", ""))
		if i == 19 && b.vendor.count() > 5+6 {
			t.Errorf("%d tries of a message that nobody takes", b.vendor.count()-5)
		}
	}
}

// An instance stops in the middle: nobody knows whether the message was sent.
func TestStoppedInTheMiddle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.vendor.do = func(context.Context, int) (sms.Receipt, error) {
			b.store.set(true) // what became of it is never kept
			return sms.Receipt{Sender: "vendor"}, nil
		}
		if status := b.post(b.inbox, legacy(number, code, "")); status != 200 { // it was sent
			t.Errorf("answered %d", status)
		}
		b.store.set(false)
		if status := b.post(b.inbox, legacy(number, code, "")); status != 502 {
			t.Errorf("while it may still be sent: answered %d", status)
		}
		time.Sleep(time.Minute)
		if status := b.post(b.inbox, legacy(number, code, "")); status != 502 {
			t.Errorf("afterwards: answered %d", status)
		}
		if b.vendor.count() != 1 || b.count(gateway.Doubtful) != 1 {
			t.Errorf("%d messages, %v", b.vendor.count(), b.counted)
		}
	})
}

// A store in a file keeps it as well: a repeat after a restart is one message.
func TestRestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "store.db")
	sent := 0
	for i := range 3 {
		store, err := bolt.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		b := newBench(t, func(d *gateway.Deps) { d.Store, d.Owner = store, fmt.Sprint("start ", i) })
		if status := b.post(b.inbox, legacy(number, code, "203.0.113.7")); status != 200 {
			t.Errorf("start %d: answered %d", i, status)
		}
		if status := b.post(b.inbox, legacy(number, fmt.Sprint(111110+i), "203.0.113.7")); (status == 200) != (i < 2) {
			t.Errorf("start %d: another code is answered %d", i, status) // three messages to a number
		}
		sent += b.vendor.count()
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if sent != 3 {
		t.Errorf("%d messages", sent)
	}
}

// Another code, another number, another channel: another message. The same code after
// its life too.
func TestOtherMessages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		ask := func(to, code, extra string) {
			t.Helper()
			body := fmt.Sprintf(`{"recipient":%q,"body":"x","code":%q%s}`, to, code, extra)
			if status := b.post(b.inbox, body); status != 200 {
				t.Errorf("%s is answered %d", body, status)
			}
		}
		ask(number, code, "")
		ask(number, "111111", "")
		ask(number, code, `,"delivery_method":"voice"`)
		ask("+61412345679", code, "")
		if b.vendor.count() != 4 {
			t.Errorf("%d messages", b.vendor.count())
		}
		time.Sleep(gateway.CodeLife + time.Minute)
		if _, err := b.store.Expire(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
		ask(number, code, "")
		if b.vendor.count() != 5 {
			t.Errorf("%d messages", b.vendor.count())
		}
	})
}

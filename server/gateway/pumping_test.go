package gateway_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"callflow/providers/sms"
	"callflow/server/gateway"
)

// Somebody has messages sent to earn by them, for an hour, one every three seconds. Each way
// of doing it is stopped at a number of messages, and at a cost, that can be stated.
func TestPumping(t *testing.T) {
	t.Parallel()
	const asked = 1200
	for _, tt := range []struct {
		name   string
		attack func(i int) (to, ip string)
		prices []gateway.Price
		sent   int
		cost   string
		by     gateway.Outcome
	}{
		{
			name:   "one number many times, from many addresses",
			attack: func(i int) (string, string) { return number, fmt.Sprintf("198.51.%d.%d", i/250, i%250) },
			sent:   3 * 6, cost: "0.90", by: gateway.Limited, // 3 in each of six windows of ten minutes
		},
		{
			name: "many numbers of one range, from many addresses",
			attack: func(i int) (string, string) {
				return fmt.Sprintf("+6141234%04d", i), fmt.Sprintf("198.51.%d.%d", i/250, i%250)
			},
			sent: 20, cost: "1.00", by: gateway.Limited,
		},
		{
			name:   "many numbers of many ranges, from one address",
			attack: func(i int) (string, string) { return fmt.Sprintf("+614%04d0000", i), "198.51.100.7" },
			sent:   10, cost: "0.50", by: gateway.Limited,
		},
		{
			name: "many numbers of many ranges, from one network of IPv6",
			attack: func(i int) (string, string) {
				return fmt.Sprintf("+614%04d0000", i), fmt.Sprintf("2001:db8:1:2::%x", i+1)
			},
			sent: 10, cost: "0.50", by: gateway.Limited,
		},
		{
			name: "many numbers, many ranges, many addresses",
			attack: func(i int) (string, string) {
				return fmt.Sprintf("+614%04d0000", i), fmt.Sprintf("198.51.%d.%d", i/250, i%250)
			},
			sent: 100, cost: "5.00", by: gateway.Limited, // of the line
		},
		{
			name: "the same, where messages are dear",
			attack: func(i int) (string, string) {
				return fmt.Sprintf("+614%04d0000", i), fmt.Sprintf("198.51.%d.%d", i/250, i%250)
			},
			prices: []gateway.Price{{Prefix: "+6", Cost: 1}, {Prefix: "+614", Cost: 3000}},
			sent:   16, cost: "4.80", by: gateway.Spent,
		},
		{
			name:   "numbers that are not allowed",
			attack: func(i int) (string, string) { return fmt.Sprintf("+9607%06d", i), "" },
			sent:   0, cost: "0.00", by: gateway.Blocked,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				// Midnight is far away.
				b := newBench(t, func(d *gateway.Deps) { d.Limits.Prices = tt.prices })
				instances := []*gateway.Gateway{b.gateway, b.instance("b", func(d *gateway.Deps) { d.Limits.Prices = tt.prices })}
				find := finder(t, "", 6)
				started := time.Now()
				for i := range asked {
					in := gateway.Endpoint{Gateway: instances[i%2], Find: find}.Inbox()
					to, ip := tt.attack(i)
					in.Take(t.Context(), []byte(legacy(to, fmt.Sprintf("%06d", i), ip)))
					time.Sleep(time.Until(started.Add(time.Duration(i+1) * 3 * time.Second)))
				}
				if n := b.vendor.count(); n != tt.sent {
					t.Errorf("%d messages, expected %d", n, tt.sent)
				}
				if got := b.spent(time.Now()).String(); got != tt.cost {
					t.Errorf("it cost %s, expected %s", got, tt.cost)
				}
				if b.count(tt.by) != asked-tt.sent {
					t.Errorf("counted %v", b.counted)
				}
			})
		})
	}
}

// A number that the attack did not touch still gets its code, and the morning after
// everybody does.
func TestOthersWhilePumped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		for i := range 200 {
			b.post(b.inbox, legacy(fmt.Sprintf("+6141234%04d", i), fmt.Sprintf("%06d", i), "198.51.100.7"))
		}
		if status := b.post(b.inbox, legacy("+61498765432", code, "203.0.113.7")); status != 200 {
			t.Errorf("somebody else is answered %d", status)
		}
		if status := b.post(b.inbox, legacy("+61412340001", "000001", "198.51.100.7")); status != 200 {
			t.Errorf("a repeat is answered %d", status)
		}
		in := b.inbox.Take(t.Context(), []byte(legacy("+61412349999", code, "203.0.113.7")))
		if in.Status != 200 {
			t.Errorf("another number of the range, from elsewhere, is answered %d", in.Status)
		}
		time.Sleep(24 * time.Hour)
		if status := b.post(b.inbox, legacy("+61412349998", code, "198.51.100.7")); status != 200 {
			t.Errorf("the next day: answered %d", status)
		}
	})
}

// How long to wait is said.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		for i := range 3 {
			b.post(b.inbox, legacy(number, fmt.Sprintf("%06d", i), ""))
		}
		time.Sleep(4 * time.Minute)
		if got := b.inbox.Take(t.Context(), []byte(legacy(number, code, ""))); got.Status != 429 || got.After != 6*time.Minute {
			t.Errorf("%+v", got)
		}
		time.Sleep(6 * time.Minute)
		if status := b.post(b.inbox, legacy(number, code, "")); status != 200 {
			t.Errorf("afterwards: answered %d", status)
		}
	})
}

// The line's own address is many people's.
func TestSharedAddress(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(d *gateway.Deps) { d.Limits.Shared = append(d.Limits.Shared, prefix(t, "203.0.113.0/24")) })
	for i := range 15 {
		if status := b.post(b.inbox, legacy(fmt.Sprintf("+614%04d0000", i), code, "203.0.113.7")); status != 200 {
			t.Fatalf("message %d is answered %d", i, status)
		}
	}
}

// Who carries a number is asked once a day, and only where it matters; what the
// question costs stays spent.
func TestCarriers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		who := &directory{carrier: sms.Carrier{MCC: "310", MNC: "45", Valid: true}}
		b := newBench(t, func(d *gateway.Deps) {
			d.Carriers, d.Limits.Lookup = who, 50
			d.Block.Carriers = []gateway.Carrier{{MCC: "310", MNC: "456"}, {MCC: "31", MNC: "045"}}
		})
		for i := range 3 { // a pair is no concatenation
			if status := b.post(b.inbox, legacy(number, fmt.Sprint(100000+i), "")); status != 200 {
				t.Errorf("answered %d", status)
			}
		}
		if who.asked != 1 || b.spent(time.Now()) != 3*small().Cost+50 {
			t.Errorf("asked %d times, spent %s", who.asked, b.spent(time.Now()))
		}
		time.Sleep(25 * time.Hour)
		who.carrier.MNC = "456" // it has moved
		before := b.vendor.count()
		for i := range 2 {
			if status := b.post(b.inbox, legacy(number, fmt.Sprint(200000+i), "")); status != 403 {
				t.Errorf("answered %d", status)
			}
		}
		if who.asked != 2 || b.vendor.count() != before || b.spent(time.Now()) != 50 {
			t.Errorf("asked %d times, %d messages, spent %s", who.asked, b.vendor.count(), b.spent(time.Now()))
		}
		who.err = &sms.Failure{Sender: "twilio_lookup", Kind: sms.ErrOutage}
		if status := b.post(b.inbox, legacy("+61498765432", code, "")); status != 200 {
			t.Errorf("nobody knows, and it is answered %d", status)
		}
		b.discreet()
	})
}

// waits tells nothing until whoever asks has no more patience.
type waits struct{}

func (waits) Carrier(ctx context.Context, _ string) (sms.Carrier, error) {
	<-ctx.Done()
	return sms.Carrier{}, &sms.Failure{Sender: "twilio_lookup", Kind: sms.ErrOutage, Reason: "timed out"}
}

// Whoever tells carriers and does not answer leaves most of the time to the vendor,
// and to a caller who waits.
func TestCarriersTakeTheirTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(d *gateway.Deps) {
			d.Carriers, d.Block.Carriers = waits{}, []gateway.Carrier{{MCC: "310", MNC: "456"}}
		})
		started := time.Now()
		if status := b.post(b.inbox, legacy(number, code, "")); status != 200 || time.Since(started) > 2*time.Second {
			t.Errorf("answered %d after %s", status, time.Since(started))
		}
	})
}

package toll_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"callflow/engine/runner"
	"callflow/engine/runner/toll"
	"callflow/providers/phone"
	"callflow/providers/store/memory"
)

// bench is one installation with a clock.
type bench struct {
	*testing.T
	toll    *toll.Toll
	store   runner.Counters
	now     time.Time
	mu      sync.Mutex // of counted
	counted map[toll.Reason]int
	calls   int
}

// small are limits that tests reach.
func small() toll.Limits {
	return toll.Limits{
		Concurrent: 3, Longest: 30 * time.Minute,
		Caller: toll.Rate{N: 5, Window: time.Hour}, Number: toll.Rate{N: 4, Window: time.Hour},
		Range: toll.Rate{N: 6, Window: time.Hour}, Line: toll.Rate{N: 20, Window: time.Hour},
	}
}

func newBench(t *testing.T, changes ...func(*toll.Deps)) *bench {
	t.Helper()
	b := &bench{T: t, store: memory.New(), now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), counted: map[toll.Reason]int{}}
	b.toll = b.instance(changes...)
	return b
}

func (b *bench) instance(changes ...func(*toll.Deps)) *toll.Toll {
	b.Helper()
	region, err := phone.ParseRegion("AU")
	if err != nil {
		b.Fatal(err)
	}
	d := toll.Deps{
		Counters: b.store, Key: make([]byte, 32), Allow: []string{"+61", "1001", "@pbx.example.com"}, CallBacks: []string{"+61"},
		Limits: small(), Back: small(), Normalize: region.Normalize,
		Now: func() time.Time { return b.now },
		Counted: func(_ toll.Kind, why toll.Reason) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.counted[why]++
		},
	}
	for _, change := range changes {
		change(&d)
	}
	made, err := toll.New(d)
	if err != nil {
		b.Fatal(err)
	}
	return made
}

// call is a new call to a number.
func (b *bench) call(from, to string) runner.Dialling {
	b.calls++
	return runner.Dialling{Key: fmt.Sprint("call ", b.calls), Session: "s", State: "agent", To: to, From: from, Trunk: "jambonz/"}
}

func (b *bench) dial(c runner.Dialling) runner.Passage {
	b.Helper()
	p, err := b.toll.Dial(b.Context(), c)
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func (b *bench) end(c runner.Dialling) {
	b.Helper()
	if err := b.toll.Ended(b.Context(), c); err != nil {
		b.Fatal(err)
	}
}

const caller = "+61412345678"

func TestNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		to      string
		written bool
		allow   []string
		want    string // what is dialled; "": refused
	}{
		{"+61255500177", false, []string{"+61"}, "+61255500177"},
		{"02 5550 0177", false, []string{"+61"}, "+61255500177"},
		{"+9607123456", false, []string{"+61"}, ""},
		{"00119607123456", false, []string{"+61"}, ""}, // abroad, as it is dialled there
		{"+61255500177", false, nil, ""},
		{"+61255500177", true, nil, "+61255500177"},
		{"+12015550123", true, []string{"+61"}, ""},
		{"+12015550123", true, nil, "+12015550123"},
		{"1001", false, []string{"+61", "1001"}, "1001"},
		{"10012", false, []string{"1001"}, ""},
		{"1002", true, []string{"+61"}, "1002"},
		{"sip:desk@pbx.example.com", false, []string{"@pbx.example.com"}, "sip:desk@pbx.example.com"},
		{"sip:desk@PBX.example.com:5061;transport=tls", false, []string{"@pbx.example.com"}, "sip:desk@PBX.example.com:5061;transport=tls"},
		{"sip:desk@pbx.example.com.example.net", false, []string{"@pbx.example.com"}, ""},
		{"sip:a@pbx.example.com@example.net", false, []string{"@pbx.example.com"}, ""},
		{"sip:+61255500177@example.net", false, []string{"+61"}, ""},
		{"sip:desk@example.net", true, []string{"+61"}, "sip:desk@example.net"},
		{"", false, []string{"", "+61"}, ""},
		{"anonymous", false, []string{"+61"}, ""},
	} {
		b := newBench(t, func(d *toll.Deps) { d.Allow = c.allow })
		call := b.call(caller, c.to)
		call.Written = c.written
		p := b.dial(call)
		if c.want == "" && p.Refused != string(toll.NotAllowed) || c.want != "" && (p.Refused != "" || p.To != c.want) {
			t.Errorf("%q (written: %v) with %v: %+v, expected %q", c.to, c.written, c.allow, p, c.want)
		}
	}
}

func TestLength(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for limit, want := range map[time.Duration]time.Duration{0: 30 * time.Minute, time.Minute: time.Minute, time.Hour: 30 * time.Minute} {
		c := b.call(caller, "+61255500177")
		c.Limit = limit
		if p := b.dial(c); p.Limit != want {
			t.Errorf("%s: %+v", limit, p)
		}
		b.end(c)
	}
}

// So many at once, however often they are asked about; one more when one has ended,
// or must have.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var calls []runner.Dialling
	for i := range 3 {
		c := b.call(fmt.Sprintf("+6141000000%d", i), "1001")
		c.Written = true
		calls = append(calls, c)
		for range 3 {
			if p := b.dial(c); p.Refused != "" {
				t.Fatalf("call %d: %+v", i, p)
			}
		}
	}
	next := b.call("+61410000009", "1001")
	next.Written = true
	if p := b.dial(next); p.Refused != string(toll.Concurrent) {
		t.Fatalf("one too many: %+v", p)
	}
	b.end(next) // as if it had been one
	b.end(calls[0])
	b.end(calls[0])
	if p := b.dial(next); p.Refused != "" {
		t.Fatalf("one has ended: %+v", p)
	}
	last := b.call("+61410000008", "1001")
	last.Written = true
	if p := b.dial(last); p.Refused != string(toll.Concurrent) {
		t.Fatalf("one too many, again: %+v", p)
	}
	b.now = b.now.Add(40 * time.Minute) // nobody said that they ended
	if p := b.dial(last); p.Refused != "" {
		t.Fatalf("they must have ended: %+v", p)
	}
}

// A day's money is promised at the price of the longest call, and what was not used
// comes back.
func TestSpend(t *testing.T) {
	t.Parallel()
	// 0.10 a minute, 3.00 for the longest call, 5.00 a day.
	b := newBench(t, func(d *toll.Deps) { d.Limits.Daily, d.Limits.Minute = 50_000, 1_000 })
	first := b.call(caller, "+61255500177")
	if p := b.dial(first); p.Refused != "" {
		t.Fatalf("%+v", p)
	}
	if p := b.dial(b.call(caller, "+61255500178")); p.Refused != string(toll.Daily) {
		t.Fatalf("two would cost 6.00: %+v", p)
	}
	b.now = b.now.Add(5*time.Minute + time.Second) // six minutes: 0.60
	b.end(first)
	b.end(first)
	short := b.call(caller, "+61255500178")
	short.Limit = 14 * time.Minute // 1.40
	second := b.call(caller, "+61255500177")
	for _, c := range []runner.Dialling{second, short} {
		if p := b.dial(c); p.Refused != "" {
			t.Fatalf("0.60 is spent: %+v", p)
		}
	}
	third := b.call(caller, "+61255500179")
	third.Limit = time.Minute
	if p := b.dial(third); p.Refused != string(toll.Daily) {
		t.Fatalf("5.00 are promised: %+v", p)
	}
	b.now = b.now.Add(24 * time.Hour)
	if p := b.dial(b.call(caller, "+61255500177")); p.Refused != "" {
		t.Fatalf("the next day: %+v", p)
	}
}

func TestPrices(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(d *toll.Deps) {
		d.Limits.Daily, d.Limits.Minute = 10_000, 100
		d.Limits.Prices = []toll.Price{{Prefix: "+61", Minute: 10}, {Prefix: "+61190", Minute: 50_000}}
	})
	if p := b.dial(b.call(caller, "+61190012345")); p.Refused != string(toll.Daily) {
		t.Errorf("a premium number: %+v", p)
	}
	if p := b.dial(b.call(caller, "+61255500177")); p.Refused != "" {
		t.Errorf("an ordinary one: %+v", p)
	}
}

// An attack is somebody who has calls made for an hour, one every three seconds, at
// two instances. Each way of doing it is stopped at a number of calls, and at a cost,
// that can be stated.
func TestPumping(t *testing.T) {
	t.Parallel()
	const asked = 1200
	someone := func(r *rand.Rand) string { return fmt.Sprintf("+614%08d", r.IntN(100_000_000)) }
	for _, tt := range []struct {
		name   string
		attack func(r *rand.Rand, i int) (from, to string)
		lasts  time.Duration
		made   int
		cost   int // in ten-thousandths, at 0.10 a minute
		by     toll.Reason
	}{
		{
			name:   "one number many times, from many numbers",
			attack: func(r *rand.Rand, _ int) (string, string) { return someone(r), "+61255500177" },
			lasts:  time.Second, made: 4, cost: 4 * 1_000, by: toll.Number,
		},
		{
			name: "many numbers of one range, from many numbers",
			attack: func(r *rand.Rand, i int) (string, string) {
				return someone(r), fmt.Sprintf("+6125550%04d", i)
			},
			lasts: time.Second, made: 6, cost: 6 * 1_000, by: toll.Range,
		},
		{
			name: "many ranges, from one number",
			attack: func(_ *rand.Rand, i int) (string, string) {
				return caller, fmt.Sprintf("+612%04d0000", 5000+i)
			},
			lasts: time.Second, made: 5, cost: 5 * 1_000, by: toll.Caller,
		},
		{
			name:   "many ranges, from numbers withheld",
			attack: func(_ *rand.Rand, i int) (string, string) { return "anonymous", fmt.Sprintf("+612%04d0000", 5000+i) },
			lasts:  time.Second, made: 5, cost: 5 * 1_000, by: toll.Caller,
		},
		{
			name: "many ranges, from many numbers",
			attack: func(r *rand.Rand, i int) (string, string) {
				return someone(r), fmt.Sprintf("+612%04d0000", 5000+i)
			},
			lasts: time.Second, made: 20, cost: 20 * 1_000, by: toll.Line,
		},
		{
			// Three at once, each for its longest: two rounds in the hour.
			name: "many ranges, from many numbers, and nobody hangs up",
			attack: func(r *rand.Rand, i int) (string, string) {
				return someone(r), fmt.Sprintf("+612%04d0000", 5000+i)
			},
			lasts: 30 * time.Minute, made: 6, cost: 6 * 30_000, by: toll.Concurrent,
		},
		{
			name:   "numbers that are not allowed",
			attack: func(r *rand.Rand, i int) (string, string) { return someone(r), fmt.Sprintf("+9607%06d", i) },
			lasts:  time.Second, by: toll.NotAllowed,
		},
	} {
		for seed := range uint64(3) {
			t.Run(fmt.Sprintf("%s, seed %d", tt.name, seed), func(t *testing.T) {
				t.Parallel()
				price := func(d *toll.Deps) { d.Limits.Daily, d.Limits.Minute = 30*10_000, 1_000 }
				b := newBench(t, price)
				instances := []*toll.Toll{b.toll, b.instance(price)}
				r := rand.New(rand.NewPCG(seed, 1))
				began, made := b.now, 0
				var running []runner.Dialling
				var ends []time.Time
				for i := range asked {
					b.now = began.Add(time.Duration(i) * 3 * time.Second)
					for len(ends) > 0 && !ends[0].After(b.now) {
						now := b.now
						b.now = ends[0]
						b.end(running[0])
						b.now, running, ends = now, running[1:], ends[1:]
					}
					c := b.call(tt.attack(r, i))
					p, err := instances[r.IntN(2)].Dial(t.Context(), c)
					if err != nil {
						t.Fatal(err)
					}
					if p.Refused == "" {
						made++
						running, ends = append(running, c), append(ends, b.now.Add(tt.lasts))
					}
				}
				for i, c := range running {
					b.now = ends[i]
					b.end(c)
				}
				spent, err := b.store.Count(t.Context(), "toll/transfer/daily/2026-03-01", b.now)
				if err != nil {
					t.Fatal(err)
				}
				if made != tt.made || spent.N != tt.cost || b.counted[tt.by] != asked-tt.made {
					t.Errorf("%d calls for %d, expected %d for %d; counted %v", made, spent.N, tt.made, tt.cost, b.counted)
				}
			})
		}
	}
}

// Calls back are bounded in the same ways; the same promise is counted once.
func TestCallBacks(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(d *toll.Deps) { d.Back.Daily, d.Back.Minute = 20*10_000, 1_000 }) // 3.00 each
	made := map[toll.Reason]int{}
	r := rand.New(rand.NewPCG(7, 7))
	for i := range 400 {
		c := b.call(fmt.Sprintf("+614%08d", r.IntN(100_000_000)), fmt.Sprintf("+612%04d0000", 5000+i))
		for range 2 { // a turn that is begun again
			p, err := b.toll.CallBack(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			made[toll.Reason(p.Refused)]++
		}
	}
	if made[""] != 12 || made[toll.Daily] != 800-12 {
		t.Errorf("%v: six of 3.00 are what 20.00 a day are enough for", made)
	}
	for range 10 {
		p, err := b.toll.CallBack(t.Context(), b.call(caller, "+9607123456"))
		if err != nil || p.Refused != string(toll.NotAllowed) {
			t.Errorf("%+v, %v", p, err)
		}
	}
}

// Nobody who asks at once gets more than there is.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var mu sync.Mutex
	made := 0
	var wg sync.WaitGroup
	for i := range 40 {
		c := b.call(fmt.Sprintf("+614100000%02d", i), "1001")
		c.Written = true
		wg.Go(func() {
			p, err := b.toll.Dial(context.Background(), c)
			mu.Lock()
			defer mu.Unlock()
			if err == nil && p.Refused == "" {
				made++
			}
		})
	}
	wg.Wait()
	if made > 3 {
		t.Errorf("%d calls at once", made)
	}
}

// A log tells what was refused and by what, and never a number; nor do the store's
// keys.
func TestDiscreet(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.DebugLevel)
	b := newBench(t, func(d *toll.Deps) { d.Log = zap.New(core) })
	for i := range 30 {
		b.dial(b.call(fmt.Sprintf("+614100000%02d", i), fmt.Sprintf("+612%04d0000", 5000+i)))
	}
	if logs.FilterField(zap.Bool("alarm", true)).Len() == 0 {
		t.Error("nobody is told that the line has had its share")
	}
	for _, e := range logs.All() {
		if text := fmt.Sprint(e.Message, e.ContextMap()); strings.Contains(text, "+61") {
			t.Errorf("logged %s", text)
		}
	}
	all, err := b.store.Counts(t.Context(), "toll/", "", b.now, 1000)
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	if slices.ContainsFunc(all, func(c runner.Counter) bool { return strings.Contains(c.Key, "614") && strings.Contains(c.Key, "+") }) {
		t.Errorf("keys with numbers: %v", all)
	}
}

// down is a store that fails.
type down struct{ runner.Counters }

var errDown = errors.New("down")

func (down) Count(context.Context, string, time.Time) (runner.Counter, error) {
	return runner.Counter{}, errDown
}

// What cannot be counted is not called.
func TestOutage(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(d *toll.Deps) { d.Counters = down{d.Counters} })
	if _, err := b.toll.Dial(t.Context(), b.call(caller, "+61255500177")); !errors.Is(err, errDown) {
		t.Errorf("a transfer: %v", err)
	}
	if _, err := b.toll.CallBack(t.Context(), b.call(caller, "+61255500177")); !errors.Is(err, errDown) {
		t.Errorf("a call back: %v", err)
	}
	if err := b.toll.Ended(t.Context(), b.call(caller, "+61255500177")); !errors.Is(err, errDown) {
		t.Errorf("an end: %v", err)
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*toll.Deps){
		"no store":      func(d *toll.Deps) { d.Counters = nil },
		"a short key":   func(d *toll.Deps) { d.Key = d.Key[:15] },
		"no length":     func(d *toll.Deps) { d.Limits.Longest = 0 },
		"no rate":       func(d *toll.Deps) { d.Back.Line.N = 0 },
		"no normaliser": func(d *toll.Deps) { d.Normalize = nil },
	} {
		d := toll.Deps{Counters: memory.New(), Key: make([]byte, 16), Limits: toll.Defaults(), Back: toll.CallBacks(), Normalize: func(s string) (string, bool) { return s, true }}
		if _, err := toll.New(d); err != nil {
			t.Fatal(err)
		}
		if change(&d); true {
			if _, err := toll.New(d); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
	}
}

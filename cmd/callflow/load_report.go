package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"callflow/providers/telephony/player"
)

// maxReasons bounds the kinds of errors that are told apart.
const maxReasons = 50

// tally counts what the callers of a load test meet.
type tally struct {
	mu        sync.Mutex
	latencies map[player.Kind][]time.Duration
	statuses  map[int]int
	reasons   map[string]int
	ends      map[player.End]int
	played    int
	early     int // ended by the flow with moves of the script left
	unused    int
	heard     int
	unreached error // the last of those that say that no connection came about
}

func newTally() *tally {
	return &tally{
		latencies: map[player.Kind][]time.Duration{},
		statuses:  map[int]int{},
		reasons:   map[string]int{},
		ends:      map[player.End]int{},
	}
}

func (t *tally) exchange(e player.Exchange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.statuses[e.Status]++
	if e.Err != nil {
		t.fault(e.Err)
		return
	}
	t.latencies[e.Kind] = append(t.latencies[e.Kind], e.Latency)
}

func (t *tally) fault(err error) {
	if isUnreached(err) {
		t.unreached = err
	}
	why := reason(err)
	if _, known := t.reasons[why]; !known && len(t.reasons) >= maxReasons {
		why = "others"
	}
	t.reasons[why]++
}

func (t *tally) call(r player.Result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.played++
	t.ends[r.End]++
	t.unused += r.Unused
	if r.End == player.HungUp && r.Unused > 0 {
		t.early++
	}
	t.heard += len(r.Heard)
	if r.End == player.Broken && r.Faults == 0 && r.Err != nil {
		t.fault(r.Err) // a document that could not be carried out
	}
}

// loadReport is what a load test found.
type loadReport struct {
	Calls struct {
		Wanted int `json:"wanted"`
		Played int `json:"played"`
		// HungUp are calls that the flow ended, and Early those that it ended
		// although the caller had not yet done all that the script says.
		HungUp  int `json:"hung_up"`
		Early   int `json:"ended_early"`
		Left    int `json:"left"` // the caller did
		Refused int `json:"refused"`
		Broken  int `json:"broken"`
		// Unused counts moves of scripts that no question was asked for.
		Unused int `json:"unused_moves"`
	} `json:"calls"`
	Interrupted    bool           `json:"interrupted"`
	Seconds        float64        `json:"seconds"`
	CallsPerSecond float64        `json:"calls_per_second"`
	TurnsPerSecond float64        `json:"turns_per_second"`
	Hooks          []hookReport   `json:"hooks"`
	Statuses       map[string]int `json:"statuses"`
	Errors         []errorReport  `json:"errors"`

	// unreached says why no connection came about, where nothing was answered at all.
	unreached error
}

// hookReport has the times from a hook to the end of its answer, in milliseconds.
type hookReport struct {
	Kind  player.Kind `json:"kind"`
	Count int         `json:"count"`
	P50   float64     `json:"p50_ms"`
	P90   float64     `json:"p90_ms"`
	P99   float64     `json:"p99_ms"`
	Max   float64     `json:"max_ms"`
}

type errorReport struct {
	Count  int    `json:"count"`
	Reason string `json:"reason"`
}

func (t *tally) report(wanted int, took time.Duration, interrupted bool) *loadReport {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := &loadReport{Interrupted: interrupted, Seconds: took.Seconds(), Statuses: map[string]int{}, Errors: []errorReport{}, Hooks: []hookReport{}}
	r.Calls.Wanted, r.Calls.Played, r.Calls.Unused = wanted, t.played, t.unused
	r.Calls.HungUp, r.Calls.Early, r.Calls.Left = t.ends[player.HungUp]-t.early, t.early, t.ends[player.Left]
	r.Calls.Refused, r.Calls.Broken = t.ends[player.Refused], t.ends[player.Broken]
	turns := 0
	for _, kind := range []player.Kind{player.Start, player.Turn, player.Notice} {
		all := t.latencies[kind]
		if len(all) == 0 {
			continue
		}
		if kind != player.Notice {
			turns += len(all)
		}
		slices.Sort(all)
		r.Hooks = append(r.Hooks, hookReport{
			Kind: kind, Count: len(all),
			P50: quantile(all, 50), P90: quantile(all, 90), P99: quantile(all, 99), Max: quantile(all, 100),
		})
	}
	if len(t.statuses) == 1 && t.statuses[0] > 0 {
		r.unreached = t.unreached
	}
	if took > 0 {
		r.CallsPerSecond = float64(t.played) / took.Seconds()
		r.TurnsPerSecond = float64(turns) / took.Seconds()
	}
	for status, n := range t.statuses {
		name := "none"
		if status != 0 {
			name = fmt.Sprint(status)
		}
		r.Statuses[name] = n
	}
	for why, n := range t.reasons {
		r.Errors = append(r.Errors, errorReport{n, why})
	}
	slices.SortFunc(r.Errors, func(a, b errorReport) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason))
	})
	return r
}

// allEarly tells a load test whose callers never did what the script says: they
// were told that nobody answers, perhaps.
func (r *loadReport) allEarly() bool { return r.Calls.Played > 0 && r.Calls.Early == r.Calls.Played }

// quantile is the smallest of the sorted times that percent of them do not exceed,
// in milliseconds.
func quantile(sorted []time.Duration, percent int) float64 {
	i := max((len(sorted)*percent+99)/100-1, 0)
	return float64(sorted[i].Microseconds()) / 1000
}

// print writes the report for people.
func (r *loadReport) print(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "%s of %d in %.1f s: %.1f calls and %.1f turns a second\n",
		plural(r.Calls.Played, "call"), r.Calls.Wanted, r.Seconds, r.CallsPerSecond, r.TurnsPerSecond)
	var ends []string
	for _, e := range []struct {
		n    int
		text string
	}{
		{r.Calls.HungUp, "ended by the flow"},
		{r.Calls.Early, "ended early"},
		{r.Calls.Left, "left by the caller"},
		{r.Calls.Refused, "refused"},
		{r.Calls.Broken, "broken off"},
	} {
		if e.n > 0 {
			ends = append(ends, fmt.Sprintf("%d %s", e.n, e.text))
		}
	}
	if len(ends) > 0 {
		fmt.Fprintln(w, strings.Join(ends, ", "))
	}
	if r.Calls.Unused > 0 {
		fmt.Fprintf(w, "%s of the scripts came to no question\n", plural(r.Calls.Unused, "move"))
	}
	if r.allEarly() {
		fmt.Fprintln(w, "no call got to the end of the script: see that flow, number and script are right, and what the server logs")
	}
	fmt.Fprintln(w)
	fmt.Fprintln(tw, "hook\tcount\tp50 ms\tp90 ms\tp99 ms\tmax ms\t")
	for _, h := range r.Hooks {
		fmt.Fprintf(tw, "%s\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t\n", h.Kind, h.Count, h.P50, h.P90, h.P99, h.Max)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, status := range slices.Sorted(maps.Keys(r.Statuses)) {
		if !strings.HasPrefix(status, "2") {
			fmt.Fprintf(w, "answered with %s: %d\n", status, r.Statuses[status])
		}
	}
	for _, e := range r.Errors {
		fmt.Fprintf(w, "%d times: %s\n", e.Count, harmless(e.Reason))
	}
	if r.Interrupted {
		fmt.Fprintln(w, "interrupted")
	}
	return nil
}

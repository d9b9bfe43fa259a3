package server_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/engine/runner/outbound"
	"callflow/engine/runner/toll"
	"callflow/providers/phone"
	"callflow/providers/store/bolt"
	"callflow/providers/telephony"
	"callflow/server"
)

const anOrder = `{"flow":"reminder","to":"+61412345678"}`

// The API is for tokens of a dialler, and for JSON.
func TestCallsAreForDiallers(t *testing.T) {
	t.Parallel()
	l := newCallLine(t, "jambonz", nil)
	json := []string{"Content-Type", "application/json"}
	for name, c := range map[string]struct {
		header []string
		status int
	}{
		"no token":      {json, 401},
		"another token": {append(json, "Authorization", "Bearer nobody"), 401},
		"an agent's":    {append(json, "Authorization", "Bearer cf_agent"), 403},
		"a form":        {[]string{"Content-Type", "application/x-www-form-urlencoded", "Authorization", "Bearer " + dialler}, 415},
	} {
		if w := l.do(http.MethodPost, "/api/calls", []byte(anOrder), c.header...); w.Code != c.status {
			t.Errorf("%s: %d, expected %d", name, w.Code, c.status)
		}
	}
	if w := l.do(http.MethodGet, "/api/calls/"+strings.Repeat("a", 26), nil); w.Code != 401 {
		t.Errorf("a call is shown to anybody: %d", w.Code)
	}
	if w := l.do(http.MethodGet, "/api/calls/..%2f..%2fx", nil, "Authorization", "Bearer "+dialler); w.Code != 404 {
		t.Errorf("%d", w.Code)
	}
	l.settle()
	if len(l.x.asked) != 0 {
		t.Error("somebody was called")
	}
}

// Without tokens calls are made for this machine alone, not for a page that calls
// itself by another name.
func TestOpenCallsAreForThisMachine(t *testing.T) {
	t.Parallel()
	l := newCallLine(t, "jambonz", nil)
	srv, err := server.New(server.Deps{
		Runner: l.run, Codecs: codecs(t), Flows: func() []string { return []string{"reminder"} }, Ping: func(context.Context) error { return nil }, PublicURL: publicURL,
		Calls: &server.Calls{Desk: l.desk, Open: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	for host, status := range map[string]int{
		"localhost:8080": 202, "127.0.0.1:8080": 202, "[::1]:8080": 202, "LOCALHOST": 202,
		"ivr.example.com": 403, "localhost.example.com": 403, "192.0.2.1:8080": 403, "": 403,
	} {
		r := httptest.NewRequest(http.MethodPost, "/api/calls", strings.NewReader(anOrder))
		r.Host = host
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, r)
		if w.Code != status {
			t.Errorf("%q: %d, expected %d", host, w.Code, status)
		}
	}
}

// What is wrong with an order is said, all of it, and nobody is called.
func TestOrdersAreChecked(t *testing.T) {
	t.Parallel()
	l := newCallLine(t, "jambonz", func(d *outbound.Deps, _ *exchange) {
		d.Allows = func(n string) bool { return strings.HasPrefix(n, "+61") }
		d.Settings.Shown = []string{"+61255500100"}
	})
	for body, want := range map[string]string{
		`{"flow":"reminder","to":"12"}`:                                                         "to",
		`{"flow":"reminder","to":"+15550100999"}`:                                               "is not among those that may be called",
		`{"flow":"nothing","to":"+61412345678"}`:                                                "there is no flow",
		`{"flow":"reminder","to":"+61412345678","from":"+61255500999"}`:                         "may be shown",
		`{"flow":"reminder","to":"+61412345678","platform":"carrier"}`:                          "platform",
		`{"flow":"reminder","to":"+61412345678","with":{"nobody":"x"}}`:                         "declares no such variable",
		`{"flow":"reminder","to":"+61412345678","with":{"name":12}}`:                            "put it in quotes",
		`{"flow":"reminder","to":"+61412345678","with":{"amount":"many"}}`:                      "no number",
		`{"flow":"reminder","to":"+61412345678","with":{"call":"x"}}`:                           "declares no such variable",
		`{"flow":"reminder","to":"+61412345678","with":{"hello":"x"}}`:                          "declares no such variable",
		`{"flow":"reminder","to":"+61412345678","with":{"name":["x"]}}`:                         "expected text",
		`{"flow":"reminder","to":"+61412345678","machine":"shout"}`:                             "machine",
		`{"flow":"reminder","to":"+61412345678","machine":"leave_message"}`:                     "go together",
		`{"flow":"reminder","to":"+61412345678","machine":"leave_message","message":"nowhere"}`: "has no state",
		`{"flow":"reminder","to":"+61412345678","retry":{"attempts":99}}`:                       "99 attempts",
		`{"flow":"reminder","to":"+61412345678","retry":{"busy":"1s"}}`:                         `"retry.busy","message":"found 1s, expected 10s to 7 days"`,
		`{"flow":"reminder","to":"+61412345678","retry":{"busy":"-5m"}}`:                        "retry: expected a length of time such as 5m, or 0s for never",
		`{"flow":"reminder","to":"+61412345678","retry":{"failed":"5m"}}`:                       `"retry.attempts","message":"missing`,
		`{"flow":"reminder","to":"+61412345678","retry":{"attempts":2,"busy":"0s"}}`:            "nothing of when to call again",
		`{"flow":"reminder","to":"+61412345678","retry":{"attempts":2,"machine":"5m"}}`:         "counts only where a machine ends the call",
		`{"flow":"reminder","to":"+61412345678","zone":"Mars"}`:                                 "zone",
		`{"flow":"reminder","to":"+61412345678","until":"2020-01-01T00:00:00Z"}`:                "too late",
		`{"flow":"reminder","to":"+61412345678","shoe":1}`:                                      "no member",
		`{"flow":"reminder","to":7}`:                                                            "to: expected string",
		`[]`:                                                                                    "expected",
		`{"flow":"reminder","to":"+61412345678"} {}`:                                            "behind",
	} {
		w := l.do(http.MethodPost, "/api/calls", []byte(body), "Content-Type", "application/json", "Authorization", "Bearer "+dialler)
		if w.Code != 400 && w.Code != 422 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s, expected %q", body, w.Code, w.Body, want)
		}
		time.Sleep(60 * time.Millisecond) // a token asks so often and no more
	}
	l.settle()
	if len(l.x.asked) != 0 {
		t.Error("somebody was called")
	}
}

// The same key is the same call, and another order under it is refused.
func TestOrderedOnce(t *testing.T) {
	t.Parallel()
	l := newCallLine(t, "jambonz", nil)
	first, status := l.order(anOrder, "Idempotency-Key", "k1")
	again, status2 := l.order(anOrder, "Idempotency-Key", "k1")
	if status != 202 || status2 != 200 || first.ID != again.ID {
		t.Errorf("%d %d %s %s", status, status2, first.ID, again.ID)
	}
	if _, status := l.order(`{"flow":"reminder","to":"+61412345679"}`, "Idempotency-Key", "k1"); status != 409 {
		t.Errorf("another order under the key: %d", status)
	}
	l.settle()
	again, _ = l.order(anOrder, "Idempotency-Key", "k1")
	l.settle()
	if again.Status != outbound.Done || len(l.x.asked) != 1 {
		t.Errorf("%+v, %d calls", again, len(l.x.asked))
	}
	if other, status := l.order(anOrder); status != 202 || other.ID == first.ID {
		t.Errorf("an order without a key: %d %s", status, other.ID)
	}
}

// Lines that are busy, or that nobody answers, are tried again; decisions are final.
func TestCallsAreTriedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		platform string
		outcomes []string
		retry    string
		after    []time.Duration // what is waited before each attempt but the first
		status   outbound.Status
		dialled  int
	}{
		"busy, then answered":     {"jambonz", []string{"busy 486", ""}, `{"attempts":3,"busy":"5m"}`, []time.Duration{5 * time.Minute}, outbound.Done, 2},
		"nobody, three times":     {"jambonz", []string{"no-answer 487"}, `{"attempts":3,"no_answer":"30m"}`, []time.Duration{30 * time.Minute, 30 * time.Minute, time.Hour}, outbound.NoAnswer, 3},
		"busy, and no retries":    {"jambonz", []string{"busy 486"}, `{"attempts":1,"busy":"5m"}`, []time.Duration{time.Hour}, outbound.Busy, 1},
		"busy, and none for busy": {"jambonz", []string{"busy 486"}, `{"attempts":3,"no_answer":"5m"}`, []time.Duration{time.Hour}, outbound.Busy, 1},
		"declined":                {"jambonz", []string{"busy 603"}, `{"attempts":3,"busy":"5m","failed":"5m"}`, []time.Duration{time.Hour}, outbound.Failed, 1},
		"no such number":          {"jambonz", []string{"failed 404"}, `{"attempts":3,"failed":"5m"}`, []time.Duration{time.Hour}, outbound.Failed, 1},
		"failed, then answered":   {"jambonz", []string{"failed 500", ""}, `{"attempts":2,"failed":"1m"}`, []time.Duration{time.Minute}, outbound.Done, 2},
		"Twilio: busy":            {"twilio", []string{"busy", ""}, `{"attempts":3,"busy":"5m"}`, []time.Duration{5 * time.Minute}, outbound.Done, 2},
		"Telnyx: busy":            {"telnyx", []string{"user_busy 486", ""}, `{"attempts":3,"busy":"5m"}`, []time.Duration{5 * time.Minute}, outbound.Done, 2},
		"Telnyx: no answer":       {"telnyx", []string{"timeout 487"}, `{"attempts":2,"no_answer":"30m"}`, []time.Duration{30 * time.Minute, time.Hour}, outbound.NoAnswer, 2},
		"Telnyx: rejected":        {"telnyx", []string{"call_rejected 603"}, `{"attempts":3,"busy":"5m","failed":"5m"}`, []time.Duration{time.Hour}, outbound.Failed, 1},
		"Telnyx: no such number":  {"telnyx", []string{"not_found 404"}, `{"attempts":3,"failed":"5m"}`, []time.Duration{time.Hour}, outbound.Failed, 1},
		"Telnyx: failed":          {"telnyx", []string{"unspecified 500", ""}, `{"attempts":2,"failed":"1m"}`, []time.Duration{time.Minute}, outbound.Done, 2},
		"Sinch: busy":             {"sinch", []string{"BUSY CANCEL", ""}, `{"attempts":3,"busy":"5m"}`, []time.Duration{5 * time.Minute}, outbound.Done, 2},
		"Sinch: no answer":        {"sinch", []string{"NOANSWER TIMEOUT"}, `{"attempts":2,"no_answer":"30m"}`, []time.Duration{30 * time.Minute, time.Hour}, outbound.NoAnswer, 2},
		"Sinch: blocked":          {"sinch", []string{"N/A BLOCKED"}, `{"attempts":3,"failed":"5m"}`, []time.Duration{time.Hour}, outbound.Failed, 1},
		"Sinch: failed":           {"sinch", []string{"FAILED GENERALERROR", ""}, `{"attempts":2,"failed":"1m"}`, []time.Duration{time.Minute}, outbound.Done, 2},
		"Vonage: busy":            {"vonage", []string{"busy", ""}, `{"attempts":3,"busy":"5m"}`, []time.Duration{5 * time.Minute}, outbound.Done, 2},
		"Vonage: rejected":        {"vonage", []string{"rejected"}, `{"attempts":3,"busy":"5m","failed":"5m"}`, []time.Duration{time.Hour}, outbound.Failed, 1},
		"Vonage: no answer":       {"vonage", []string{"timeout"}, `{"attempts":1}`, []time.Duration{time.Hour}, outbound.NoAnswer, 1},
		"TeXML: busy":             {"texml", []string{"busy", ""}, `{"attempts":3,"busy":"5m"}`, []time.Duration{5 * time.Minute}, outbound.Done, 2},
		"TeXML: no answer":        {"texml", []string{"no-answer"}, `{"attempts":1}`, []time.Duration{time.Hour}, outbound.NoAnswer, 1},
		"TeXML: failed":           {"texml", []string{"failed", ""}, `{"attempts":2,"failed":"1m"}`, []time.Duration{time.Minute}, outbound.Done, 2},
		"Plivo: busy":             {"plivo", []string{"busy 3000", ""}, `{"attempts":3,"busy":"5m"}`, []time.Duration{5 * time.Minute}, outbound.Done, 2},
		"Plivo: rejected":         {"plivo", []string{"failed 3020"}, `{"attempts":3,"failed":"5m"}`, []time.Duration{time.Hour}, outbound.Failed, 1},
		"Plivo: no answer":        {"plivo", []string{"timeout"}, `{"attempts":1}`, []time.Duration{time.Hour}, outbound.NoAnswer, 1},
		"Twilio: rejected":        {"twilio", []string{"failed 603"}, `{"attempts":3,"failed":"5m"}`, []time.Duration{time.Hour}, outbound.Failed, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newCallLine(t, c.platform, func(_ *outbound.Deps, x *exchange) { x.outcomes = c.outcomes })
			v := l.must(`{"flow":"reminder","to":"+61412345678","retry":` + c.retry + `}`)
			l.settle()
			for _, wait := range c.after {
				dialled := len(l.x.asked)
				l.clock.add(wait - time.Second)
				l.settle()
				if wait < time.Hour && len(l.x.asked) != dialled {
					t.Error("it was called too soon")
				}
				l.clock.add(time.Second)
				l.settle()
			}
			if v = l.view(v.ID); v.Status != c.status || !v.Final || len(l.x.asked) != c.dialled || len(v.Attempts) != c.dialled {
				t.Errorf("%+v, %d calls", v, len(l.x.asked))
			}
		})
	}
}

// What an order says of calling again counts, and of the rest what the installation says.
func TestCallsAreTriedAgainAsOrdered(t *testing.T) {
	t.Parallel()
	minutes := func(n int) outbound.Wait { return outbound.Wait(time.Duration(n) * time.Minute) }
	for name, c := range map[string]struct {
		settings outbound.Retry
		outcome  string
		order    string
		after    time.Duration // zero: it is not tried again
	}{
		"as the installation says":    {outbound.Retry{Attempts: 2, Busy: minutes(5)}, "busy 486", `{}`, 5 * time.Minute},
		"not after that":              {outbound.Retry{Attempts: 2, Busy: minutes(5)}, "failed 500", `{}`, 0},
		"after that as well":          {outbound.Retry{Attempts: 2, Busy: minutes(5)}, "failed 500", `{"retry":{"failed":"1m"}}`, time.Minute},
		"and as the installation":     {outbound.Retry{Attempts: 2, Busy: minutes(5)}, "busy 486", `{"retry":{"failed":"1m"}}`, 5 * time.Minute},
		"sooner":                      {outbound.Retry{Attempts: 2, Busy: minutes(5)}, "busy 486", `{"retry":{"busy":"1m"}}`, time.Minute},
		"never after that":            {outbound.Retry{Attempts: 2, Busy: minutes(5)}, "busy 486", `{"retry":{"busy":"0s"}}`, 0},
		"once":                        {outbound.Retry{Attempts: 2, Busy: minutes(5)}, "busy 486", `{"retry":{"attempts":1}}`, 0},
		"twice, as the installation":  {outbound.Retry{Attempts: 1, Busy: minutes(5)}, "busy 486", `{"retry":{"attempts":2}}`, 5 * time.Minute},
		"a machine":                   {outbound.Retry{Attempts: 2}, "machine_detected", `{"machine":"hang_up","retry":{"machine":"1m"}}`, time.Minute},
		"a machine, and not after it": {outbound.Retry{Attempts: 2, Machine: minutes(5)}, "machine_detected", `{"machine":"hang_up","retry":{"machine":"0s"}}`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newCallLine(t, "jambonz", func(d *outbound.Deps, x *exchange) {
				d.Settings.Retry = c.settings
				if c.outcome == "machine_detected" {
					x.who = c.outcome
				} else {
					x.outcomes = []string{c.outcome}
				}
			})
			v := l.must(strings.Replace(c.order, "{", `{"flow":"reminder","to":"+61412345678"`+map[bool]string{true: ",", false: ""}[c.order != "{}"], 1))
			l.settle()
			v = l.view(v.ID)
			if again := !v.Final; again != (c.after > 0) || again && !v.Next.Equal(l.clock.now().Add(c.after)) || len(v.Attempts) != 1 {
				t.Errorf("%+v, expected it again after %s of %s", v, c.after, l.clock.now())
			}
		})
	}
}

// A platform that says no is not asked again; one that is out is; and none of it is an
// attempt.
func TestPlatformsThatTakeNoCall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		statuses []int
		status   outbound.Status
		asked    int
		reason   string
	}{
		"refused":          {[]int{400}, outbound.Failed, 1, "refused"},
		"busy for a while": {[]int{429, 503, 0}, outbound.Done, 3, ""},
		"credentials":      {[]int{401, 0}, outbound.Done, 2, ""},
		"broke off":        {[]int{500}, outbound.Failed, 1, "nobody knows whether it was dialled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newCallLine(t, "jambonz", func(_ *outbound.Deps, x *exchange) { x.statuses = c.statuses })
			v := l.must(anOrder)
			for range 8 {
				l.settle()
				l.clock.add(5 * time.Minute)
			}
			if v = l.view(v.ID); v.Status != c.status || len(l.x.asked) != c.asked || len(v.Attempts) > 1 || !strings.Contains(v.Reason, c.reason) {
				t.Errorf("%+v, %d requests", v, len(l.x.asked))
			}
		})
	}
}

// How long a platform that takes no call is left alone.
func TestPlatformsAreLeftAlone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		after  string
		wait   time.Duration
	}{
		"out":                {503, "", 15 * time.Second},
		"says how long":      {429, "120", 2 * time.Minute},
		"says too little":    {429, "10", 15 * time.Second},
		"refuses the key":    {401, "", 5 * time.Minute},
		"knows no such call": {404, "", 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newCallLine(t, "jambonz", func(_ *outbound.Deps, x *exchange) { x.statuses, x.after = []int{c.status}, c.after })
			v := l.must(anOrder)
			l.settle()
			if v = l.view(v.ID); v.Status != outbound.Queued || !v.Next.Equal(l.clock.now().Add(c.wait)) || len(v.Attempts) != 0 {
				t.Errorf("%+v, expected to wait %s from %s", v, c.wait, l.clock.now())
			}
			l.clock.add(c.wait - time.Second)
			l.settle()
			if len(l.x.asked) != 1 {
				t.Error("it was asked too soon")
			}
			l.clock.add(time.Second)
			l.settle()
			if len(l.x.asked) != 2 {
				t.Error("it was not asked again")
			}
		})
	}
}

// A call that would come too late is over at once, and so is one that waits for a
// platform.
func TestCallsAreNotMadeTooLate(t *testing.T) {
	t.Parallel()
	const until = `{"flow":"reminder","to":"+61412345678","until":"2026-11-23T10:10:00Z","retry":{"attempts":5,"busy":"5m"}}`
	l := newCallLine(t, "jambonz", func(_ *outbound.Deps, x *exchange) { x.outcomes = []string{"busy 486"} })
	v := l.must(until)
	l.settle()
	l.clock.add(5 * time.Minute)
	l.settle()
	if v = l.view(v.ID); v.Status != outbound.Busy || !v.Final || len(v.Attempts) != 2 {
		t.Errorf("busy at 10:05, until 10:10: %+v", v)
	}
	l = newCallLine(t, "jambonz", func(_ *outbound.Deps, x *exchange) { x.statuses, x.after = []int{503}, "600" })
	v = l.must(until)
	l.settle()
	if v = l.view(v.ID); v.Status != outbound.Failed || !v.Final || len(v.Attempts) != 0 {
		t.Errorf("not before 10:10, until 10:10: %+v", v)
	}
}

// So many calls begin in a second.
func TestCallsBeginInTurn(t *testing.T) {
	t.Parallel()
	l := newCallLine(t, "jambonz", func(d *outbound.Deps, _ *exchange) { d.Settings.PerSecond = 1 })
	l.must(anOrder)
	l.must(anOrder)
	for want := 1; want <= 2; want++ {
		l.settle()
		if len(l.x.asked) != want {
			t.Errorf("%d calls after %d seconds", len(l.x.asked), want-1)
		}
		l.clock.add(time.Second)
	}
}

// What a flow was given is forgotten with the end of its call: it is kept sealed, and not
// longer than it is needed.
func TestValuesAreForgotten(t *testing.T) {
	t.Parallel()
	var deps outbound.Deps
	l := newCallLine(t, "jambonz", func(d *outbound.Deps, x *exchange) { deps, x.outcomes = *d, []string{"ringing 180"} })
	v := l.must(`{"flow":"reminder","to":"+61412345678","with":{"name":"Maria"}}`)
	l.settle()
	kept := func(sealed []byte) string {
		t.Helper()
		plain, err := deps.Sealer.Open(sealed)
		if err != nil {
			t.Fatal(err)
		}
		return string(plain)
	}
	rec, err := deps.Store.Load(t.Context(), "out."+v.ID)
	if err != nil || strings.Contains(string(rec.Data), "Maria") || !strings.Contains(kept(rec.Data), "Maria") {
		t.Errorf("while it rings: %v, %q", err, rec.Data)
	}
	status, _ := url.Parse(l.x.asked[0].status)
	l.post(status.Path, `{"call_sid":"call-1","account_sid":"acme","call_status":"busy","sip_status":486}`)
	rec, err = deps.Store.Tombstone(t.Context(), "out."+v.ID)
	if err != nil || strings.Contains(kept(rec.Reply), "Maria") {
		t.Errorf("after its end: %v", err)
	}
}

// Nobody is called outside the hours of where they are.
func TestCallsWaitForTheirHours(t *testing.T) {
	t.Parallel()
	hours, err := outbound.ParseHours("mon-fri 09:00-20:00")
	if err != nil {
		t.Fatal(err)
	}
	sydney, err := time.LoadLocation("Australia/Sydney")
	if err != nil {
		t.Fatal(err)
	}
	window := func(outside outbound.Outside) func(*outbound.Deps, *exchange) {
		return func(d *outbound.Deps, _ *exchange) {
			d.Settings.Window = outbound.Window{Hours: hours, Outside: outside, Zones: map[string]*time.Location{"+61": sydney}}
		}
	}
	// Monday 10:00 UTC is Monday 21:00 in Sydney.
	l := newCallLine(t, "jambonz", window(outbound.OutsideWait))
	v := l.must(anOrder)
	l.settle()
	v = l.view(v.ID)
	if want := time.Date(2026, 11, 24, 9, 0, 0, 0, sydney); v.Status != outbound.Queued || !v.Next.Equal(want) || len(l.x.asked) != 0 {
		t.Errorf("%+v, expected to wait until %s", v, want)
	}
	l.clock.add(12*time.Hour - time.Second)
	l.settle()
	if len(l.x.asked) != 0 {
		t.Error("it was called before the hours began")
	}
	l.clock.add(time.Second)
	l.settle()
	if v = l.view(v.ID); v.Status != outbound.Done {
		t.Errorf("%+v", v)
	}
	// Of several beginnings of a number the longest counts.
	for range 10 { // as a map has them, in any order
		perth, err := time.LoadLocation("Australia/Perth")
		if err != nil {
			t.Fatal(err)
		}
		l := newCallLine(t, "jambonz", func(d *outbound.Deps, x *exchange) {
			window(outbound.OutsideWait)(d, x)
			d.Settings.Window.Zones["+6189"] = perth
		})
		west, east := l.must(`{"flow":"reminder","to":"+61891234567"}`), l.must(`{"flow":"reminder","to":"+61881234567"}`)
		l.settle()
		if west, east = l.view(west.ID), l.view(east.ID); west.Status != outbound.Done || east.Status != outbound.Queued {
			t.Fatalf("18:00 in the west: %+v; 21:00 in the east: %+v", west, east)
		}
	}
	// The order may know better where somebody is.
	other := newCallLine(t, "jambonz", window(outbound.OutsideRefuse))
	if _, status := other.order(anOrder); status != 422 {
		t.Errorf("an order outside the hours is answered with %d", status)
	}
	v = other.must(`{"flow":"reminder","to":"+61412345678","zone":"Europe/London"}`)
	other.settle()
	if v = other.view(v.ID); v.Status != outbound.Done {
		t.Errorf("%+v", v)
	}
}

// The budgets are the installation's, and calls wait for them.
func TestCallsStayWithinTheirBudgets(t *testing.T) {
	t.Parallel()
	budget := func(change func(*toll.Limits)) func(*outbound.Deps, *exchange) {
		return func(d *outbound.Deps, _ *exchange) {
			l := toll.OrderedCalls()
			change(&l)
			store, ok := d.Store.(runner.Counters)
			if !ok {
				t.Fatal("the store counts nothing")
			}
			gate, err := toll.New(toll.Deps{
				Counters: store, Key: []byte("0123456789abcdef"), Limits: toll.Defaults(), Back: toll.CallBacks(),
				Call: []string{"+61"}, Orders: &l, Normalize: phone.Region{}.Normalize, Now: d.Now,
			})
			if err != nil {
				t.Fatal(err)
			}
			ordered, err := gate.Ordered()
			if err != nil {
				t.Fatal(err)
			}
			d.Tolls, d.Allows = ordered, ordered.Allows
		}
	}
	two := func(l *callLine) (a, b outbound.View) {
		a, b = l.must(anOrder), l.must(anOrder)
		l.settle()
		return l.view(a.ID), l.view(b.ID)
	}
	t.Run("numbers", func(t *testing.T) {
		t.Parallel()
		l := newCallLine(t, "jambonz", budget(func(*toll.Limits) {}))
		if _, status := l.order(`{"flow":"reminder","to":"+15550100999"}`); status != 422 {
			t.Errorf("%d", status)
		}
	})
	t.Run("a platform that is out", func(t *testing.T) {
		t.Parallel()
		l := newCallLine(t, "jambonz", func(d *outbound.Deps, x *exchange) {
			budget(func(l *toll.Limits) { l.Number, l.Minute, l.Daily = toll.Rate{N: 1, Window: 24 * time.Hour}, 1, 60 })(d, x)
			x.statuses = []int{503, 503, 503, 0}
		})
		v := l.must(anOrder)
		for range 8 {
			l.settle()
			l.clock.add(time.Minute)
		}
		if v = l.view(v.ID); v.Status != outbound.Done || len(l.x.asked) != 4 {
			t.Errorf("what was not made is counted: %+v, %d requests", v, len(l.x.asked))
		}
		second := l.must(anOrder)
		l.settle()
		if second = l.view(second.ID); second.Status != outbound.Queued || len(l.x.asked) != 4 {
			t.Errorf("what was made is not: %+v", second)
		}
	})
	t.Run("a call that is over", func(t *testing.T) {
		t.Parallel()
		l := newCallLine(t, "jambonz", budget(func(l *toll.Limits) { l.Concurrent, l.Minute, l.Daily = 1, 1, 60 }))
		for range 3 {
			v := l.must(anOrder)
			l.settle()
			if v = l.view(v.ID); v.Status != outbound.Done {
				t.Errorf("its place and the hour that it did not last are free again: %+v", v)
			}
		}
	})
	t.Run("each token", func(t *testing.T) {
		t.Parallel()
		l := newCallLine(t, "jambonz", budget(func(l *toll.Limits) { l.Caller = toll.Rate{N: 1, Window: time.Hour} }))
		l.must(anOrder)
		l.must(anOrder)
		other, _, err := l.desk.Accept(t.Context(), "another", "", outbound.Order{Flow: "reminder", To: "+61412345679"})
		if err != nil {
			t.Fatal(err)
		}
		l.settle()
		if other, err = l.desk.View(t.Context(), other.ID); err != nil || other.Status != outbound.Done || len(l.x.asked) != 2 {
			t.Errorf("another token's: %+v, %d calls", other, len(l.x.asked))
		}
	})
	t.Run("one number", func(t *testing.T) {
		t.Parallel()
		l := newCallLine(t, "jambonz", budget(func(l *toll.Limits) { l.Number = toll.Rate{N: 1, Window: time.Hour} }))
		a, b := two(l)
		if a.Status != outbound.Done && b.Status != outbound.Done || len(l.x.asked) != 1 {
			t.Errorf("%+v %+v", a, b)
		}
		for range 20 {
			l.clock.add(5 * time.Minute)
			l.settle()
		}
		if len(l.x.asked) != 2 {
			t.Errorf("the one that waited was not called: %d calls", len(l.x.asked))
		}
	})
	t.Run("at once", func(t *testing.T) {
		t.Parallel()
		l := newCallLine(t, "jambonz", func(d *outbound.Deps, x *exchange) {
			budget(func(l *toll.Limits) { l.Concurrent = 1 })(d, x)
			x.outcomes = []string{"ringing 180", ""}
		})
		two(l)
		if len(l.x.asked) != 1 {
			t.Errorf("%d calls at once", len(l.x.asked))
		}
	})
	t.Run("money", func(t *testing.T) {
		t.Parallel()
		l := newCallLine(t, "jambonz", func(d *outbound.Deps, x *exchange) {
			budget(func(l *toll.Limits) { l.Minute, l.Daily, l.Longest = 100, 150, time.Minute })(d, x)
			x.outcomes = []string{"ringing 180"}
		})
		a, b := two(l)
		waits := a
		if a.Status == outbound.Dialling {
			waits = b
		}
		if len(l.x.asked) != 1 || waits.Next.Before(time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)) || !strings.Contains(waits.Reason, "cost") {
			t.Errorf("%+v, %d calls", waits, len(l.x.asked))
		}
	})
}

// A token of an answer address is good for one call of the platform, and a made-up one
// for none.
func TestAnswerAddressesAreGoodOnce(t *testing.T) {
	t.Parallel()
	l := newCallLine(t, "jambonz", func(_ *outbound.Deps, x *exchange) { x.outcomes = []string{"ringing 180"} })
	v := l.must(anOrder)
	l.settle()
	answer, err := url.Parse(l.x.asked[0].answer)
	if err != nil {
		t.Fatal(err)
	}
	hook := func(path, id string) string {
		t.Helper()
		w := l.post(path, `{"call_sid":"`+id+`","account_sid":"acme","direction":"outbound","from":"+61255500100","to":"+61412345678","call_status":"in-progress","sip_status":200}`)
		if w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return w.Body.String()
	}
	forged := answer.Path[:strings.LastIndex(answer.Path, ".")] + ".aaaaaaaaaaaaaaaaaaaaaaaaaa"
	if got := hook(forged, "call-1"); !strings.Contains(got, "not in service") {
		t.Errorf("a made-up token: %s", got)
	}
	elsewhere := strings.Replace(answer.Path, "/jambonz/", "/generic/", 1)
	if got := l.post(elsewhere, `{"call":{"id":"call-1","account":"acme"}}`).Body.String(); !strings.Contains(got, "not in service") {
		t.Errorf("another platform with the token: %s", got)
	}
	if got := hook(answer.Path, "stranger"); !strings.Contains(got, "not in service") {
		t.Errorf("another call with the token: %s", got)
	}
	first := hook(answer.Path, "call-1")
	if !strings.Contains(first, "This is a reminder") {
		t.Errorf("the call itself: %s", first)
	}
	if again := hook(answer.Path, "call-1"); again != first {
		t.Errorf("delivered again: %s", again)
	}
	if got := hook(answer.Path, "call-2"); !strings.Contains(got, "not in service") {
		t.Errorf("the token once more: %s", got)
	}
	if v = l.view(v.ID); v.Status != outbound.Answered {
		t.Errorf("%+v", v)
	}
	// Who answered is not told any more once the flow has begun.
	told, _ := url.Parse(l.x.asked[0].status)
	l.post(told.Path, `{"call_sid":"call-1","account_sid":"acme","call_status":"in-progress","type":"amd_machine_detected"}`)
	if v = l.view(v.ID); v.Status != outbound.Answered || v.AnsweredBy != engine.ByUnknown {
		t.Errorf("%+v", v)
	}
	// What is told of another call is not told of this one.
	status, _ := url.Parse(l.x.asked[0].status)
	l.post(status.Path, `{"call_sid":"other-leg","account_sid":"acme","call_status":"completed"}`)
	if v = l.view(v.ID); v.Status != outbound.Answered {
		t.Errorf("%+v", v)
	}
	l.post(status.Path, `{"call_sid":"call-1","account_sid":"acme","call_status":"completed","call_termination_by":"caller"}`)
	if v = l.view(v.ID); v.Status != outbound.Done {
		t.Errorf("%+v", v)
	}
}

// Who answers is found out before the flow begins, where the order asks for it.
func TestMachinesAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		platform, machine, who, detect string
		heard                          string
		status                         outbound.Status
	}{
		"jambonz, human":           {"jambonz", `"hang_up"`, "human_detected", "amd", "you are human", outbound.Done},
		"jambonz, hung up":         {"jambonz", `"hang_up"`, "machine_detected", "amd", "", outbound.ByMachine},
		"jambonz, goes on":         {"jambonz", `"continue"`, "machine_detected", "amd", "You are a machine. A message for Maria.", outbound.Done},
		"jambonz, message":         {"jambonz", `"leave_message","message":"message"`, "machine_stopped_speaking", "amd", "A message for Maria.", outbound.Done},
		"jambonz, nobody can tell": {"jambonz", `"hang_up"`, "decision_timeout", "amd", "you are unknown", outbound.Done},
		"twilio, human":            {"twilio", `"hang_up"`, "human", "Enable", "you are human", outbound.Done},
		"twilio, hung up":          {"twilio", `"hang_up"`, "machine_start", "Enable", "", outbound.ByMachine},
		"twilio, message":          {"twilio", `"leave_message","message":"message"`, "machine_end_beep", "DetectMessageEnd", "A message for Maria.", outbound.Done},
		"plivo, human":             {"plivo", `"hang_up"`, "false", "true", "you are human", outbound.Done},
		"plivo, hung up":           {"plivo", `"hang_up"`, "true", "true", "", outbound.ByMachine},
		"texml, human":             {"texml", `"hang_up"`, "human", "Enable", "you are human", outbound.Done},
		"texml, message":           {"texml", `"leave_message","message":"message"`, "machine_end_beep", "DetectMessageEnd", "A message for Maria.", outbound.Done},
		"vonage, human":            {"vonage", `"hang_up"`, "human", "detect", "you are human", outbound.Done},
		"vonage, hung up":          {"vonage", `"hang_up"`, "machine", "detect", "", outbound.ByMachine},
		"telnyx, human":            {"telnyx", `"hang_up"`, "human", "detect", "you are human", outbound.Done},
		"telnyx, hung up":          {"telnyx", `"hang_up"`, "machine", "detect", "", outbound.ByMachine},
		"telnyx, goes on":          {"telnyx", `"continue"`, "machine", "detect", "You are a machine. A message for Maria.", outbound.Done},
		"telnyx, message":          {"telnyx", `"leave_message","message":"message"`, "beep_detected", "greeting_end", "A message for Maria.", outbound.Done},
		"telnyx, nobody can tell":  {"telnyx", `"hang_up"`, "not_sure", "detect", "you are unknown", outbound.Done},
		"sinch, human":             {"sinch", `"hang_up"`, "human", "async false", "you are human", outbound.Done},
		"sinch, hung up":           {"sinch", `"hang_up"`, "machine", "async false", "", outbound.ByMachine},
		"sinch, nobody can tell":   {"sinch", `"hang_up"`, "notsure", "async false", "you are unknown", outbound.Done},
		"sinch, message":           {"sinch", `"leave_message","message":"message"`, "async beep", "async true", "A message for Maria.", outbound.Done},
		"sinch, no message":        {"sinch", `"leave_message","message":"message"`, "async human", "async true", "you are human", outbound.Done},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newCallLine(t, c.platform, func(_ *outbound.Deps, x *exchange) { x.who = c.who })
			v := l.must(`{"flow":"reminder","to":"+61412345678","with":{"name":"Maria"},"machine":` + c.machine + `}`)
			l.settle()
			if got := l.heard(); !strings.Contains(got, c.heard) || c.heard == "" && got != "" || c.heard == "A message for Maria." && strings.Contains(got, "You are") {
				t.Errorf("heard %q, expected %q", got, c.heard)
			}
			if v = l.view(v.ID); v.Status != c.status || !v.Final || l.x.asked[0].detect != c.detect {
				t.Errorf("%+v %q", v, l.x.asked[0].detect)
			}
		})
	}
}

// A call is kept waiting until it is known who answered, and not for long.
func TestCallsWaitToHearWhoAnswered(t *testing.T) {
	t.Parallel()
	l := newCallLine(t, "jambonz", func(_ *outbound.Deps, x *exchange) { x.outcomes = []string{"ringing 180"} })
	v := l.must(`{"flow":"reminder","to":"+61412345678","machine":"hang_up"}`)
	l.settle()
	answer, _ := url.Parse(l.x.asked[0].answer)
	body := `{"call_sid":"call-1","account_sid":"acme","direction":"outbound","from":"+61255500100","to":"+61412345678","call_status":"in-progress","sip_status":200}`
	held := l.post(answer.Path, body).Body.String()
	if strings.Contains(held, "reminder.") || !strings.Contains(held, "pause") || !strings.Contains(held, answer.Path) {
		t.Errorf("nothing is known yet: %s", held)
	}
	l.clock.add(7 * time.Second)
	if got := l.post(answer.Path, body).Body.String(); !strings.Contains(got, "you are unknown") {
		t.Errorf("nobody tells: %s", got)
	}
	if v = l.view(v.ID); v.Status != outbound.Answered || v.AnsweredBy != "unknown" {
		t.Errorf("%+v", v)
	}
}

// A process that stops while the platform is asked leaves a call that counts as dialled;
// one that stops before leaves one that is made.
func TestACrashDialsNobodyTwice(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "calls.db")
	clock := &callClock{at: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)}
	reopen := func(change func(*outbound.Deps, *exchange)) (*callLine, runner.Store) {
		store, err := bolt.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		return openCallLine(t, "jambonz", store, clock, change), store
	}
	l, store := reopen(nil)
	before := l.must(anOrder) // and nothing was delivered any more
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	l, store = reopen(func(d *outbound.Deps, x *exchange) {
		d.Platforms = []outbound.Platform{&crashing{d.Platforms[0]}}
		x.outcomes = []string{"ringing 180"}
	})
	func() {
		defer func() { _ = recover() }()
		_ = l.run.Deliver(t.Context())
	}()
	l.x.wg.Wait()
	if len(l.x.asked) != 1 {
		t.Fatalf("%d calls", len(l.x.asked))
	}
	if v := l.view(before.ID); v.Status != outbound.Dialling && v.Status != outbound.Done {
		t.Errorf("%+v", v)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	l, store = reopen(nil)
	defer store.Close()
	for range 6 {
		clock.add(time.Minute)
		l.settle()
	}
	v := l.view(before.ID)
	if len(l.x.asked) != 0 || v.Status != outbound.Failed || !strings.Contains(v.Reason, "nobody knows whether it was dialled") {
		t.Errorf("%+v, dialled again %d times", v, len(l.x.asked))
	}
}

// crashing asks the platform, and never hears what it says: nothing after that comes to
// pass.
type crashing struct{ outbound.Platform }

func (c *crashing) Place(ctx context.Context, p outbound.Placement) (outbound.Placed, error) {
	_, _ = c.Platform.Place(ctx, p)
	panic("the process has stopped")
}

// Stages are the same words on both sides.
func TestStagesAreTheSame(t *testing.T) {
	t.Parallel()
	for codec, desk := range map[telephony.Stage]outbound.Stage{
		telephony.StageRinging: outbound.StageRinging, telephony.StageAnswered: outbound.StageAnswered, telephony.StageHuman: outbound.StageHuman,
		telephony.StageMachine: outbound.StageMachine, telephony.StageBeep: outbound.StageBeep, telephony.StageUnsure: outbound.StageUnsure,
		telephony.StageBusy: outbound.StageBusy, telephony.StageNoAnswer: outbound.StageNoAnswer, telephony.StageRejected: outbound.StageRejected,
		telephony.StageFailed: outbound.StageFailed, telephony.StageCompleted: outbound.StageCompleted,
	} {
		if string(codec) != string(desk) {
			t.Errorf("%s is not %s", codec, desk)
		}
	}
}

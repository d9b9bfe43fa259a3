package server_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap/zapcore"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/generic"
	"callflow/providers/telephony/jambonz"
	"callflow/server"
)

// firstHook is a first hook, by platform.
func firstHook(platform, id, to string) string {
	if platform == "jambonz" {
		return fmt.Sprintf(`{"call_sid":%q,"account_sid":"acme","direction":"inbound","from":"+15550100","to":%q,"call_status":"trying"}`, id, to)
	}
	return fmt.Sprintf(`{"call":{"id":%q,"account":"acme","from":"+15550100","to":%q}}`, id, to)
}

// keysHook is a turn hook that brings keys.
func keysHook(platform, id, keys string) string {
	if platform == "jambonz" {
		return fmt.Sprintf(`{"call_sid":%q,"account_sid":"acme","direction":"inbound","from":"+15550100","to":"+61255500100","call_status":"in-progress","digits":%q,"reason":"dtmfDetected"}`, id, keys)
	}
	return fmt.Sprintf(`{"call":{"id":%q,"account":"acme"},"event":{"type":"digits","keys":%q,"ended":"length"}}`, id, keys)
}

// nextTurn is the path of the turn that an answer asks for.
func nextTurn(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	text := w.Body.String()
	i := strings.Index(text, publicURL+"/v1/")
	if i < 0 {
		t.Fatalf("no turn URL in %s", text)
	}
	text = text[i+len(publicURL):]
	return text[:strings.IndexAny(text, `"?#`)]
}

// wantBare wants a status and nothing else.
func wantBare(t *testing.T, w *httptest.ResponseRecorder, status int) {
	t.Helper()
	if w.Code != status || w.Body.Len() != 0 {
		t.Errorf("HTTP %d %q, expected a bare %d", w.Code, w.Body, status)
	}
}

// wantSpoken wants an answer that says something and hangs up.
func wantSpoken(t *testing.T, w *httptest.ResponseRecorder, text string) {
	t.Helper()
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("HTTP %d %s, expected 200 application/json", w.Code, w.Header().Get("Content-Type"))
	}
	if body := w.Body.String(); !strings.Contains(body, text) || !strings.Contains(body, `"hangup"`) {
		t.Errorf("expected %q and a hangup: %s", text, body)
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	for _, platform := range players {
		for _, c := range []struct{ name, path, to, want string }{
			{"by number", "/calls", "+61255500100", "Welcome to the Authzero demo."},
			{"by number without a plus", "/calls", "61255500100", "Welcome to the Authzero demo."},
			{"by flow", "/calls/herd", "+1999", "Press 1 to report a death"},
			{"in the number's language", "/calls", "+61255500101", "Oprima 1 para reportar una muerte"},
			{"in the number's language, by flow", "/calls/herd", "+61255500101", "Oprima 1 para reportar una muerte"},
			{"a number that is not ours", "/calls", "+1999", "The number you have called is not in service."},
			{"a flow that is not there", "/calls/nosuch", "+61255500100", "The number you have called is not in service."},
		} {
			t.Run(platform+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				w := b.post("/v1/"+platform+c.path, firstHook(platform, "call-1", c.to))
				if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), c.want) {
					t.Errorf("HTTP %d %s, expected %q", w.Code, w.Body, c.want)
				}
				if refused := strings.HasPrefix(c.want, "The number"); refused {
					wantSpoken(t, w, c.want)
				}
			})
		}
	}
}

func TestOneFlowNeedsNoNumber(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(d *server.Deps) { d.Numbers, d.Flow = nil, "herd" })
	w := b.post("/v1/generic/calls", firstHook("generic", "call-1", "+1999"))
	if !strings.Contains(w.Body.String(), "Press 1 to report a death") {
		t.Error(w.Body)
	}
}

func TestRefusalsInTheCallersLanguage(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(d *server.Deps) { d.Language = "es" })
	wantSpoken(t, b.post("/v1/generic/calls", firstHook("generic", "call-1", "+1999")), "El número al que llama no está en servicio.")
	wantSpoken(t, b.post("/v1/generic/calls", `{"call":{"id":"call-2","to":"+1999","language":"en-AU"}}`), "The number you have called")
}

// Sixteen deliveries of one hook at once give one step, one sign-in, and sixteen
// answers that are the same to the byte.
func TestRedelivery(t *testing.T) {
	t.Parallel()
	for _, platform := range players {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.auth.slow = 300 * time.Millisecond
				start := firstHook(platform, "call-1", "+61255500100")
				deliver16(t, b, "/v1/"+platform+"/calls", start)
				account := nextTurn(t, b.post("/v1/"+platform+"/calls", start))
				pin := nextTurn(t, b.post(account, keysHook(platform, "call-1", "1234567890")))
				answer := deliver16(t, b, pin, keysHook(platform, "call-1", "4321"))
				if !bytes.Contains(answer, []byte("Welcome Ben.")) {
					t.Errorf("%s", answer)
				}
				if n := b.auth.count(); n != 1 {
					t.Errorf("%d sign-ins, expected 1", n)
				}
				// Late, it gets the same; the one before that changes nothing any more.
				if again := b.post(pin, keysHook(platform, "call-1", "4321")); !bytes.Equal(again.Body.Bytes(), answer) {
					t.Errorf("a late redelivery got %s", again.Body)
				}
				stale := b.post(account, keysHook(platform, "call-1", "1234567890"))
				if body := stale.Body.String(); stale.Code != http.StatusOK || strings.Contains(body, "say") {
					t.Errorf("a stale hook got %d %s", stale.Code, body)
				}
				replay := b.post("/v1/"+platform+"/calls", start)
				if body := replay.Body.String(); replay.Code != http.StatusOK || strings.Contains(body, "Welcome") {
					t.Errorf("a replay of the first hook got %d %s", replay.Code, body)
				}
			})
		})
	}
}

// deliver16 delivers a hook sixteen times at once and wants one answer.
func deliver16(t *testing.T, b *bench, path, body string) []byte {
	t.Helper()
	const deliveries = 16
	header := signedHeader(path, body)
	var wg sync.WaitGroup
	answers := make([]*httptest.ResponseRecorder, deliveries)
	for i := range answers {
		wg.Go(func() { answers[i] = b.do(http.MethodPost, path, []byte(body), header...) })
	}
	wg.Wait()
	for i, w := range answers {
		if w.Code != http.StatusOK || !bytes.Equal(w.Body.Bytes(), answers[0].Body.Bytes()) {
			t.Errorf("delivery %d of %s got %d %s,\nthe first %s", i, path, w.Code, w.Body, answers[0].Body)
		}
	}
	return answers[0].Body.Bytes()
}

func TestStrangers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	at := time.Now()
	for platform, header := range map[string]string{"jambonz": jambonz.Header, "generic": generic.Header} {
		body := firstHook(platform, "call-1", "+61255500100")
		for _, route := range []string{"/calls", "/calls/authzero", "/turns/s/1/n", "/status"} {
			path := "/v1/" + platform + route
			for _, c := range []struct {
				name   string
				header []string
				status int
			}{
				{"unsigned", nil, http.StatusUnauthorized},
				{"another secret", []string{header, telephony.Sign(engine.NewSecret("other"), at, []byte(body))}, http.StatusForbidden},
				{"another body", []string{header, telephony.Sign(secret, at, []byte(body+" "))}, http.StatusForbidden},
				{"too old", []string{header, telephony.Sign(secret, at.Add(-time.Hour), []byte(body))}, http.StatusForbidden},
				{"not a signature", []string{header, "sesame"}, http.StatusForbidden},
			} {
				t.Run(path+"/"+c.name, func(t *testing.T) {
					wantBare(t, b.do(http.MethodPost, path, []byte(body), c.header...), c.status)
				})
			}
		}
	}
	refusals := b.logs.FilterMessage("hook is refused").All()
	if len(refusals) == 0 {
		t.Error("no refusal was logged")
	}
	for _, r := range refusals {
		f := r.ContextMap()
		if f["reason"] == "" || f["request"] == "" || f["peer"] == "" {
			t.Errorf("a refusal was logged without its particulars: %v", f)
		}
	}
	if strings.Contains(b.log.String(), "call-1") {
		t.Error("the log has what a stranger posted")
	}
	if n, err := b.store.Live(t.Context()); n != 0 || err != nil {
		t.Errorf("strangers began %d calls (%v)", n, err)
	}
}

func TestStrangersCannotFloodTheLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		for range 1000 {
			b.do(http.MethodPost, "/v1/generic/calls", []byte("{}"))
		}
		if n := b.logs.FilterMessage("hook is refused").Len(); n == 0 || n > 50 {
			t.Errorf("%d lines for 1000 refusals in an instant", n)
		}
	})
}

func TestRoutesThatAreNotThere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/v1/jambonz/calls", http.StatusMethodNotAllowed},
		{"PUT", "/v1/jambonz/calls/authzero", http.StatusMethodNotAllowed},
		{"GET", "/v1/generic/turns/s/1/n", http.StatusMethodNotAllowed},
		{"DELETE", "/v1/generic/status", http.StatusMethodNotAllowed},
		{"OPTIONS", "/v1/jambonz/calls", http.StatusNoContent},
		{"POST", "/v1/nobody/calls", http.StatusNotFound},
		{"POST", "/v1/jambonz", http.StatusNotFound},
		{"POST", "/v1/jambonz/turns/s/1", http.StatusNotFound},
		{"POST", "/v1/jambonz/turns/s/1/n/more", http.StatusNotFound},
		{"POST", "/v1/jambonz/calls/a/b", http.StatusNotFound},
		{"POST", "/healthz", http.StatusMethodNotAllowed},
		{"POST", "/v1/media/authzero/a.wav", http.StatusMethodNotAllowed},
		{"GET", "/", http.StatusNotFound},
		{"GET", "/../../etc/passwd", http.StatusNotFound},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) { wantBare(t, b.do(c.method, c.path, nil), c.status) })
	}
	wantBare(t, b.post("/v1/generic/turns/s/eleven/n", keysHook("generic", "call-1", "1")), http.StatusNotFound)
}

func TestOversized(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const limit = 64 << 10
	body := func(size int) string { // a first hook of exactly that size
		hook := firstHook("generic", "call-1", "+61255500100")
		return hook[:len(hook)-1] + `,"x":"` + strings.Repeat("x", size-len(hook)-len(`,"x":""`)) + `"}`
	}
	if w := b.post("/v1/generic/calls", body(limit)); w.Code != http.StatusOK {
		t.Errorf("a body of the largest size got %d", w.Code)
	}
	wantBare(t, b.post("/v1/generic/calls", body(limit+1)), http.StatusRequestEntityTooLarge)
	// Without a length, so that it shows only while it is read.
	for size, status := range map[int]int{limit: http.StatusOK, limit + 1: http.StatusRequestEntityTooLarge} {
		text := body(size)
		r := httptest.NewRequest(http.MethodPost, "/v1/generic/calls", strings.NewReader(text))
		r.ContentLength = -1
		header := signedHeader("/v1/generic/", text)
		r.Header.Set(header[0], header[1])
		w := httptest.NewRecorder()
		b.srv.ServeHTTP(w, r)
		if w.Code != status {
			t.Errorf("a body of %d bytes without a length got %d, expected %d", size, w.Code, status)
		}
	}
}

// What is signed and makes no sense is the platform's mistake; the caller hears
// words all the same.
func TestNotUnderstood(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, platform := range players {
		for _, route := range []string{"/calls", "/turns/s/1/n"} {
			for _, body := range []string{"", "{", "[]", "null", `{"call":7}`, "\x00"} {
				wantSpoken(t, b.post("/v1/"+platform+route, body), "Sorry, something went wrong.")
			}
		}
		wantBare(t, b.post("/v1/"+platform+"/status", "{"), http.StatusBadRequest)
	}
}

// Whoever writes a platform's side is told what was wrong, and nobody's keys.
func TestProblem(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(d *server.Deps) { d.Flow, d.Numbers = "", nil })
	for _, c := range []struct{ path, body, problem string }{
		{"/v1/generic/turns/s/1/n", `{"call":{"id":"c"},"event":{"type":"digit"}}`, `event.type: found "digit", expected digits, speech, silence, lost, continued, dial_ended, recorded, waiting, queue_ended or whisper`},
		{"/v1/generic/turns/s/1/n", `{"call":{"id":"c"},"event":{"type":"8642"}}`, `event.type: found keys, expected digits, speech, silence, lost, continued, dial_ended, recorded, waiting, queue_ended or whisper`},
		{"/v1/generic/turns/s/1/n", `{"call":{"id":"c"},"event":{"type":"digits","keys":"86x42"}}`, `event.keys: expected at most`},
		{"/v1/generic/turns/s/1/n", `{"call":{"id":"c"},"event":{"type":"digits","keys":8642}}`, `event.keys: found a number, expected text`},
		{"/v1/generic/calls", `{"call":{}}`, `call.id: missing or empty`},
		{"/v1/generic/calls", `{"call":{"id":"c"`, `not JSON: it ends where`},
		{"/v1/generic/calls/nope", `{"call":{"id":"c"}}`, `there is no flow "nope"`},
		{"/v1/generic/calls", `{"call":{"id":"c","to":"+15550123"}}`, `no flow answers the number in call.to`},
		{"/v1/jambonz/calls", `{"call":{}}`, ""},
	} {
		w := b.post(c.path, c.body)
		if w.Code != http.StatusOK {
			t.Errorf("%s %s: HTTP %d", c.path, c.body, w.Code)
		}
		var reply struct {
			Problem string `json:"problem"`
		}
		_ = json.Unmarshal(w.Body.Bytes(), &reply) // that of jambonz is a list
		if !strings.HasPrefix(reply.Problem, c.problem) || c.problem == "" && reply.Problem != "" {
			t.Errorf("%s %s: the problem is %q, expected %q", c.path, c.body, reply.Problem, c.problem)
		}
		if got := w.Body.String(); strings.Contains(got, "8642") || strings.Contains(got, "86x42") {
			t.Errorf("the answer shows keys: %s", got)
		}
	}
	if w := b.post("/v1/generic/calls/authzero", firstHook("generic", "call-1", "")); strings.Contains(w.Body.String(), `"problem"`) {
		t.Errorf("a good request has a problem: %s", w.Body)
	}
}

func TestPublicURLAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, platform := range players {
		body := firstHook(platform, "call-"+platform, "+61255500100")
		path := "/v1/" + platform + "/calls"
		r := httptest.NewRequest(http.MethodPost, "https://evil.example"+path, strings.NewReader(body))
		r.Host = "evil.example"
		for name, value := range map[string]string{
			"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "Forwarded": "host=evil.example",
			"X-Original-URL": "https://evil.example/", "X-Forwarded-Prefix": "/evil",
		} {
			r.Header.Set(name, value)
		}
		header := signedHeader(path, body)
		r.Header.Set(header[0], header[1])
		w := httptest.NewRecorder()
		b.srv.ServeHTTP(w, r)
		if text := w.Body.String(); strings.Contains(text, "evil") || !strings.Contains(text, publicURL) {
			t.Errorf("%s: %s", platform, text)
		}
	}
}

func TestPublicURLWithAPath(t *testing.T) {
	t.Parallel()
	const public = "https://example.com/ivr"
	b := newBench(t, func(d *server.Deps) { d.PublicURL = public + "/" })
	for i, prefix := range []string{"", "/ivr"} { // a proxy may strip the path, or not
		id := fmt.Sprint("call-", i)
		w := b.post(prefix+"/v1/generic/calls", firstHook("generic", id, "+61255500100"))
		var doc struct{ Turn string }
		if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || !strings.HasPrefix(doc.Turn, public+"/v1/generic/turns/") {
			t.Fatalf("%q: %q (%v)", prefix, doc.Turn, err)
		}
		path := strings.TrimPrefix(doc.Turn, public)
		w = b.post(prefix+path, keysHook("generic", id, "1234567890"))
		if !strings.Contains(w.Body.String(), "PIN") {
			t.Errorf("%q: %s", prefix, w.Body)
		}
	}
	if w := b.do("GET", "/ivr/healthz", nil); w.Code != http.StatusOK {
		t.Errorf("HTTP %d", w.Code)
	}
	if w := b.do("GET", "/ivrhealthz", nil); w.Code != http.StatusNotFound {
		t.Errorf("HTTP %d", w.Code)
	}
}

func TestNotices(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.background()
		b.post("/v1/generic/calls", firstHook("generic", "call-1", "+61255500100"))
		ended := `{"call":{"id":"call-1","account":"acme"},"event":{"type":"call_ended","by":"caller"}}`
		for range 2 { // it may come twice
			wantBare(t, b.post("/v1/generic/status", ended), http.StatusNoContent)
		}
		wantBare(t, b.post("/v1/generic/status", `{"call":{"id":"unknown"},"event":{"type":"call_ended"}}`), http.StatusNoContent)
		wantBare(t, b.post("/v1/jambonz/status", firstHook("jambonz", "call-2", "+1")), http.StatusNoContent)
		time.Sleep(time.Minute)
		if n, err := b.store.Live(t.Context()); n != 0 || err != nil {
			t.Errorf("%d calls live (%v)", n, err)
		}

		wantBare(t, b.post("/v1/generic/status", `{"call":{"id":"call-1"},"event":{"type":"problem","detail":"no such voice"}}`), http.StatusNoContent)
		if b.logs.FilterMessage("the platform has a problem").Len() != 1 {
			t.Error("a problem of the platform was not logged")
		}
		b.store.set(true)
		wantBare(t, b.post("/v1/generic/status", ended), http.StatusServiceUnavailable)
		b.store.set(false)
	})
}

// While the store is down the caller is held, a counted number of times; when it
// comes back in time, the call goes on where it was.
func TestStoreDown(t *testing.T) {
	t.Parallel()
	for _, platform := range players {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				turn := nextTurn(t, b.post("/v1/"+platform+"/calls", firstHook(platform, "call-1", "+61255500100")))
				b.store.set(true)
				path := turn
				for hold := 1; ; hold++ {
					w := b.post(path, keysHook(platform, "call-1", "1234567890"))
					if hold == 6 {
						wantSpoken(t, w, "orry")
						break
					}
					want := fmt.Sprintf("%s%s?hold=%d", publicURL, turn, hold)
					if !strings.Contains(w.Body.String(), want) {
						t.Fatalf("hold %d: %s, expected %s", hold, w.Body, want)
					}
					path = strings.TrimPrefix(want, publicURL)
				}
				b.store.set(false)
				w := b.post(turn+"?hold=2&lost=1", keysHook(platform, "call-1", ""))
				// What was pressed then is not asked for again.
				if !strings.Contains(w.Body.String(), "Please enter your four digit PIN.") {
					t.Errorf("after the outage: %s", w.Body)
				}

				b.store.set(true)
				w = b.post("/v1/"+platform+"/calls/authzero", firstHook(platform, "call-2", "+61255500100"))
				if want := publicURL + "/v1/" + platform + "/calls/authzero?hold=1"; !strings.Contains(w.Body.String(), want) {
					t.Errorf("the first hook got %s, expected %s", w.Body, want)
				}
				b.store.set(false)
				w = b.post("/v1/"+platform+"/calls/authzero?hold=1", firstHook(platform, "call-2", "+61255500100"))
				if !strings.Contains(w.Body.String(), "Welcome") {
					t.Errorf("the call did not begin after the outage: %s", w.Body)
				}
			})
		})
	}
}

// Whatever breaks inside, the caller hears an apology.
func TestBreakage(t *testing.T) {
	t.Parallel()
	good := codecs(t)[1]
	calls := 0
	for _, c := range []struct {
		name   string
		codec  broken
		spoken bool
	}{
		{"decode panics", broken{Codec: good, decode: func(telephony.Request) (telephony.Inbound, error) { panic("1234") }}, true},
		{"decode panics at run time", broken{Codec: good, decode: func(telephony.Request) (telephony.Inbound, error) {
			var keys []int
			return telephony.Inbound{}, errors.New(string(rune(keys[1234])))
		}}, true},
		{"encode panics", broken{Codec: good, encode: func(telephony.Outbound) (telephony.Reply, error) { panic("1234") }}, false},
		{"encode fails", broken{Codec: good, encode: func(telephony.Outbound) (telephony.Reply, error) {
			return telephony.Reply{}, errors.New("no")
		}}, false},
		{"encode fails but for an apology", broken{Codec: good, encode: func(o telephony.Outbound) (telephony.Reply, error) {
			if calls++; calls < 3 {
				return telephony.Reply{}, errors.New("no")
			}
			return good.Encode(o)
		}}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBenchIn(t, unhurried, func(d *server.Deps) { d.Codecs = []telephony.Codec{c.codec} })
			w := b.post("/v1/generic/calls", firstHook("generic", "call-1", "+61255500100"))
			if c.spoken {
				wantSpoken(t, w, "Sorry, something went wrong.")
			} else {
				wantBare(t, w, http.StatusInternalServerError)
			}
			if b.logs.FilterLevelExact(zapcore.ErrorLevel).Len() == 0 {
				t.Error("nothing was logged")
			}
			if strings.Contains(b.log.String(), `"1234"`) || strings.Contains(b.log.String(), "panic: 1234") {
				t.Error("the log has what was panicked with")
			}
		})
	}
}

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	hook := func(given string) string {
		return b.do(http.MethodPost, "/v1/generic/calls", nil, "X-Request-Id", given).Header().Get("X-Request-Id")
	}
	if got := hook("abc-1.2_Z"); got != "abc-1.2_Z" {
		t.Errorf("a sane id became %q", got)
	}
	var seen []string
	for _, given := range []string{"", "a b", "x\ty", "{\"level\":\"error\"}", strings.Repeat("a", 65), "é"} {
		got := hook(given)
		if got == given || got == "" || slices.Contains(seen, got) {
			t.Errorf("%q became %q", given, got)
		}
		seen = append(seen, got)
	}
	logged := false
	for _, line := range b.logs.All() {
		logged = logged || line.ContextMap()["request"] == "abc-1.2_Z"
	}
	if !logged {
		t.Error("the id is not in the log")
	}
}

// Keys are nowhere in the log, understood or not.
func TestKeysStayOutOfTheLog(t *testing.T) {
	t.Parallel()
	for _, platform := range players {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.background()
				b.call(platform, "authzero", "call-1", moves("7777777# 8642"))
				b.call(platform, "authzero", "call-2", moves("7777777#8642"))
				path := "/v1/" + platform + "/turns/s/1/n"
				b.post(path, `{"digits":"8642","event":{"type":"digits","keys":"8642"}}`)
				b.do(http.MethodPost, path, []byte(`{"digits":"8642"}`))
				for _, keys := range []string{"8642", "7777777"} {
					if log := b.log.String(); strings.Contains(log, keys) {
						t.Errorf("the log has %s:\n%s", keys, log)
					}
				}
			})
		})
	}
}

func TestOneLineForEachTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.background()
		result := b.call("generic", "authzero", "call-1", moves("12345# 1234 9"))
		var got []string
		for _, line := range b.logs.FilterMessage("turn").All() {
			f := line.ContextMap()
			got = append(got, fmt.Sprint(f["call"], " ", f["from"], " ", f["outcomes"], " ", f["to"]))
		}
		if len(got) != result.Hooks {
			t.Errorf("%d lines for %d hooks: %q", len(got), result.Hooks, got)
		}
		if want := "call-1 main_menu option.9 goodbye"; !slices.Contains(got, want) {
			t.Errorf("no line %q: %q", want, got)
		}
	})
}

func TestNormalNumber(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"+61 2 5550 0100": "61255500100", "61255500100": "61255500100", "+1 (555) 010-0100": "15550100100",
		"sip:+15550100@trunk.example": "15550100", "tel:+15550100": "15550100", "Sales": "sales", "sip:front.desk@host": "front.desk",
		"*98": "*98", "": "",
	} {
		if got := server.NormalNumber(written); got != want {
			t.Errorf("NormalNumber(%q) = %q, expected %q", written, got, want)
		}
	}
}

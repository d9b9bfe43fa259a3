package jambonz

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

// capturedSecret signed the exchanges of testdata/jambonz-captures.jsonl.
const capturedSecret = "wh_secret_testtesttesttest"

// capture is one recorded exchange.
type capture struct {
	Experiment string
	Request    struct {
		Method, URL string
		Headers     map[string]string
		Raw         string
	}
}

// captures reads all that was recorded.
func captures(tb testing.TB) []capture {
	tb.Helper()
	data, err := os.ReadFile("testdata/jambonz-captures.jsonl")
	if err != nil {
		tb.Fatal(err)
	}
	var all []capture
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		var c capture
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			tb.Fatalf("line %d: %v", len(all)+1, err)
		}
		all = append(all, c)
	}
	return all
}

// request is the exchange as our server would have got it: the bench's own paths
// stand for our routes.
func (c capture) request(tb testing.TB) telephony.Request {
	tb.Helper()
	u, err := url.ParseRequestURI(c.Request.URL)
	if err != nil {
		tb.Fatal(err)
	}
	route := telephony.RouteTurn
	switch u.Path {
	case "/v1/jambonz":
		route = telephony.RouteStart
	case "/v1/jambonz/status", "/cs": // the latter: a conference's own status hook
		route = telephony.RouteNotice
	}
	h := make(http.Header)
	for name, value := range c.Request.Headers {
		h.Set(name, value)
	}
	return telephony.Request{Route: route, Method: c.Request.Method, URL: u, Header: h, Body: []byte(c.Request.Raw)}
}

// signedAt is the t of the signature.
func signedAt(tb testing.TB, r telephony.Request) time.Time {
	tb.Helper()
	_, rest, _ := strings.Cut(r.Header.Get(Header), "t=")
	seconds, _, _ := strings.Cut(rest, ",")
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		tb.Fatalf("%s: %v", Header, err)
	}
	return time.Unix(n, 0)
}

// media stands in the table for what FreeSWITCH asked of a file server: it is
// neither signed nor for the codec.
const media = "media"

// observed says, by experiment, what the exchanges mean, in the order in which they
// were answered: the table was made from the observations, not from the codec. A
// dash is a notice that changes nothing. Verbs that we never send (play, enqueue,
// conference) have hooks too; they must do no harm.
var observed = []struct{ experiment, events string }{
	// The first document is refused: nothing comes after it.
	{"A unknown verb first", "start"},
	{"A2 bad property", "start"},
	{"A3 missing required", "start, -, -, ended by us"},
	{"B1 500 first", "start"},
	{"B2 empty array", "start"},
	{"B3 text/plain", "start"},
	{"B4 object not array", "start"},
	{"B5 302", "start"},
	{"B6 malformed json", "start"},
	// A later one is refused: the operator hears of it, the call goes on.
	{"C1 actionHook 500", "start, -, -, digits 123, alarm, ended by us"},
	{"C2 actionHook bad verb", "start, -, -, digits 123, alarm, ended by us"},
	{"C3 actionHook 204 empty -> next verb", "start, -, -, digits 123, ended by us"},
	{"C4 actionHook [] ", "start, -, -, digits 123, ended by us"},
	// Entries.
	{"D1 finishOnKey", "start, -, -, digits 12, ended by us"},
	{"D2 timeout", "start, -, -, noinput, ended by us"},
	{"D3 partial then timeout", "start, -, -, noinput, ended by us"},
	{"D4 min/max + interDigitTimeout 1s", "start, -, -, digits 12, ended by us"},
	{"D5 dtmfBargein false, digits during prompt", "start, -, -, digits 123, ended by us"},
	{"D6 two gathers type ahead (5 digits, 3+2)", "start, -, -, digits 123, digits 45, ended by us"},
	{"D7 slow actionHook 2s, digits typed meanwhile", "start, -, -, digits 123, noinput, ended by us"},
	{"D8 only finish key", "start, -, -, bare terminator, ended by us"},
	{"D9 star", "start, -, -, digits *0, ended by us"},
	{"E1 slow first hook 3s", "start, -, -, ended by us"},
	// The end overtakes the last key.
	{"E2 hangup while hook outstanding", "start, -, -, ended by caller, digits 123"},
	{"E3 actionHook timeout 12s", "start, -, -, alarm, ended by us, digits 123"},
	{"E4 caller hangs up during prompt", "start, -, -, ended by caller"},
	{"E5 CANCEL-less: hook slow 3s and sipp waits", "start, -, -, noinput, ended by us"},
	{"E6 interDigitTimeout with partial (numDigits 3)", "start, -, -, noinput, ended by us"},
	{"E7 timeout 0 = wait forever?", "start, -, -, digits 123, ended by us"},
	{"F1 LCC call_hook mid-gather", "start, -, -, resumed, ended by us"},
	{"F2 LCC completed", "start, -, -, ended by us"},
	{"G1 play wav via http", "start, -, -, media, lost, ended by us, start, -, -, lost, ended by us"},
	{"G2 play missing", "start, -, -, media, ended by us"},
	{"G3 redirect,tag,pause", "start, -, resumed, -, ended by us"},
	{"G4 sip:decline", "start, -, ended by unknown"},
	{"G5 hash retry rc=2 rp=all", "start, -, -, digits 123, alarm, ended by us"},
	// Transfers, with the other leg's notices between ours.
	{"H1 dial to sipp UAS, caller hangs up", "start, -, -, dial failed, -, -, ended by us"},
	{"H2 dial unreachable", "start, -, -, -, dial no_answer, ended by us, start, -, -, -, dial no_answer, ended by us"},
	{"H3 conference", "start, -, -, -, -, ended by caller, ended by caller, ended by caller"},
	{"H4 enqueue", "start, -, -, resumed, resumed, resumed, resumed, ended by caller, queue left caller gone"},
	{"H5 dtmf verb, config notifyEvents", "start, -, -, ended by us"},
	{"S1 through SBC", "start, -, -, digits 123, ended by us"},
	{"G1b again (cache?)", "start, -, -, lost, ended by us"},
	{"H1 dial, caller hangs up", "start, -, -, -, -, -, ended by caller, dial completed caller gone, -"},
	{"H1b dial timeLimit 3 then actionHook", "start, -, -, -, -, -, dial completed, -, ended by us"},
	{"I1 SIP INFO dtmf via dtmf-relay", "start, -, -, noinput, ended by us"},
	// Retries are the same delivery again.
	{"R1 absolute url retry #rc=3&rp=5xx", "start, -, -, digits 123, digits 123, digits 123, ended by us"},
	{"R2 verb with unknown property in actionHook", "start, -, -, digits 123, alarm, ended by us"},
	{"R3 relative without slash", "start, -, -, alarm, ended by us"},
	{"R4 no actionHook", "start, -, -, ended by us"},
	{"R5 say array + ssml + loop", "start, -, -, ended by us"},
	{"R6 end of verbs without hangup", "start, -, -, ended by us"},
	{"R7 hangup mid-flow: CANCEL style -> caller BYE before first hook answered", "start, -, -, ended by caller"},
	{"R8 charset content type", "start, -, -, ended by us"},
	{"R9 big document 300 verbs", "start, -"},
	{"Z1 300 tags, say, hangup", "start, -, -, ended by us"},
	{"Z2 hangup only", "start, -"},
	{"Z3 first hook 12 s", "start"},
	{"Z4 dial unanswered, watch 40 s", "start, -, -, -, dial no_answer, ended by us"},
	{"Z5 timer: keys 2 s apart, timeout 3, numDigits 3", "start, -, -, noinput, ended by us"},
	{"Z6 minDigits 1 max 3, one key, timeout 3", "start, -, -, digits 1, ended by us"},
	{"Z7 key during prompt restarts?", "start, -, -, noinput, ended by us"},
	{"Z8 +E164 caller", "start, -, -, ended by us"},
	{"Y1 slow actionHook 2s, digits typed meanwhile", "start, -, -, digits 987, noinput, ended by us"},
	{"Y2 two gathers quick hook", "start, -, -, digits 987, digits 54, ended by us"},
	{"Y3 dtmfBargein false", "start, -, -, digits 551, ended by us"},
	{"Y4 keys 2 s apart timeout 3", "start, -, -, noinput, ended by us"},
	{"Y5 keys 2 s apart, minDigits 1 interDigitTimeout 3", "start, -, -, digits 321, ended by us"},
	{"Y6 hangup while hook outstanding", "start, -, -, ended by caller, digits 311"},
	{"Y7 dial dtmfCapture", "start, -, -, ended by us"},
}

// meaning is a request in the words of the table.
func meaning(r telephony.Request, in telephony.Inbound) string {
	switch what := codectest.Describe(in.Event); {
	case in.Alarm != "" && in.Event == nil:
		return "alarm"
	case r.Route == telephony.RouteStart && in.Event == nil:
		return "start"
	case in.Event == nil:
		return "-"
	case what == "digits none terminator":
		return "bare terminator"
	case strings.HasPrefix(what, "digits"):
		return strings.TrimSuffix(what, " unknown") // jambonz does not say how an entry ended
	default:
		return what
	}
}

func TestCaptures(t *testing.T) {
	all := captures(t)
	if len(all) != 335 {
		t.Fatalf("%d exchanges, expected the 335 that were recorded", len(all))
	}
	codec := newCodec(t, Config{Secrets: []engine.Secret{engine.NewSecret(capturedSecret)}})
	stranger := newCodec(t, Config{Secrets: []engine.Secret{engine.NewSecret("another")}})
	got := make(map[string][]string)
	signed, unsigned := 0, 0
	for i, c := range all {
		fail := func(format string, args ...any) {
			t.Helper()
			t.Errorf("exchange %d (%s): "+format, append([]any{i + 1, c.Experiment}, args...)...)
		}
		r := c.request(t)
		if r.Method != http.MethodPost {
			unsigned++
			if err := codec.Verify(r, time.Unix(1795289894, 0)); !errors.Is(err, telephony.ErrUnsigned) {
				fail("a media request: got %v, want ErrUnsigned", err)
			}
			got[c.Experiment] = append(got[c.Experiment], media)
			continue
		}
		signed++
		at := signedAt(t, r)
		if err := codec.Verify(r, at); err != nil {
			fail("Verify: %v", err)
			continue
		}
		for _, tt := range []struct {
			late time.Duration
			want error
		}{
			{300 * time.Second, nil},
			{301 * time.Second, telephony.ErrStale},
			{-300 * time.Second, nil},
			{-301 * time.Second, telephony.ErrStale},
		} {
			if err := codec.Verify(r, at.Add(tt.late)); !errors.Is(err, tt.want) {
				fail("Verify at t%+.0f: got %v, want %v", tt.late.Seconds(), err, tt.want)
			}
		}
		if err := stranger.Verify(r, at); !errors.Is(err, telephony.ErrSignature) {
			fail("Verify with another secret: got %v, want ErrSignature", err)
		}
		r.Body[i%len(r.Body)] ^= 4
		if err := codec.Verify(r, at); !errors.Is(err, telephony.ErrSignature) {
			fail("Verify of a changed body: got %v, want ErrSignature", err)
		}
		r.Body[i%len(r.Body)] ^= 4

		in, err := codec.Decode(r)
		if err != nil {
			fail("Decode: %v", err)
			continue
		}
		got[c.Experiment] = append(got[c.Experiment], meaning(r, in))
		checkCapturedCall(t, i, c, r, in)
	}
	if signed != 333 || unsigned != 2 {
		t.Errorf("%d signed exchanges and %d for media, expected 333 and 2", signed, unsigned)
	}
	for _, o := range observed {
		if events := strings.Join(got[o.experiment], ", "); events != o.events {
			t.Errorf("%s:\n got %s\nwant %s", o.experiment, events, o.events)
		}
		delete(got, o.experiment)
	}
	for experiment := range got {
		t.Errorf("experiment %q is not in the table", experiment)
	}
}

// checkCapturedCall reads the record again, with encoding/json, and compares.
func checkCapturedCall(t *testing.T, i int, c capture, r telephony.Request, in telephony.Inbound) {
	t.Helper()
	var record struct {
		From    string `json:"from"`
		To      string `json:"to"`
		Call    string `json:"call_sid"`
		Account string `json:"account_sid"`
	}
	if err := json.Unmarshal(r.Body, &record); err != nil {
		t.Fatal(err)
	}
	want := engine.Call{Platform: "jambonz", Account: record.Account, ID: record.Call, From: record.From, To: record.To}
	if r.Route == telephony.RouteStart {
		want.Name = "Test Caller"
	}
	if in.Call != want {
		t.Errorf("exchange %d (%s): got %+v, want %+v", i+1, c.Experiment, in.Call, want)
	}
	if c.Experiment == "Z8 +E164 caller" && in.Call.From != "+15551230000" {
		t.Errorf("exchange %d (%s): the plus was lost: %s", i+1, c.Experiment, in.Call.From)
	}
	if strings.ContainsAny(in.Alarm, "0123456789") {
		t.Errorf("exchange %d (%s): the alarm could show keys: %s", i+1, c.Experiment, in.Alarm)
	}
}

// TestRetriesAreAlike: what jambonz re-sends after a 5xx is the first delivery, byte
// for byte, signature and time included. A guard against replays would refuse it.
func TestRetriesAreAlike(t *testing.T) {
	codec := newCodec(t, Config{Secrets: []engine.Secret{engine.NewSecret(capturedSecret)}})
	var first telephony.Request
	n := 0
	for _, c := range captures(t) {
		if c.Experiment != "R1 absolute url retry #rc=3&rp=5xx" || c.Request.URL != "/d" {
			continue
		}
		r := c.request(t)
		if n++; n == 1 {
			first = r
		}
		if !bytes.Equal(r.Body, first.Body) || r.Header.Get(Header) != first.Header.Get(Header) {
			t.Errorf("delivery %d differs from the first", n)
		}
		if err := codec.Verify(r, signedAt(t, first).Add(2*time.Second)); err != nil {
			t.Errorf("delivery %d: %v", n, err)
		}
	}
	if n != 3 {
		t.Errorf("%d deliveries, expected 3", n)
	}
}

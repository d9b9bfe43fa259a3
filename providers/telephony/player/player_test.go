package player

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"callflow/engine"
)

// server answers hooks from a list, one after the other, and keeps what was posted.
type server struct {
	t       *testing.T
	answers []string // JSON; "500", "204", "text:…" and "down" are not
	posts   []post
}

type post struct {
	path string
	body map[string]any
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var body map[string]any
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, err
	}
	if r.Header.Get("Content-Type") != "application/json" {
		s.t.Errorf("%s: content type %q", r.URL, r.Header.Get("Content-Type"))
	}
	s.posts = append(s.posts, post{r.URL.RequestURI(), body})
	w := httptest.NewRecorder()
	if strings.HasSuffix(r.URL.Path, "/status") {
		w.WriteHeader(http.StatusNoContent)
		return w.Result(), nil
	}
	if len(s.answers) == 0 {
		s.t.Errorf("%s is one hook too many", r.URL)
		return nil, errors.New("no answer is left")
	}
	answer := s.answers[0]
	s.answers = s.answers[1:]
	kind := "application/json"
	switch {
	case answer == "down":
		return nil, errors.New("connection refused")
	case answer == "slow":
		<-r.Context().Done()
		return nil, r.Context().Err()
	case answer == "cut":
		broken := w.Result()
		broken.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))
		return broken, nil
	case answer == "500":
		w.WriteHeader(http.StatusInternalServerError)
	case answer == "204":
		w.WriteHeader(http.StatusNoContent)
	case strings.HasPrefix(answer, "text:"):
		kind, answer = "text/plain", answer[5:]
		fallthrough
	default:
		w.Header().Set("Content-Type", kind)
		_, _ = io.WriteString(w, answer)
	}
	return w.Result(), nil
}

// statuses are the notices of a jambonz call, in short.
func (s *server) statuses() []string {
	var all []string
	for _, p := range s.posts {
		if !strings.HasSuffix(p.path, "/status") {
			continue
		}
		text := fmt.Sprint(p.body["call_status"])
		if by, ok := p.body["call_termination_by"]; ok {
			text += " by " + fmt.Sprint(by)
		}
		if reason, ok := p.body["error"]; ok {
			text = fmt.Sprint(reason, ": ", p.body["reason"])
		}
		all = append(all, text)
	}
	return all
}

// turns are what was posted to turn hooks.
func (s *server) turns(fields ...string) []string {
	var all []string
	for _, p := range s.posts[1:] {
		if strings.HasSuffix(p.path, "/status") {
			continue
		}
		text := p.path
		for _, f := range fields {
			if v, ok := p.body[f]; ok {
				text += fmt.Sprintf(" %s=%v", f, v)
			}
		}
		all = append(all, text)
	}
	return all
}

func options(s *server, moves ...Move) Options {
	return Options{
		URL: "http://host/v1/x/calls/f", StatusURL: "http://host/v1/x/status", Secret: engine.NewSecret("s"),
		Call: Call{ID: "call-1", Account: "acme", From: "+1", To: "+2"}, Script: moves, Client: &http.Client{Transport: s},
	}
}

func press(keys string) Move { return Move{Keys: engine.NewSecret(keys)} }

const gather = `{"verb":"gather","actionHook":"/turn/1","input":["digits"],"minDigits":1,"maxDigits":4,"finishOnKey":"#","timeout":5,"interDigitTimeout":3,"say":{"text":"PIN?"}}`

func TestJambonz(t *testing.T) {
	t.Parallel()
	const bye = `[{"verb":"say","text":"Bye."},{"verb":"hangup"}]`
	lossy := strings.Replace(gather, `"minDigits":1,`, "", 1)
	for _, c := range []struct {
		name     string
		answers  []string
		moves    []Move
		end      End
		heard    []string
		turns    []string
		statuses []string
	}{
		{
			"an entry",
			[]string{"[" + gather + "]", bye},
			[]Move{press("1234")},
			HungUp,
			[]string{"PIN?", "Bye."},
			[]string{"/turn/1 digits=1234 reason=dtmfDetected"},
			[]string{"trying", "in-progress", "completed by jambonz"},
		},
		{
			"the finish key is left out",
			[]string{"[" + gather + "]", bye},
			[]Move{press("12#")},
			HungUp,
			[]string{"PIN?", "Bye."},
			[]string{"/turn/1 digits=12 reason=dtmfDetected"},
			[]string{"trying", "in-progress", "completed by jambonz"},
		},
		{
			"the finish key alone",
			[]string{"[" + gather + "]", bye},
			[]Move{press("#")},
			HungUp,
			[]string{"PIN?", "Bye."},
			[]string{"/turn/1 digits= reason=dtmfDetected"},
			[]string{"trying", "in-progress", "completed by jambonz"},
		},
		{
			"silence has no digits",
			[]string{"[" + gather + "]", bye},
			[]Move{{}},
			HungUp,
			[]string{"PIN?", "Bye."},
			[]string{"/turn/1 reason=timeout"},
			[]string{"trying", "in-progress", "completed by jambonz"},
		},
		{
			"a partial entry",
			[]string{"[" + gather + "]", bye},
			[]Move{press("12")},
			HungUp,
			[]string{"PIN?", "Bye."},
			[]string{"/turn/1 digits=12 reason=dtmfDetected"},
			[]string{"trying", "in-progress", "completed by jambonz"},
		},
		{
			"without minDigits a partial entry is lost",
			[]string{"[" + lossy + "]", bye},
			[]Move{press("12")},
			HungUp,
			[]string{"PIN?", "Bye."},
			[]string{"/turn/1 reason=timeout"},
			[]string{"trying", "in-progress", "completed by jambonz"},
		},
		{
			"the caller hangs up during a prompt",
			[]string{"[" + gather + "]"},
			nil, Left,
			[]string{"PIN?"},
			nil,
			[]string{"trying", "in-progress", "completed by caller"},
		},
		{
			"out of verbs",
			[]string{`[{"say":{"text":"Hello."}}]`},
			nil, HungUp,
			[]string{"Hello."},
			nil,
			[]string{"trying", "in-progress", "completed by jambonz"},
		},
		{
			"hung up before it was answered", []string{`[{"verb":"hangup"}]`}, nil, HungUp, nil, nil, []string{"trying"},
		},
		{
			"redirect",
			[]string{`[{"verb":"redirect","actionHook":"http://host/turn/2?lost=1#rc=2&rp=5xx"}]`, "500", "500", bye},
			nil, HungUp,
			[]string{"Bye."},
			[]string{"/turn/2?lost=1", "/turn/2?lost=1", "/turn/2?lost=1"},
			[]string{"trying", "in-progress", "completed by jambonz"},
		},
		{
			"a failing hook leads to the next verb",
			[]string{"[" + gather + `,{"verb":"redirect","actionHook":"/turn/1?lost=1"}]`, "500", bye},
			[]Move{press("1234")},
			HungUp,
			[]string{"PIN?", "Bye."},
			[]string{"/turn/1 digits=1234 reason=dtmfDetected", "/turn/1?lost=1"},
			[]string{"trying", "in-progress", "invalid actionHook response: Unexpected HTTP Response: 500", "completed by jambonz"},
		},
		{
			"so does a document with one fault",
			[]string{"[" + gather + `,{"verb":"say","text":"Tail."}]`, `[{"verb":"say","text":"x","colour":"red"}]`},
			[]Move{press("1234")},
			HungUp,
			[]string{"PIN?", "Tail."},
			[]string{"/turn/1 digits=1234 reason=dtmfDetected"},
			[]string{"trying", "in-progress", "invalid actionHook response: say: unknown property colour", "completed by jambonz"},
		},
		{
			"an empty answer changes nothing",
			[]string{"[" + gather + `,{"verb":"say","text":"Tail."}]`, `[]`},
			[]Move{press("1234")},
			HungUp,
			[]string{"PIN?", "Tail."},
			[]string{"/turn/1 digits=1234 reason=dtmfDetected"},
			[]string{"trying", "in-progress", "completed by jambonz"},
		},
		{
			"nor does one that is not labelled as JSON",
			[]string{"[" + gather + `,{"verb":"say","text":"Tail."}]`, "text:" + bye},
			[]Move{press("1234")},
			HungUp,
			[]string{"PIN?", "Tail."},
			[]string{"/turn/1 digits=1234 reason=dtmfDetected"},
			[]string{"trying", "in-progress", "completed by jambonz"},
		},
		{
			"204",
			[]string{"[" + gather + `]`, "204"},
			[]Move{press("1234")},
			HungUp,
			[]string{"PIN?"},
			[]string{"/turn/1 digits=1234 reason=dtmfDetected"},
			[]string{"trying", "in-progress", "completed by jambonz"},
		},
		{
			"a relative address with a fragment",
			[]string{`[{"verb":"redirect","actionHook":"/x#rc=1"},{"verb":"say","text":"Tail."}]`},
			nil, HungUp,
			[]string{"Tail."},
			nil,
			[]string{"trying", "invalid actionHook response: a fragment in a relative address is sent along and retries nothing", "in-progress", "completed by jambonz"},
		},
		{
			"a transfer",
			[]string{`[{"verb":"dial","target":[{"type":"phone","number":"+3"}],"actionHook":"/turn/1","timeout":20}]`, bye},
			nil, HungUp,
			[]string{"Bye."},
			[]string{"/turn/1 dial_call_status=completed"},
			[]string{"trying", "in-progress", "completed by jambonz"},
		},
		{
			"a late answer is not waited for again",
			[]string{`[{"verb":"redirect","actionHook":"http://host/turn/2#rc=2&rp=ct,5xx"},{"verb":"say","text":"Tail."}]`, "slow"},
			nil, HungUp,
			[]string{"Tail."},
			[]string{"/turn/2"},
			[]string{"trying", `invalid actionHook response: Post "http://host/turn/2": context deadline exceeded`, "in-progress", "completed by jambonz"},
		},
		{
			"a lost one is",
			[]string{`[{"verb":"redirect","actionHook":"http://host/turn/2#rc=2&rp=ct,5xx"}]`, "cut", "down", bye},
			nil, HungUp,
			[]string{"Bye."},
			[]string{"/turn/2", "/turn/2", "/turn/2"},
			[]string{"trying", "in-progress", "completed by jambonz"},
		},
		{
			"hang-up inside an entry",
			[]string{"[" + gather + "]"},
			[]Move{{Keys: engine.NewSecret("12"), Hangup: true}},
			Left,
			[]string{"PIN?"},
			nil,
			[]string{"trying", "in-progress", "completed by caller"},
		},
		{
			"hang-up behind an entry",
			[]string{"[" + gather + "]", bye},
			[]Move{{Keys: engine.NewSecret("1234"), Hangup: true}},
			Left,
			[]string{"PIN?"},
			[]string{"/turn/1 digits=1234 reason=dtmfDetected"},
			[]string{"trying", "in-progress", "completed by caller"},
		},
		{
			"who hangs up while it rings",
			[]string{`[{"verb":"dial","target":[{"type":"phone","number":"+3"}],"actionHook":"/turn/1","timeout":20}]`},
			[]Move{{Hangup: true}},
			Left,
			nil, nil,
			[]string{"trying", "in-progress", "completed by caller"},
		},
		{"refused: 500", []string{"500"}, nil, Refused, nil, nil, nil},
		{"refused: empty", []string{"[]"}, nil, Refused, nil, nil, nil},
		{"refused: text", []string{"text:" + bye}, nil, Refused, nil, nil, nil},
		{"refused: an object", []string{`{"verb":"hangup"}`}, nil, Refused, nil, nil, nil},
		{"refused: unknown verb", []string{`[{"verb":"sing"}]`}, nil, Refused, nil, nil, nil},
		{"refused: wrong type", []string{`[{"verb":"gather","timeout":"5"}]`}, nil, Refused, nil, nil, nil},
		{"refused: missing property", []string{`[{"verb":"say"}]`}, nil, Refused, nil, nil, nil},
		{"refused: wrong inside", []string{`[{"verb":"gather","say":{"text":"x","loud":true}}]`}, nil, Refused, nil, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &server{t: t, answers: c.answers}
			var r Result
			synctest.Test(t, func(t *testing.T) { r = Jambonz(t.Context(), options(s, c.moves...)) })
			if r.End != c.end || !slices.Equal(r.Heard, c.heard) {
				t.Errorf("%s (%v), heard %q; expected %s, %q", r.End, r.Err, r.Heard, c.end, c.heard)
			}
			if got := s.turns("digits", "reason", "dial_call_status"); !slices.Equal(got, c.turns) {
				t.Errorf("posted %q, expected %q", got, c.turns)
			}
			if got := s.statuses(); !slices.Equal(got, c.statuses) {
				t.Errorf("statuses %q, expected %q", got, c.statuses)
			}
			if len(s.answers) > 0 {
				t.Errorf("%d answers were not asked for", len(s.answers))
			}
			if s.posts[0].path != "/v1/x/calls/f" || s.posts[0].body["sip"] == nil || s.posts[0].body["call_status"] != "trying" {
				t.Errorf("the first hook was %v", s.posts[0])
			}
		})
	}
}

func TestJambonzIsNotFooled(t *testing.T) {
	t.Parallel()
	for _, change := range [][2]string{
		{`"timeout":5`, `"timeout":0`},
		{`"minDigits":1`, `"minDigits":0`},
		{`"finishOnKey":"#"`, `"finishOnKey":"#*"`},
		{`"input":["digits"]`, `"input":["dtmf"]`},
	} {
		s := &server{t: t, answers: []string{"[" + strings.Replace(gather, change[0], change[1], 1) + "]"}}
		if r := Jambonz(t.Context(), options(s, press("1234"))); r.End != Broken || r.Err == nil {
			t.Errorf("%s: %s", change[1], r.End)
		}
	}
}

const asksPIN = `{"verb":"gather","prompts":[{"text":"PIN?","barge_in":true}],"min_digits":1,"max_digits":4,"terminator":"#","timeout_ms":5000,"secret":true,"flush":false,"barge_in":true,"next":"http://host/turn/1","lost":"http://host/turn/1?lost=1"}`

func genericDoc(verbs string) string {
	return `{"verbs":[` + verbs + `],"notice":"http://host/own/status","apology":{"text":"Sorry.","barge_in":false}}`
}

func TestGeneric(t *testing.T) {
	t.Parallel()
	bye := genericDoc(`{"verb":"say","text":"Bye.","barge_in":true},{"verb":"hangup"}`)
	asked := genericDoc(asksPIN)
	for _, c := range []struct {
		name    string
		answers []string
		moves   []Move
		end     End
		heard   []string
		turns   []string
		ended   string
	}{
		{"an entry", []string{asked, bye}, []Move{press("1234")}, HungUp, []string{"PIN?", "Bye."}, []string{"/turn/1 event=map[ended:length keys:1234 type:digits]"}, "us"},
		{"with a terminator", []string{asked, bye}, []Move{press("12#")}, HungUp, []string{"PIN?", "Bye."}, []string{"/turn/1 event=map[ended:terminator keys:12# type:digits]"}, "us"},
		{"partial", []string{asked, bye}, []Move{press("12")}, HungUp, []string{"PIN?", "Bye."}, []string{"/turn/1 event=map[ended:gap keys:12 type:digits]"}, "us"},
		{"silence", []string{asked, bye}, []Move{{}}, HungUp, []string{"PIN?", "Bye."}, []string{"/turn/1 event=map[type:silence]"}, "us"},
		{"hang-up", []string{asked}, nil, Left, []string{"PIN?"}, nil, "caller"},
		{
			"continue",
			[]string{genericDoc(`{"verb":"pause","length_ms":10},{"verb":"continue","next":"http://host/turn/1"}`), bye},
			nil, HungUp,
			[]string{"Bye."},
			[]string{"/turn/1 event=map[type:continued]"},
			"us",
		},
		{
			"a transfer",
			[]string{genericDoc(`{"verb":"dial","to":"+3","next":"http://host/turn/1"}`), bye},
			nil, HungUp,
			[]string{"Bye."},
			[]string{"/turn/1 event=map[caller_gone:false result:completed type:dial_ended]"},
			"us",
		},
		{
			"nothing has changed",
			[]string{asked, genericDoc(""), bye},
			[]Move{press("12"), press("1234")},
			HungUp,
			[]string{"PIN?", "PIN?", "Bye."},
			[]string{"/turn/1 event=map[ended:gap keys:12 type:digits]", "/turn/1 event=map[ended:length keys:1234 type:digits]"},
			"us",
		},
		{
			"lost on the way",
			[]string{asked, "down", "500", bye},
			[]Move{press("1234")},
			HungUp,
			[]string{"PIN?", "Bye."},
			[]string{"/turn/1 event=map[ended:length keys:1234 type:digits]", "/turn/1?lost=1 event=map[type:lost]", "/turn/1?lost=1 event=map[type:lost]"},
			"us",
		},
		{
			"lost for good",
			[]string{asked, "down", "down", "down", "down"},
			[]Move{press("1234")},
			Broken,
			[]string{"PIN?", "Sorry."},
			[]string{"/turn/1 event=map[ended:length keys:1234 type:digits]", "/turn/1?lost=1 event=map[type:lost]", "/turn/1?lost=1 event=map[type:lost]", "/turn/1?lost=1 event=map[type:lost]"},
			"",
		},
		{"no end", []string{genericDoc(`{"verb":"say","text":"x","barge_in":true}`)}, nil, Broken, []string{"x"}, nil, ""},
		{"an unknown verb", []string{genericDoc(`{"verb":"sing"}`)}, nil, Broken, nil, nil, ""},
		{"an unknown property", []string{genericDoc(`{"verb":"hangup","reason":"x"}`)}, nil, Broken, nil, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &server{t: t, answers: c.answers}
			r := Generic(t.Context(), options(s, c.moves...))
			if r.End != c.end || !slices.Equal(r.Heard, c.heard) {
				t.Errorf("%s (%v), heard %q; expected %s, %q", r.End, r.Err, r.Heard, c.end, c.heard)
			}
			if got := s.turns("event"); !slices.Equal(got, c.turns) {
				t.Errorf("posted %q, expected %q", got, c.turns)
			}
			last := s.posts[len(s.posts)-1]
			ev, _ := last.body["event"].(map[string]any)
			if last.path != "/own/status" || ev["type"] != "call_ended" || ev["by"] != c.ended {
				t.Errorf("the last hook was %v, expected the end by %q", last, c.ended)
			}
		})
	}
	for _, answer := range []string{"500", "down", "text:" + bye, "[]", `{}`, `{"verbs":null}`, bye + bye, `{"verbs":[],"more":1}`} {
		s := &server{t: t, answers: []string{answer, answer, answer, answer}}
		if r := Generic(t.Context(), options(s)); r.End != Refused || r.Err == nil {
			t.Errorf("%s: %s", answer, r.End)
		}
	}
}

func TestSigned(t *testing.T) {
	t.Parallel()
	o := options(&server{t: t})
	o.Now = func() time.Time { return time.Unix(1795257016, 0) }
	o.Secret = engine.NewSecret("wh_secret")
	// As openssl computes it: printf '1795257016.{}' | openssl dgst -sha256 -hmac wh_secret
	const want = "t=1795257016,v1=be58164a1cb603201748fd6082dc92c32decc20f11bdfd4d72e92746c8fe2dc9"
	if got := string(o.sign([]byte("{}"))); got != want {
		t.Errorf("signature %s, expected %s", got, want)
	}
	o.Secret = engine.Secret{}
	if o.sign([]byte("{}")) != nil {
		t.Error("signed without a secret")
	}
}

// A server that never lets a call end is not followed for ever.
func TestEndless(t *testing.T) {
	t.Parallel()
	loop := func(answer string) Options {
		o := options(&server{t: t})
		o.Client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			w := httptest.NewRecorder()
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, answer)
			return w.Result(), nil
		})}
		return o
	}
	if r := Jambonz(t.Context(), loop(`[{"verb":"redirect","actionHook":"/again"}]`)); r.End != Broken || !errors.Is(r.Err, errEndless) {
		t.Errorf("jambonz: %s (%v)", r.End, r.Err)
	}
	if r := Generic(t.Context(), loop(genericDoc(`{"verb":"continue","next":"http://host/again"}`))); r.End != Broken || !errors.Is(r.Err, errEndless) {
		t.Errorf("generic: %s (%v)", r.End, r.Err)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, play := range []func(context.Context, Options) Result{Generic, Jambonz} {
		o := options(&server{t: t})
		o.Client = &http.Client{}
		if r := play(ctx, o); r.End != Refused || !errors.Is(r.Err, context.Canceled) {
			t.Errorf("%s (%v)", r.End, r.Err)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

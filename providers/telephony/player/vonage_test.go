package player

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"callflow/engine"
)

// vonageServer answers webhooks from a list and keeps what was posted, in short.
type vonageServer struct {
	answers []string // JSON; "down", "503" and "text:…" are not
	turns   []string
	notices []string
	bearer  bool
}

func (s *vonageServer) RoundTrip(r *http.Request) (*http.Response, error) {
	s.bearer = strings.Count(r.Header.Get("Authorization"), ".") == 2
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var body map[string]any
	if r.Method == http.MethodPost {
		if err := json.Unmarshal(raw, &body); err != nil {
			return nil, err
		}
	}
	w := httptest.NewRecorder()
	if strings.HasSuffix(r.URL.Path, "/status") {
		text := fmt.Sprint(body["status"])
		for _, name := range []string{"disconnected_by", "recording_url", "reason"} {
			if body[name] != nil {
				text += " " + fmt.Sprint(body[name])
			}
		}
		s.notices = append(s.notices, text)
		w.WriteHeader(http.StatusNoContent)
		return w.Result(), nil
	}
	text := r.Method + " " + r.URL.Path
	for _, name := range []string{"dtmf", "payload", "status"} {
		if body[name] != nil {
			text += " " + fmt.Sprint(body[name])
		}
	}
	s.turns = append(s.turns, text)
	if len(s.answers) == 0 {
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
	case answer == "500":
		w.WriteHeader(http.StatusInternalServerError)
	case answer == "503":
		w.WriteHeader(http.StatusServiceUnavailable)
	case strings.HasPrefix(answer, "text:"):
		kind, answer = "text/plain", answer[5:]
		fallthrough
	default:
		w.Header().Set("Content-Type", kind)
		_, _ = io.WriteString(w, answer)
	}
	return w.Result(), nil
}

const (
	vonageAsks = `{"action":"talk","text":"PIN?","bargeIn":true},{"action":"input","type":["dtmf"],"dtmf":{"maxDigits":4,"timeOut":5,"submitOnHash":true},"eventUrl":["http://host/turn"]}`
	vonageBye  = `[{"action":"talk","text":"Bye."}]`
	vonageTail = `,{"action":"notify","payload":{"on":"lost"},"eventUrl":["http://host/lost"]}`
)

func TestVonage(t *testing.T) {
	t.Parallel()
	const rings = `[{"action":"connect","eventType":"synchronous","endpoint":[{"type":"phone","number":"15550100"}],"eventUrl":["http://host/dial"]}` + vonageTail + `]`
	for _, c := range []struct {
		name    string
		answers []string
		moves   []Move
		dials   []string
		end     End
		heard   []string
		turns   []string
	}{
		{"an entry", []string{"[" + vonageAsks + "]", vonageBye}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"POST /turn map[digits:1234 timed_out:false]"}},
		{"the finish key is left out", []string{"[" + vonageAsks + "]", vonageBye}, []Move{press("12#")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"POST /turn map[digits:12 timed_out:false]"}},
		{"partial", []string{"[" + vonageAsks + "]", vonageBye}, []Move{press("12")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"POST /turn map[digits:12 timed_out:true]"}},
		{"silence", []string{"[" + vonageAsks + "]", vonageBye}, []Move{{}}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"POST /turn map[digits: timed_out:true]"}},
		{"hang-up", []string{"[" + vonageAsks + "]"}, nil, nil, Left, []string{"PIN?"}, nil},
		{"once more after 503", []string{"503", "[" + vonageAsks + "]", "down", vonageBye}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"POST /v1/x/calls", "POST /turn map[digits:1234 timed_out:false]", "POST /turn map[digits:1234 timed_out:false]"}},
		{"once more where the answer is late", []string{"[" + vonageAsks + "]", "slow", vonageBye}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"POST /turn map[digits:1234 timed_out:false]", "POST /turn map[digits:1234 timed_out:false]"}},
		{"not after 500", []string{"[" + vonageAsks + vonageTail + "]", "500", vonageBye}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"POST /turn map[digits:1234 timed_out:false]", "POST /lost map[on:lost]"}},
		{"hang-up inside an entry", []string{"[" + vonageAsks + "]"}, []Move{{Keys: engine.NewSecret("12"), Hangup: true}}, nil, Left, []string{"PIN?"}, nil},
		{"hang-up behind an entry", []string{"[" + vonageAsks + "]", vonageBye}, []Move{{Keys: engine.NewSecret("1234"), Hangup: true}}, nil, Left, []string{"PIN?"}, []string{"POST /turn map[digits:1234 timed_out:false]"}},
		{"nobody answers", []string{rings, "", "", vonageBye}, nil, []string{"timeout"}, HungUp, []string{"Bye."}, []string{"POST /dial started", "POST /dial ringing", "POST /dial timeout"}},
		{"who hangs up while it rings", []string{rings, "", "", ""}, []Move{{Hangup: true}}, []string{"timeout"}, Left, nil, []string{"POST /dial started", "POST /dial ringing", "POST /dial cancelled"}},
		{"lost", []string{"[" + vonageAsks + vonageTail + "]", "down", "down", vonageBye}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"POST /turn map[digits:1234 timed_out:false]", "POST /turn map[digits:1234 timed_out:false]", "POST /lost map[on:lost]"}},
		{"a document with a fault", []string{"[" + vonageAsks + vonageTail + "]", `[{"action":"hangup"}]`, vonageBye}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"POST /turn map[digits:1234 timed_out:false]", "POST /lost map[on:lost]"}},
		{"nothing", []string{"[" + vonageAsks + vonageTail + "]", "", vonageBye}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"POST /turn map[digits:1234 timed_out:false]", "POST /lost map[on:lost]"}},
		{"a failed transfer is overridden", []string{rings, "", "", vonageBye}, nil, []string{"busy"}, HungUp, []string{"Bye."}, []string{"POST /dial started", "POST /dial ringing", "POST /dial busy"}},
		{"a conversation is not", []string{rings, "", "", "", `[{"action":"talk","text":"Unheard."}]`, vonageBye}, nil, nil, HungUp, []string{"Bye."}, []string{"POST /dial started", "POST /dial ringing", "POST /dial answered", "POST /dial completed", "POST /lost map[on:lost]"}},
		{"markup", []string{`[{"action":"talk","text":"<speak>Tom &amp; <break time=\"1s\"/>Jerry</speak>"}]`}, nil, nil, HungUp, []string{"Tom & Jerry"}, nil},
		{"refused: empty", []string{"[]"}, nil, nil, Refused, nil, nil},
		{"refused: text", []string{"text:" + vonageBye}, nil, nil, Refused, nil, nil},
		{"refused: barge-in without an input", []string{`[{"action":"talk","text":"x","bargeIn":true}]`}, nil, nil, Refused, nil, nil},
		{"refused: a plus", []string{strings.Replace(rings, "15550100", "+15550100", 1)}, nil, nil, Refused, nil, nil},
		{"refused: 21 digits", []string{"[" + strings.Replace(vonageAsks, `"maxDigits":4`, `"maxDigits":21`, 1) + "]"}, nil, nil, Refused, nil, nil},
		{"refused: 11 seconds", []string{"[" + strings.Replace(vonageAsks, `"timeOut":5`, `"timeOut":11`, 1) + "]"}, nil, nil, Refused, nil, nil},
		{"refused: an address alone", []string{"[" + strings.Replace(vonageAsks, `["http://host/turn"]`, `"http://host/turn"`, 1) + "]"}, nil, nil, Refused, nil, nil},
		{"refused: tags", []string{`[{"action":"talk","text":"a <break/>"}]`}, nil, nil, Refused, nil, nil},
		{"refused: too long", []string{`[{"action":"talk","text":"` + strings.Repeat("a", 1501) + `"}]`}, nil, nil, Refused, nil, nil},
	} {
		for _, get := range []bool{false, true} {
			s := &vonageServer{answers: slices.Clone(c.answers)}
			var r Result
			o := Options{
				URL: "http://host/v1/x/calls", StatusURL: "http://host/v1/x/status", Secret: engine.NewSecret("s"), Get: get,
				Call: Call{ID: "CON-1", From: "+6591110000", To: "+6531589999"}, Script: c.moves, Dials: c.dials, Client: &http.Client{Transport: s},
			}
			synctest.Test(t, func(t *testing.T) { r = Vonage(t.Context(), o) })
			if r.End != c.end || !slices.Equal(r.Heard, c.heard) {
				t.Errorf("%s: %s (%v), heard %q; expected %s, %q", c.name, r.End, r.Err, r.Heard, c.end, c.heard)
			}
			turns := make([]string, 0, len(c.turns))
			for _, turn := range c.turns {
				if get && strings.HasSuffix(turn, "/calls") {
					turn = strings.Replace(turn, "POST", "GET", 1)
				}
				turns = append(turns, turn)
			}
			if got := s.turns[1:]; !slices.Equal(got, turns) {
				t.Errorf("%s: posted %q, expected %q", c.name, got, turns)
			}
			if !s.bearer {
				t.Errorf("%s: without a token", c.name)
			}
		}
	}
}

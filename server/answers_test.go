package server_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
	"callflow/providers/telephony/player"
)

// answering answers the first hook of a call with one answer, and every other that asks
// for one with the end of the call.
type answering struct {
	t     *testing.T
	codec telephony.Codec
	first *telephony.Outbound
}

func (a *answering) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	request := telephony.Request{Route: telephony.RouteTurn, Method: r.Method, URL: r.URL, Header: r.Header, Body: body}
	switch {
	case strings.HasSuffix(r.URL.Path, "/status"):
		request.Route = telephony.RouteNotice
	case strings.HasSuffix(r.URL.Path, "/calls"):
		request.Route = telephony.RouteStart
	}
	in, err := a.codec.Decode(request)
	if err != nil {
		a.t.Error(err)
		return nil, err
	}
	if in.Route == "" {
		in.Route = request.Route
	}
	out := codectest.With(engine.Hangup{})
	switch {
	case in.Progress || in.Route == telephony.RouteNotice:
		out = telephony.Outbound{}
	case a.first != nil:
		out, a.first = *a.first, nil
	}
	reply, err := a.codec.Encode(out)
	if err != nil {
		a.t.Error(err)
		return nil, err
	}
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", reply.ContentType)
	w.WriteHeader(reply.Status)
	_, _ = w.Write(reply.Body)
	return w.Result(), nil
}

// asideAnswer tells an answer that begins in the middle of something else: what waiting
// callers hear, whispers, and a recording that is under way. They have calls of their own.
func asideAnswer(o telephony.Outbound) bool {
	if len(o.Verbs) == 0 || o.TurnURL == "" {
		return true
	}
	if v, ok := o.Verbs[0].(engine.CallRecording); ok && v.Do != engine.RecordingStart {
		return true
	}
	switch v := o.Verbs[len(o.Verbs)-1].(type) {
	case engine.Enqueue:
		return true
	case engine.Dial:
		return v.Whispers
	}
	return false
}

// TestEveryAnswerIsPlayed: whatever an answer asks for, what becomes of it is a document
// that its platform takes, by the platform's own rules and not by the codec's; and all of
// a text is heard.
func TestEveryAnswerIsPlayed(t *testing.T) {
	t.Parallel()
	for _, codec := range codecs(t) {
		name := codec.Name()
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, o := range append(codectest.Families(), codectest.Bounds()...) {
				if asideAnswer(o.Out) {
					continue
				}
				o.Out.Call = engine.Call{ID: "call-1", Account: "acme", From: "+6591110000", To: "+6531589999"}
				if _, err := codec.Encode(o.Out); errors.Is(err, telephony.ErrUnsupported) {
					continue // which is said before anybody calls
				}
				if name == "telnyx" {
					checkCommands(t, codec, o)
					continue
				}
				r := benchPlayers()[name](t.Context(), player.Options{
					URL: publicURL + "/v1/" + name + "/calls", StatusURL: codectest.NoticeURL, Secret: secret,
					Call:   player.Call{ID: o.Out.Call.ID, Account: o.Out.Call.Account, From: o.Out.Call.From, To: o.Out.Call.To},
					Script: moves("1 1"),
					Client: &http.Client{Transport: &answering{t: t, codec: codec, first: &o.Out}},
					Wait:   func(context.Context, time.Duration) error { return nil },
				})
				if r.End != player.HungUp && r.End != player.Left || r.Err != nil || r.Faults > 0 {
					t.Errorf("%s: %s: %v", o.Name, r.End, r.Err)
				}
				heardAll(t, codec, o, r.Heard)
			}
		})
	}
}

// heardAll holds what was heard to the words of an answer whose words are all spoken.
func heardAll(t *testing.T, codec telephony.Codec, o codectest.Outbound, heard []string) {
	t.Helper()
	want := ""
	for _, v := range o.Out.Verbs {
		switch v := v.(type) {
		case engine.Replay:
			return
		case engine.Say:
			if v.Audio != "" {
				return
			}
			want += v.Text
		case engine.Gather:
			for _, p := range v.Prompts {
				if p.Audio != "" {
					return
				}
				want += p.Text
			}
		}
	}
	letters := func(s string) string {
		return strings.Map(func(c rune) rune {
			if strings.ContainsRune(" .,?!。\n\t\"&", c) {
				return -1
			}
			return c
		}, s)
	}
	if got := letters(strings.Join(heard, "")); got != letters(want) {
		t.Errorf("%s: heard %.300q, expected %.300q", o.Name, got, letters(want))
	}
}

// checkCommands hands the commands of an answer to the API, for which each must be one
// that it knows and takes. It has no such call: what it says of a command that is good is
// that there is nobody to carry it out.
func checkCommands(t *testing.T, codec telephony.Codec, o codectest.Outbound) {
	t.Helper()
	reply, err := codec.Encode(o.Out)
	if err != nil {
		t.Errorf("%s: %v", o.Name, err)
		return
	}
	api := player.NewTelnyxAPI(apiKey, nil)
	all := append(slices.Clone(reply.Commands), reply.Last)
	for _, c := range reply.Commands {
		all = append(all, c.First...)
	}
	for _, c := range all {
		r := httptest.NewRequest(c.Method, "/v2"+c.Path, bytes.NewReader(c.Body))
		r.Header.Set("Authorization", "Bearer "+apiKey.Reveal())
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		if body, _ := io.ReadAll(w.Body); w.Code != http.StatusNotFound {
			t.Errorf("%s: HTTP %d: %s: %.300s", o.Name, w.Code, body, c.Body)
		}
	}
}

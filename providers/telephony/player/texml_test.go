package player

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"callflow/engine"
)

// forms answers forms with documents, one after the other, and keeps what was posted, in
// short. "down" is no answer, and "500" that status.
type forms struct {
	t      *testing.T
	docs   []string
	posted []string
}

func (f *forms) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	public, err := base64.StdEncoding.DecodeString(TelnyxPublicKey(engine.NewSecret("s")))
	if err != nil {
		return nil, err
	}
	sig, _ := base64.StdEncoding.DecodeString(r.Header.Get("Telnyx-Signature-Ed25519"))
	if !ed25519.Verify(public, []byte(r.Header.Get("Telnyx-Timestamp")+"|"+string(raw)), sig) {
		f.t.Errorf("%s is not signed", r.URL)
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, err
	}
	text := r.URL.RequestURI() + " " + form.Get("CallStatus")
	for _, name := range []string{"Digits", "DialCallStatus", "RecordingUrl", "RecordingStatus", "HangupSource"} {
		if form.Has(name) {
			text += " " + name + "=" + form.Get(name)
		}
	}
	f.posted = append(f.posted, text)
	w := httptest.NewRecorder()
	if strings.HasSuffix(r.URL.Path, "/status") {
		return w.Result(), nil
	}
	if len(f.docs) == 0 {
		f.t.Errorf("%s is one form too many", r.URL)
		return nil, errors.New("no document is left")
	}
	doc := f.docs[0]
	f.docs = f.docs[1:]
	switch doc {
	case "down":
		return nil, errors.New("connection refused")
	case "500":
		w.WriteHeader(http.StatusInternalServerError)
	default:
		w.Header().Set("Content-Type", "application/xml; charset=utf-8")
		_, _ = io.WriteString(w, "<Response>"+doc+"</Response>")
	}
	return w.Result(), nil
}

func TestTeXML(t *testing.T) {
	t.Parallel()
	const (
		ask   = `<Gather action="/turn/1?on=gather" minDigits="1" maxDigits="4" finishOnKey="#" timeout="5"><Say>PIN?</Say></Gather><Redirect>/turn/1?lost</Redirect>`
		bye   = `<Say voice="alice">Bye.</Say><Hangup/><Say>never</Say>`
		began = "/v1/x/calls/f ringing"
		over  = "/v1/x/status completed HangupSource="
	)
	for _, c := range []struct {
		name   string
		docs   []string
		moves  []Move
		end    End
		heard  []string
		posted []string
	}{
		{
			"an entry, and keys too many",
			[]string{ask, bye},
			[]Move{press("12345")},
			HungUp,
			[]string{"PIN?", "Bye."},
			[]string{began, "/turn/1?on=gather in-progress Digits=1234", over + "callee"},
		},
		{
			"the finish key, alone too",
			[]string{ask, ask, bye},
			[]Move{press("12#"), press("#")},
			HungUp,
			[]string{"PIN?", "PIN?", "Bye."},
			[]string{began, "/turn/1?on=gather in-progress Digits=12", "/turn/1?lost in-progress", over + "callee"},
		},
		{
			"silence, then they leave",
			[]string{ask, ask},
			[]Move{{}, {Keys: engine.NewSecret("1"), Hangup: true}},
			Left,
			[]string{"PIN?", "PIN?"},
			[]string{began, "/turn/1?lost in-progress", over + "caller"},
		},
		{
			"a key that is not valid",
			[]string{`<Gather action="/a" invalidDigitsAction="/b" validDigits="12" maxDigits="1"/>`, bye},
			[]Move{press("3")},
			HungUp,
			[]string{"Bye."},
			[]string{began, "/b in-progress Digits=3", over + "callee"},
		},
		{
			"a transfer",
			[]string{`<Dial action="/turn/2" timeout="20"><Number>+15550111</Number></Dial><Redirect>/lost</Redirect>`, bye},
			nil,
			HungUp,
			[]string{"Bye."},
			[]string{began, "/turn/2 in-progress DialCallStatus=completed", over + "callee"},
		},
		{
			"a recording",
			[]string{`<Record action="/turn/3" finishOnKey="#" maxLength="60" recordingStatusCallback="/v1/x/status"/>`, bye},
			nil,
			HungUp,
			[]string{"Bye."},
			[]string{
				began, "/turn/3 in-progress Digits=# RecordingUrl=https://s3.amazonaws.com/telephony-recorder-prod/recording-1.mp3",
				"/v1/x/status in-progress RecordingUrl=https://s3.amazonaws.com/telephony-recorder-prod/recording-1.mp3 RecordingStatus=completed", over + "callee",
			},
		},
		{"nothing behind it", []string{`<Say>Bye.</Say>`}, nil, HungUp, []string{"Bye."}, []string{began, over + "callee"}},
		{"no answer", []string{"down"}, nil, Refused, nil, []string{began}},
		{"an error in the middle", []string{ask, "500"}, []Move{press("1#")}, Broken, []string{"PIN?"}, []string{began, "/turn/1?on=gather in-progress Digits=1", over + "callee"}},
		{"no TeXML", []string{`<Speak>Hello</Speak>`}, nil, Refused, nil, []string{began}},
		{"bounds", []string{`<Gather timeout="121" action="/x"/>`}, nil, Refused, nil, []string{began}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := &forms{t: t, docs: c.docs}
			o := options(nil, c.moves...)
			o.Client = &http.Client{Transport: f}
			r := TeXML(t.Context(), o)
			if r.End != c.end || len(f.docs) > 0 || !slices.Equal(r.Heard, c.heard) || !slices.Equal(f.posted, c.posted) || (r.Err != nil) != (c.end == Refused || c.end == Broken) {
				t.Errorf("got %s %q %v, %d documents left:\n%s", r.End, r.Heard, r.Err, len(f.docs), strings.Join(f.posted, "\n"))
			}
		})
	}
}

package codectest

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"callflow/engine"
)

// testRecordings: a recording is where the platform keeps recordings, or nowhere,
// whatever a webhook says. Whoever fetches it may have the account's password with
// them. The contract of our own has no hosts of its own.
func (f Fixture) testRecordings(t *testing.T) {
	if f.Codec.Name() == "generic" {
		t.Skip("any host may be named in our own contract")
	}
	for _, s := range situations() {
		e, ok := f.exchanges(t)[s.name]
		if !ok || e.body == nil {
			continue
		}
		in, err := f.Codec.Decode(f.request(s.route, e, s.lost))
		if err != nil {
			continue
		}
		own := recordingURL(in.Event)
		u, err := url.Parse(own)
		if own == "" || err != nil || u.Host == "" {
			continue
		}
		for _, evil := range []string{
			"https://evil.example", "http://" + u.Host, "https://" + u.Host + ".evil.example", "https://" + u.Host + "@evil.example",
			"https://evil.example#" + u.Host, "https://evil" + u.Host, "https://user:password@" + u.Host, "ftp://" + u.Host, "//evil.example",
			"https://eviltwilio.com", "https://evilnexmo.com", "https://evilvonage.com", "https://evilplivo.com", "https://evilsignalwire.com",
			"https://eviltelnyx.com", "https://telnyx.com.evil.example", "https://evils3.amazonaws.com", "https://amazonaws.com", "https://evil.s3.amazonaws.com",
		} {
			changed := e.at("https://"+u.Host, evil)
			if bytes.Equal(changed.body, e.body) {
				continue // the address is made from the configuration
			}
			in, err := f.Codec.Decode(f.request(s.route, changed, s.lost))
			if got := recordingURL(in.Event); err == nil && got != "" && !strings.HasPrefix(got, "https://"+u.Host+"/") {
				t.Errorf("%s: with %s a recording is at %q", s.name, evil, got)
			}
		}
		for _, own := range ownHosts()[f.Codec.Name()] {
			in, err := f.Codec.Decode(f.request(s.route, e.at("https://"+u.Host, "https://"+own), s.lost))
			if got := recordingURL(in.Event); err != nil || !strings.HasPrefix(got, "https://"+own+"/") {
				t.Errorf("%s: at %s a recording is at %q: %v", s.name, own, got, err)
			}
		}
	}
}

// ownHosts are where platforms keep recordings.
func ownHosts() map[string][]string {
	return map[string][]string{
		"twilio":     {"twilio.com", "api.twilio.com", "API.Twilio.com"},
		"vonage":     {"nexmo.com", "api.nexmo.com", "api-ap-3.vonage.com"},
		"plivo":      {"plivo.com", "media.plivo.com"},
		"signalwire": {"signalwire.com", "files.signalwire.com"},
		"texml":      {"api.telnyx.com", "telephony-recorder-prod.s3.amazonaws.com", "telephony-recorder-prod-fr5.s3.eu-central-1.amazonaws.com"},
	}
}

// at is the exchange with one address in the place of another, however it is written.
func (e exchange) at(old, address string) exchange {
	e.body = bytes.Clone(e.body)
	for _, write := range []func(string) string{func(s string) string { return s }, url.QueryEscape, slashed} {
		e.body = bytes.ReplaceAll(e.body, []byte(write(old)), []byte(write(address)))
	}
	return e
}

// slashed is JSON as some write it.
func slashed(s string) string {
	text, _ := json.Marshal(s) // a string can be written
	return strings.ReplaceAll(strings.Trim(string(text), `"`), "/", `\/`)
}

// recordingURL is where an event says that a recording is.
func recordingURL(ev engine.Event) string {
	switch ev := ev.(type) {
	case engine.RecordEnded:
		return ev.URL
	case engine.RecordingReady:
		return ev.URL
	}
	return ""
}

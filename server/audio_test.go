package server_test

import (
	"net/http"
	"strings"
	"testing"

	"callflow/flows"
	"callflow/providers/telephony"
	"callflow/providers/telephony/player"
	"callflow/server"
)

const playing = `
callflow: 1
flow: playing
start: hello
states:
  hello:
    play: { audio: audio/welcome.wav, text: Welcome., barge_in: false }
    next: lost
  lost:
    say: { audio: gone.mp3, text: This one is spoken., barge_in: false }
    next: ask
  ask:
    menu:
      prompt: { audio: "https://media.example.com/choose.wav?v=2", text: Press 1. }
      options: { 1: bye }
  bye: { hangup: { say: { ssml: "<speak>Good<break time='100ms'/>bye.</speak>" } } }
`

// TestAudioOverHTTP: a recording beside the flow is played from our own address, one
// that is not there is spoken, and one at an address of its own stays there.
func TestAudioOverHTTP(t *testing.T) {
	t.Parallel()
	hash := strings.Repeat("ab", 32)
	audio := map[string]*flows.Audio{"playing/audio/welcome.wav": {Type: "audio/wav", Data: []byte("RIFF"), Hash: hash}}
	eachAble(t, func(c telephony.Capabilities) bool { return c.Audio }, func(t *testing.T, platform string) {
		l := newLine(t, lineOptions{source: playing, audio: audio})
		r := l.playWith(platform, callID(t, 1), "1", func(*player.Options) {})
		if r.End != player.HungUp || r.Err != nil {
			t.Fatalf("ended %s: %v", r.End, r.Err)
		}
		want := []string{
			"recording " + l.url + "/v1/audio/" + hash + "/welcome.wav", "This one is spoken.",
			"recording https://media.example.com/choose.wav?v=2", "Good bye.",
		}
		// What a break sounds like is the player's to say.
		if heard := strings.ReplaceAll(strings.Join(r.Heard, "|"), " ", ""); heard != strings.ReplaceAll(strings.Join(want, "|"), " ", "") {
			t.Errorf("heard %q, expected %q", r.Heard, want)
		}
	})
}

func TestAudio(t *testing.T) {
	t.Parallel()
	hash := strings.Repeat("0f", 32)
	b := newBench(t, withAudio(map[string]*flows.Audio{"authzero/a b.mp3": {Type: "audio/mpeg", Data: []byte("ID3abcde"), Hash: hash}}))
	path := "/v1/audio/" + hash + "/a%20b.mp3"

	w := b.do(http.MethodGet, path, nil)
	h := w.Header()
	if w.Code != http.StatusOK || w.Body.String() != "ID3abcde" || h.Get("Content-Type") != "audio/mpeg" || h.Get("X-Content-Type-Options") != "nosniff" ||
		h.Get("Cache-Control") != "public, max-age=31536000, immutable" || h.Get("ETag") != `"`+hash+`"` {
		t.Errorf("HTTP %d %q %v", w.Code, w.Body, h)
	}
	// The media server of jambonz asks for the head first.
	if w = b.do(http.MethodHead, path, nil); w.Code != http.StatusOK || w.Body.Len() != 0 || w.Header().Get("Content-Length") != "8" {
		t.Errorf("HEAD: HTTP %d %q %v", w.Code, w.Body, w.Header())
	}
	if w = b.do(http.MethodGet, path, nil, "Range", "bytes=3-4"); w.Code != http.StatusPartialContent || w.Body.String() != "ab" {
		t.Errorf("range: HTTP %d %q", w.Code, w.Body)
	}
	if w = b.do(http.MethodGet, path, nil, "If-None-Match", `"`+hash+`"`); w.Code != http.StatusNotModified {
		t.Errorf("unchanged: HTTP %d", w.Code)
	}
	for _, path := range []string{"/v1/audio/", "/v1/audio/a%20b.mp3", "/v1/audio/" + hash, "/v1/audio/" + hash[2:] + "/a%20b.mp3", "/v1/audio/authzero/a%20b.mp3", path + "/x"} {
		wantBare(t, b.do(http.MethodGet, path, nil), http.StatusNotFound)
	}
}

func withAudio(audio map[string]*flows.Audio) option {
	return func(d *server.Deps) { d.Audio = audio }
}

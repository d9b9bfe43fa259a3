package server_test

import (
	"slices"
	"strings"
	"testing"

	"callflow/flows"
	"callflow/providers/telephony"
	"callflow/providers/telephony/player"
)

const listening = `callflow: 1
flow: listening
languages: [en]
start: topic
defaults: { speech: true }
globals: { "0": { say: operator, next: agent } }
states:
  topic:
    menu:
      prompt: Press 1 or say billing.
      options: { 1: { say: [billing, my bill], next: account } }
      speech: { hints: [invoice], confidence: 0.7 }
  account:
    collect: { prompt: "Your account?", digits: 5, confirm: "Is it ${digits(account)}?" }
    next: pin
  pin:
    collect: { prompt: "Your PIN?", digits: 4, secret: true }
    next: bye
  agent: { hangup: { say: An agent. } }
  bye: { hangup: { say: Goodbye. } }
`

// TestSpeechOverHTTP: what is said stands for keys on every platform, a question
// for a secret takes keys alone, and nothing that was said is kept.
func TestSpeechOverHTTP(t *testing.T) {
	t.Parallel()
	// What tells the platform to listen, and what to expect; what it is told of a
	// question for keys alone.
	listens := map[string]string{
		"jambonz":    `"input":["digits","speech"]`,
		"generic":    `"speech":{`,
		"twilio":     `input="dtmf speech" language="en-US" hints="invoice,billing,my bill,operator`,
		"vonage":     `"type":["dtmf","speech"],"speech":{"startTimeout":5,"language":"en-US","context":["invoice","billing","my bill","operator"`,
		"plivo":      `inputType="dtmf speech" executionTimeout="10" speechEndTimeout="auto" language="en-US" hints="invoice,billing,my bill,operator`,
		"texml":      `input="dtmf speech" transcriptionEngine="Google" language="en-US" hints="invoice,billing,my bill,operator`,
		"signalwire": `"speech_language":"en-US","speech_hints":["invoice","billing","my bill","operator"`,
	}
	for _, platform := range scripted {
		if listens[platform] == "" {
			continue // it does not listen
		}
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			if !capabilities(t, platform).Speech {
				t.Skip("it does not listen")
			}
			for i, c := range []struct {
				name, script string
				heard        []string
			}{
				{"in words", `"it is about my bill" "four double seven one two" "yes, please" 1234`, []string{"Press 1 or say billing.", "Your account?", "Is it 4 7 7 1 2?", "Your PIN?", "Goodbye."}},
				{"in words and by keys", `1 "47712" 1 1234`, []string{"Press 1 or say billing.", "Your account?", "Is it 4 7 7 1 2?", "Your PIN?", "Goodbye."}},
				{"corrected", `"billing" "four seven" "four seven seven one three" "no" "four seven seven one two" "yes" 1234`, []string{"Your account?", "Your account?", "Is it 4 7 7 1 3?", "Your account?", "Is it 4 7 7 1 2?", "Your PIN?", "Goodbye."}},
				{"not at once", `"something else" ~"mumble" - "operator"`, []string{"Press 1 or say billing.", "Press 1 or say billing.", "Press 1 or say billing."}},
				{"a global key", `"I want the operator"`, []string{"Press 1 or say billing.", "An agent."}},
				{"a secret", `1 47712 1 "one two three four" 1234`, []string{"Your PIN?", "Sorry, I did not hear anything.", "Your PIN?", "Goodbye."}},
			} {
				l := newLine(t, lineOptions{source: listening})
				r := l.play(platform, callID(t, i), c.script)
				if r.End != player.HungUp || r.Err != nil {
					t.Fatalf("%s: ended %s: %v", c.name, r.End, r.Err)
				}
				inOrder(t, said(r), c.heard...)
				l.mu.Lock()
				replies := string(l.replies)
				l.mu.Unlock()
				if logs := l.logs.String(); strings.Contains(logs, "my bill") || strings.Contains(logs, "47712") || strings.Contains(logs, "double seven") {
					t.Errorf("%s: what was said is in the log: %s", c.name, logs)
				}
				if !strings.Contains(replies, listens[platform]) || !strings.Contains(replies, "invoice") || !strings.Contains(replies, "my bill") {
					t.Errorf("%s: the platform is not told to listen, or what to expect: %s", c.name, replies)
				}
				for line := range strings.Lines(replies) {
					if strings.Contains(line, "Your PIN?") && strings.Contains(line, listens[platform]) {
						t.Errorf("%s: the platform listens to a PIN: %s", c.name, line)
					}
				}
			}
		})
	}
}

const whispering = `callflow: 1
flow: whispering
start: agent
states:
  agent:
    transfer: { to: "+15550100", whisper: { audio: whisper.wav, text: A call for you. } }
    next: { completed: bye, failed: sorry }
  bye: { hangup: { say: Goodbye. } }
  sorry: { hangup: { say: Nobody is there. } }
`

// TestWhisperedRecordingOverHTTP: whoever takes a transfer hears the recording from
// our own address.
func TestWhisperedRecordingOverHTTP(t *testing.T) {
	t.Parallel()
	hash := strings.Repeat("cd", 32)
	audio := map[string]*flows.Audio{"whispering/whisper.wav": {Type: "audio/wav", Data: []byte("RIFF"), Hash: hash}}
	eachAble(t, func(c telephony.Capabilities) bool { return c.Whisper && c.Audio }, func(t *testing.T, platform string) {
		l := newLine(t, lineOptions{source: whispering, audio: audio})
		r := l.play(platform, callID(t, 1), "")
		want := []string{"recording " + l.url + "/v1/audio/" + hash + "/whisper.wav"}
		if r.End != player.HungUp || r.Err != nil || !slices.Equal(r.Whispered, want) {
			t.Errorf("ended %s (%v), whispered %q, expected %q", r.End, r.Err, r.Whispered, want)
		}
	})
}

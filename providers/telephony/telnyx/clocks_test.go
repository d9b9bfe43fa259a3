package telnyx

import (
	"encoding/json"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony/codectest"
)

// TestSpokenQuestionWaits: whether timeout_millis is the whole request or begins behind
// the words, there is time to hear the question out and to type the answer slowly, and
// silence does not take for ever.
func TestSpokenQuestionWaits(t *testing.T) {
	t.Parallel()
	codec := newCodec(t, Config{Unsigned: true})
	const words = "Please enter your account number, followed by the pound sign." // said in four seconds
	for _, tt := range []struct {
		name        string
		say         engine.Say
		most        int
		timeout     time.Duration
		gap         time.Duration
		least, more time.Duration
	}{
		{"a menu", engine.Say{Text: words}, 1, 5 * time.Second, 5 * time.Second, 9 * time.Second, 11 * time.Second},
		{"four digits", engine.Say{Text: words}, 4, 5 * time.Second, 3 * time.Second, 15 * time.Second, 17 * time.Second},
		{"ten digits", engine.Say{Text: words}, 10, 5 * time.Second, 5 * time.Second, 27 * time.Second, 29 * time.Second},
		{"as many as there can be", engine.Say{Text: words}, 128, 5 * time.Second, 5 * time.Second, 29 * time.Second, 31 * time.Second},
		{"a quick gap", engine.Say{Text: words}, 4, 5 * time.Second, time.Second, 12 * time.Second, 14 * time.Second},
		{"signs", engine.Say{Text: "请输入您的账号,然后按井号键。", Lang: "zh"}, 1, 5 * time.Second, 5 * time.Second, 8 * time.Second, 10 * time.Second},
		{"a recording", engine.Say{Text: words, Audio: "https://ivr.example.com/a.mp3"}, 1, 5 * time.Second, 5 * time.Second, 15 * time.Second, 15 * time.Second},
		{"longer than can be waited", engine.Say{Text: words}, 4, 2 * time.Minute, 5 * time.Second, 2 * time.Minute, 2 * time.Minute},
	} {
		reply, err := codec.Encode(codectest.With(engine.Gather{Prompts: []engine.Say{tt.say}, BargeIn: true, Min: 1, Max: tt.most, Timeout: tt.timeout, InterDigit: tt.gap}))
		if err != nil {
			t.Fatal(err)
		}
		var body struct {
			Timeout int `json:"timeout_millis"`
			Gap     int `json:"inter_digit_timeout_millis"`
		}
		if err := json.Unmarshal(reply.Commands[0].Body, &body); err != nil {
			t.Fatal(err)
		}
		got := time.Duration(body.Timeout) * time.Millisecond
		if got < tt.least || got > tt.more || time.Duration(body.Gap)*time.Millisecond != tt.gap || len(reply.Commands) != 1 {
			t.Errorf("%s: waits %s, expected %s to %s: %s", tt.name, got, tt.least, tt.more, reply.Commands[0].Body)
		}
	}
}

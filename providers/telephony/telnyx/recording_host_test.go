package telnyx

import "testing"

func TestIsRecording(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://api.telnyx.com/a.mp3": true,
		"https://s3.amazonaws.com/telephony-recorder-prod/a/b.mp3?X-Amz-Expires=600": true,
		"https://S3.amazonaws.com/telephony-recorder-prod/a.mp3":                     true,
		"https://s3.eu-central-1.amazonaws.com/telephony-recorder-prod-fr5/a.wav":    true,
		"https://telephony-recorder-prod.s3.amazonaws.com/a.mp3":                     true,
		"https://telephony-recorder-prod-fr5.s3.eu-central-1.amazonaws.com/a.mp3":    true,
		"https://calls.example.com/a.mp3":                                            true, // recording_host
		"https://s3.amazonaws.com/evil/a.mp3":                                        false,
		"https://s3.amazonaws.com/evil/telephony-recorder-prod/a.mp3":                false,
		"https://s3.amazonaws.com//telephony-recorder-prod/a.mp3":                    false,
		"https://s3.amazonaws.com/telephony-recorder-prod%2f..%2fevil/a.mp3":         false,
		"https://s3.amazonaws.com/telephony-recorder-production/a.mp3":               false,
		"https://s3.amazonaws.com/telephony-recorder-prod-of-somebody/a.mp3":         false,
		"https://s3.amazonaws.com/telephony-recorder-prod-/a.mp3":                    false,
		"https://s3.amazonaws.com/telephony-recorder-prod/../evil/a.mp3":             false,
		"https://s3.amazonaws.com/telephony-recorder-prod/%2e%2e/evil/a.mp3":         false,
		"https://s3.amazonaws.com/telephony-recorder-prod/./a.mp3":                   false,
		"https://s3.amazonaws.com/":                                                  false,
		"https://s3..amazonaws.com/telephony-recorder-prod/a.mp3":                    false,
		"https://s3.evil.example.amazonaws.com/telephony-recorder-prod/a.mp3":        false,
		"https://s3.amazonaws.com.evil.example/telephony-recorder-prod/a.mp3":        false,
		"https://evil.s3.amazonaws.com/telephony-recorder-prod/a.mp3":                false,
		"https://telephony-recorder-prod.evil.example/a.mp3":                         false,
		"https://telephony-recorder-prod.s3.amazonaws.com@evil.example/a.mp3":        false,
		"http://s3.amazonaws.com/telephony-recorder-prod/a.mp3":                      false,
		"https://s3.amazonaws.com:444/telephony-recorder-prod/a.mp3":                 false,
		"https://eviltelnyx.com/a.mp3":                                               false,
		"s3://telephony-recorder-prod/a.mp3":                                         false,
	} {
		if got := isRecording(address, "calls.example.com"); got != want {
			t.Errorf("%s: %t, want %t", address, got, want)
		}
	}
}

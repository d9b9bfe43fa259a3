package telnyx

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

var update = flag.Bool("update", false, "rewrite the replies in testdata")

// privateKey is the key of which a secret of the suite stands for.
func privateKey(secret engine.Secret) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(secret.Reveal()))
	return ed25519.NewKeyFromSeed(seed[:])
}

func publicKey(secret engine.Secret) engine.Secret {
	return engine.NewSecret(base64.StdEncoding.EncodeToString(privateKey(secret).Public().(ed25519.PublicKey)))
}

// sign signs as Telnyx does.
func sign(r *telephony.Request, secret engine.Secret, at time.Time) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	sig := ed25519.Sign(privateKey(secret), append([]byte(stamp+"|"), r.Body...))
	r.Header.Set(TimestampHeader, stamp)
	r.Header.Set(SignatureHeader, base64.StdEncoding.EncodeToString(sig))
}

func newCodec(tb testing.TB, c Config) *Codec {
	tb.Helper()
	if c.APIKey.Len() == 0 {
		c.APIKey = engine.NewSecret("KEY0123")
	}
	codec, err := New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return codec
}

// commands is the codec of Call Control, for the suite.
func commands(tb testing.TB) codectest.Fixture {
	tb.Helper()
	return codectest.Fixture{
		Codec: called{newCodec(tb, Config{
			PublicKeys: []engine.Secret{publicKey(codectest.Current()), publicKey(codectest.Previous())},
			Voices:     map[string]Voice{"Karen": {Voice: "AWS.Polly.Olivia-Neural", Language: "en-AU"}},
			ReferHost:  "pbx.example.com", RecordingHost: "recorder.example.com",
		})},
		Unsigned: newCodec(tb, Config{Unsigned: true}),
		Sign:     sign,
		Dir:      "testdata/commands",
		Speech:   spokenCommands,
		TokenOf: func(c telephony.Command) string {
			token, _ := words(member(tb, c, "client_state"))
			token, _, _ = strings.Cut(token, "?")
			return token
		},
		Update: *update,
	}
}

// called is a codec whose answers are all for the call of the suite.
type called struct{ *Codec }

func (c called) Encode(o telephony.Outbound) (telephony.Reply, error) {
	o.Call.ID, o.Call.Account = "call-1", "account-1"
	return c.Codec.Encode(o)
}

func member(tb testing.TB, c telephony.Command, name string) string {
	tb.Helper()
	var body map[string]any
	if err := json.Unmarshal(c.Body, &body); err != nil {
		tb.Fatal(err)
	}
	text, _ := body[name].(string)
	return text
}

// allowed are the members of each command, as the package's types have them.
var allowed = map[string][]string{
	"answer":             {"client_state", "command_id"},
	"hangup":             {"client_state", "command_id"},
	"speak":              {"client_state", "command_id", "payload", "payload_type", "voice", "language"},
	"playback_start":     {"client_state", "command_id", "audio_url"},
	"gather":             {"client_state", "command_id", "initial_timeout_millis", "timeout_millis", "inter_digit_timeout_millis", "minimum_digits", "maximum_digits", "terminating_digit", "valid_digits"},
	"gather_using_speak": {"client_state", "command_id", "payload", "payload_type", "voice", "language", "maximum_tries", "timeout_millis", "inter_digit_timeout_millis", "minimum_digits", "maximum_digits", "terminating_digit", "valid_digits"},
	"gather_using_audio": {"client_state", "command_id", "audio_url", "maximum_tries", "timeout_millis", "inter_digit_timeout_millis", "minimum_digits", "maximum_digits", "terminating_digit", "valid_digits"},
	"record_start":       {"client_state", "command_id", "format", "channels", "recording_track", "max_length", "timeout_secs", "play_beep"},
	"record_stop":        {"client_state", "command_id"},
	"record_pause":       {"client_state", "command_id"},
	"record_resume":      {"client_state", "command_id"},
	"refer":              {"client_state", "command_id", "sip_address", "custom_headers"},
	"transfer":           {"client_state", "command_id", "to", "from", "timeout_secs", "time_limit_secs", "custom_headers", "park_after_unbridge", "target_leg_client_state"},
}

// spokenCommands takes commands apart into what is said, a line each, and the rest. The
// pieces of a long text are one text.
func spokenCommands(r telephony.Reply) (said []string, rest string, err error) {
	var b strings.Builder
	continued := false
	for i, c := range r.Commands {
		var body map[string]any
		if err := json.Unmarshal(c.Body, &body); err != nil {
			return nil, "", err
		}
		action := c.Path[strings.LastIndex(c.Path, "/")+1:]
		for name := range body {
			if !slices.Contains(allowed[action], name) {
				return nil, "", fmt.Errorf("%s has no member %s", action, name)
			}
		}
		delete(body, "command_id")
		delete(body, "client_state")
		text, _ := body["payload"].(string)
		delete(body, "payload")
		if action == "gather_using_speak" {
			delete(body, "timeout_millis") // which the length of the words is part of
		}
		if !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxSaid {
			return nil, "", errors.New("a text is not UTF-8, or too long")
		}
		if strings.ContainsAny(text, "<>") && body["payload_type"] != "ssml" {
			return nil, "", fmt.Errorf("a plain text has markup in it: %s", text)
		}
		for line := range strings.SplitSeq(text, "\n") {
			if text == "" {
				break
			}
			if continued {
				said[len(said)-1] += " " + line
			} else {
				said = append(said, line)
			}
			continued = utf8.RuneCountInString(line) >= leastSaid
		}
		if action == "speak" && i+1 < len(r.Commands) && strings.Contains(r.Commands[i+1].Path, "speak") {
			continue // what is too long for one is said before
		}
		line, err := json.Marshal(body)
		if err != nil {
			return nil, "", err
		}
		fmt.Fprintf(&b, "%s %s\n", action, line)
	}
	return said, b.String(), nil
}

func TestConformance(t *testing.T) {
	t.Run("commands", func(t *testing.T) { codectest.Run(t, commands(t)) })
}

func FuzzDecodeEvent(f *testing.F) { codectest.FuzzDecode(f, commands(f)) }

func FuzzEncodeCommands(f *testing.F) { codectest.FuzzEncode(f, commands(f)) }

package telephony

import (
	"fmt"
	"strings"

	"callflow/engine"
)

// Check finds what no platform could be told. Every codec calls it first, so that
// a mistake shows on all platforms alike; it returns ErrOutbound, wrapped.
//
// What it holds: a gather, a dial, a queue, a continue and a hangup end an answer, because
// what stands after them would be played only by accident; the first three have a
// URL to come back to; counts and durations make sense.
func Check(o Outbound) error {
	for i, v := range o.Verbs {
		waits := false
		switch v := v.(type) {
		case engine.Say:
			if err := checkSay(i, "say", v); err != nil {
				return err
			}
			continue
		case engine.Pause:
			if v.Length < 0 {
				return fault(i, "pause", "length is %s, expected zero or more", v.Length)
			}
			continue
		case engine.Gather:
			waits = true
			if err := checkGather(i, v); err != nil {
				return err
			}
		case engine.Dial:
			waits = true
			if v.Timeout < 0 {
				return fault(i, "dial", "timeout is %s, expected zero or more", v.Timeout)
			}
			if _, ok := ParseTarget(v.To); !ok {
				return fault(i, "dial", "the target is neither a telephone number, such as +15550100, nor a sip: address")
			}
			if err := checkDial(i, v); err != nil {
				return err
			}
		case engine.CallRecording:
			if v.Do != engine.RecordingStart && v.Do != engine.RecordingPause && v.Do != engine.RecordingResume {
				return fault(i, "call recording", "found %q, expected start, pause or resume", Truncate(string(v.Do), 40))
			}
			continue
		case engine.Enqueue:
			waits = true
			if !IsQueue(v.Queue) {
				return fault(i, "enqueue", "the queue is called %q, expected letters, digits, _ and -", Truncate(v.Queue, 40))
			}
		case engine.Music:
			if err := checkSay(i, "music", engine.Say{Audio: v.Audio}); err != nil {
				return err
			}
			if v.Audio == "" || v.Length <= 0 {
				return fault(i, "music", "it has no recording, or lasts %s", v.Length)
			}
			continue
		case engine.Replay:
			if !IsWebAddress(v.URL) {
				return fault(i, "replay", "the recording has no address of the web")
			}
			continue
		case engine.RecordVoice:
			waits = true
			if err := checkRecord(i, v); err != nil {
				return err
			}
		case engine.Continue:
			waits = true
		case engine.Hangup, engine.Leave:
		default:
			return fmt.Errorf("%w: verb %d is a %T, which is none of the engine's verbs", ErrOutbound, i+1, v)
		}
		if waits && o.TurnURL == "" {
			return fmt.Errorf("%w: verb %d (%T) waits for the platform, but there is no URL to come back to", ErrOutbound, i+1, v)
		}
		if i != len(o.Verbs)-1 {
			return fmt.Errorf("%w: verb %d is a %T, which ends an answer, but %d more follow", ErrOutbound, i+1, v, len(o.Verbs)-1-i)
		}
	}
	return nil
}

func checkDial(i int, d engine.Dial) error {
	switch {
	case d.Limit < 0:
		return fault(i, "dial", "its limit is %s, expected zero or more", d.Limit)
	case d.Refer && (d.Whispers || d.Limit > 0):
		return fault(i, "dial", "a call that is handed over has neither whisper nor limit")
	}
	for _, h := range d.Context {
		if !IsContext(h.Name) || strings.ContainsAny(h.Value, "\r\n\x00") {
			return fault(i, "dial", "%q is no header field of the flow's own: expected X- and a name, and one line", Truncate(h.Name, 40))
		}
	}
	return nil
}

// IsContext tells whether name is a header field by which a transfer may tell the
// other side something: X- and a token. All others are the platform's.
func IsContext(name string) bool {
	rest, ok := strings.CutPrefix(name, "X-")
	if !ok || rest == "" || len(name) > 64 {
		return false
	}
	for i := range len(rest) {
		if c := rest[i]; c != '-' && !isDigit(c) && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// checkSay holds recordings to addresses that a platform can fetch.
func checkSay(i int, verb string, s engine.Say) error {
	if s.Audio != "" && !strings.HasPrefix(s.Audio, "https://") && !strings.HasPrefix(s.Audio, "http://") {
		return fault(i, verb, "the recording is %q, expected an address", s.Audio)
	}
	return nil
}

func checkRecord(i int, r engine.RecordVoice) error {
	switch {
	case !IsRecording(r.ID):
		return fault(i, "record", "the recording is called %q, expected letters, digits and -", Truncate(r.ID, 40))
	case r.Max <= 0 || r.Silence < 0:
		return fault(i, "record", "it lasts %s and ends after %s of silence, expected some time and zero or more", r.Max, r.Silence)
	case r.Terminator != "" && (len(r.Terminator) != 1 || !IsKey(r.Terminator[0])):
		return fault(i, "record", "the terminator is %q, expected one key", r.Terminator)
	}
	return nil
}

// IsQueue tells whether name can be that of a queue.
func IsQueue(name string) bool { return IsRecording(name) }

// IsRecording tells whether id can be that of a recording: it stands in addresses.
func IsRecording(id string) bool {
	for i := range len(id) {
		if c := id[i]; c != '-' && c != '_' && !isDigit(c) && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return id != "" && len(id) <= 128
}

// IsWebAddress tells whether s is an http or https address of a sensible length,
// without anything that needs an escape.
func IsWebAddress(s string) bool {
	if len(s) > 2048 || !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://") {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' || c == '\\' {
			return false
		}
	}
	return true
}

func checkGather(i int, g engine.Gather) error {
	for _, s := range g.Prompts {
		if err := checkSay(i, "gather", s); err != nil {
			return err
		}
	}
	switch {
	case g.Secret && g.Speech != nil:
		return fault(i, "gather", "it listens for a secret, which is entered by its keys")
	case g.Min < 1 || g.Max < g.Min:
		return fault(i, "gather", "it takes %d to %d keys, expected at least 1", g.Min, g.Max)
	case g.Terminator != "" && (len(g.Terminator) != 1 || !IsKey(g.Terminator[0])):
		return fault(i, "gather", "the terminator is %q, expected one key", g.Terminator)
	case g.Timeout < 0 || g.InterDigit < 0 || g.MaxDuration < 0:
		return fault(i, "gather", "its clocks are %s, %s and %s, expected zero or more", g.Timeout, g.InterDigit, g.MaxDuration)
	}
	return nil
}

func fault(i int, verb, format string, args ...any) error {
	return fmt.Errorf("%w: verb %d (%s): %s", ErrOutbound, i+1, verb, fmt.Sprintf(format, args...))
}

package engine

import (
	"strings"
	"time"
)

// Name is "record".
func (RecordState) Name() string { return "record" }

// Outcomes of a recording.
func (RecordState) Outcomes() []Outcome { return []Outcome{OutRecorded, OutEmpty, OutFailed} }

func (r RecordState) arrive(st *step) Outcome {
	if st.ending() {
		return OutGone
	}
	if err := st.say(r.Prompt, false); err != nil {
		return st.fail(err)
	}
	s := st.s
	// Keys meant for what came before are not part of a recording.
	s.Entry = Entry{}
	s.Recordings++
	st.verbs = append(st.verbs, RecordVoice{
		ID: s.recording(), Max: r.Max, Silence: r.Silence, Terminator: r.Terminator, Beep: r.Beep,
	})
	return ""
}

// recording is the id of the call's last recording.
func (s *Session) recording() string { return s.ID + "-" + itoa(s.Recordings) }

func (r RecordState) route(st *step, ev Event) Outcome {
	switch ev := ev.(type) {
	case Lost:
		return OutFailed
	case RecordEnded:
		if ev.CallerGone {
			st.s.Phase = PhaseEnding
		}
		switch {
		case ev.Result == RecordFailed:
			return OutFailed
		case ev.Result != RecordDone || ev.Length > 0 && ev.Length < r.Min:
			return OutEmpty
		}
		r.keep(st, ev.URL, ev.Length)
		if !isAddress(ev.URL) {
			return st.want(r)
		}
		return OutRecorded
	case RecordingReady:
		id, _ := st.s.field([]string{r.Var, "id"})
		known := id == st.s.recording() // else the value is that of an earlier one
		switch {
		case isAddress(ev.URL) && ev.Length > 0 && ev.Length < r.Min:
			return OutEmpty
		case isAddress(ev.URL):
			length := ev.Length
			if before, ok := st.s.field([]string{r.Var, "seconds"}); ok && known && length == 0 {
				seconds, _ := before.(float64)
				length = time.Duration(seconds * float64(time.Second))
			}
			r.keep(st, ev.URL, length)
		case !known:
			// The caller hung up, and nobody knows of a recording: they said nothing.
			return OutEmpty
		default:
			// It was made, and is not to be had yet: its id will find it.
			st.reason = "the recording is not ready"
		}
		return OutRecorded
	}
	return ""
}

// interrupted ends a recording by hanging up, which is how most people end theirs.
// The platform tells later what became of it.
func (r RecordState) interrupted(st *step) Outcome { return st.want(r) }

func (RecordState) effect(st *step) (Effect, error) {
	return AwaitRecording{ID: st.s.recording()}, nil
}

// keep makes the recording the state's value. Whole seconds are what people and
// services ask for.
func (r RecordState) keep(st *step, url string, length time.Duration) {
	if !isAddress(url) {
		url = ""
	}
	st.s.set(r.Var, recorded(st.s.recording(), url, length))
}

// isAddress tells whether a platform's word for where a recording is can be handed
// on: an address of the web of a sensible length.
func isAddress(url string) bool {
	return len(url) <= 2048 && (strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://")) &&
		!strings.ContainsFunc(url, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"<>\`, r) })
}

// RecordingType is the type of what a recording leaves behind.
func RecordingType() Type {
	return Type{Base: TypeRecord, Fields: []Field{
		{"id", Type{Base: TypeText}},
		{"seconds", Type{Base: TypeNumber}},
		{"url", Type{Base: TypeText}},
	}}
}

func recorded(id, url string, length time.Duration) Record {
	return Record{
		{"id", id},
		{"seconds", length.Round(time.Second).Seconds()},
		{"url", url},
	}
}

package engine

// Recordings of whole calls, as a session knows them.
const (
	recordingOn     = "on"
	recordingPaused = "paused"
)

// beginRecording announces that the call is recorded, and has it begin.
func (st *step) beginRecording() error {
	r := st.p.spec.Recording
	if r == nil {
		return nil
	}
	if err := st.say(r.Announce, false); err != nil {
		return err
	}
	st.verbs = append(st.verbs, CallRecording{RecordingStart})
	st.s.CallRecording = recordingOn
	return nil
}

// guardRecording keeps secrets out of the recording of the call: it pauses before a
// secret question and goes on with whatever else comes next. A platform that has
// lost an answer may have lost a pause in it, so each secret question brings its
// own; a second pause does no harm.
func (st *step) guardRecording(verbs []Verb) []Verb {
	s := st.s
	if s.CallRecording == "" || len(verbs) == 0 || st.ending() {
		return verbs
	}
	last := len(verbs) - 1
	gather, asks := verbs[last].(Gather)
	switch {
	case asks && gather.Secret:
		s.CallRecording = recordingPaused
		out := append(make([]Verb, 0, len(verbs)+1), verbs[:last]...)
		return Coalesce(append(out, CallRecording{RecordingPause}, gather))
	case last == 0 && isHangup(verbs[0]):
		return verbs // there is nothing more to record
	case st.lost && s.Turn <= 1:
		return append([]Verb{CallRecording{RecordingStart}}, verbs...) // the beginning was lost too
	case st.lost || s.CallRecording == recordingPaused:
		s.CallRecording = recordingOn
		return append([]Verb{CallRecording{RecordingResume}}, verbs...)
	}
	return verbs
}

func isHangup(v Verb) bool {
	_, hangup := v.(Hangup)
	return hangup
}

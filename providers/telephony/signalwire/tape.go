package signalwire

import "callflow/engine"

// tape is the name of the recording of a whole call. It is the same in every document,
// so that one that has to stop it need not know which one began it.
const tape = "callflow"

// recordCall records the whole call, in pieces: there is no step that lets a recording
// rest, so that it is stopped, and begun anew afterwards. A step that stops what does not
// run changes nothing.
func (d *document) recordCall(do engine.RecordingDo) {
	if do != engine.RecordingStart {
		d.step("stop_record_call")
		d.text("control_id", tape)
		d.end()
	}
	if do != engine.RecordingPause {
		d.step("record_call")
		d.text("control_id", tape)
		d.end()
	}
}

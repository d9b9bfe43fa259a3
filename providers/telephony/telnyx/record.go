package telnyx

import (
	"errors"
	"strconv"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// keyParam is the key that ends a recording.
const keyParam = "key"

// record records the caller. The key that ends it is no setting of Telnyx': when it tells
// of that key, the part behind this one is asked for, which stops the recording.
func (s *script) record(v engine.RecordVoice) {
	c := newCommand("record_start").text("format", "mp3").text("channels", "single").text("recording_track", "inbound")
	c.number("max_length", telephony.WholeSeconds(v.Max, 1, maxRecord))
	if v.Silence > 0 { // left out, silence does not end it
		c.number("timeout_secs", telephony.WholeSeconds(v.Silence, 1, maxRecord))
	}
	c.flag("play_beep", v.Beep)
	// The event of its end does not name the call, by the package's types.
	of := []string{onRecord, recordingParam, v.ID, callParam, s.o.Call.ID, accountParam, s.o.Call.Account}
	c.own = of
	s.add(c)
	if v.Terminator != "" {
		c.own = append(c.own[:len(of):len(of)], keyParam, v.Terminator, partParam, strconv.Itoa(len(s.steps)))
		stop := newCommand("record_stop")
		stop.own = of
		s.add(stop)
	}
}

// tape records the whole call, or lets that rest.
func (s *script) tape(do engine.RecordingDo) {
	switch do {
	case engine.RecordingStart:
		s.first = append(s.first, newCommand("record_start").text("format", "mp3").text("channels", "dual").flag("play_beep", false))
	case engine.RecordingPause:
		s.first = append(s.first, newCommand("record_pause"))
	case engine.RecordingResume:
		s.first = append(s.first, newCommand("record_resume"))
	}
}

// pressed reads a key: that which ends a recording has it stopped.
func (e *event) pressed(in *telephony.Inbound) {
	n, err := strconv.Atoi(e.words.Get(partParam))
	if key := e.words.Get(keyParam); e.on(onRecord) && key != "" && e.digit == key && err == nil && 0 < n && n < maxParts {
		e.turn(in)
		in.Progress, in.Part = true, n
	}
}

// recorded reads how a recording ended. Of one that its caller ended by hanging up it is
// told in the same way, when the call is over.
func (e *event) recorded(in *telephony.Inbound, host string) error {
	if !e.on(onRecord) {
		return nil
	}
	id := e.words.Get(recordingParam)
	if !telephony.IsRecording(id) {
		return errors.New("client_state names no recording")
	}
	e.turn(in)
	ended := engine.RecordEnded{Result: engine.RecordFailed}
	switch {
	case e.kind == "call.recording.error":
		if e.reason != "" {
			in.Alarm = telephony.AlarmText("telnyx could not record", e.reason)
		}
	case e.began != "" && e.ended != "" && e.length() == 0:
		ended.Result = engine.RecordEmpty
	default:
		ended.Result, ended.Length = engine.RecordDone, e.length()
		address := e.public
		if address == "" {
			address = e.recording
		}
		if !isRecording(address, host) {
			in.Alarm = telephony.AlarmText("a recording is at an address that is not of Telnyx' store; set recording_host if that is meant")
			break
		}
		ended.URL = address
		in.Ready = &engine.RecordingReady{ID: id, URL: address, Length: ended.Length}
	}
	in.Event = ended
	return nil
}

// length is how long a recording is; zero: it is not known.
func (e *event) length() time.Duration {
	began, err := time.Parse(time.RFC3339Nano, e.began)
	if err != nil {
		return 0
	}
	ended, err := time.Parse(time.RFC3339Nano, e.ended)
	if err != nil || ended.Before(began) || ended.Sub(began) > 2*maxRecord*time.Second {
		return 0
	}
	return ended.Sub(began).Round(time.Millisecond)
}

// address reads where a recording is to be had.
func (e *event) address(list telephony.Value, into *string) error {
	if !list.IsObject() {
		return nil
	}
	return telephony.ReadObject(list, func(name []byte, value telephony.Value) error {
		if text, ok := value.Text(); ok && string(name) == "mp3" {
			*into = text
		}
		return nil
	})
}

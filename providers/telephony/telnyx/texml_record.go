package telnyx

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

const (
	onRecord       = "record"
	recordingParam = "recording"

	maxRecord   = 14400 // seconds
	hostLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"
)

// record records the caller. What comes of it is told twice: to the action when it ends,
// and to the notice URL when the file is made, which is all that is told of one that the
// caller ended by hanging up.
func (d *document) record(v engine.RecordVoice) {
	d.Open("Record")
	d.action(telephony.WithParam(d.o.TurnURL, recordingParam, v.ID), onRecord)
	d.Attr("finishOnKey", v.Terminator)
	d.Seconds("maxLength", v.Max, 1, maxRecord)
	if v.Silence > 0 { // left out, silence does not end it
		d.Seconds("timeout", v.Silence, 1, maxRecord)
	}
	beep := "false"
	if v.Beep {
		beep = "true"
	}
	d.Attr("playBeep", beep)
	d.Attr("channels", "single")
	if d.o.NoticeURL != "" {
		d.Attr("recordingStatusCallback", telephony.WithParam(d.o.NoticeURL, recordingParam, v.ID))
		d.Attr("recordingStatusCallbackMethod", http.MethodPost)
	}
	d.Empty()
}

// recorded reads how a recording ended. The document goes on behind one of which nothing
// is told.
func (f *form) recorded(u *url.URL, host string, lost bool) (engine.Event, error) {
	if _, err := recordingOf(u); err != nil {
		return nil, err
	}
	length, err := f.length()
	if err != nil {
		return nil, err
	}
	ended := engine.RecordEnded{Result: engine.RecordFailed, CallerGone: f.over()}
	switch {
	case lost, f.recording != "" && length == 0 && f.duration != "":
		ended.Result = engine.RecordEmpty
	case f.recording != "":
		ended.Result, ended.Length = engine.RecordDone, length
		if isRecording(f.recording, host) {
			ended.URL = f.recording
		}
	}
	return ended, nil
}

// ready reads that a recording can be had.
func (f *form) ready(u *url.URL, host string) (engine.Event, string, error) {
	id, err := recordingOf(u)
	if err != nil {
		return nil, "", err
	}
	length, err := f.length()
	switch {
	case err != nil:
		return nil, "", err
	case f.recording == "":
		return nil, "", nil // it has begun, or there is none
	case !isRecording(f.recording, host):
		return engine.RecordingReady{ID: id}, telephony.AlarmText("a recording is at an address that is not of Telnyx' store; set recording_host if that is meant"), nil
	}
	return engine.RecordingReady{ID: id, URL: f.recording, Length: length}, "", nil
}

// length is how long the recording is; zero: it is not told.
func (f *form) length() (time.Duration, error) {
	if f.duration == "" {
		return 0, nil
	}
	seconds, err := strconv.Atoi(f.duration)
	if err != nil || seconds < 0 || seconds > 2*maxRecord {
		return 0, errors.New("RecordingDuration: expected seconds of at most eight hours")
	}
	return time.Duration(seconds) * time.Second, nil
}

// recordingOf is the recording that an address of ours is about.
func recordingOf(u *url.URL) (string, error) {
	id := u.Query().Get(recordingParam)
	if !telephony.IsRecording(id) {
		return "", errors.New("the address of the hook names no recording")
	}
	return id, nil
}

package runner

import (
	"reflect"
	"testing"

	"callflow/engine"
)

// TestSavedForms: what an effect asks for and what came of it are read as they
// were written.
func TestSavedForms(t *testing.T) {
	t.Parallel()
	fetch := engine.Fetch{Service: "desk", Method: "POST", Path: "/x", Headers: []engine.Header{{Name: "A", Value: "b"}}, Body: []byte(`{}`), Timeout: 3}
	for _, a := range []engine.Action{
		{Fetch: fetch, Key: "k"},
		{Fetch: fetch, Key: "k", Calls: "+61255500100"},
	} {
		got, err := parseAction(appendAction(nil, a))
		if err != nil || !reflect.DeepEqual(got, a) {
			t.Errorf("got %+v, %v, expected %+v", got, err, a)
		}
	}
	for _, ev := range []engine.Event{
		engine.RecordingReady{ID: "s-1", URL: "https://recordings.example.com/s-1.wav", Length: 7},
		engine.RecordingReady{},
	} {
		of := fingerprintOf(engine.AwaitRecording{ID: "s-1"})
		whose, got, err := parseResult(appendResult(nil, of, ev))
		if err != nil || whose != of || got != ev {
			t.Errorf("got %+v, %v, expected %+v", got, err, ev)
		}
	}
}

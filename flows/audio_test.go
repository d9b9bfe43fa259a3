package flows

import (
	"bytes"
	"strings"
	"testing"
	"testing/fstest"
)

const wav = "RIFF\x24\x00\x00\x00WAVEfmt "

// Recordings are looked for beside the flow that plays them, and must be what
// their names say.
func TestLoadReadsRecordings(t *testing.T) {
	t.Parallel()
	flow := func(audio string) []byte {
		return []byte("callflow: 1\nflow: line\nstart: a\nstates:\n  a:\n    play: { audio: " + audio + ", text: Welcome. }\n    next: z\n  z: { hangup: }\n")
	}
	files := fstest.MapFS{
		"line/audio/welcome.wav": {Data: []byte(wav)},
		"line/tagged.mp3":        {Data: []byte("ID3\x04")},
		"line/bare.MP3":          {Data: []byte("\xff\xfb\x90\x00")},
		"line/text.wav":          {Data: []byte("not a recording")},
		"line/wrong.mp3":         {Data: []byte(wav)},
		"line/long.wav":          {Data: append([]byte(wav), bytes.Repeat([]byte{0}, maxAudio)...)},
		"shared/bell.wav":        {Data: []byte(wav)},
		"line/folder.wav/x":      {},
	}
	for _, tt := range []struct {
		audio string
		typed string
		fault string
	}{
		{"audio/welcome.wav", typeWAV, ""},
		{"tagged.mp3", typeMP3, ""},
		{"bare.MP3", typeMP3, ""},
		{"../shared/bell.wav", typeWAV, ""},
		{"audio/welcom.wav", "", `there is no recording "audio/welcom.wav" beside the flow`},
		{"text.wav", "", `the recording "text.wav" is no wav file by what is in it`},
		{"wrong.mp3", "", `is no mp3 file by what is in it`},
		{"long.wav", "", `at most 10485760 are played`},
		{"folder.wav", "", `is no file`},
	} {
		t.Run(tt.audio, func(t *testing.T) {
			t.Parallel()
			fsys := fstest.MapFS{"line/flow.yaml": {Data: flow(tt.audio)}}
			for name, f := range files {
				fsys[name] = f
			}
			b, diags := Load(fsys, []string{"line/flow.yaml"}, Options{})
			if tt.fault != "" {
				if len(diags) != 1 || diags[0].Code != CodeBadAudio || !strings.Contains(diags[0].Message, tt.fault) {
					t.Errorf("got %v, want %q", diags, tt.fault)
				} else if diags[0].Pos != (Pos{6, 20}) {
					t.Errorf("reported at %s", diags[0].Pos)
				}
				return
			}
			if len(diags) > 0 {
				t.Fatalf("got %v", diags)
			}
			a := b.Audio["line/"+tt.audio]
			if a == nil || a.Type != tt.typed || len(a.Hash) != 64 {
				t.Errorf("got %+v of %v", a, b.Audio)
			}
		})
	}
}

// A flow that plays what stands elsewhere needs nothing beside it.
func TestLoadFetchesNothing(t *testing.T) {
	t.Parallel()
	src := "callflow: 1\nflow: line\nstart: z\nstates:\n  z: { hangup: { say: { audio: \"https://media.example.com/bye.wav\", text: Goodbye. } } }\n"
	b, diags := Load(fstest.MapFS{"f.yaml": {Data: []byte(src)}}, []string{"f.yaml"}, Options{})
	if len(diags) > 0 || len(b.Audio) > 0 {
		t.Errorf("got %v, %v", b, diags)
	}
}

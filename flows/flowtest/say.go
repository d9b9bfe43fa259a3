package flowtest

import (
	"path"
	"strings"

	"callflow/engine"
)

// words are what a caller hears of what is said: the text, also where a recording
// of it is played. One without a text is heard as its name.
func words(say engine.Say) string {
	if say.Text == "" && say.Audio != "" {
		return "(" + path.Base(say.Audio) + ")"
	}
	return say.Text
}

// recording is a recording as its flow names it: the file beside it, or an address.
func recording(audio string) string {
	if strings.Contains(audio, "://") {
		return audio
	}
	_, file, _ := strings.Cut(audio, "/")
	return file
}

// recordings are those that are played for what is said.
func recordings(says ...engine.Say) []string {
	var names []string
	for _, say := range says {
		if say.Audio != "" {
			names = append(names, recording(say.Audio))
		}
	}
	return names
}

package server

import (
	"bytes"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"callflow/engine"
	"callflow/flows"
)

// audioRoute is where the recordings of flows begin: /v1/audio/HASH/NAME.
const audioRoute = "/v1/audio/"

// audioForever lets platforms keep a recording: what is in it is part of its
// address.
const audioForever = "public, max-age=31536000, immutable"

// recordings are the recordings of all flows, by the hash of what is in them.
type recordings map[string]*flows.Audio

func newRecordings(audio map[string]*flows.Audio) recordings {
	all := make(recordings, len(audio))
	for _, a := range audio {
		all[a.Hash] = a
	}
	return all
}

// audioPath is the path of a recording. The name is there for people.
func audioPath(name string, a *flows.Audio) string {
	return audioRoute + a.Hash + "/" + url.PathEscape(path.Base(name))
}

// audio sends a recording. Whoever has not been told its address cannot know it:
// it is made from what is in it.
func (s *Server) audio(c echo.Context) error {
	a, ok := s.recordings[c.Param("hash")]
	if !ok || strings.Contains(c.Param("name"), "/") {
		return c.NoContent(http.StatusNotFound)
	}
	header := c.Response().Header()
	header.Set("Content-Type", a.Type)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", audioForever)
	header.Set("ETag", `"`+a.Hash+`"`)
	http.ServeContent(c.Response(), c.Request(), "", time.Time{}, bytes.NewReader(a.Data))
	return nil
}

// placed are the verbs of an answer with the addresses of recordings in the place
// of their names. One that is not there any more, because the call began on an
// older version of its flow, is spoken.
func (s *Server) placed(verbs []engine.Verb) []engine.Verb {
	var out []engine.Verb // a copy, once one is needed: verbs are not ours
	for i, v := range verbs {
		placed, changed := s.place(v)
		if !changed {
			continue
		}
		if out == nil {
			out = append(out, verbs...)
		}
		out[i] = placed
	}
	if out == nil {
		return verbs
	}
	return out
}

// place gives the recordings that a verb plays their addresses; false: it plays
// none of ours.
func (s *Server) place(verb engine.Verb) (placed engine.Verb, changed bool) {
	switch v := verb.(type) {
	case engine.Say:
		if say, changed := s.placeSay(v); changed {
			return say, true
		}
	case engine.Music:
		placed, changed := s.placeSay(engine.Say{Audio: v.Audio})
		if v.Audio = placed.Audio; v.Audio == "" {
			return engine.Pause{Length: v.Length}, true
		}
		return v, changed
	case engine.Gather:
		var prompts []engine.Say
		for i := range v.Prompts {
			say, changed := s.placeSay(v.Prompts[i])
			if !changed {
				continue
			}
			if prompts == nil {
				prompts = append(prompts, v.Prompts...)
			}
			prompts[i] = say
		}
		if prompts != nil {
			v.Prompts = prompts
			return v, true
		}
	}
	return verb, false
}

func (s *Server) placeSay(say engine.Say) (engine.Say, bool) {
	if say.Audio == "" || strings.Contains(say.Audio, "://") {
		return say, false
	}
	if a := s.deps.Audio[say.Audio]; a != nil {
		say.Audio = s.deps.PublicURL + audioPath(say.Audio, a)
	} else {
		s.deps.Log.Warn("recording is not there; its text is spoken", zap.String("recording", say.Audio))
		say.Audio = ""
	}
	return say, true
}

package server_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/sender"
)

// apiKey is what commands are sent with.
var apiKey = engine.NewSecret("KEY0123456789")

// handled hands requests to a handler.
type handled struct{ http.Handler }

func (h handled) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), r.Context().Err()
}

// commanderTo sends the commands of codecs to a handler.
func commanderTo(codecs []telephony.Codec, h http.Handler) *sender.Sender {
	return sender.New(codecs, handled{h})
}

// sent are commands as they were sent.
type sent struct {
	mu  sync.Mutex
	all []telephony.Command
}

func (s *sent) add(c telephony.Command) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, c)
}

func (s *sent) commands() []telephony.Command {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.all)
}

package server_test

import (
	"net/http"
	"net/http/httptest"

	"callflow/engine"
	"callflow/engine/runner"
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
func commanderTo(codecs []telephony.Codec, h http.Handler) runner.Commander {
	return sender.New(codecs, handled{h})
}

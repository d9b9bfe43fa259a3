package server_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/telephony"
	"callflow/providers/telephony/player"
	"callflow/providers/telephony/sender"
	"callflow/providers/telephony/telnyx"
)

// apiKey is what commands are sent with.
var apiKey = engine.NewSecret("KEY0123456789")

// telnyxCodecs are those of Telnyx, which sign for the key that its player has.
func telnyxCodecs(t testing.TB) []telephony.Codec {
	t.Helper()
	keys := []engine.Secret{engine.NewSecret(player.TelnyxPublicKey(secret))}
	c, err := telnyx.New(telnyx.Config{PublicKeys: keys, APIKey: apiKey})
	if err != nil {
		t.Fatal(err)
	}
	x, err := telnyx.NewTeXML(telnyx.TeXMLConfig{PublicKeys: keys, ReferHost: "pbx.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	return []telephony.Codec{c, x}
}

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

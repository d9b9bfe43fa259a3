package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"

	"github.com/rogpeppe/go-internal/testscript"

	"callflow/engine"
	"callflow/providers/telephony/player"
)

// phonesCmd starts an API of jambonz that answers each call it is asked for by playing
// it.
func phonesCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: phones MOVES")
	}
	var script []player.Move
	for _, key := range args[0] {
		script = append(script, player.Move{Keys: engine.NewSecret(string(key))})
	}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			From string
			To   struct{ Number string }
			Hook struct{ URL string } `json:"call_hook"`
			Tell struct{ URL string } `json:"call_status_hook"`
		}
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || r.Header.Get("Authorization") != "Bearer api-key" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"sid":"call-1"}`))
		go player.Jambonz(context.Background(), player.Options{
			URL: asked.Hook.URL, StatusURL: asked.Tell.URL, Secret: engine.NewSecret("wh_secret_testtesttesttest"), Placed: true,
			Call: player.Call{ID: "call-1", Account: "acme", From: asked.From, To: asked.To.Number}, Script: script,
		})
	}))
	ts.Defer(api.Close)
	ts.Setenv("PHONES", api.URL)
}

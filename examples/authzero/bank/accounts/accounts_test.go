package accounts_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"callflow/examples/authzero/bank/accounts"
)

func TestHandler(t *testing.T) {
	t.Parallel()
	bank := accounts.Handler(accounts.Demo())
	for _, c := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/accounts/12345/balance", 200, `{"amount":250.75,"currency":"AUD"}` + "\n"},
		{"GET", "/accounts/1234567890/balance", 200, `{"amount":-12.00,"currency":"AUD"}` + "\n"},
		{"GET", "/accounts/1/balance", 404, "there is no such account\n"},
		{"POST", "/accounts/12345/balance", 405, "Method Not Allowed\n"},
	} {
		w := httptest.NewRecorder()
		bank.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), c.method, c.path, http.NoBody))
		if w.Code != c.status || w.Body.String() != c.body {
			t.Errorf("%s %s: %d %q, expected %d %q", c.method, c.path, w.Code, w.Body, c.status, c.body)
		}
	}
}
